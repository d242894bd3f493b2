package bus

import (
	"slices"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// How a Farm judges what did not come in order, or not at all.
const (
	// Grace is how long a message that others have overtaken is waited for. What
	// comes later was reported lost, and is refused.
	Grace = 300 * time.Millisecond
	// MaxSkew is how far the time at which something was sent may be from the
	// time here when it comes.
	MaxSkew = 2 * time.Minute
	// maxHoles is how many gaps of one stream are waited for at a time.
	maxHoles = 64
	// silence is how long a node must not have been heard before a run of it is
	// believed to be the newer one although its clock was behind when it began.
	silence = 10 * time.Second
)

// A run is one life of a node, from New to Close, as others see it.
type run struct {
	epoch int64 // 0: none was heard
	sent  int64 // the latest time at which something of it was sent
	heard int64 // when that came
}

// An admission is what a header says of the run that it comes from.
type admission int

const (
	ended     admission = iota // a run that another has replaced
	going                      // the run that is known
	beginning                  // one that replaces it, or the first
)

// admit judges h, which came at now. A later epoch replaces an earlier one, so
// that nothing of the earlier one can be replayed. The reverse happens where a
// clock was set back; then the node has to be silent for a while and its clock
// has to get further than it was.
func (r *run) admit(h header, now int64) admission {
	verdict := going
	if h.epoch != r.epoch {
		back := now-r.heard > int64(silence) && h.time > r.sent
		if h.epoch < r.epoch && !back {
			return ended
		}
		verdict = beginning
		*r = run{epoch: h.epoch}
	}
	// What is replayed is no sign of life.
	if h.time > r.sent {
		r.sent, r.heard = h.time, now
	}
	return verdict
}

// A stream is what is known of the messages of one node on one topic. They are
// numbered from 1.
type stream struct {
	from  session.Node
	topic *topic
	run   run
	next  uint64 // behind the highest number that came or was announced
	heard int64  // when a message came last; 0 is never
	holes []hole // disjoint, rising
	// listed is true of those in Farm.gaps.
	listed bool
}

// A hole is a range of numbers that others have overtaken.
type hole struct {
	from, to uint64 // to is the first behind
	due      int64  // when it is given up
	heard    int64  // when the last message before it came
}

// missing are messages that did not come.
type missing struct {
	count uint64
	heard int64 // when the last one before them came, 0 never
}

func (m *missing) add(h hole) { *m = m.and(missing{h.to - h.from, h.heard}) }

// and returns m and other together.
func (m missing) and(other missing) missing {
	switch {
	case m.count == 0:
		return other
	case other.count == 0:
		return m
	}
	return missing{m.count + other.count, min(m.heard, other.heard)}
}

// begin starts the stream anew, for another run of its node.
func (s *stream) begin() (lost missing) {
	for _, h := range s.holes {
		lost.add(h)
	}
	s.next, s.holes = 1, nil
	return lost
}

// accept takes the count messages from number first on, which came at now, or
// with a count of 0 the news that first is the next number. It is false where
// one of them was accepted or given up before. lost is what had to be given up
// because there are too many holes.
func (s *stream) accept(first uint64, count int, now int64) (ok bool, lost missing) {
	end := first + uint64(count)
	switch {
	case first > s.next:
		lost = s.open(hole{s.next, first, now + int64(Grace), s.heard})
	case first == s.next:
	case count == 0:
		return true, lost // old news
	default:
		if !s.fill(first, end) {
			return false, lost
		}
	}
	s.next = max(s.next, end)
	if count > 0 {
		s.heard = now
	}
	return true, lost
}

func (s *stream) open(h hole) (lost missing) {
	if len(s.holes) >= maxHoles {
		lost.add(s.holes[0])
		s.holes = slices.Delete(s.holes, 0, 1)
	}
	s.holes = append(s.holes, h)
	return lost
}

// fill takes a range out of the hole that it is in.
func (s *stream) fill(from, to uint64) bool {
	i := slices.IndexFunc(s.holes, func(h hole) bool { return h.from <= from && to <= h.to })
	if i < 0 {
		return false
	}
	h := s.holes[i]
	before, behind := h, h
	before.to, behind.from = from, to
	var rest []hole
	if before.from < before.to {
		rest = append(rest, before)
	}
	if behind.from < behind.to {
		rest = append(rest, behind)
	}
	s.holes = slices.Replace(s.holes, i, i+1, rest...)
	return true
}

// giveUp closes the holes that are due. Where the clock was set back, they are
// due Grace after that was seen, and not when the clock gets there again.
func (s *stream) giveUp(now int64) (lost missing) {
	for i := range s.holes {
		s.holes[i].due = min(s.holes[i].due, now+int64(Grace))
	}
	s.holes = slices.DeleteFunc(s.holes, func(h hole) bool {
		if h.due > now {
			return false
		}
		lost.add(h)
		return true
	})
	return lost
}

// settled is how many messages were either delivered or given up.
func (s *stream) settled() uint64 {
	n := s.next - 1
	for _, h := range s.holes {
		n -= h.to - h.from
	}
	return n
}
