package main

import "encoding/binary"

// What instances of bind send each other. A message is a version and a kind,
// and then
//
//	news    entries: what the sender has just counted, or removed; none says
//	        that it is there
//	hello   nothing: the sender has just begun, and wants to know who is there
//	ask     question (behind.go): for a page of what another node knows
//	page    where it comes from and where it goes on, and entries
//
// An entry says a number of somebody's, not what has changed about it. So one
// that comes twice, late, or by way of a third does no harm, and what was missed
// is made good by the next.
const (
	wireVersion = 1

	kindNews  = 'n'
	kindHello = 'h'
	kindAsk   = 'a'
	kindPage  = 'p'

	wireHead = 2
)

// An entry is what one node (rather: one life of this plugin there) says of one
// session.
type entry struct {
	id      id
	who     uint64
	expires int64  // ns since the Unix epoch
	n       uint32 // resumptions that who has counted
}

// Numbers of an entry that are no counts.
const (
	entryRemoved = 0          // somebody removed the session
	entrySpent   = ^uint32(0) // it has been resumed too often, all in all
)

// entrySize is an entry's on the wire: its fields one after the other,
// little-endian.
const entrySize = len(id{}) + 8 + 8 + 4

func (e *entry) append(b []byte) []byte {
	b = append(b, e.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, e.who)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.expires))
	return binary.LittleEndian.AppendUint32(b, e.n)
}

// parse reads the entry that b begins with.
func (e *entry) parse(b []byte) {
	b = b[:entrySize]
	n := copy(e.id[:], b)
	e.who = binary.LittleEndian.Uint64(b[n:])
	e.expires = int64(binary.LittleEndian.Uint64(b[n+8:]))
	e.n = binary.LittleEndian.Uint32(b[n+16:])
}

// appendHead begins a message.
func appendHead(b []byte, kind byte) []byte { return append(b, wireVersion, kind) }

// parseHead returns a message's kind, or 0 where it is none of ours, and what
// follows.
func parseHead(b []byte) (kind byte, rest []byte) {
	if len(b) < wireHead || b[0] != wireVersion {
		return 0, nil
	}
	return b[1], b[wireHead:]
}
