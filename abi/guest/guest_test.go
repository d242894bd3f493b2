package guest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

// hook makes an exported hook of a handler.
func hook(h func(*guest.Event) error) func(uint32) int32 {
	return func(n uint32) int32 { return guest.Handle(n, h) }
}

func TestEveryCodeOfTheABIIsAnErrorOfItsOwn(t *testing.T) {
	h := guesttest.New(t)
	texts := map[string]abi.Code{}
	for _, code := range abi.Codes() {
		h.Fail("session_remove", code)
		h.SetSession("id", []byte("session"))
		err := guest.SessionRemove([]byte("id"))
		if code == abi.OK {
			if err != nil {
				t.Errorf("OK is the error %v", err)
			}
			continue
		}
		if !errors.Is(err, guest.Error(code)) || guest.Error(code).Code() != code {
			t.Errorf("%v is the error %v", code, err)
		}
		if other, ok := texts[err.Error()]; ok || strings.HasPrefix(err.Error(), "unknown") {
			t.Errorf("%v and %v have the text %q", code, other, err)
		}
		texts[err.Error()] = code
	}
	h.Fail("session_remove", -77)
	if err := guest.SessionRemove([]byte("id")); !errors.Is(err, guest.Error(-77)) || err.Error() != "unknown result code of the host" {
		t.Errorf("the error of an unknown code is %v", err)
	}
}

func TestWhatAHookReturnsForAnError(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want int32
		log  string
	}{
		{"none", nil, 0, ""},
		{"a result code", guest.ErrRemoved, int32(abi.Removed), "INSERT: the session was removed before"},
		{"a wrapped result code", fmt.Errorf("apply: %w", guest.ErrLimit), int32(abi.Limit), "INSERT: apply: a limit of the plugin is reached"},
		{"another error", errors.New("broken"), 2, "INSERT: broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := guesttest.New(t)
			got := h.Deliver(hook(func(*guest.Event) error { return c.err }), abi.Event{Kind: abi.Insert, ID: "id"})
			if got != c.want {
				t.Errorf("the hook returned %d, want %d", got, c.want)
			}
			wantLog(t, h, c.log)
		})
	}
}

func wantLog(t *testing.T, h *guesttest.Host, text string) {
	t.Helper()
	logs := h.Logs()
	if text == "" && len(logs) == 0 {
		return
	}
	if len(logs) != 1 || logs[0] != (guesttest.Line{Level: abi.Error, Text: text}) {
		t.Errorf("logged %v, want %q", logs, text)
	}
}

func TestEveryEntryReportsItsError(t *testing.T) {
	h := guesttest.New(t)
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		call func() int32
	}{
		{"RESUME: broken", func() int32 {
			return h.Deliver(func(n uint32) int32 {
				return guest.HandleResume(n, func(*guest.Event) (guest.Verdict, error) { return guest.Refuse, broken })
			}, abi.Event{Kind: abi.Resume, ID: "id"})
		}},
		{"tick: broken", func() int32 {
			return h.Tick(func(now int64) int32 { return guest.HandleTick(now, func(int64) error { return broken }) }, 1)
		}},
		{"events lost: broken", func() int32 {
			return h.Lost(func(n int64) int32 { return guest.HandleLost(n, func(int64) error { return broken }) }, 1)
		}},
		{"plugin: broken", func() int32 {
			return h.Start(func() int32 { return guest.Run(func() error { return broken }) })
		}},
		{"restore: broken", func() int32 {
			return h.Restore(func(n uint32) int32 { return guest.Restore(n, func([]byte) error { return broken }) }, nil)
		}},
	} {
		before := len(h.Logs())
		if got := c.call(); got != 2 {
			t.Errorf("%s: returned %d, want 2", c.name, got)
		}
		if logs := h.Logs()[before:]; len(logs) != 1 || logs[0].Text != c.name {
			t.Errorf("%s: logged %v", c.name, logs)
		}
	}
}

func TestTicksAndLossesArriveWithTheirNumber(t *testing.T) {
	h := guesttest.New(t)
	var now, lost int64
	h.Tick(func(n int64) int32 { return guest.HandleTick(n, func(v int64) error { now = v; return nil }) }, 17)
	h.Lost(func(n int64) int32 { return guest.HandleLost(n, func(v int64) error { lost = v; return nil }) }, 4)
	if now != 17 || lost != 4 || guest.Now() != 17 {
		t.Errorf("now %d, lost %d, clock %d", now, lost, guest.Now())
	}
}

