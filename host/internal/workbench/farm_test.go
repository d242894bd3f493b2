package workbench

import (
	"errors"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

func TestTheFarmSaysWhatItIsTold(t *testing.T) {
	now := int64(0)
	f := newFarm(func() int64 { return now }, ownNode)
	ask := func(topic string, to session.Node) string {
		reply, err := f.Request(t.Context(), topic, to, nil)
		if err != nil {
			if !errors.Is(err, session.ErrUnavailable) {
				t.Error(err)
			}
			return "nobody"
		}
		return string(reply)
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("at first", ask("t", session.Node{}), "nobody")
	f.answer("t", session.Node{}, []byte("any"))
	f.answer("t", otherNode, []byte("other"))
	check("any node", ask("t", session.Node{}), "any")
	check("the other", ask("t", otherNode), "other")
	check("a third", ask("t", session.Node{9}), "any")
	check("itself", ask("t", ownNode), "nobody")
	check("another topic", ask("u", session.Node{}), "nobody")
	f.answerOnce([]byte("once"), true)
	check("while an event lasts", ask("u", otherNode), "once")
	f.answerOnce(nil, false)
	f.answer("t", otherNode, nil)
	check("no more of its own", ask("t", otherNode), "any")
	f.reach(false)
	check("out of reach", ask("t", otherNode), "nobody")
	for _, err := range []error{f.Publish("t", nil, nil), f.KVPut(t.Context(), "p", []byte("k"), nil, 0), f.KVDelete(t.Context(), "p", []byte("k"))} {
		if !errors.Is(err, session.ErrUnavailable) {
			t.Error(err)
		}
	}
	if _, err := f.KVGet(t.Context(), "p", []byte("k")); !errors.Is(err, session.ErrUnavailable) {
		t.Error(err)
	}
}

func TestTheFarmKeepsValues(t *testing.T) {
	now := int64(0)
	f := newFarm(func() int64 { return now }, ownNode)
	get := func(key string) string {
		v, err := f.KVGet(t.Context(), "p", []byte(key))
		if err != nil {
			return err.Error()
		}
		return string(v)
	}
	put := func(key, value string, ttl time.Duration) {
		if err := f.KVPut(t.Context(), "p", []byte(key), []byte(value), ttl); err != nil {
			t.Error(err)
		}
	}
	put("a", "1", time.Second)
	put("b", "2", 0)
	put("c", "3", 1<<63-1)
	if _, err := f.KVGet(t.Context(), "another plugin", []byte("a")); !errors.Is(err, session.ErrNotFound) {
		t.Error(err)
	}
	if get("a") != "1" || get("b") != "2" || len(f.kept()) != 3 {
		t.Error(get("a"), get("b"), f.kept())
	}
	now = int64(time.Second)
	if get("a") != session.ErrNotFound.Error() || get("c") != "3" || len(f.kept()) != 2 {
		t.Error(get("a"), get("c"), f.kept())
	}
	if err := f.KVDelete(t.Context(), "p", []byte("b")); err != nil || get("b") != session.ErrNotFound.Error() {
		t.Error(err, get("b"))
	}
	if err := f.KVDelete(t.Context(), "p", []byte("b")); !errors.Is(err, session.ErrNotFound) {
		t.Error(err)
	}
	put("c", "4", time.Second)
	now *= 3
	if get("c") != session.ErrNotFound.Error() {
		t.Error(get("c"))
	}
}
