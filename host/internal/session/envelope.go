package session

import (
	"bytes"
	"crypto/rand"

	"golang.org/x/crypto/chacha20poly1305"
)

// The envelope of what goes from node to node, version 1:
//
//	0   4  magic, F5 6D 73 67
//	4   1  version, 1
//	5   4  key id, derived from the farm key
//	9  24  random nonce
//	33     XChaCha20-Poly1305 of the bytes
//
// The layout is that of a session's envelope, the key and the magic are not: no
// session can be passed off as a message or the other way round, and IsSealed
// is false of a message. What stands before the nonce needs no authentication:
// magic and version have one value, and another key id means another key, under
// which nothing opens. So the additional data is the caller's alone, and is not
// copied.
const messageMagic = "\xf5msg"

// MessageOverhead is how many bytes SealMessage adds.
const MessageOverhead = headerSize + chacha20poly1305.Overhead

// SealMessage appends an envelope of plain to dst and returns the whole, under
// the first key. Nobody without the key can read it, change it, or pass it off
// as one that was sealed with another ad. Ad says what the message is for
// (farm, topic, addressee), is not part of the envelope, and must be unambiguous:
// where it is made of several parts, their lengths or a separator belong into
// it. An envelope that is sent again opens again: who must not take it twice
// looks into it.
//
// Where dst has room for len(plain)+MessageOverhead bytes, nothing is allocated.
// Plain must not overlap that room. Neither ad nor plain is kept.
func (k *Keyring) SealMessage(dst, ad, plain []byte) []byte {
	key := &k.ring()[0]
	start := len(dst)
	dst = append(dst, messageMagic...)
	dst = append(dst, version1)
	dst = append(dst, key.id[:]...)
	dst = append(dst, zeroNonce[:]...)
	nonce := dst[start+nonceAt : start+headerSize]
	rand.Read(nonce)
	return key.message.Seal(dst, nonce, plain, ad)
}

var zeroNonce [chacha20poly1305.NonceSizeX]byte

// OpenMessage returns what SealMessage put into sealed with the same ad under
// any of the keys. It returns ErrInvalid where one bit of either is not as it
// was, where the key is unknown, and where sealed is no such envelope. It keeps
// nothing of sealed and does not write to it; the bytes that it returns are the
// caller's, and the only allocation.
func (k *Keyring) OpenMessage(ad, sealed []byte) ([]byte, error) {
	if len(sealed) < MessageOverhead || string(sealed[:len(messageMagic)]) != messageMagic || sealed[len(messageMagic)] != version1 {
		return nil, ErrInvalid
	}
	ring := k.ring()
	for i := range ring {
		if !bytes.Equal(ring[i].id[:], sealed[nonceAt-keyIDSize:nonceAt]) {
			continue
		}
		// Two keys may have the same key id, so a failure is not the last word.
		plain, err := ring[i].message.Open(nil, sealed[nonceAt:headerSize], sealed[headerSize:], ad)
		if err == nil {
			return plain, nil
		}
	}
	return nil, ErrInvalid
}
