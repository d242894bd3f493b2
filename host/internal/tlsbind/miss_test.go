package tlsbind

import (
	"context"
	"crypto/tls"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestMissIsFilled(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		kept := f.cache.only(t)
		delete(f.cache.sessions, kept.ID)
		misses := 0
		f.hooks.miss = func(ctx context.Context, id session.ID, home session.Node) {
			misses++
			if ctx.Err() != nil || id != kept.ID || home != testNode {
				t.Errorf("a miss of %s at %v, %v", id.Hex(), home, ctx.Err())
			}
			f.cache.mu.Lock()
			defer f.cache.mu.Unlock()
			f.cache.sessions[id] = kept
		}
		f.cache.fetches = 0
		s.ok(t, client, true)
		if stats := f.Stats(); misses != 1 || f.cache.fetches != 2 || stats.MissesFilled != 1 || stats.Missed != 0 || stats.Resumable != 1 {
			t.Errorf("%d misses, %d fetches, %+v", misses, f.cache.fetches, stats)
		}

		// One that stays a miss is fetched once, so that it counts once.
		delete(f.cache.sessions, tickets.id(t))
		f.hooks.miss = func(context.Context, session.ID, session.Node) { misses++ }
		f.cache.fetches = 0
		s.ok(t, client, false)
		if stats := f.Stats(); misses != 2 || f.cache.fetches != 1 || stats.Missed != 1 {
			t.Errorf("%d misses, %d fetches, %+v", misses, f.cache.fetches, stats)
		}
	})
}

// A hello with many ids of sessions that are nowhere costs one search.
func TestHooksAreAskedOnceInAHandshake(t *testing.T) {
	f := newFarm(nil)
	misses := 0
	f.hooks.miss = func(context.Context, session.ID, session.Node) { misses++ }
	bd := &binding{binder: f.Binder, ctx: t.Context()}
	for range 5 {
		id := f.keys.NewID(testNode)
		if state, err := bd.unwrap([]byte(id), tls.ConnectionState{}); state != nil || err != nil {
			t.Errorf("unwrap: %v, %v", state, err)
		}
	}
	if stats := f.Stats(); misses != 1 || stats.Missed != 5 {
		t.Errorf("%d misses, %+v", misses, stats)
	}
}

// Whoever presents what was removed has nobody looked for it: it would be
// refused.
func TestHooksAreNotAskedForWhatWasRemoved(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		f.hooks.miss = func(context.Context, session.ID, session.Node) { t.Error("asked") }
		if err := f.cache.Remove(tickets.id(t), abi.Explicit, fromClient); err != nil {
			t.Fatal(err)
		}
		s.ok(t, client, false)
		if stats := f.Stats(); stats.Removed != 1 || stats.Missed != 0 {
			t.Errorf("%+v", stats)
		}
	})
}
