package guesttest_test

import (
	"errors"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

func TestPhasesAreThoseOfTheABI(t *testing.T) {
	h := guesttest.New(t)
	var err error
	h.Start(func() int32 { err = guest.SessionRemove([]byte("id")); return 0 })
	if !errors.Is(err, guest.ErrUnsupported) {
		t.Errorf("session_remove in plugin_start: %v", err)
	}
	h.Ready(func() int32 { err = guest.SessionRemove([]byte("id")); return 0 })
	if !errors.Is(err, guest.ErrNotFound) {
		t.Errorf("session_remove in plugin_ready: %v", err)
	}
	h.Stop(func() { err = guest.Publish("topic", nil, nil) })
	if !errors.Is(err, guest.ErrUnsupported) {
		t.Errorf("message_publish in plugin_stop: %v", err)
	}
}

func TestAFunctionWithoutItsGrantIsDenied(t *testing.T) {
	h := guesttest.New(t)
	h.SetGrants(abi.KV)
	if err := guest.MetricAdd("n", 1); !errors.Is(err, guest.ErrDenied) {
		t.Errorf("metric_add: %v", err)
	}
	if err := guest.KVPut([]byte("k"), nil, 0); err != nil {
		t.Errorf("kv_put: %v", err)
	}
}

func TestAnEventHasTheSessionThatItIsDeliveredWith(t *testing.T) {
	h := guesttest.New(t)
	h.SetSession("other", []byte("stored"))
	var own, other []byte
	h.DeliverWith(func(uint32) int32 {
		own, _ = guest.SessionGet(nil, []byte("id"))
		other, _ = guest.SessionGet(nil, []byte("other"))
		return 0
	}, abi.Event{Kind: abi.Remove, ID: "id"}, []byte("removed"))
	if string(own) != "removed" || string(other) != "stored" {
		t.Errorf("own %q, other %q", own, other)
	}
	if _, err := guest.SessionGet(nil, []byte("id")); !errors.Is(err, guest.ErrNotFound) {
		t.Errorf("after the event: %v", err)
	}
}

func TestLinesBelowTheLevelAreDropped(t *testing.T) {
	h := guesttest.New(t)
	h.SetLogLevel(abi.Warn)
	guest.Log(abi.Info, "dropped")
	guest.LogBytes(abi.Error, []byte("kept"))
	if logs := h.Logs(); len(logs) != 1 || logs[0].Text != "kept" {
		t.Errorf("logged %v", logs)
	}
}

func TestOnlyOneHostIsOpen(t *testing.T) {
	guesttest.New(t)
	defer func() {
		if recover() == nil {
			t.Error("a second host was opened")
		}
	}()
	guesttest.Open()
}

func TestAFailureOfNoFunctionIsAMistakeOfTheTest(t *testing.T) {
	h := guesttest.New(t)
	defer func() {
		if recover() == nil {
			t.Error("a function that the ABI does not have was made to fail")
		}
	}()
	h.Fail("session_set", abi.Limit)
}

func TestARemovalLeavesATombstoneAsOnAFarm(t *testing.T) {
	h := guesttest.New(t)
	ours, other := []byte("an id as the nodes of a farm mak"), []byte("other")
	for _, id := range [][]byte{ours, other} {
		if err := guest.SessionRemove(id); !errors.Is(err, guest.ErrNotFound) {
			t.Errorf("session_remove of an absent id: %v", err)
		}
	}
	if !h.Removed(string(ours)) || h.Removed(string(other)) {
		t.Error("only an id of the farm's is remembered where there was no session")
	}
	if err := guest.SessionInsert(ours, []byte("s"), 0, 0); !errors.Is(err, guest.ErrRemoved) {
		t.Errorf("session_insert after session_remove: %v", err)
	}
	h.SetSession(string(other), []byte("s"))
	h.SetRemoved(string(other))
	if _, ok := h.Session(string(other)); ok || !h.Removed(string(other)) {
		t.Error("a session that a test removed is there")
	}
}

func TestMessagesAreCheckedAsOnAFarm(t *testing.T) {
	h := guesttest.New(t)
	h.SetAnswer(func(string, string, string) (string, abi.Code) { return "reply", abi.OK })
	large, key := make([]byte, abi.MaxMessage+1), make([]byte, abi.MaxID+1)
	request := func(topic string, node, data []byte) error {
		_, err := guest.Request(nil, topic, node, data, 10)
		return err
	}
	for name, c := range map[string]struct{ got, want error }{
		"publish":                  {guest.Publish("a.b", nil, large[1:]), nil},
		"publish to no topic":      {guest.Publish("", nil, nil), guest.ErrInvalid},
		"publish with a long key":  {guest.Publish("t", key, nil), guest.ErrInvalid},
		"publish too much":         {guest.Publish("t", nil, large), guest.ErrTooLarge},
		"request":                  {request("t", []byte(guesttest.Node), nil), nil},
		"request of any":           {request("t", nil, nil), nil},
		"request of half a node":   {request("t", []byte("0123"), nil), guest.ErrInvalid},
		"request on a bad topic":   {request("a b", nil, nil), guest.ErrInvalid},
		"request with too much":    {request("t", nil, large), guest.ErrTooLarge},
		"reply to what is no call": {guest.Reply(nil), guest.ErrUnsupported},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	h.Start(func() int32 {
		if err := guest.Subscribe("a b"); !errors.Is(err, guest.ErrInvalid) {
			t.Errorf("subscribe to a bad topic: %v", err)
		}
		return 0
	})
	h.Deliver(func(uint32) int32 {
		if err := guest.Reply(large); !errors.Is(err, guest.ErrTooLarge) {
			t.Errorf("too large a reply: %v", err)
		}
		if err := guest.Reply([]byte("yes")); err != nil {
			t.Errorf("reply: %v", err)
		}
		return 0
	}, abi.Event{Kind: abi.Message, Topic: "t", Flags: abi.Request})
	if r := h.Replies(); len(r) != 1 || r[0] != "yes" || len(h.Published()) != 1 {
		t.Errorf("replied %q, published %d", r, len(h.Published()))
	}
	if taken := h.TakePublished(); len(taken) != 1 || taken[0].Topic != "a.b" || len(h.Published()) != 0 {
		t.Errorf("took %d messages, left %d", len(taken), len(h.Published()))
	}
}

func TestLostMessagesAreDelivered(t *testing.T) {
	h := guesttest.New(t)
	var node, topic string
	var lost uint64
	var heard int64
	h.Deliver(func(n uint32) int32 {
		return guest.Handle(n, func(e *guest.Event) error {
			node, topic, lost, heard = string(e.Node()), string(e.Topic()), e.Seq(), e.Created()
			return nil
		})
	}, abi.Event{Kind: abi.Lost, Node: "ba9876543210", Topic: "t", Seq: 3, Created: 7})
	if node != "ba9876543210" || topic != "t" || lost != 3 || heard != 7 {
		t.Errorf("%d of %s on %s, heard %d", lost, node, topic, heard)
	}
}
