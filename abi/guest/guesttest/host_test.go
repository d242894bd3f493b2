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
