package main

import (
	"encoding/binary"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
)

// behind is what this instance has to catch up with: it asks other nodes, one
// at a time, for what they know, in pages.
//
// Who has lost messages of a node asks that node for what it has counted and
// removed itself since then. A node that does not answer is asked again, and then
// any other for all since then. Who starts anew asks any node for all; and, as
// that one may be behind itself, and this may be the successor of an instance
// that has failed and had somebody to ask, every node for what is recent.
type behind struct {
	asks    []ask
	hello   bool            // to be said: that it has begun
	here    bool            // to be said: that it is there
	met     map[string]bool // the nodes that were heard,
	meeting int64           // until then
	life    uint64          // of this instance's table, for cursors into it
	random  uint64
	retryAt int64
	pause   int64 // before the next try; grows
	begun   bool  // all has been asked for, or inherited
	reply   []byte
}

// An ask is what one node is to be asked for.
type ask struct {
	node  string // empty: any
	all   bool   // what it knows of all nodes; else of itself
	since int64  // ns since the Unix epoch, by the clock here; 0 is always
	tries int
	life  uint64 // where the next page begins: of whose table,
	slot  uint32 // and from which slot on
}

const (
	// maxAsks is how many nodes are asked one by one; more, and any is asked for
	// what all of them said.
	maxAsks = 256
	// maxTries is how often a node is asked before another is.
	maxTries   = 5
	firstPause = second / 5
	maxPause   = 30 * second
	// rollCall is how long after its beginning an instance asks whom it hears for
	// the first time.
	rollCall = 60 * second
)

func (b *behind) init(life, random uint64) {
	b.life, b.random, b.pause = life, random|1, firstPause
	b.reply = make([]byte, 0, usualPage)
}

// with notes that messages of a node (empty: of nobody knows whom) were lost
// since the time when it was heard before; 0 is never.
func (b *behind) with(node string, since int64) {
	if len(b.asks) >= maxAsks {
		node = ""
	}
	a := ask{node: node, all: node == "", since: since}
	for i := range b.asks {
		if other := &b.asks[i]; other.all == a.all && (a.all || other.node == node) {
			if other.slot > 0 || since < other.since {
				a.since = min(since, other.since)
				*other = a // from the beginning
			}
			return
		}
	}
	b.asks = append(b.asks, a)
}

// meet notes that a node was heard. One that this instance did not know is asked
// for what it said before, since then.
func (b *behind) meet(node []byte, since, now int64) {
	switch {
	case now >= b.meeting:
		b.met = nil
	case len(node) > 0 && !b.met[string(node)] && len(b.met) < maxAsks:
		b.met[string(node)] = true
		b.with(string(node), since)
	}
}

// missed notes that messages of another node did not arrive. That it is known
// means that something of that node has arrived, so it is asked now.
func (b *binder) missed(e *guest.Event) error {
	b.behind.meet(e.Node(), b.since, e.Time())
	b.behind.with(string(e.Node()), e.Created())
	b.behind.retryAt, b.behind.pause = 0, firstPause
	return b.work(e.Time())
}

// catchUp asks for one page. A client that wants to resume waits for this
// instance meanwhile: so it is one, and nobody is asked often who does not
// answer.
func (b *binder) catchUp(now int64) error {
	s := &b.behind
	if b.alone {
		return nil
	}
	if !s.begun {
		if err := b.begin(now); err != nil {
			return err
		}
	}
	b.greet(now)
	if len(s.asks) == 0 || now < s.retryAt {
		return nil
	}
	last, ok := b.page(&s.asks[0], now)
	if !ok {
		s.failed(now)
		return nil
	}
	s.pause = firstPause
	if last {
		s.asks = append(s.asks[:0], s.asks[1:]...)
	}
	return nil
}

// begin asks for all that this instance does not know: the others, and the host.
func (b *binder) begin(now int64) error {
	s := &b.behind
	s.begun, s.hello, s.met, s.meeting = true, true, map[string]bool{}, now+rollCall
	s.with("", 0)
	return b.replay()
}

// greet says what is to be said to all, until the host takes it.
func (b *binder) greet(now int64) {
	s := &b.behind
	if s.hello {
		b.buf = appendHead(b.buf[:0], kindHello)
		s.hello, s.meeting = !b.publish(nil), now+rollCall
	}
	if s.here {
		b.buf = appendHead(b.buf[:0], kindNews)
		s.here = !b.publish(nil)
	}
}

// failed puts the first ask behind the others, and all of them off for a while.
func (b *behind) failed(now int64) {
	a := b.asks[0]
	b.asks = append(b.asks[:0], b.asks[1:]...)
	a.tries++
	if a.tries >= maxTries && a.node != "" {
		b.with("", a.since)
	} else {
		b.asks = append(b.asks, a)
	}
	// A part of the pause is random: two nodes that ask each other at the same
	// moment both wait in vain, and must not do so again.
	b.random ^= b.random << 13
	b.random ^= b.random >> 7
	b.random ^= b.random << 17
	b.retryAt = now + b.pause/2 + int64(b.random%uint64(b.pause))
	b.pause = min(2*b.pause, maxPause)
}

