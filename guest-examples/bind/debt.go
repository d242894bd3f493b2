package main

import (
	"errors"

	"github.com/sesshook/sesshook/abi/guest"
)

// The debt of this node is what the others have not been told, and don't know
// that they miss: removals that somebody else may tell of as well, those that
// this instance learned of late, and what the host did not take (LIMIT). Unlike
// what is lost on its way, nobody would ever ask for it.

const (
	// patience is how long news that may be somebody else's as well is left to
	// others, and how long what the host did not take waits.
	patience = second
	// lookback is how old a removal may be that a predecessor of this instance,
	// one that failed, may not have told of: events wait while a plugin that fails
	// over and over is paused, for minutes.
	lookback = 15 * 60 * second
)

// owe has the others told about r in time.
func (b *binder) owe(r *record, due int64) {
	if !b.alone && !r.owed {
		r.owed = b.owed.push(r.id, due)
	}
}

// learnLate takes a removal that the host tells of again. If this instance does
// not know that all have been told, they are: it may not have been told itself
// (its queue was full, or it did not run), and then nobody knows that something
// is missing.
func (b *binder) learnLate(k *id, e *guest.Event, now int64) {
	r := b.table.find(k)
	if r != nil && r.removed && (r.told || r.spent) {
		return
	}
	r = b.table.add(k, e.Expires(), now)
	b.table.remove(r, b.me)
	if e.Time() >= b.since {
		b.owe(r, now+patience)
	}
}

// pay tells what is due of the debt, as much as one page has.
func (b *binder) pay(now int64) {
	ids := b.owed.take(now, pageEntries)
	b.buf = appendHead(b.buf[:0], kindNews)
	for i := range ids {
		if r := b.table.find(&ids[i]); r != nil && !r.told {
			r.changed = now // who misses the message asks for what was said since the last one
			b.buf = b.appendRecord(b.buf, r, false)
		}
	}
	taken := len(b.buf) == wireHead || b.publish(b.buf[wireHead:][:len(id{})])
	for i := range ids {
		if r := b.table.find(&ids[i]); r != nil {
			b.paid(r, taken, now)
		}
	}
}

// paid notes whether the others hear of r.
func (b *binder) paid(r *record, taken bool, now int64) {
	r.owed = false
	switch {
	case r.told:
	case !taken:
		b.owe(r, now+patience)
	default:
		r.told = r.removed && r.by == b.me
	}
}

// tell publishes one entry, and reports whether the others hear of it.
func (b *binder) tell(e *entry) bool {
	if b.alone {
		return true
	}
	b.buf = e.append(appendHead(b.buf[:0], kindNews))
	return b.publish(b.buf[wireHead:][:len(id{})])
}

// publish publishes what is in b.buf. It returns false for what is not even
// missed. What does not get out otherwise is: the others notice that, and ask.
func (b *binder) publish(key []byte) bool {
	err := guest.Publish(b.topic, key, b.buf)
	if err != nil {
		add("unsent", 1)
	}
	return !errors.Is(err, guest.ErrLimit)
}
