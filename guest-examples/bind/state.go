package main

import (
	"encoding/binary"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
)

// The state that an instance leaves to its successor, little-endian:
//
//	0   1  version, 1
//	1   1  1: something is missing in it, or was still being asked for
//	2   8  me
//	10  4  number of ids to be told, then of ids to be removed
//	18     these ids, and then entries to the end
const (
	stateVersion = 1
	stateHead    = 18
	// maxState is what the host takes.
	maxState = 16 << 20
	// maxStateIDs is how many ids of each queue are in it.
	maxStateIDs = 100_000
)

// appendState appends the state of b to dst. What does not fit, it leaves to
// the other nodes.
func (b *binder) appendState(dst []byte) []byte {
	le := binary.LittleEndian
	start := len(dst)
	dst = append(dst, stateVersion, 0)
	dst = le.AppendUint64(dst, b.me)
	queues := [...][]waiting{b.owed.waiting, b.spent.waiting}
	partial := !b.behind.begun || len(b.behind.asks) > 0 || guest.Now() < b.behind.meeting
	for i, q := range queues {
		partial = partial || len(q) > maxStateIDs
		queues[i] = q[:min(len(q), maxStateIDs)]
		dst = le.AppendUint32(dst, uint32(len(queues[i])))
	}
	for _, q := range queues {
		for i := range q {
			dst = append(dst, q[i].id[:]...)
		}
	}
	for i := range b.table.records {
		r := &b.table.records[i]
		if r.place == none {
			continue
		}
		if len(dst)-start+(maxEntries+1)*entrySize > maxState {
			partial = true
			break
		}
		dst = b.appendRecord(dst, r, true)
	}
	if partial {
		dst[start+1] = 1
	}
	return dst
}

// restore takes the state that a predecessor has left. Of one that it does not
// understand it takes nothing, and asks the other nodes.
func (b *binder) restore(state []byte, now int64) {
	rest, ok := b.restoreHead(state, now)
	if !ok || !b.learn(rest, now, false) {
		guest.Log(abi.Warn, "the state that was left by another version is not understood: other nodes are asked")
		b.behind.begun = false
	}
	for i := range b.owed.waiting {
		if r := b.table.find(&b.owed.waiting[i].id); r != nil {
			r.owed = true
		}
	}
	b.shown.learned = b.learned // of nobody but itself
}

func (b *binder) restoreHead(state []byte, now int64) (entries []byte, ok bool) {
	if len(state) < stateHead || state[0] != stateVersion {
		return nil, false
	}
	le := binary.LittleEndian
	owed, spent, rest := uint64(le.Uint32(state[10:])), uint64(le.Uint32(state[14:])), state[stateHead:]
	if uint64(len(rest)) < (owed+spent)*uint64(len(id{})) {
		return nil, false
	}
	b.behind.begun = state[1] == 0
	b.me = le.Uint64(state[2:])
	for i := range owed + spent {
		q := &b.owed
		if i >= owed {
			q = &b.spent
		}
		q.push(id(rest), now)
		rest = rest[len(id{}):]
	}
	return rest, true
}
