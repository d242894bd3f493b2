package replica

import (
	"encoding/binary"

	"github.com/sesshook/sesshook/abi"
)

// Every message begins with the version of the protocol and a type. Numbers are
// little-endian.
const version = 1

const (
	// Published on the topic. The message's key is the session id.
	msgInsert = 1 // the sealed session
	msgRemove = 2 // nothing
	msgBeat   = 3 // nothing; the key is the node
	// Published on the topic of one node, without a key: to all its instances.
	// msgAsk is published on the topic itself by who asks everybody.
	msgAsk   = 4 // flags u8, nonce u64, token u64, since i64
	msgState = 5 // phase u8, token u64
	msgAck   = 6 // transfer u64, number u32
	// Published on the topic of one node with a key, which spreads them over its
	// instances; on the topic itself by who announces something to everybody.
	msgBatch = 7 // transfer u64, number u32, entries
	// Requests, and what they are replied.
	msgWho   = 8 // nothing; the reply has the node id
	msgFetch = 9 // flags u8, the id; the reply has found u8, the sealed session
)

// flags of msgAsk
const (
	askAll      = 1 << iota // everything, whoever's and however old
	askSessions             // not only tombstones
)

// phases of msgState: what the asked node says of the transfer
const (
	stateBegun   = 1
	stateGoingOn = 2
	stateDone    = 3
)

// flags of msgFetch
const fetchAny = 1 // whoever has it; who has not keeps silent

// An entry of a batch is its kind u8, the length of the id u16, the id, and of
// a session the length u32 of the envelope and the envelope.
const (
	entrySession   = 1
	entryTombstone = 2
)

func begin(dst []byte, kind byte) []byte { return append(dst[:0], version, kind) }

// kindOf returns the type of a message and what follows it.
func kindOf(data []byte) (kind byte, body []byte, ok bool) {
	if len(data) < 2 || data[0] != version {
		return 0, nil, false
	}
	return data[1], data[2:], true
}

// An ask is the content of a msgAsk.
type ask struct {
	flags byte
	nonce uint64 // of the asking instance
	token uint64 // of this ask
	since int64
}

func (a *ask) append(dst []byte) []byte {
	dst = append(dst, a.flags)
	dst = binary.LittleEndian.AppendUint64(dst, a.nonce)
	dst = binary.LittleEndian.AppendUint64(dst, a.token)
	return binary.LittleEndian.AppendUint64(dst, uint64(a.since))
}

func parseAsk(b []byte) (a ask, ok bool) {
	if len(b) != 25 {
		return a, false
	}
	le := binary.LittleEndian
	return ask{b[0], le.Uint64(b[1:]), le.Uint64(b[9:]), int64(le.Uint64(b[17:]))}, true
}

func parseState(b []byte) (phase byte, token uint64, ok bool) {
	if len(b) != 9 {
		return 0, 0, false
	}
	return b[0], binary.LittleEndian.Uint64(b[1:]), true
}

// A number says which batch of which transfer: of a batch, and of its
// acknowledgement.
type number struct {
	transfer uint64 // 0: to everybody, no acknowledgement
	batch    uint32
}

const numberSize = 12

func (n number) append(dst []byte) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(dst, n.transfer), n.batch)
}

func parseNumber(b []byte) (n number, rest []byte, ok bool) {
	if len(b) < numberSize {
		return n, nil, false
	}
	return number{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:])}, b[numberSize:], true
}

// An entry is one of a batch. Its slices share memory with the batch.
type entry struct {
	kind   byte
	id     []byte
	sealed []byte // of a session
}

// beginEntry appends an entry without its envelope.
func beginEntry(dst []byte, kind byte, id []byte) []byte {
	dst = append(dst, kind, byte(len(id)), byte(len(id)>>8))
	return append(dst, id...)
}

// parseEntry returns the first entry of b, and what follows it. It is ok only
// if the host would look at the id.
func parseEntry(b []byte) (e entry, rest []byte, ok bool) {
	if len(b) < 3 {
		return e, nil, false
	}
	e.kind = b[0]
	n := int(binary.LittleEndian.Uint16(b[1:]))
	if b = b[3:]; n == 0 || n > abi.MaxID || n > len(b) {
		return e, nil, false
	}
	e.id, b = b[:n:n], b[n:]
	switch e.kind {
	case entryTombstone:
		return e, b, true
	case entrySession:
		if len(b) < 4 {
			return e, nil, false
		}
		size := binary.LittleEndian.Uint32(b)
		if b = b[4:]; uint64(size) > uint64(len(b)) {
			return e, nil, false
		}
		e.sealed = b[:size:size]
		return e, b[size:], true
	}
	return e, nil, false
}

func parseFetch(b []byte) (flags byte, id []byte, ok bool) {
	if len(b) < 2 || len(b) > 1+abi.MaxID {
		return 0, nil, false
	}
	return b[0], b[1:], true
}
