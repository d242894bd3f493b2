package provenance

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// MaxSignature is the longest signature that Verify looks at, in bytes. The
// longest that minisign writes is shorter: comments of 1 KiB and 8 KiB.
const MaxSignature = 16 << 10

const (
	untrustedPrefix = "untrusted comment: "
	trustedPrefix   = "trusted comment: "
)

// A signature is what a .minisig file holds, but for the untrusted comment, which
// anybody can alter.
type signature struct {
	key       keyID
	prehashed bool   // BLAKE2b-512 of the module is signed ("ED"), not itself ("Ed")
	signature []byte // 64 bytes
	comment   string // the trusted one
	global    []byte // 64 bytes, of signature and comment
}

// commented is what global signs.
func (s *signature) commented() []byte {
	return append(s.signature[:len(s.signature):len(s.signature)], s.comment...)
}

// parseSignature reads the four lines of a .minisig file. Its errors name the line,
// and do not quote it.
func parseSignature(text []byte) (*signature, error) {
	if len(text) > MaxSignature {
		return nil, fmt.Errorf("longer than %d bytes", MaxSignature)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	if len(lines) != 4 {
		return nil, fmt.Errorf("%d lines instead of 4", len(lines))
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, "\r")
	}
	if !strings.HasPrefix(lines[0], untrustedPrefix) {
		return nil, fmt.Errorf("line 1 does not begin with %q", untrustedPrefix)
	}
	s := &signature{}
	if err := s.decode(lines[1]); err != nil {
		return nil, fmt.Errorf("line 2: %w", err)
	}
	comment, ok := strings.CutPrefix(lines[2], trustedPrefix)
	if !ok {
		return nil, fmt.Errorf("line 3 does not begin with %q", trustedPrefix)
	}
	s.comment = comment
	global, ok := decode(lines[3])
	if !ok || len(global) != ed25519.SignatureSize {
		return nil, fmt.Errorf("line 4: not %d bytes in base64", ed25519.SignatureSize)
	}
	s.global = global
	return s, nil
}

// decode reads a signature's second line: algorithm, key id, signature.
func (s *signature) decode(line string) error {
	const size = 2 + len(s.key) + ed25519.SignatureSize
	b, ok := decode(line)
	if !ok || len(b) != size {
		return fmt.Errorf("not %d bytes in base64", size)
	}
	switch string(b[:2]) {
	case "Ed":
	case "ED":
		s.prehashed = true
	default:
		return errors.New("neither of minisign's two algorithms")
	}
	s.key, s.signature = keyID(b[2:]), b[2+len(s.key):]
	return nil
}

// decode reads base64 in the one form that an encoder writes.
func decode(line string) ([]byte, bool) {
	if strings.ContainsAny(line, "\r\n") { // which the decoder would skip
		return nil, false
	}
	b, err := base64.StdEncoding.Strict().DecodeString(line)
	return b, err == nil
}
