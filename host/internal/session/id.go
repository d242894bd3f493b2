package session

import (
	"crypto/rand"
	"crypto/subtle"
)

// IDSize is the size in bytes of the ids that NewID makes.
const IDSize = 32

const (
	halfID   = IDSize / 2 // one AES block
	nodeSize = len(Node{})
)

// An id is two AES blocks:
//
//	first  = AES-256(permute key, 6 bytes of home node || 10 random bytes)
//	second = AES-256(mac key, first)
//
// The first is a pseudorandom permutation of a block that does not repeat, so
// an id says nothing to who has not the key, not even whether two ids have the
// same home. The second authenticates it: a block cipher under its own key is
// a pseudorandom function of one block (up to the birthday bound, q^2/2^129
// for q ids: 10^-11 at 10^14 of them), and a pseudorandom function of fixed
// length inputs is a MAC; the well-known trouble of a bare CBC-MAC is with
// inputs of several lengths. So a guess is right once in 2^128, as with a
// truncated HMAC, at a tenth of the price: this runs on bytes that anybody can
// send, before anything else does.
//
// 80 random bits per node keep ids that live at the same time apart: with 10^8
// of them, two are equal with a probability of 10^-8, and then an insert is
// refused and the later client makes a full handshake.

// NewID returns a new id of home, under the first key. It allocates the id and
// nothing else.
func (k *Keyring) NewID(home Node) ID {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	id, clear := s.id[:IDSize], s.id[IDSize:IDSize+halfID]
	copy(clear, home[:])
	rand.Read(clear[nodeSize:])
	key := &k.ring()[0]
	key.permute.Encrypt(id[:halfID], clear)
	key.mac.Encrypt(id[halfID:], id[:halfID])
	return ID(id)
}

// Home returns the node that made id, or false where id was not made by NewID
// under one of the keys. It may be called with whatever a client sent: how
// long it takes depends on the number of keys and on nothing that is in id,
// and it does not allocate. It keeps nothing of id.
func (k *Keyring) Home(id []byte) (Node, bool) {
	if len(id) != IDSize {
		return Node{}, false
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	theirs, ours := s.id[:IDSize], s.id[IDSize:IDSize+halfID]
	copy(theirs, id)
	ring := k.ring()
	for i := range ring {
		ring[i].mac.Encrypt(ours, theirs[:halfID])
		if subtle.ConstantTimeCompare(ours, theirs[halfID:]) == 1 {
			ring[i].permute.Decrypt(ours, theirs[:halfID])
			return Node(ours[:nodeSize]), true
		}
	}
	return Node{}, false
}
