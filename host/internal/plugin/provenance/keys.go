package provenance

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A keyID tells minisign's keys apart: 8 random bytes.
type keyID [8]byte

// String is the id as minisign prints it: as a number, so without leading zeros.
func (id keyID) String() string { return fmt.Sprintf("%X", binary.LittleEndian.Uint64(id[:])) }

// A key is a trusted one.
type key struct {
	id      keyID
	public  ed25519.PublicKey
	comment string
	line    int // of the file
}

// Keys are the keys whose signatures count. They do not change; read the file again
// and replace them. The zero value trusts nobody.
type Keys struct{ keys []key }

// IDs returns the keys' ids, as in Signer, in the file's order. The slice is the
// caller's.
func (k *Keys) IDs() []string {
	ids := make([]string, len(k.keys))
	for i := range k.keys {
		ids[i] = k.keys[i].id.String()
	}
	return ids
}

func (k *Keys) find(id keyID) (*key, bool) {
	for i := range k.keys {
		if k.keys[i].id == id {
			return &k.keys[i], true
		}
	}
	return nil, false
}

// list is the trusted ids for an error: the first few of them.
func (k *Keys) list() string {
	const most = 8
	ids := k.IDs()
	switch {
	case len(ids) == 0:
		return "none"
	case len(ids) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
	}
	return strings.Join(ids, ", ")
}

// maxKeys is the longest file of trusted keys in bytes: about a thousand keys.
const maxKeys = 64 << 10

const keyHint = "it should be a public key as `minisign -G` writes it: minisign.pub, or its line that begins with RW"

// ReadTrustedKeys reads the file of trusted keys at path: minisign's public key
// files one after the other, or only their second lines; empty lines, and whatever
// follows a # on a line of its own or after a key, are skipped. A key's comment is
// the line "untrusted comment:" before it, or what follows the # after it.
//
// It refuses a file without a key, one in which a key or a key id stands twice, and
// whatever is neither key nor comment. The errors name the file and the line and say
// what to do, and never quote what stands there.
func ReadTrustedKeys(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("trusted keys: %w; make a key with `minisign -G` and name the file of its public key", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeys+1))
	if err != nil {
		return nil, fmt.Errorf("trusted keys: %w", err)
	}
	return parseKeys(path, text)
}

func parseKeys(path string, text []byte) (*Keys, error) {
	if len(text) > maxKeys {
		return nil, fmt.Errorf("%s: longer than %d bytes, so it is no file of public keys", path, maxKeys)
	}
	k := &Keys{}
	comment, commented := "", 0 // the line of a comment whose key is still to come
	for i, line := range strings.Split(string(text), "\n") {
		number := i + 1
		line = strings.TrimSpace(line)
		if after, ok := strings.CutPrefix(line, strings.TrimSpace(untrustedPrefix)); ok {
			if commented != 0 {
				return nil, keyMissing(path, commented)
			}
			comment, commented = after, number
			continue
		}
		line, remark, _ := strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if commented == 0 {
			comment = remark
		}
		if err := k.add(line, comment, number); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		commented = 0
	}
	if commented != 0 {
		return nil, keyMissing(path, commented)
	}
	if len(k.keys) == 0 {
		return nil, fmt.Errorf("%s: there is no key in this file; append minisign.pub files to it", path)
	}
	return k, nil
}

func keyMissing(path string, line int) error {
	return fmt.Errorf("%s:%d: no key follows this comment; copy the second line of the minisign.pub too, or begin the line with #", path, line)
}

func (k *Keys) add(line, comment string, number int) error {
	added, err := parseKey(line)
	if err != nil {
		return err
	}
	if first, ok := k.find(added.id); ok {
		if first.public.Equal(added.public) {
			return fmt.Errorf("the same key as in line %d; delete one of the two", first.line)
		}
		return fmt.Errorf("another key with the id %s of line %d; find out which of the two is the signer's and delete the other", added.id, first.line)
	}
	added.comment, added.line = strings.TrimSpace(comment), number
	k.keys = append(k.keys, added)
	return nil
}

// parseKey reads a key without its comment: algorithm, key id, key.
func parseKey(line string) (key, error) {
	const (
		size          = 2 + len(keyID{}) + ed25519.PublicKeySize
		signatureSize = 2 + len(keyID{}) + ed25519.SignatureSize
		secretSize    = 158 // with its salt, limits and checksum
	)
	b, ok := decode(line)
	switch {
	case !ok:
		return key{}, errors.New("not base64; " + keyHint)
	case len(b) == secretSize:
		return key{}, errors.New("a secret key, which belongs nowhere near a server; delete it here, and put the line of minisign.pub in its place")
	case len(b) == signatureSize:
		return key{}, errors.New("a signature; " + keyHint)
	case len(b) != size:
		return key{}, fmt.Errorf("%d bytes, and a public key has %d; %s", len(b), size, keyHint)
	case string(b[:2]) != "Ed":
		return key{}, errors.New("not an Ed25519 key of minisign; " + keyHint)
	}
	return key{id: keyID(b[2:]), public: ed25519.PublicKey(b[2+len(keyID{}):])}, nil
}
