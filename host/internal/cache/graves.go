package cache

import (
	"hash/maphash"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A graveKey stands for an id: 128 bits of a hash that is keyed anew in each
// process. Two ids that share one are not expected in the life of the universe;
// they would cost the second a full handshake.
type graveKey [2]uint64

// graves are a shard's tombstones: which ids have been removed, and until when
// they must not come back. They hold no pointers, so that a million of them
// cost the garbage collector nothing.
type graves struct {
	seed    maphash.Seed
	max     int
	places  map[graveKey]int32 // of the tombstone in due
	due     deadlines[graveKey]
	dropped uint64
}

func (g *graves) init(max int, seed maphash.Seed) {
	g.seed = seed
	g.max = max
	g.places = make(map[graveKey]int32)
	g.due.moved = func(key graveKey, place int32) { g.places[key] = place }
}

// key returns the key of id, whose shard was chosen by the hash h.
func (g *graves) key(id session.ID, h uint64) graveKey {
	return graveKey{h, maphash.String(g.seed, string(id))}
}

func (g *graves) len() int { return len(g.places) }

// dig leaves a tombstone until the given time, or lengthens the one that is
// there. Where there is no room, the one that ends first goes.
func (g *graves) dig(key graveKey, until, now int64) {
	if place, ok := g.places[key]; ok {
		until = max(until, g.due.slots[place].at)
		g.clear(key)
	}
	g.due.push(until, key)
	if len(g.places) <= g.max {
		return
	}
	at, first := g.due.first()
	g.clear(first)
	if at > now {
		g.dropped++
	}
}

// has reports whether there is a tombstone that has not expired.
func (g *graves) has(key graveKey, now int64) bool {
	place, ok := g.places[key]
	return ok && g.due.slots[place].at > now
}

// clear takes a tombstone away, if there is one.
func (g *graves) clear(key graveKey) {
	if place, ok := g.places[key]; ok {
		delete(g.places, key)
		g.due.remove(place)
	}
}

// expire takes away tombstones that have expired, up to n of them, and reports
// whether there may be more.
func (g *graves) expire(now int64, n int) (more bool) {
	for range n {
		if at, key := g.due.first(); g.len() > 0 && at <= now {
			g.clear(key)
		} else {
			return false
		}
	}
	return true
}
