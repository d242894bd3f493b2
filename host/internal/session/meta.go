package session

import (
	"encoding/binary"
	"math"

	"github.com/sesshook/sesshook/abi"
)

// The encoding of a Meta, little-endian, as it stands sealed in front of the
// session's bytes. Its version is the envelope's.
//
//	0   8  created
//	8   8  expires
//	16  2  TLS version
//	18  2  cipher suite
//	20  2  format
//	22  1  flags
//	23  6  home node
//	29  2  length of the server name
//	31  1  length of the ALPN
//	32     server name, ALPN
const (
	metaSize = 32
	maxMeta  = metaSize + math.MaxUint16 + math.MaxUint8
)

const (
	metaClientCert = 1 << iota
	metaResumed
	metaFlags = metaClientCert | metaResumed
)

func (m *Meta) encodable() bool {
	return len(m.ServerName) <= math.MaxUint16 && len(m.ALPN) <= math.MaxUint8
}

func (m *Meta) encodedSize() int { return metaSize + len(m.ServerName) + len(m.ALPN) }

func (m *Meta) append(b []byte) []byte {
	le := binary.LittleEndian
	var flags byte
	if m.ClientCert {
		flags |= metaClientCert
	}
	if m.Resumed {
		flags |= metaResumed
	}
	b = le.AppendUint64(b, uint64(m.Created))
	b = le.AppendUint64(b, uint64(m.Expires))
	b = le.AppendUint16(b, m.Version)
	b = le.AppendUint16(b, m.CipherSuite)
	b = le.AppendUint16(b, uint16(m.Format))
	b = append(b, flags)
	b = append(b, m.Home[:]...)
	b = le.AppendUint16(b, uint16(len(m.ServerName)))
	b = append(b, byte(len(m.ALPN)))
	b = append(b, m.ServerName...)
	return append(b, m.ALPN...)
}

// parseMeta returns the Meta at the start of b and a view of what follows it,
// or false where b does not begin with one.
func parseMeta(b []byte) (m Meta, rest []byte, ok bool) {
	if len(b) < metaSize {
		return Meta{}, nil, false
	}
	le := binary.LittleEndian
	flags := b[22]
	nameEnd := metaSize + int(le.Uint16(b[29:]))
	end := nameEnd + int(b[31])
	if flags&^metaFlags != 0 || len(b) < end {
		return Meta{}, nil, false
	}
	return Meta{
		Created:     int64(le.Uint64(b)),
		Expires:     int64(le.Uint64(b[8:])),
		Version:     le.Uint16(b[16:]),
		CipherSuite: le.Uint16(b[18:]),
		Format:      abi.Format(le.Uint16(b[20:])),
		ClientCert:  flags&metaClientCert != 0,
		Resumed:     flags&metaResumed != 0,
		Home:        Node(b[23:29]),
		ServerName:  internBytes(b[metaSize:nameEnd]),
		ALPN:        internBytes(b[nameEnd:end]),
	}, b[end:], true
}
