package session

import (
	"crypto/tls"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/sesshook/sesshook/abi"
)

// Sniff tells how the bytes of an unsealed session are encoded, and the TLS
// version and cipher suite that they name, each 0 where it can't be told:
//
//   - abi.GoTLS: tls.ParseSessionState accepts data, and the version is one of
//     TLS. That says nothing of whether crypto/tls would resume it.
//   - abi.OpenSSLDER: data is one DER SEQUENCE and nothing behind it.
//   - abi.Opaque: everything else.
//
// data may come from anybody. Nothing of it is kept.
func Sniff(data []byte) (format abi.Format, version, suite uint16) {
	if version, suite, ok := sniffGo(data); ok {
		return abi.GoTLS, version, suite
	}
	if version, suite, ok := sniffDER(data); ok {
		return abi.OpenSSLDER, version, suite
	}
	return abi.Opaque, 0, 0
}

// sniffGo reads the head of a tls.SessionState, which has stood where it is
// since Go 1.21: version, type, cipher suite.
func sniffGo(data []byte) (version, suite uint16, ok bool) {
	if len(data) < 5 {
		return 0, 0, false
	}
	version = binary.BigEndian.Uint16(data)
	if version < tls.VersionTLS10 || version > tls.VersionTLS13 {
		return 0, 0, false
	}
	if _, err := tls.ParseSessionState(data); err != nil {
		return 0, 0, false
	}
	return version, binary.BigEndian.Uint16(data[3:]), true
}

// sniffDER reads the head of i2d_SSL_SESSION: the version of the structure,
// the TLS version, and the cipher suite in two bytes.
func sniffDER(data []byte) (version, suite uint16, ok bool) {
	in := cryptobyte.String(data)
	var seq, cipher cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() {
		return 0, 0, false
	}
	var structure, tlsVersion uint16
	if !seq.ReadASN1Integer(&structure) || !seq.ReadASN1Integer(&tlsVersion) ||
		!seq.ReadASN1(&cipher, asn1.OCTET_STRING) || len(cipher) != 2 {
		return 0, 0, true
	}
	return tlsVersion, binary.BigEndian.Uint16(cipher), true
}