func TestAHandlerSeesTheWholeEvent(t *testing.T) {
	long := strings.Repeat("n", 60000)
	for _, e := range []abi.Event{
		{Kind: abi.Insert, Origin: abi.FromClient, ID: "id", ServerName: "a.example", Version: 0x0304, Seq: 7},
		{Kind: abi.Message, Topic: "t", Key: "k", Data: long + long},
		{Kind: abi.Insert, ID: "id", ServerName: long},
		{Kind: abi.Message, Topic: "t", Data: "short again"},
	} {
		h := guesttest.Open()
		var got abi.Event
		status := h.Deliver(hook(func(v *guest.Event) error {
			got = abi.Event{
				Kind: v.Kind(), Origin: v.Origin(), Flags: v.Flags(), Seq: v.Seq(), Version: v.Version(), ID: string(v.ID()),
				ServerName: string(v.ServerName()), Topic: string(v.Topic()), Key: string(v.Key()), Data: string(v.Data()),
			}
			return nil
		}), e)
		h.Close()
		if status != 0 || got != e {
			t.Errorf("the handler of a %v of %d bytes returned %d and saw %d bytes: %.80v", e.Kind, e.Size(), status, got.Size(), got)
		}
	}
}

func TestABadRecordDoesNotReachTheHandler(t *testing.T) {
	h := guesttest.New(t)
	never := hook(func(*guest.Event) error { t.Error("the handler was called"); return nil })
	for _, n := range []uint32{0, 63, 4097, 1<<32 - 1} {
		if got := never(n); got != 2 {
			t.Errorf("a record of %d bytes: the hook returned %d, want 2", n, got)
		}
	}
	h.Fail("event_read", abi.Unsupported)
	if got := h.Deliver(never, abi.Event{Kind: abi.Message, Data: strings.Repeat("x", 5000)}); got != int32(abi.Unsupported) {
		t.Errorf("a truncated record that cannot be read: the hook returned %d", got)
	}
}

func TestASessionIsAppendedToWhatIsThere(t *testing.T) {
	h := guesttest.New(t)
	large := strings.Repeat("s", abi.MaxSession)
	h.SetSession("id", []byte(large))
	got, err := guest.SessionGet([]byte("before "), []byte("id"))
	if err != nil || string(got) != "before "+large {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	got, err = guest.SessionGet([]byte("before"), []byte("other"))
	if !errors.Is(err, guest.ErrNotFound) || string(got) != "before" {
		t.Errorf("an unknown id: %q, %v", got, err)
	}
}

func TestSessionsInTheirModes(t *testing.T) {
	h := guesttest.New(t)
	id := []byte("id")
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"insert", func() error { return guest.SessionInsert(id, []byte("1"), 0, 0) }, nil},
		{"insert again", func() error { return guest.SessionInsert(id, []byte("2"), 0, 0) }, guest.ErrExists},
		{"overwrite", func() error { return guest.SessionInsert(id, []byte("3"), 0, abi.Overwrite) }, nil},
		{"remove", func() error { return guest.SessionRemove(id) }, nil},
		{"remove again", func() error { return guest.SessionRemove(id) }, guest.ErrNotFound},
		{"insert a removed one", func() error { return guest.SessionInsert(id, []byte("4"), 0, abi.Overwrite) }, guest.ErrRemoved},
		{"revive", func() error { return guest.SessionInsert(id, []byte("5"), 1000, abi.Revive) }, nil},
		{"an empty id", func() error { return guest.SessionInsert(nil, []byte("6"), 0, 0) }, guest.ErrInvalid},
		{"too large", func() error { return guest.SessionInsert([]byte("x"), make([]byte, abi.MaxSession+1), 0, 0) }, guest.ErrTooLarge},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if n, err := guest.SessionReplay(); n != 1 || err != nil || h.Replays() != 1 {
		t.Errorf("replay: %d, %v", n, err)
	}
	h.SetTime(1000e6)
	if s, ok := h.Session("id"); ok {
		t.Errorf("a session is there after its time: %q", s)
	}
	h.Fail("session_replay", abi.Limit)
	if n, err := guest.SessionReplay(); n != 0 || !errors.Is(err, guest.ErrLimit) {
		t.Errorf("replay over its limit: %d, %v", n, err)
	}
}

