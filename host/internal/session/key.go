package session

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
)

// KeySize is the size of a farm key in bytes.
const KeySize = 32

// A Key is a farm key: 32 random bytes that the nodes of one farm have in
// common. Who has it can forge ids and read every session sealed with it.
//
// A Key does not print itself: fmt, slog and encoding/json show the key id,
// which stands in the clear in every envelope. Encode gives the key away.
type Key [KeySize]byte

// NewKey returns a new random farm key.
func NewKey() Key {
	var k Key
	rand.Read(k[:]) // never fails: crypto/rand ends the program instead
	return k
}

// Encode returns the key itself as a line of a key file has it: in base64,
// without the line's end. It is for `sesshook keygen` and for nothing else.
func (k Key) Encode() string { return base64.StdEncoding.EncodeToString(k[:]) }

// redacted is what everybody but Encode says of a key.
func (k Key) redacted() string {
	id, err := k.derive(infoKeyID, keyIDSize)
	if err != nil {
		return "farm-key(unusable)"
	}
	return "farm-key(" + hex.EncodeToString(id) + ")"
}

// Format implements [fmt.Formatter]: every verb prints the key id.
func (k Key) Format(s fmt.State, _ rune) { fmt.Fprint(s, k.redacted()) }

// LogValue implements [slog.LogValuer] with the key id.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.redacted()) }

// MarshalText implements [encoding.TextMarshaler] with the key id, so that no
// encoder writes the key. There is no UnmarshalText: see ReadKeyFile.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.redacted()), nil }

// What each derived key is for. A farm key is never used itself, so that no
// use can weaken another; the version in the name changes when a use does.
const (
	infoSeal      = "sesshook v1 seal"
	infoMessage   = "sesshook v1 message"
	infoIDPermute = "sesshook v1 id permute"
	infoIDMAC     = "sesshook v1 id mac"
	infoKeyID     = "sesshook v1 key id"
	// infoPurpose is followed by a purpose of Derive. None of the others begins
	// like it.
	infoPurpose = "sesshook v1 purpose "
)

// Derive returns 32 bytes that are derived from k for one purpose, for what is
// neither a session, an id nor a message: a password between the nodes of a
// farm. They say nothing of k, nor of what is derived for another purpose. Every
// node with the key gets the same.
func (k Key) Derive(purpose string) [32]byte {
	out, err := k.derive(infoPurpose+purpose, 32)
	if err != nil {
		// HKDF-SHA256 refuses short keys and long outputs, and these are neither.
		panic(fmt.Sprintf("session: derive: %v", err))
	}
	return [32]byte(out)
}

// derive returns size bytes of HKDF-SHA256 (RFC 5869) over k for one use.
// There is no salt: k is uniformly random already (section 3.1).
func (k Key) derive(info string, size int) ([]byte, error) {
	return hkdf.Key(sha256.New, k[:], nil, info, size)
}
