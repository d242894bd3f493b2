package session

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/sesshook/sesshook/abi"
)

// A Keyring issues and checks ids, and seals and opens sessions and messages,
// under one or more farm keys: the first makes new ones, and all of them are tried on old
// ones, so that a key can be replaced while sessions made under it live on.
//
// A Keyring is safe for concurrent use. Each call works with the keys of one
// moment: Set replaces them all at once.
type Keyring struct {
	keys atomic.Pointer[[]derived]
}

// derived is all that is ever computed from one farm key, computed once.
type derived struct {
	id      [keyIDSize]byte
	seal    cipher.AEAD  // XChaCha20-Poly1305, of sessions
	message cipher.AEAD  // XChaCha20-Poly1305, of what goes from node to node
	permute cipher.Block // AES-256, over the clear half of an id
	mac     cipher.Block // AES-256, from the first half of an id to the second
}

// NewKeyring returns a keyring of keys, which it does not keep. It refuses an
// empty list and a key that stands there twice. Where Go runs in FIPS 140-only
// mode it refuses all: XChaCha20-Poly1305 is not approved there.
func NewKeyring(keys []Key) (*Keyring, error) {
	k := new(Keyring)
	if err := k.Set(keys); err != nil {
		return nil, err
	}
	return k, nil
}

// RandomKeyring returns a keyring of one new key, for a node without a key
// file: what it seals nobody else can open, nor it after a restart. It panics
// where NewKeyring would refuse every key.
func RandomKeyring() *Keyring {
	k, err := NewKeyring([]Key{NewKey()})
	if err != nil {
		panic(fmt.Sprintf("session: random keyring: %v", err))
	}
	return k
}

// Set replaces the keys, under the rules of NewKeyring. After an error the old
// ones stay.
func (k *Keyring) Set(keys []Key) error {
	if len(keys) == 0 {
		return errors.New("a keyring needs one farm key at least")
	}
	ring := make([]derived, len(keys))
	for i, key := range keys {
		if first := slices.Index(keys[:i], key); first >= 0 {
			return fmt.Errorf("farm key %d is the same as farm key %d", i+1, first+1)
		}
		d, err := newDerived(key)
		if err != nil {
			return fmt.Errorf("farm key %d: %w", i+1, err)
		}
		ring[i] = d
	}
	k.keys.Store(&ring)
	return nil
}

func (k *Keyring) ring() []derived { return *k.keys.Load() }

func newDerived(key Key) (d derived, err error) {
	id, idErr := key.derive(infoKeyID, keyIDSize)
	sealKey, sealErr := key.derive(infoSeal, chacha20poly1305.KeySize)
	messageKey, messageErr := key.derive(infoMessage, chacha20poly1305.KeySize)
	permuteKey, permuteErr := key.derive(infoIDPermute, 32)
	macKey, macErr := key.derive(infoIDMAC, 32)
	if err := errors.Join(idErr, sealErr, messageErr, permuteErr, macErr); err != nil {
		return d, err
	}
	d.id = [keyIDSize]byte(id)
	if d.seal, err = chacha20poly1305.NewX(sealKey); err != nil {
		return d, err
	}
	if d.message, err = chacha20poly1305.NewX(messageKey); err != nil {
		return d, err
	}
	if d.permute, err = aes.NewCipher(permuteKey); err != nil {
		return d, err
	}
	d.mac, err = aes.NewCipher(macKey)
	return d, err
}

// scratch is memory for one call. What is passed to a cipher through its
// interface would otherwise be allocated each time.
type scratch struct {
	id    [2 * IDSize]byte
	ad    [headerSize + abi.MaxID]byte
	plain [2 << 10]byte // of a session with a chain of certificates or two
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}