func TestKeysAndValues(t *testing.T) {
	h := guesttest.New(t)
	key := []byte("key")
	if _, err := guest.KVGet(nil, key); !errors.Is(err, guest.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	if err := guest.KVPut(key, []byte("value"), 1); err != nil {
		t.Error(err)
	}
	if v, err := guest.KVGet(nil, key); string(v) != "value" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	h.SetTime(1e6)
	if err := guest.KVDelete(key); !errors.Is(err, guest.ErrNotFound) {
		t.Errorf("after its time: %v", err)
	}
	if err := guest.KVPut(key, nil, 0); err != nil {
		t.Error(err)
	}
	if err := guest.KVDelete(key); err != nil {
		t.Error(err)
	}
}

func TestMessages(t *testing.T) {
	h := guesttest.New(t)
	if err := guest.Publish("topic", []byte("key"), []byte("data")); err != nil {
		t.Error(err)
	}
	if got := h.Published(); len(got) != 1 || got[0] != (guesttest.Message{Topic: "topic", Key: "key", Data: "data"}) {
		t.Errorf("published %v", got)
	}
	if _, err := guest.Request(nil, "topic", nil, nil, 10); !errors.Is(err, guest.ErrUnavailable) {
		t.Errorf("a request without an answer: %v", err)
	}
	h.SetAnswer(func(topic, node, data string) (string, abi.Code) { return topic + node + data, abi.OK })
	if got, err := guest.Request(nil, "a", []byte(guesttest.Node), []byte("c"), 10); string(got) != "a"+guesttest.Node+"c" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	h.SetAnswer(func(string, string, string) (string, abi.Code) { return "", abi.Limit })
	if _, err := guest.Request(nil, "a", nil, nil, 10); !errors.Is(err, guest.ErrLimit) {
		t.Errorf("a request that is refused: %v", err)
	}
	if err := guest.Reply([]byte("x")); !errors.Is(err, guest.ErrUnsupported) {
		t.Errorf("a reply to nothing: %v", err)
	}
	twice := hook(func(*guest.Event) error { return errors.Join(guest.Reply(nil), guest.Reply(nil)) })
	if h.Deliver(twice, abi.Event{Kind: abi.Message, Flags: abi.Request}) == 0 || len(h.Replies()) != 1 {
		t.Errorf("a second reply: %v", h.Replies())
	}
	if err := guest.Subscribe("late"); !errors.Is(err, guest.ErrUnsupported) {
		t.Errorf("a subscription after the start: %v", err)
	}
}

func TestWhatTheHostSaysOfItself(t *testing.T) {
	h := guesttest.New(t)
	h.SetTime(42)
	h.SetConfig(`{"long": "` + strings.Repeat("x", 2000) + `"}`)
	if c, err := guest.Config(); len(c) != 2012 || err != nil {
		t.Errorf("config of %d bytes, %v", len(c), err)
	}
	if guest.Now() != 42 || guest.NodeID() != guesttest.Node {
		t.Errorf("now %d, node %q", guest.Now(), guest.NodeID())
	}
	var a, b [16]byte
	if err := errors.Join(guest.RandomFill(a[:]), guest.RandomFill(b[:])); err != nil || a == b {
		t.Errorf("random bytes %x and %x, %v", a, b, err)
	}
	h.Fail("config_get", abi.Unsupported)
	if _, err := guest.Config(); !errors.Is(err, guest.ErrUnsupported) {
		t.Errorf("config that cannot be read: %v", err)
	}
}

func TestMetrics(t *testing.T) {
	h := guesttest.New(t)
	if err := errors.Join(guest.MetricAdd("n", 2), guest.MetricAdd("n", 3), guest.MetricSet("g", -4)); err != nil {
		t.Error(err)
	}
	if h.Metric("n") != 5 || h.Metric("g") != -4 {
		t.Errorf("n %d, g %d", h.Metric("n"), h.Metric("g"))
	}
	if err := guest.MetricAdd("Not a name", 1); !errors.Is(err, guest.ErrInvalid) {
		t.Errorf("a bad name: %v", err)
	}
}

func TestStateIsHandedOver(t *testing.T) {
	h := guesttest.New(t)
	for _, want := range []string{"a state", "", strings.Repeat("long ", 10000)} {
		state := h.Save(func() int64 {
			return guest.Save(func(dst []byte) []byte { return append(dst, want...) })
		})
		var got string
		status := h.Restore(func(n uint32) int32 {
			return guest.Restore(n, func(state []byte) error { got = string(state); return nil })
		}, state)
		if status != 0 || got != want {
			t.Errorf("restored %d bytes with %d, saved %d", len(got), status, len(want))
		}
	}
	h.Fail("state_read", abi.Unsupported)
	status := h.Restore(func(n uint32) int32 {
		return guest.Restore(n, func([]byte) error { t.Error("the handler was called"); return nil })
	}, nil)
	if status != int32(abi.Unsupported) {
		t.Errorf("a state that cannot be read: returned %d", status)
	}
}

func TestWithoutAHostTheCallSaysWhatToDo(t *testing.T) {
	defer func() {
		if msg, _ := recover().(string); !strings.Contains(msg, "guesttest.New(t)") {
			t.Errorf("panic %q", msg)
		}
	}()
	guest.Now()
}
