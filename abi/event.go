package abi

import (
	"encoding/binary"
	"errors"
)

// An Event is the content of one event record, for the side that writes it.
// The strings may share memory with anything: Encode copies them.
type Event struct {
	Kind   Kind
	Origin Origin
	Reason Reason
	Flags  Flags // Truncated is set by Encode, not by its caller

	Seq     uint64 // rising per host process
	Time    int64  // ns since the Unix epoch, as are Created and Expires
	Created int64
	Expires int64

	SessionLen  uint32 // as session_get would return it
	Version     uint16 // TLS version, 0 unknown
	CipherSuite uint16 // 0 unknown
	Format      Format

	ID         string // at most MaxID bytes
	ServerName string
	ALPN       string
	Node       string // 12 hexadecimal digits, or empty
	Topic      string
	Key        string
	Data       string
}

// Size returns the length in bytes of e's whole record.
func (e *Event) Size() int {
	return HeaderSize + len(short(e.ID)) + len(short(e.ServerName)) + len(short(e.ALPN)) + len(short(e.Node)) + len(short(e.Topic)) + len(short(e.Key)) + len(e.Data)
}

// Encode writes e's record to buf and returns the number of bytes written. It
// does not allocate. Where buf is shorter than Size, it writes as much as there
// is room for, with the Truncated flag; buf must hold HeaderSize bytes at
// least. No variable part but Data may be longer than 65535 bytes: the rest of
// a longer one is not written.
func (e *Event) Encode(buf []byte) int {
	flags := e.Flags &^ Truncated
	if e.Size() > len(buf) {
		flags |= Truncated
	}
	e.header((*[HeaderSize]byte)(buf), flags)
	n := HeaderSize
	n += copy(buf[n:], short(e.ID))
	n += copy(buf[n:], short(e.ServerName))
	n += copy(buf[n:], short(e.ALPN))
	n += copy(buf[n:], short(e.Node))
	if len(e.Topic)+len(e.Key)+len(e.Data) == 0 {
		return n // mostly: messages alone have these
	}
	n += copy(buf[n:], short(e.Topic))
	n += copy(buf[n:], short(e.Key))
	return n + copy(buf[n:], e.Data)
}

// ReadAt copies the bytes of e's whole record from offset on into dst, and
// returns how many bytes the record has from offset on: 0 at its end or beyond.
// It is event_read. It does not allocate.
func (e *Event) ReadAt(dst []byte, offset uint32) int {
	var head [HeaderSize]byte
	e.header(&head, e.Flags&^Truncated)
	at, rest := uint64(offset), 0
	take := func(n int, write func(dst []byte, from int) int) {
		if at >= uint64(n) {
			at -= uint64(n)
			return
		}
		written := write(dst, int(at))
		dst = dst[written:]
		rest += n - int(at)
		at = 0
	}
	take(HeaderSize, func(dst []byte, from int) int { return copy(dst, head[from:]) })
	for _, part := range [...]string{short(e.ID), short(e.ServerName), short(e.ALPN), short(e.Node), short(e.Topic), short(e.Key), e.Data} {
		take(len(part), func(dst []byte, from int) int { return copy(dst, part[from:]) })
	}
	return rest
}

// short cuts a part to what its u16 length can say.
func short(s string) string { return s[:min(len(s), 0xffff)] }

func (e *Event) header(h *[HeaderSize]byte, flags Flags) {
	le := binary.LittleEndian
	le.PutUint16(h[0:], HeaderSize)
	h[2] = byte(e.Kind)
	h[3] = byte(e.Origin)
	h[4] = byte(e.Reason)
	h[5] = byte(flags)
	le.PutUint16(h[6:], uint16(len(short(e.ID))))
	le.PutUint64(h[8:], e.Seq)
	le.PutUint64(h[16:], uint64(e.Time))
	le.PutUint64(h[24:], uint64(e.Created))
	le.PutUint64(h[32:], uint64(e.Expires))
	le.PutUint32(h[40:], e.SessionLen)
	le.PutUint16(h[44:], e.Version)
	le.PutUint16(h[46:], e.CipherSuite)
	le.PutUint16(h[48:], uint16(len(short(e.ServerName))))
	le.PutUint16(h[50:], uint16(len(short(e.ALPN))))
	le.PutUint16(h[52:], uint16(len(short(e.Node))))
	le.PutUint16(h[54:], uint16(len(short(e.Topic))))
	le.PutUint16(h[56:], uint16(len(short(e.Key))))
	le.PutUint16(h[58:], uint16(e.Format))
	le.PutUint32(h[60:], uint32(len(e.Data)))
}

// Errors of ParseRecord.
var (
	// ErrShortRecord is returned when the bytes end before the record does.
	ErrShortRecord = errors.New("event record is shorter than its lengths say")
	// ErrBadHeader is returned when the header is smaller than version 1's.
	ErrBadHeader = errors.New("event record header is smaller than 64 bytes")
)

