package eventfile

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/lint/spelling"
	"github.com/sesshook/sesshook/host/internal/session"
)

// What bytes begin with where they are not written as text.
const (
	hexPrefix    = "hex:"
	base64Prefix = "base64:"
	textPrefix   = "text:"
)

// Bytes writes b as files and reports have it: as text, where it is text that
// can be read, and else in hexadecimal digits after "hex:".
func Bytes(b []byte) string {
	if text := string(b); readable(text) {
		if prefixed(text) {
			return textPrefix + text
		}
		return text
	}
	return hexPrefix + hex.EncodeToString(b)
}

// Readable reports whether b is text that can be shown as it is.
func Readable(b []byte) bool { return readable(string(b)) }

func readable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func prefixed(text string) bool {
	return strings.HasPrefix(text, hexPrefix) || strings.HasPrefix(text, base64Prefix) || strings.HasPrefix(text, textPrefix)
}

func parseBytes(text string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(text, hexPrefix); ok {
		b, err := hex.DecodeString(digits)
		if err != nil {
			return nil, fmt.Errorf("%q are not hexadecimal digits, two a byte", clip(digits))
		}
		return b, nil
	}
	if digits, ok := strings.CutPrefix(text, base64Prefix); ok {
		return parseBase64(digits)
	}
	return []byte(strings.TrimPrefix(text, textPrefix)), nil
}

func parseBase64(text string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(text, base64Prefix))
	if err != nil {
		return nil, fmt.Errorf("%q is not base64", clip(text))
	}
	return b, nil
}

func parseID(text string) (session.ID, error) {
	b, err := parseBytes(text)
	if err != nil {
		return "", err
	}
	if len(b) == 0 || len(b) > abi.MaxID {
		return "", fmt.Errorf("an id has 1 to %d bytes, this one has %d", abi.MaxID, len(b))
	}
	return session.ID(b), nil
}

func parseNode(text string) (node session.Node, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(node) {
		return node, fmt.Errorf("%q is not a node id: it is %d lower-case hexadecimal digits", clip(text), abi.NodeIDSize)
	}
	return session.Node(b), nil
}

func parseTopic(text string) (string, error) {
	if !abi.ValidTopic(text) {
		return "", fmt.Errorf("%q is not a topic: it is 1 to %d letters, digits, dots, _ and -", clip(text), abi.MaxTopic)
	}
	return text, nil
}

// versions are the names of TLS versions, in files and in what people write.
var versions = map[string]uint16{
	"1.2": tls.VersionTLS12, "TLS 1.2": tls.VersionTLS12,
	"1.3": tls.VersionTLS13, "TLS 1.3": tls.VersionTLS13,
}

func parseVersion(text string) (uint16, error) {
	if v, ok := versions[text]; ok {
		return v, nil
	}
	if v, ok := parseHex16(text); ok {
		return v, nil
	}
	return 0, fmt.Errorf("%q is not a TLS version: write 1.2 or 1.3", clip(text))
}

func formatVersion(v uint16) string {
	switch v {
	case tls.VersionTLS12:
		return "1.2"
	case tls.VersionTLS13:
		return "1.3"
	}
	return fmt.Sprintf("0x%04x", v)
}

func parseSuite(text string) (uint16, error) {
	for _, list := range [][]*tls.CipherSuite{tls.CipherSuites(), tls.InsecureCipherSuites()} {
		for _, s := range list {
			if s.Name == text {
				return s.ID, nil
			}
		}
	}
	if v, ok := parseHex16(text); ok {
		return v, nil
	}
	return 0, fmt.Errorf("%q is not a cipher suite: write TLS_AES_128_GCM_SHA256, or its number, 0x1301", clip(text))
}

func formatSuite(id uint16) string {
	if name := tls.CipherSuiteName(id); !strings.HasPrefix(name, "0x") {
		return name
	}
	return fmt.Sprintf("0x%04x", id)
}

func parseHex16(text string) (uint16, bool) {
	digits, ok := strings.CutPrefix(text, "0x")
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 16, 16)
	return uint16(v), err == nil
}

// Origins and reasons are written as abi/SPEC.md has them, in lower case.

var origins = map[string]abi.Origin{
	"client": abi.FromClient, "plugin": abi.FromPlugin, "front": abi.FromFront,
	"admin": abi.FromAdmin, "snapshot": abi.FromSnapshot, "host": abi.FromHost,
}

var reasons = map[string]abi.Reason{
	"explicit": abi.Explicit, "expired": abi.Expired, "evicted": abi.Evicted, "consumed": abi.Consumed,
}

var formats = map[string]abi.Format{"opaque": abi.Opaque, "go-tls": abi.GoTLS, "openssl-der": abi.OpenSSLDER}

// choose returns what text names. The names are those that people are told of,
// in this order.
func choose[T any](what, text string, choices map[string]T, names ...string) (T, error) {
	if v, ok := choices[text]; ok {
		return v, nil
	}
	var none T
	if near := spelling.Closest(text, names); near != "" {
		return none, fmt.Errorf("%q is not %s; did you mean %q?", clip(text), what, near)
	}
	return none, fmt.Errorf("%q is not %s: it is one of %s", clip(text), what, strings.Join(names, ", "))
}

func checkName(text string) error {
	if len(text) > 0xffff {
		return fmt.Errorf("a server name has at most 65535 bytes, this one has %d", len(text))
	}
	return nil
}

func checkALPN(text string) error {
	if len(text) > 0xff {
		return fmt.Errorf("an ALPN has at most 255 bytes, this one has %d", len(text))
	}
	return nil
}

// clip keeps what a file holds from filling a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
