package cache

import (
	"hash/maphash"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// graves are a shard's tombstones: which ids have been removed, when and why,
// and until when they must not come back. There may be a million of them, so
// they are a hash table without pointers, whose slots stay where they are: it
// costs the garbage collector nothing, and can be walked bit by bit. What it
// has grown to it keeps.
type graves struct {
	seed    maphash.Seed
	max     int
	n       int
	heads   []int32 // first slots of the chains, by hash; a power of two of them
	slots   []grave
	free    int32                // first slot of the chain of those that are free
	odd     map[int32]session.ID // by slot: the ids that are not plainID bytes long
	due     deadlines[mark]
	dropped uint64
}

// plainID is the length of the ids that stand in the slots: those that the
// nodes of a farm make. Others are for the servers behind a front door.
const plainID = session.IDSize

// A grave is one slot.
type grave struct {
	id      [plainID]byte // zeros where it is odd
	removed int64
	next    int32 // slot of the chain; noGrave is the end
	place   int32 // in due; noGrave where the slot is free
}

// A mark is what due holds of a tombstone: its slot, and what else is needed
// but would make a grave longer. Here it takes no room.
type mark struct {
	slot   int32
	reason abi.Reason
	odd    bool
}

const noGrave int32 = -1

// A Tombstone is what is left of a session that was removed: an insert of its
// id is refused until the session's life would have run out.
type Tombstone struct {
	ID      session.ID
	Removed int64 // when it was removed, in ns since the Unix epoch
	Until   int64 // when the tombstone ends, in ns since the Unix epoch
	Reason  abi.Reason
}

func (g *graves) init(max int, seed maphash.Seed) {
	g.seed = seed
	g.max = max
	g.free = noGrave
	g.odd = make(map[int32]session.ID)
	g.due.moved = func(m mark, place int32) { g.slots[m.slot].place = place }
}

func (g *graves) len() int { return g.n }

// chain returns the chain for the hash h of an id. The lower bits of h have
// chosen the shard already.
func (g *graves) chain(h uint64) *int32 { return &g.heads[h>>32&uint64(len(g.heads)-1)] }

// find returns the slot of id, whose hash is h, or noGrave.
func (g *graves) find(id session.ID, h uint64) int32 {
	if g.n == 0 {
		return noGrave
	}
	i := *g.chain(h)
	for i != noGrave && !g.is(i, id) {
		i = g.slots[i].next
	}
	return i
}

// is reports whether slot i has id.
func (g *graves) is(i int32, id session.ID) bool {
	if len(id) == plainID {
		return string(g.slots[i].id[:]) == string(id) && !g.mark(i).odd
	}
	held, ok := g.odd[i]
	return ok && held == id
}

func (g *graves) mark(i int32) mark   { return g.due.slots[g.slots[i].place].thing }
func (g *graves) until(i int32) int64 { return g.due.slots[g.slots[i].place].at }

// get returns the tombstone in slot i.
func (g *graves) get(i int32) Tombstone {
	m := g.mark(i)
	t := Tombstone{Removed: g.slots[i].removed, Until: g.until(i), Reason: m.reason}
	if m.odd {
		t.ID = g.odd[i]
	} else {
		t.ID = session.ID(g.slots[i].id[:])
	}
	return t
}

// dig leaves a tombstone for id, whose hash is h, until the given time. Of one
// that is there and has not ended, the later end and the first removal count.
// Where there is no room, the one that ends first goes.
func (g *graves) dig(id session.ID, h uint64, until, now int64, reason abi.Reason) {
	removed := now
	if i := g.find(id, h); i != noGrave {
		if end := g.until(i); end > now {
			removed, reason, until = g.slots[i].removed, g.mark(i).reason, max(until, end)
		}
		g.clear(i, h)
	}
	g.add(id, h, until, removed, reason)
	if g.n <= g.max {
		return
	}
	at, first := g.due.first()
	g.fill(first.slot)
	if at > now {
		g.dropped++
	}
}

func (g *graves) add(id session.ID, h uint64, until, removed int64, reason abi.Reason) {
	if g.n == len(g.heads) {
		g.grow()
	}
	i := g.take()
	s, m := &g.slots[i], mark{slot: i, reason: reason}
	s.removed = removed
	if len(id) == plainID {
		copy(s.id[:], id)
	} else {
		m.odd = true
		g.odd[i] = id
	}
	head := g.chain(h)
	s.next, *head = *head, i
	g.due.push(until, m)
	g.n++
}

// take returns a free slot.
func (g *graves) take() int32 {
	if i := g.free; i != noGrave {
		g.free = g.slots[i].next
		return i
	}
	g.slots = append(g.slots, grave{})
	return int32(len(g.slots) - 1)
}

// grow doubles the number of chains.
func (g *graves) grow() {
	g.heads = make([]int32, max(2*len(g.heads), 8))
	for i := range g.heads {
		g.heads[i] = noGrave
	}
	for i := range g.slots {
		if s := &g.slots[i]; s.place != noGrave {
			head := g.chain(g.hash(int32(i)))
			s.next, *head = *head, int32(i)
		}
	}
}

func (g *graves) hash(i int32) uint64 {
	if g.mark(i).odd {
		return maphash.String(g.seed, string(g.odd[i]))
	}
	return maphash.Bytes(g.seed, g.slots[i].id[:])
}

// has reports whether there is a tombstone that has not ended.
func (g *graves) has(id session.ID, h uint64, now int64) bool {
	i := g.find(id, h)
	return i != noGrave && g.until(i) > now
}

// fill takes the tombstone in slot i away.
func (g *graves) fill(i int32) { g.clear(i, g.hash(i)) }

// clear is fill of a tombstone for an id whose hash is h.
func (g *graves) clear(i int32, h uint64) {
	link := g.chain(h)
	for *link != i {
		link = &g.slots[*link].next
	}
	s := &g.slots[i]
	*link = s.next
	if g.mark(i).odd {
		delete(g.odd, i)
	}
	g.due.remove(s.place)
	*s = grave{next: g.free, place: noGrave}
	g.free = i
	g.n--
}

// expire takes away tombstones that have ended, up to n of them, and reports
// whether there may be more.
func (g *graves) expire(now int64, n int) (more bool) {
	for range n {
		if at, first := g.due.first(); g.n > 0 && at <= now {
			g.fill(first.slot)
		} else {
			return false
		}
	}
	return true
}

// appendSome appends the tombstones that have not ended of up to n slots, from
// slot i on, and returns where to go on; noGrave at the end.
func (g *graves) appendSome(to []Tombstone, i int32, n int, now int64) ([]Tombstone, int32) {
	end := min(int(i)+n, len(g.slots))
	for ; int(i) < end; i++ {
		if g.slots[i].place != noGrave && g.until(i) > now {
			to = append(to, g.get(i))
		}
	}
	if end == len(g.slots) {
		return to, noGrave
	}
	return to, i
}
