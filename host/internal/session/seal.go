package session

import (
	"bytes"
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/sesshook/sesshook/abi"
)

// The envelope, version 1:
//
//	0   4  magic, F5 73 73 6B
//	4   1  version, 1
//	5   4  key id, derived from the farm key
//	9  24  random nonce
//	33     XChaCha20-Poly1305 of the metadata (see meta.go) and the session's
//	       bytes, with the first 9 bytes and the id as additional data
//
// The magic begins like no TLS version, no DER and no UTF-8. A random nonce of
// 24 bytes does not repeat in the life of any farm; with the 12 bytes of
// AES-GCM a key would be used up after 2^32 sessions, which is days.
const (
	magic      = "\xf5ssk"
	version1   = 1
	keyIDSize  = 4
	nonceAt    = len(magic) + 1 + keyIDSize // the end of what is authenticated in clear
	headerSize = nonceAt + chacha20poly1305.NonceSizeX
)

// MaxSealed is the longest envelope, in bytes: of a session of abi.MaxSession
// bytes with the longest names.
const MaxSealed = headerSize + maxMeta + abi.MaxSession + chacha20poly1305.Overhead

// IsSealed reports whether b is an envelope rather than a session in clear: it
// begins as one of any version does, whole or not. One byte of the magic may
// differ, so that a damaged envelope is not taken for a session in clear.
// It says nothing of whether Open would open it.
func IsSealed(b []byte) bool {
	if len(b) < len(magic) {
		return false
	}
	same := 0
	for i := range len(magic) {
		if b[i] == magic[i] {
			same++
		}
	}
	return same >= len(magic)-1
}

// Seal returns an envelope of m and data for id, under the first key: what the
// cache stores, and what plugins and other nodes get to see. Nobody without
// the key can read it, change it, or pass it off as the session of another id.
// The result shares no memory with data and is the only allocation.
//
// It returns nil for what no envelope can hold: an id of no or more than
// abi.MaxID bytes, more data than abi.MaxSession, a server name longer than
// 65535 bytes or an ALPN longer than 255.
func (k *Keyring) Seal(id ID, m Meta, data []byte) []byte {
	if len(id) == 0 || len(id) > abi.MaxID || len(data) > abi.MaxSession || !m.encodable() {
		return nil
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	key := &k.ring()[0]

	size := m.encodedSize() + len(data)
	out := make([]byte, headerSize, headerSize+size+chacha20poly1305.Overhead)
	n := copy(out, magic)
	out[n] = version1
	copy(out[n+1:], key.id[:])
	nonce := out[nonceAt:headerSize]
	rand.Read(nonce)
	out = m.append(out)
	out = append(out, data...)
	ad := append(append(s.ad[:0], out[:nonceAt]...), id...)
	return key.seal.Seal(out[:headerSize], nonce, out[headerSize:], ad)
}

// Open returns what Seal put into sealed for id under any of the keys. It
// returns ErrInvalid where one bit of either is not as it was, where the key
// is unknown, and where sealed is no envelope. It keeps nothing of sealed; the
// bytes that it returns are the caller's.
//
// An envelope whose life is over opens as any other: the caller has the clock
// and compares Meta.Expires with it.
func (k *Keyring) Open(id ID, sealed []byte) (Meta, []byte, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	return k.open(s, nil, id, sealed)
}

// Check is Open for who wants to know whether sealed is genuine, and not what is
// in it. It allocates nothing for a session of usual size.
func (k *Keyring) Check(id ID, sealed []byte) (Meta, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	m, _, err := k.open(s, s.plain[:0], id, sealed)
	clear(s.plain[:min(len(sealed), len(s.plain))]) // keys of connections are not to lie about
	return m, err
}

// open is Open. What it returns is appended to dst, where that has room.
func (k *Keyring) open(s *scratch, dst []byte, id ID, sealed []byte) (Meta, []byte, error) {
	if len(id) == 0 || len(id) > abi.MaxID || len(sealed) > MaxSealed ||
		len(sealed) < headerSize+chacha20poly1305.Overhead || string(sealed[:len(magic)]) != magic || sealed[len(magic)] != version1 {
		return Meta{}, nil, ErrInvalid
	}
	ad := append(append(s.ad[:0], sealed[:nonceAt]...), id...)
	ring := k.ring()
	for i := range ring {
		if !bytes.Equal(ring[i].id[:], sealed[nonceAt-keyIDSize:nonceAt]) {
			continue
		}
		// Two keys may have the same key id, so a failure is not the last word.
		plain, err := ring[i].seal.Open(dst, sealed[nonceAt:headerSize], sealed[headerSize:], ad)
		if err != nil {
			continue
		}
		m, data, ok := parseMeta(plain)
		if !ok || len(data) > abi.MaxSession {
			return Meta{}, nil, ErrInvalid
		}
		return m, data, nil
	}
	return Meta{}, nil, ErrInvalid
}
