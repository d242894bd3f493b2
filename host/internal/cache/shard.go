package cache

import (
	"hash/maphash"
	"sync"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// sweepBatch bounds how many sessions are expired, and how many tombstones
// listed, under one hold of a lock.
const sweepBatch = 128

// An entry is one session in a shard.
type entry struct {
	session    *session.Session
	prev, next *entry // in the segment that it is in
	due        int32  // its place in shard.due
	uses       uint8  // fetches since it entered probation, see order
	protected  bool
}

// dated is an entry and when its session was stored, in ns since the Unix epoch.
// It is what shard.due holds: in an entry, the time would take 16 bytes rather
// than 8, by how the allocator rounds up.
type dated struct {
	entry  *entry
	stored int64
}

// limits are a shard's shares of the cache's limits.
type limits struct {
	sessions   int
	bytes      int64
	tombstones int
}

// A shard is a part of the cache with a lock of its own. mu guards everything
// behind it; the methods without a lock of their own want it held.
type shard struct {
	feed *feed
	max  limits

	mu      sync.Mutex
	entries map[session.ID]*entry
	order   order
	due     deadlines[dated]
	graves  graves
	spare   *entry // the last that was unlinked, for the next: a full cache allocates nothing
	bytes   int64
	count   counts

	_ [64]byte // the next shard's lock is on another cache line
}

func (sh *shard) init(max limits, f *feed, seed maphash.Seed) {
	sh.max = max
	sh.feed = f
	sh.entries = make(map[session.ID]*entry)
	sh.due.moved = func(d dated, i int32) { d.entry.due = i }
	sh.graves.init(max.tombstones, seed)
}

// live returns the entry under id. One whose life has run out is removed first,
// with its event, and is not returned.
func (sh *shard) live(id session.ID, now int64) *entry {
	e := sh.entries[id]
	if e != nil && e.session.Expires <= now {
		sh.drop(e, abi.Expired, session.Source{Origin: abi.FromHost}, now)
		return nil
	}
	return e
}

// insert is Cache.Insert; h is the hash of the id.
func (sh *shard) insert(s *session.Session, h uint64, flags uint32, src session.Source, now int64) error {
	if err := check(s, now); err != nil {
		return err
	}
	cost := Cost(s)
	if cost > sh.max.bytes {
		return session.ErrTooLarge
	}
	ev := session.Event{Kind: abi.Insert, Source: src, Time: now, Session: s}
	if old := sh.live(s.ID, now); old != nil {
		if flags&abi.Overwrite == 0 {
			return session.ErrExists
		}
		sh.count.overwrites++
		ev.Flags = abi.Replaced
		if cost <= Cost(old.session) {
			sh.replace(old, s, cost, now)
			sh.count.inserts++
			sh.feed.send(ev)
			return nil
		}
		sh.unlink(old)
	} else if !sh.exhume(s.ID, h, flags, now) {
		return session.ErrRemoved
	}
	sh.makeRoom(cost, now)
	sh.link(s, cost, now)
	sh.count.inserts++
	sh.feed.send(ev)
	return nil
}

// exhume reports whether no tombstone under id stands against an insert with
// these flags.
func (sh *shard) exhume(id session.ID, h uint64, flags uint32, now int64) bool {
	if flags&abi.Revive == 0 {
		return !sh.graves.has(id, h, now)
	}
	if i := sh.graves.find(id, h); i != noGrave {
		sh.graves.clear(i, h)
	}
	return true
}

// makeRoom removes what has expired, and evicts what is least worth keeping,
// until one more session of this cost is within both limits. It ends because
// an empty shard has room for any session that insert lets through.
func (sh *shard) makeRoom(cost, now int64) {
	for len(sh.entries) > 0 && (len(sh.entries) >= sh.max.sessions || sh.bytes+cost > sh.max.bytes) {
		host := session.Source{Origin: abi.FromHost}
		if at, first := sh.due.first(); at <= now {
			sh.drop(first.entry, abi.Expired, host, now)
		} else {
			sh.drop(sh.order.victim(), abi.Evicted, host, now)
		}
	}
}

// expire removes sessions whose life has run out, up to n of them, and all such
// tombstones up to n; it reports whether there may be more. It takes the lock.
func (sh *shard) expire(now int64, n int) (more bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for range n {
		at, first := sh.due.first()
		if first.entry == nil || at > now {
			return sh.graves.expire(now, n)
		}
		sh.drop(first.entry, abi.Expired, session.Source{Origin: abi.FromHost}, now)
	}
	return true
}

// drop removes e, with its event.
func (sh *shard) drop(e *entry, reason abi.Reason, src session.Source, now int64) {
	sh.unlink(e)
	sh.count.removals[reason]++
	sh.feed.send(session.Event{Kind: abi.Remove, Reason: reason, Source: src, Time: now, Session: e.session})
}

func (sh *shard) link(s *session.Session, cost, now int64) {
	e := sh.spare
	if e == nil {
		e = &entry{}
	}
	*e, sh.spare = entry{session: s}, nil
	sh.entries[s.ID] = e
	sh.bytes += cost
	sh.order.add(e)
	sh.due.push(s.Expires, dated{e, now})
}

// replace puts s, which takes no more room, in the place of e's session. It is
// unlink and link without a search of the map, and with nothing to evict.
func (sh *shard) replace(e *entry, s *session.Session, cost, now int64) {
	sh.bytes += cost - Cost(e.session)
	sh.order.remove(e)
	sh.due.remove(e.due)
	*e = entry{session: s}
	sh.order.add(e)
	sh.due.push(s.Expires, dated{e, now})
}

func (sh *shard) unlink(e *entry) {
	delete(sh.entries, e.session.ID)
	sh.bytes -= Cost(e.session)
	sh.order.remove(e)
	sh.due.remove(e.due)
	sh.spare = e
}

// stored returns when e's session was stored.
func (sh *shard) stored(e *entry) int64 { return sh.due.slots[e.due].thing.stored }

func (sh *shard) len() int {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return len(sh.entries)
}

// appendLive appends the sessions whose life has not run out. It takes the
// lock.
func (sh *shard) appendLive(to []*session.Session, clock func() int64) []*session.Session {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := clock()
	for _, e := range sh.entries {
		if e.session.Expires > now {
			to = append(to, e.session)
		}
	}
	return to
}

// appendTombstones is graves.appendSome. It takes the lock.
func (sh *shard) appendTombstones(to []Tombstone, from int32, clock func() int64) ([]Tombstone, int32) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.graves.appendSome(to, from, sweepBatch, clock())
}
