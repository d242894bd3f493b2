package main

import (
	"encoding/binary"
	"errors"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
)

const (
	second = int64(1e9)
	// skew is how far the clocks of the farm's nodes may differ.
	skew = 300 * second
	// maxLife is the longest life of a session: the host allows none longer.
	maxLife = 7 * 24 * 3600 * second
)

// A binder is one instance's policy, and what it knows.
type binder struct {
	settings
	table  *table
	me     uint64 // who counts here: another number in each life that did not inherit the state
	alone  bool   // there is no farm
	behind behind
	owed   queue // what the others are to be told, if nobody else does
	since  int64 // ns since the Unix epoch: removals of before were told of
	spent  queue // sessions over the limit: to be removed
	buf    []byte

	learned int64 // entries of other nodes
	shown   shown
}

func newBinder(s settings) (*binder, error) {
	var random [32]byte
	if err := guest.RandomFill(random[:]); err != nil {
		return nil, err
	}
	number := func(i int) uint64 { return binary.LittleEndian.Uint64(random[8*i:]) }
	b := &binder{settings: s, table: newTable(s.maxIDs, number(0)), me: number(1), since: guest.Now() - lookback}
	// What is owed are records, of which there are no more; and maxSpent is a
	// help to others, who go by what they hear anyway.
	b.owed.most, b.spent.most = s.maxIDs, maxSpent
	b.behind.init(number(2), number(3))
	switch err := guest.Subscribe(s.topic); {
	case errors.Is(err, guest.ErrUnavailable):
		b.alone = true
		guest.Log(abi.Warn, "this host is in no farm: what other nodes resume or remove is not known")
	case err != nil:
		return nil, err
	}
	return b, nil
}

// resume decides on the handshake path: it waits for nothing, and allocates
// nothing as long as the host takes its messages.
func (b *binder) resume(e *guest.Event) guest.Verdict {
	k, ok := toID(e.ID())
	if !ok {
		return guest.Allow
	}
	r := b.table.find(&k)
	if r != nil && r.removed {
		add("refused_removed", 1)
		return guest.Refuse
	}
	if b.maxResumes == 0 {
		return guest.Allow
	}
	if r != nil && r.total >= b.maxResumes {
		b.spend(r, e.Time())
		add("refused_limit", 1)
		return guest.Refuse
	}
	r = b.table.add(&k, e.Expires(), e.Time())
	r.countOwn(r.own + 1)
	if !b.tell(&entry{k, b.me, r.expires, r.own}) {
		b.owe(r, e.Time()+patience)
	}
	return guest.Allow
}

// spend makes r that of a session that has been resumed too often.
func (b *binder) spend(r *record, now int64) {
	b.table.remove(r, b.me)
	r.spent = true
	b.spent.push(r.id, now)
}

// removed notes a session that somebody removed here.
func (b *binder) removed(e *guest.Event) error {
	k, ok := toID(e.ID())
	if !ok || e.Reason() != abi.Explicit && e.Reason() != abi.Consumed {
		return nil
	}
	now := guest.Now() // the event may have waited for long, and is news of now
	if e.Flags()&abi.Existing != 0 {
		b.learnLate(&k, e, now)
		return nil
	}
	if r := b.table.find(&k); r != nil && r.removed && !r.spent {
		return nil
	}
	r := b.table.add(&k, e.Expires(), now)
	b.table.remove(r, b.me)
	// One by a plugin, perhaps, that does here what was done elsewhere: then the
	// bind of that node tells it, and one message is enough.
	r.told = e.Origin() != abi.FromPlugin && b.tell(&entry{k, b.me, r.expires, entryRemoved})
	if !r.told {
		b.owe(r, now+patience)
	}
	return nil
}

// heard takes a message of another node.
func (b *binder) heard(e *guest.Event) error {
	b.behind.meet(e.Node(), b.since, e.Time())
	switch kind, rest := parseHead(e.Data()); {
	case kind == kindNews && b.learn(rest, e.Time(), true):
	case kind == kindHello && len(rest) == 0:
		b.behind.here = true
	case kind == kindAsk && e.Flags()&abi.Request != 0:
		return b.answer(rest)
	default:
		add("malformed", 1)
	}
	return nil
}

// learn takes entries, and returns false where there are none. news is what was
// told to all, and not only to this node.
func (b *binder) learn(raw []byte, now int64, news bool) bool {
	if len(raw)%entrySize != 0 {
		return false
	}
	var e entry
	for ; len(raw) > 0; raw = raw[entrySize:] {
		e.parse(raw)
		b.merge(&e, now, news)
		b.learned++
	}
	return true
}

func (b *binder) merge(e *entry, now int64, news bool) {
	e.expires = min(e.expires, now+maxLife+skew)
	gone := e.n == entryRemoved
	if e.expires <= now || !gone && b.maxResumes == 0 {
		return
	}
	r := b.table.add(&e.id, e.expires, now)
	switch {
	case r.removed && (!gone || !r.spent):
		r.told = r.told || gone && news
	case gone:
		b.table.remove(r, e.who)
		r.told = news
	case e.who == b.me && e.n != entrySpent:
		r.countOwn(e.n)
	default:
		b.table.count(r, e.who, e.n)
	}
	if r.total > b.maxResumes { // on several nodes at a time, or in two halves of the farm
		if r.own > 0 {
			b.spend(r, now)
		} else {
			b.table.remove(r, b.me)
			r.spent = true
		}
	}
}

const (
	// expireBatch bounds how many records one call drops,
	expireBatch = 200
	// spentBatch how many sessions it removes, and maxSpent how many may wait for
	// that.
	spentBatch = 50
	maxSpent   = 10_000
)

// work does what is not done on the handshake path.
func (b *binder) work(now int64) error {
	b.table.expire(now, expireBatch)
	b.removeSpent(now)
	b.pay(now)
	err := b.catchUp(now)
	b.show()
	return err
}

// removeSpent removes what is over the limit from the cache, so that it does not
// come back, and plugins that copy sessions carry that on.
func (b *binder) removeSpent(now int64) {
	for _, k := range b.spent.take(now, spentBatch) {
		// ErrNotFound is as good: the session is not here, and won't be.
		if err := guest.SessionRemove(k[:]); err == nil || errors.Is(err, guest.ErrNotFound) {
			add("removed_over_limit", 1)
		}
	}
}

// replay has the host tell again of what was removed before.
func (b *binder) replay() error {
	_, err := guest.SessionReplay()
	return err
}

// shown is what the metrics say that are brought up to date by work, because
// one by one they would cost too much.
type shown struct{ ids, behind, learned, forgotten, ofRemoved, untold, unremoved int64 }

func (b *binder) show() {
	t := b.table
	now := shown{int64(t.len()), int64(len(b.behind.asks)), b.learned, t.forgotten, t.ofRemoved, b.owed.dropped, b.spent.dropped}
	if now == b.shown {
		return
	}
	set("ids", now.ids)
	set("behind", now.behind)
	add("learned", now.learned-b.shown.learned)
	add("forgotten", now.forgotten-b.shown.forgotten)
	add("forgotten_removed", now.ofRemoved-b.shown.ofRemoved)
	add("untold", now.untold-b.shown.untold)
	add("unremoved", now.unremoved-b.shown.unremoved)
	b.shown = now
}

// What can't be counted is not a reason to decide otherwise.
func add(metric string, n int64) { _ = guest.MetricAdd(metric, n) }
func set(metric string, n int64) { _ = guest.MetricSet(metric, n) }
