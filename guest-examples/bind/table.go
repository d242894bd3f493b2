package main

import (
	"encoding/binary"
	"math/bits"
)

// An id is that of a session that a node of the farm made. Ids of other lengths
// belong to servers that don't ask plugins before they resume.
type id [32]byte

func toID(b []byte) (id, bool) {
	if len(b) != len(id{}) {
		return id{}, false
	}
	return id(b), true
}

// A record is what is known of one session.
type record struct {
	id      id
	expires int64  // ns since the Unix epoch: the end of the session, and of the record
	changed int64  // ns since the Unix epoch
	by      uint64 // who removed it
	own     uint32 // resumptions that this node has counted
	total   uint32 // resumptions on all nodes
	next    int32  // of the records of one chain; none is the end
	others  int32  // first of the counters of the others; none is the end
	place   int32  // in its heap; none where the record is free
	removed bool   // it may not be resumed at all,
	spent   bool   // because it has been too often, and not because somebody removed it
	told    bool   // that it was removed has been told to all, by this node or another
	owed    bool   // it is in binder.owed
}

// A counter is how often another node (rather: another life of this plugin
// there) has counted a session's resumption.
type counter struct {
	who  uint64
	n    uint32
	next int32
}

const none int32 = -1

// countersPerID is how many counters of other nodes there are room for, for
// each record, on average.
const countersPerID = 4

// A table is the records, of a bounded number. When there is no room, one goes
// that has ended; else one that only counts, so that what was removed stays
// refused; and of these the one whose session ends first.
//
// It is used on the handshake path. So it is made for its full size at once, and
// is a hash table of its own: a map of Go's grows by leaps, each of which takes
// the time, and the fuel, of many calls. And it holds no pointers, which leaves
// nothing to do to the garbage collector.
type table struct {
	max       int
	seed      uint64
	heads     []int32 // first records of the chains, by hash; a power of two of them
	records   []record
	free      int32 // first of the free records
	counts    heap  // of records that only count
	removals  heap  // of those that may not be resumed
	counters  []counter
	spare     int32 // first of the free counters
	counting  int   // counters in use
	forgotten int64 // records that had to go before their time
	ofRemoved int64 // of these, those of removed sessions
}

// newTable returns a table of at most max records, about 90 bytes each. seed is
// random, so that nobody can choose ids of one chain.
func newTable(max int, seed uint64) *table {
	heads := make([]int32, 1<<bits.Len(uint(max-1)))
	for i := range heads {
		heads[i] = none
	}
	t := &table{max: max, seed: seed | 1, heads: heads, records: make([]record, 0, max), free: none, spare: none}
	for _, h := range []*heap{&t.counts, &t.removals} {
		*h = heap{&t.records, make([]int32, 0, max)}
	}
	return t
}

func (t *table) len() int { return t.counts.len() + t.removals.len() }

// heap returns the one that r is in.
func (t *table) heap(r *record) *heap {
	if r.removed {
		return &t.removals
	}
	return &t.counts
}

func (t *table) chain(k *id) *int32 {
	h := uint64(0)
	for i := 0; i < len(k); i += 8 {
		h = (h ^ binary.LittleEndian.Uint64(k[i:])) * t.seed
		h ^= h >> 32
	}
	return &t.heads[h&uint64(len(t.heads)-1)]
}

// slot returns the place of a session's record in the chain that begins with i,
// or none.
func (t *table) slot(i int32, k *id) int32 {
	for i != none && t.records[i].id != *k {
		i = t.records[i].next
	}
	return i
}

// find returns the record of a session, or nil. It is valid until the next call
// of add.
func (t *table) find(k *id) *record {
	if i := t.slot(*t.chain(k), k); i != none {
		return &t.records[i]
	}
	return nil
}

// add returns the record of a session, a new one where there is none, that
// lasts until expires at least, after having made room for it and for one more
// counter.
func (t *table) add(k *id, expires, now int64) *record {
	head := t.chain(k)
	i := t.slot(*head, k)
	for i == none && t.len() >= t.max || t.counting >= countersPerID*t.max {
		t.forget(now)
		i = t.slot(*head, k)
	}
	switch {
	case i == none:
		i = t.take()
		t.records[i] = record{id: *k, expires: expires, next: *head, others: none}
		*head = i
		t.counts.add(i)
	case expires > t.records[i].expires:
		r := &t.records[i]
		r.expires = expires
		t.heap(r).down(int(r.place))
	}
	t.records[i].changed = now
	return &t.records[i]
}

// forget drops the record that is missed least. There has to be one.
func (t *table) forget(now int64) {
	if t.expireOne(now) {
		return
	}
	i, _ := t.counts.front(now)
	if i == none {
		i, _ = t.removals.front(now)
		t.ofRemoved++
	}
	t.forgotten++
	t.drop(i)
}

func (t *table) take() int32 {
	if i := t.free; i != none {
		t.free = t.records[i].next
		return i
	}
	t.records = append(t.records, record{})
	return int32(len(t.records) - 1)
}

func (t *table) drop(i int32) {
	r := &t.records[i]
	t.clearCounters(r)
	link := t.chain(&r.id)
	for *link != i {
		link = &t.records[*link].next
	}
	*link = r.next
	t.heap(r).take(int(r.place))
	*r = record{place: none, next: t.free}
	t.free = i
}

// expire drops records that have ended, up to n of them.
func (t *table) expire(now int64, n int) {
	for ; n > 0 && t.expireOne(now); n-- {
	}
}

// expireOne drops a record that has ended, if there is one.
func (t *table) expireOne(now int64) bool {
	for _, h := range [...]*heap{&t.removals, &t.counts} {
		if i, ended := h.front(now); ended {
			t.drop(i)
			return true
		}
	}
	return false
}

// count notes that who has counted n resumptions; a smaller number is old news.
func (t *table) count(r *record, who uint64, n uint32) {
	for i := r.others; i != none; i = t.counters[i].next {
		if c := &t.counters[i]; c.who == who {
			if n > c.n {
				r.total = sum(r.total, n-c.n)
				c.n = n
			}
			return
		}
	}
	i := t.spare
	if i == none {
		t.counters = append(t.counters, counter{})
		i = int32(len(t.counters) - 1)
	} else {
		t.spare = t.counters[i].next
	}
	t.counters[i] = counter{who, n, r.others}
	r.others = i
	r.total = sum(r.total, n)
	t.counting++
}

// countOwn sets what this node has counted; a smaller number is old news.
func (r *record) countOwn(n uint32) {
	if n > r.own {
		r.total = sum(r.total, n-r.own)
		r.own = n
	}
}

func sum(a, b uint32) uint32 {
	if a+b < a {
		return ^uint32(0)
	}
	return a + b
}

// remove makes r that of a session that may not be resumed any more. What was
// counted does not matter then.
func (t *table) remove(r *record, by uint64) {
	t.clearCounters(r)
	if !r.removed {
		slot := t.counts.slots[r.place]
		t.counts.take(int(r.place))
		t.removals.add(slot)
	}
	r.own, r.total, r.by, r.removed, r.spent, r.told = 0, 0, by, true, false, false
}

func (t *table) clearCounters(r *record) {
	for r.others != none {
		c := &t.counters[r.others]
		next := c.next
		c.next, t.spare = t.spare, r.others
		r.others = next
		t.counting--
	}
}