// A Record is a view of an encoded event record, for the side that reads it.
// Its methods return views of the bytes that ParseRecord was given: they are
// valid for as long as those are, in a guest until the hook returns, and
// copying what is kept is the caller's work.
//
// It is nothing but those bytes, and finds a part when it is asked for it: what
// a guest compiled by Go pays for is copying structs, not adding lengths.
type Record struct{ b []byte }

// Where the header has the lengths of the variable parts, in their order.
const (
	lenID         = 6
	lenServerName = 48
	lenALPN       = 50
	lenNode       = 52
	lenTopic      = 54
	lenKey        = 56
	lenData       = 60 // a u32
)

// ParseRecord checks that b holds one whole event record, skips what a later
// version may have added to the header, and returns a view of it. It does not
// allocate. A record with the Truncated flag is not whole: read it with
// event_read first.
func ParseRecord(b []byte) (Record, error) {
	if len(b) < HeaderSize {
		return Record{}, ErrShortRecord
	}
	le := binary.LittleEndian
	head := uint64(le.Uint16(b))
	if head < HeaderSize {
		return Record{}, ErrBadHeader
	}
	size := head + uint64(le.Uint16(b[lenID:])) + uint64(le.Uint16(b[lenServerName:])) + uint64(le.Uint16(b[lenALPN:])) +
		uint64(le.Uint16(b[lenNode:])) + uint64(le.Uint16(b[lenTopic:])) + uint64(le.Uint16(b[lenKey:])) + uint64(le.Uint32(b[lenData:]))
	if size > uint64(len(b)) {
		return Record{}, ErrShortRecord
	}
	return Record{b}, nil
}

// u16 reads the header.
func (r *Record) u16(at int) int { return int(binary.LittleEndian.Uint16(r.b[at:])) }

// part returns n bytes that begin behind the header and the parts with the
// given lengths.
func (r *Record) part(n int, behind ...int) []byte {
	at := r.u16(0)
	for _, of := range behind {
		at += r.u16(of)
	}
	return r.b[at : at+n : at+n]
}

// Kind returns what the event is about.
func (r *Record) Kind() Kind { return Kind(r.b[2]) }

// Origin returns what caused the event.
func (r *Record) Origin() Origin { return Origin(r.b[3]) }

// Reason returns why a session was removed; NoReason in other events.
func (r *Record) Reason() Reason { return Reason(r.b[4]) }

// Flags returns the flag bits.
func (r *Record) Flags() Flags { return Flags(r.b[5]) }

// Seq returns the sequence number, rising per host process.
func (r *Record) Seq() uint64 { return binary.LittleEndian.Uint64(r.b[8:]) }

// Time returns when the event happened, in ns since the Unix epoch.
func (r *Record) Time() int64 { return int64(binary.LittleEndian.Uint64(r.b[16:])) }

// Created returns when the session was created, in ns since the Unix epoch.
func (r *Record) Created() int64 { return int64(binary.LittleEndian.Uint64(r.b[24:])) }

// Expires returns when the session expires, in ns since the Unix epoch.
func (r *Record) Expires() int64 { return int64(binary.LittleEndian.Uint64(r.b[32:])) }

// SessionLen returns the length in bytes of what session_get would return.
func (r *Record) SessionLen() uint32 { return binary.LittleEndian.Uint32(r.b[40:]) }

// Version returns the TLS version, 0x0303 or 0x0304; 0 is unknown.
func (r *Record) Version() uint16 { return binary.LittleEndian.Uint16(r.b[44:]) }

// CipherSuite returns the IANA number of the cipher suite; 0 is unknown.
func (r *Record) CipherSuite() uint16 { return binary.LittleEndian.Uint16(r.b[46:]) }

// Format returns how the session's bytes are encoded.
func (r *Record) Format() Format { return Format(binary.LittleEndian.Uint16(r.b[58:])) }

// ID returns the session id.
func (r *Record) ID() []byte { return r.part(r.u16(lenID)) }

// ServerName returns the server name (SNI) that the client asked for.
func (r *Record) ServerName() []byte { return r.part(r.u16(lenServerName), lenID) }

// ALPN returns the application protocol that was negotiated.
func (r *Record) ALPN() []byte { return r.part(r.u16(lenALPN), lenID, lenServerName) }

// Node returns the home node of the session, or the sender of a message, as
// 12 hexadecimal digits.
func (r *Record) Node() []byte { return r.part(r.u16(lenNode), lenID, lenServerName, lenALPN) }

// Topic returns the topic of a message.
func (r *Record) Topic() []byte {
	return r.part(r.u16(lenTopic), lenID, lenServerName, lenALPN, lenNode)
}

// Key returns the key of a message.
func (r *Record) Key() []byte {
	return r.part(r.u16(lenKey), lenID, lenServerName, lenALPN, lenNode, lenTopic)
}

// Data returns the payload of a message.
func (r *Record) Data() []byte {
	n := int(binary.LittleEndian.Uint32(r.b[lenData:]))
	return r.part(n, lenID, lenServerName, lenALPN, lenNode, lenTopic, lenKey)
}
