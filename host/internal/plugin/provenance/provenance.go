// Package provenance says who signed a module. A module's signature is a file
// beside it, NAME.wasm.minisig, that minisign makes (`minisign -S -m NAME.wasm`,
// https://jedisct1.github.io/minisign/): an Ed25519 signature of the module's
// bytes, and a second one of the first with a comment. It counts when one of the
// keys made it that the operator's file of trusted keys has.
//
//	input            who controls it                       what they gain
//	trusted keys     the operator                          everything: whoever is in it may sign
//	module           whoever writes the modules directory  nothing without a signature of it
//	signature        the same                              nothing: it fits the module and a trusted key, or is refused
//	trusted comment  the signer                            a line in logs and status, printable and cut
//
// The verdict is on the bytes that are given: load those, do not read the file
// again. It says nothing of the module's name or age. Whoever can write the
// directory can put an older module with its signature there, or a signed one
// under another's name; the sidecar's sha256 pins one content.
//
// The two libraries that there are for Go (jedisct1/go-minisign, aead.dev/minisign)
// tell no failure from another, and take base64 with stray bits. Both stand on the
// crypto/ed25519 and golang.org/x/crypto/blake2b that are used here, and what is
// left of them is the parsing.
//
// Nothing here has state that changes: all of it may be used concurrently.
package provenance

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"golang.org/x/crypto/blake2b"
)

// Suffix makes the name of the signature's file of the name of the module's.
const Suffix = ".minisig"

// The errors of Verify, one for each way in which a module is not signed as it
// should be. What is returned wraps one of them, and says what to do.
var (
	// ErrUnsigned is returned where there is no signature.
	ErrUnsigned = errors.New("the module is not signed")
	// ErrMalformed is returned where the signature is not one of minisign's.
	ErrMalformed = errors.New("malformed signature")
	// ErrUnknownKey is returned where a key signed that is not trusted. Whether the
	// signature fits the module is then not known.
	ErrUnknownKey = errors.New("signed with a key that is not trusted")
	// ErrWrongSignature is returned where a trusted key is named, and it did not
	// sign this module.
	ErrWrongSignature = errors.New("the signature does not fit the module")
	// ErrWrongComment is returned where a trusted key signed this module, and not
	// with this trusted comment.
	ErrWrongComment = errors.New("the signature's trusted comment was altered")
)

// A Signer is who signed a module.
type Signer struct {
	// KeyID is the key's id as minisign prints it: upper-case hex of at most 16
	// digits, without leading zeros. Ids are labels: it is the key that was checked.
	KeyID string
	// Comment is what the file of trusted keys says of the key, in printable
	// characters. It may be empty.
	Comment string
	// TrustedComment is what the signer said, signed with the module: by default
	// the time and the file's name. Printable characters, at most 256 of them.
	TrustedComment string
}

// Verify returns who signed module. The signature is the content of the module's
// .minisig file; nil or empty where there is none. Neither is kept or altered. The
// error wraps ErrUnsigned, ErrMalformed, ErrUnknownKey, ErrWrongSignature or
// ErrWrongComment.
func (k *Keys) Verify(module, signature []byte) (Signer, error) {
	if len(signature) == 0 {
		return Signer{}, fmt.Errorf("%w: run `minisign -S -m NAME.wasm` with a trusted key, and put NAME.wasm%s beside the module", ErrUnsigned, Suffix)
	}
	s, err := parseSignature(signature)
	if err != nil {
		return Signer{}, fmt.Errorf("%w: %w; it should be the file that `minisign -S` wrote", ErrMalformed, err)
	}
	key, ok := k.find(s.key)
	if !ok {
		return Signer{}, fmt.Errorf("%w: key %s; trusted: %s; sign it with one of these, or add the public key of %[2]s to the trusted keys", ErrUnknownKey, s.key, k.list())
	}
	// A prehashed signature is also an unhashed one of the hash. Nobody gains by
	// presenting it as such: 64 bytes of hash are no module.
	message := module
	if s.prehashed {
		hash := blake2b.Sum512(module)
		message = hash[:]
	}
	if !ed25519.Verify(key.public, message, s.signature) {
		return Signer{}, fmt.Errorf("%w: key %s did not sign these bytes; one of the two files was altered or is of another version: copy both again, or sign again", ErrWrongSignature, s.key)
	}
	if !ed25519.Verify(key.public, s.commented(), s.global) {
		return Signer{}, fmt.Errorf("%w: key %s signed the module with another one; copy the signature again, or sign again", ErrWrongComment, s.key)
	}
	return Signer{KeyID: s.key.String(), Comment: printable(key.comment), TrustedComment: printable(s.comment)}, nil
}
