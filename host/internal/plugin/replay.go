package plugin

import (
	"context"
	"sync"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A replay delivers every tombstone and every present session to one plugin, as
// REMOVE and INSERT with the EXISTING flag, no faster than its queue takes them.
type replay struct {
	plugin *Plugin
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	running bool
	begun   int  // how many there have been
	again   bool // asked for once more while one is under way
	ended   sync.WaitGroup
}

func (r *replay) init(p *Plugin) {
	r.plugin = p
	r.ctx, r.cancel = context.WithCancel(context.Background())
}

// start begins a replay, or has the one under way begin anew, and returns the
// number of sessions.
func (r *replay) start() abi.Code {
	n := abi.Code(min(r.plugin.manager.cfg.Store.Len(), 1<<31-1))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return n
	}
	r.begun++
	if r.running {
		r.again = true
		return n
	}
	r.running = true
	r.ended.Add(1)
	go r.run()
	return n
}

// stop ends a replay and waits for its end.
func (r *replay) stop() {
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.ended.Wait()
}

func (r *replay) run() {
	defer r.ended.Done()
	for {
		store := r.plugin.manager.cfg.Store
		for id := range store.Removed() {
			if r.restart() {
				break
			}
			if !r.announce(id, onRemove, store.AnnounceRemoved) {
				return
			}
		}
		for s := range store.All() {
			if r.restart() {
				break
			}
			if !r.announce(s.ID, onInsert, store.Announce) {
				return
			}
		}
		r.mu.Lock()
		if !r.again || r.ctx.Err() != nil {
			r.running = false
			r.mu.Unlock()
			return
		}
		r.again = false
		r.mu.Unlock()
	}
}

// restart reports whether the replay under way is to begin anew.
func (r *replay) restart() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.again
}

// announce queues one session, or tombstone, for the hook h by what the cache
// offers for it, if it is still there, and waits for room before it does; false
// ends the replay.
func (r *replay) announce(id session.ID, h hook, offer func(session.ID, func(session.Event)) bool) bool {
	if !hookSet(r.plugin.hooks.Load()).has(h) {
		return r.ctx.Err() == nil
	}
	for {
		var result pushed
		offer(id, func(ev session.Event) {
			if hookSet(r.plugin.hooks.Load()).has(h) {
				result = r.plugin.push(&ev, true)
			}
		})
		if result != overflow {
			return r.ctx.Err() == nil
		}
		s := r.plugin.slotOf(id)
		if s == nil || !s.ring.awaitRoom(r.ctx) {
			return false
		}
	}
}
