// Package session is the leaf that the rest of the host imports: what a TLS
// session is to the cache (ID, Meta, Session), what happens to it (Event), and
// how it is kept from everybody who must not read it (Keyring: ids and seals).
//
// It knows neither the cache, nor crypto/tls callbacks, nor plugins. A Session
// and an Event are immutable once they have been handed to somebody else, and
// may then be shared between goroutines without copying.
package session

import (
	"encoding/hex"
	"unsafe"

	"github.com/sesshook/sesshook/abi"
)

// An ID is a session id, 1 to abi.MaxID bytes, as a string because it is a map
// key first of all. It is not text.
type ID string

// Keep returns copies of id and of the sealed session under it, in one piece of
// memory: neither is kept without the other anyway.
func Keep(id, sealed []byte) (ID, []byte) {
	both := make([]byte, len(id)+len(sealed))
	n := copy(both, id)
	copy(both[n:], sealed)
	return ID(unsafe.String(unsafe.SliceData(both), n)), both[n:]
}

// Hex returns the id in lower-case hexadecimal digits, as logs and the admin
// endpoint show it.
func (id ID) Hex() string { return hex.EncodeToString([]byte(id)) }

// A Node is a node's id within its farm; the zero Node is an unknown one.
type Node [6]byte

// String returns the node id as plugins and people see it: 12 hexadecimal
// digits, or nothing for the zero Node.
func (n Node) String() string {
	if n == (Node{}) {
		return ""
	}
	return hex.EncodeToString(n[:])
}

// Meta is what the host knows of a session without opening its seal. It is
// also sealed together with the session, so that it travels with it.
type Meta struct {
	// Created is when the full handshake took place that the session goes back
	// to, in ns since the Unix epoch. A session made by a resumed handshake
	// inherits it, so that the life of the original secret stays bounded (RFC
	// 8446 section 4.6.1 recommends that).
	Created int64
	// Expires is when the session's life ends, in ns since the Unix epoch.
	Expires int64

	Version     uint16     // TLS version, 0x0303 or 0x0304; 0 is unknown
	CipherSuite uint16     // IANA number; 0 is unknown
	Format      abi.Format // how the session's bytes are encoded
	ClientCert  bool       // the client showed a certificate
	Resumed     bool       // made by a resumed handshake
	Home        Node       // the node whose handshake made it

	ServerName string // SNI, at most 65535 bytes; empty is unknown or none
	ALPN       string // at most 255 bytes; empty is unknown or none
}

// A Session is one entry of the cache.
type Session struct {
	ID ID
	Meta
	// Sealed is the envelope that Keyring.Seal made. Nobody writes to it.
	Sealed []byte
}
