package cache

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestExpiredIsNeverReturned(t *testing.T) {
	ways := map[string]func(r *rig) error{
		"Get":    func(r *rig) error { _, err := r.Get("a"); return err },
		"Fetch":  func(r *rig) error { _, err := r.Fetch("a", client); return err },
		"Remove": func(r *rig) error { return r.Remove("a", abi.Explicit, client) },
		"Announce": func(r *rig) error {
			if r.Announce("a", func(session.Event) {}) {
				return nil
			}
			return session.ErrNotFound
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{})
			r.insert(t, "a", 10)
			r.clock.advance(9)
			r.took()
			if _, err := r.Get("a"); err != nil {
				t.Fatal("gone before its time")
			}
			r.clock.advance(1)
			wantErr(t, name, way(r), session.ErrNotFound)
			r.wantEvents(t, "REMOVE a HOST EXPIRED")
			wantErr(t, name+" again", way(r), session.ErrNotFound)
			r.wantEvents(t)
			wantErr(t, "insert after expiry", r.Insert(r.session("a", 10), 0, client), nil)
		})
	}
}

func TestInsertOnExpiredIsRemoveThenInsert(t *testing.T) {
	for _, flags := range []uint32{0, abi.Overwrite} {
		r := newRig(t, Config{})
		r.insert(t, "a", 10)
		r.clock.advance(10)
		r.took()
		wantErr(t, "insert", r.Insert(r.session("a", 10), flags, client), nil)
		r.wantEvents(t, "REMOVE a HOST EXPIRED", "INSERT a CLIENT")
	}
}

func TestRefusedInsertOnExpiredStillRemovesIt(t *testing.T) {
	r := newRig(t, Config{})
	r.insert(t, "a", 10)
	r.clock.advance(10)
	r.took()
	wantErr(t, "bury", r.Bury("a", r.clock.now()+5), nil)
	wantErr(t, "insert", r.Insert(r.session("a", 10), 0, client), session.ErrRemoved)
	r.wantEvents(t, "REMOVE a HOST EXPIRED")
}

func TestOverwriteMovesTheEnd(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second int64
	}{{"later", 10, 30}, {"earlier", 30, 10}} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Config{})
			r.insert(t, "a", test.first)
			wantErr(t, "overwrite", r.Insert(r.session("a", test.second), abi.Overwrite, client), nil)
			r.took()
			r.clock.advance(test.second - 1)
			r.Expire()
			r.wantEvents(t)
			r.clock.advance(1)
			r.Expire()
			r.wantEvents(t, "REMOVE a HOST EXPIRED")
		})
	}
}

func TestExpireTakesAllThatIsDueInItsOrder(t *testing.T) {
	r := newRig(t, Config{})
	const n = 3*sweepBatch + 5
	for i := range n {
		r.insert(t, fmt.Sprint(i), int64(10+n-i))
	}
	r.insert(t, "later", 10_000)
	r.took()
	r.clock.advance(10 + n)
	r.Expire()
	events := r.took()
	if len(events) != n {
		t.Fatalf("%d events of %d", len(events), n)
	}
	for i, ev := range events {
		if want := fmt.Sprintf("REMOVE %d HOST EXPIRED", n-1-i); ev != want {
			t.Fatalf("event %d is %q, want %q", i, ev, want)
		}
	}
	if n := r.Len(); n != 1 {
		t.Errorf("%d sessions left", n)
	}
}

func TestSweeperRemovesWithoutBeingAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		removed := make(chan time.Duration, 10)
		start := time.Now()
		c := New(Config{Notify: func(ev session.Event) {
			if ev.Kind == abi.Remove {
				removed <- time.Unix(0, ev.Time).Sub(start)
			}
		}})
		s := testSession(1, 10)
		s.Expires = start.Add(2500 * time.Millisecond).UnixNano()
		wantErr(t, "insert", c.Insert(s, 0, client), nil)
		if at := <-removed; at < 2500*time.Millisecond || at > 2500*time.Millisecond+SweepInterval {
			t.Errorf("removed after %v", at)
		}

		c.Close()
		c.Close() // may be called twice
		again := testSession(2, 10)
		again.Expires = time.Now().Add(time.Second).UnixNano()
		wantErr(t, "insert after Close", c.Insert(again, 0, client), nil)
		<-time.After(time.Minute)
		if len(removed) != 0 {
			t.Error("the sweeper ran after Close")
		}
		_, err := c.Get(again.ID)
		wantErr(t, "Get of an expired session after Close", err, session.ErrNotFound)
	})
}