// What an ask and a page have behind their heads, little-endian:
//
//	ask   scope (1), since (8), life (8), slot (4)
//	page  node (12), life (8), slot (4) to go on from, entries
const (
	scopeOwn = 1 // what the node itself has counted and removed
	scopeAll = 2

	askSize  = 1 + 8 + 8 + 4
	pageHead = abi.NodeIDSize + 8 + 4
	lastSlot = ^uint32(0) // there is no further page

	// A page ends when it has pageEntries, or pageSlots have been looked at. A
	// record is not divided, so that it may have as many more as one has, of
	// which there are maxEntries at most.
	pageEntries = 400
	pageSlots   = 4000
	maxEntries  = 4000
	usualPage   = wireHead + pageHead + 2*pageEntries*entrySize
)

// page asks for one page. last says that there is none behind it.
func (b *binder) page(a *ask, now int64) (last, ok bool) {
	b.buf = a.append(appendHead(b.buf[:0], kindAsk))
	add("asked", 1)
	reply, err := guest.Request(b.behind.reply[:0], b.topic, []byte(a.node), b.buf, b.askTimeout)
	if err != nil {
		return false, false
	}
	b.behind.reply = reply[:0]
	if !b.turn(a, reply, now) {
		add("malformed", 1)
		return false, false
	}
	return a.slot == lastSlot, true
}

func (a *ask) append(m []byte) []byte {
	scope, since := byte(scopeOwn), int64(0)
	if a.all {
		scope = scopeAll
	}
	if a.since > 0 {
		since = a.since - skew
	}
	m = append(m, scope)
	m = binary.LittleEndian.AppendUint64(m, uint64(since))
	m = binary.LittleEndian.AppendUint64(m, a.life)
	return binary.LittleEndian.AppendUint32(m, a.slot)
}

// turn takes a page, and has a go on behind it.
func (b *binder) turn(a *ask, page []byte, now int64) bool {
	kind, rest := parseHead(page)
	if kind != kindPage || len(rest) < pageHead {
		return false
	}
	node := rest[:abi.NodeIDSize]
	life := binary.LittleEndian.Uint64(rest[abi.NodeIDSize:])
	slot := binary.LittleEndian.Uint32(rest[abi.NodeIDSize+8:])
	if life == a.life && slot <= a.slot { // it would never end
		return false
	}
	a.node, a.life, a.slot = string(node), life, slot // the rest comes from the same node
	return b.learn(rest[pageHead:], now, false)
}

// answer answers an ask with a page.
func (b *binder) answer(raw []byte) error {
	if len(raw) != askSize {
		add("malformed", 1)
		return nil
	}
	all, since := raw[0] == scopeAll, int64(binary.LittleEndian.Uint64(raw[1:]))
	life, slot := binary.LittleEndian.Uint64(raw[9:]), binary.LittleEndian.Uint32(raw[17:])
	if life != b.behind.life {
		slot = 0 // of a table that is no more
	}
	m := append(appendHead(b.buf[:0], kindPage), guest.NodeID()...)
	m = binary.LittleEndian.AppendUint64(m, b.behind.life)
	at := len(m)
	m = binary.LittleEndian.AppendUint32(m, 0)
	m, slot = b.appendPage(m, slot, all, since)
	binary.LittleEndian.PutUint32(m[at:], slot)
	b.buf = m
	_ = guest.Reply(m) // who has given up waiting will ask again
	return nil
}

// appendPage appends the entries of a page that begins with slot, and returns
// where the next one does.
func (b *binder) appendPage(m []byte, slot uint32, all bool, since int64) ([]byte, uint32) {
	end, full := len(b.table.records), len(m)+pageEntries*entrySize
	for i := min(uint64(slot), uint64(end)); i < uint64(end); i++ {
		if i == uint64(slot)+pageSlots || len(m) >= full {
			return m, uint32(i)
		}
		if r := &b.table.records[i]; r.place != none && r.changed >= since {
			m = b.appendRecord(m, r, all)
		}
	}
	return m, lastSlot
}

// appendRecord appends the entries of one record: of this node, or of all.
func (b *binder) appendRecord(m []byte, r *record, all bool) []byte {
	e := entry{id: r.id, expires: r.expires}
	if r.removed {
		if all || r.by == b.me {
			e.who, e.n = r.by, entryRemoved
			if r.spent {
				e.n = entrySpent
			}
			m = e.append(m)
		}
		return m
	}
	if r.own > 0 {
		e.who, e.n = b.me, r.own
		m = e.append(m)
	}
	if !all {
		return m
	}
	for i, n := r.others, 0; i != none && n < maxEntries; i, n = b.table.counters[i].next, n+1 {
		e.who, e.n = b.table.counters[i].who, b.table.counters[i].n
		m = e.append(m)
	}
	return m
}
