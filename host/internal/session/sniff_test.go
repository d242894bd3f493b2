package session

import (
	"crypto/tls"
	"encoding/hex"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The smallest server sessions that crypto/tls reads: a secret of one byte, no
// extra, no certificates; TLS 1.2 has a curve at the end.
const (
	goTLS12 = "0303" + "01" + "c02f" + "0000000000000001" + "01aa" + "000000" + "01" + "00" + "000000" + "000000" + "001d"
	goTLS13 = "0304" + "01" + "1302" + "0000000000000001" + "01aa" + "000000" + "00" + "00" + "000000" + "000000"
)

// The head of an i2d_SSL_SESSION of OpenSSL 3: structure 1, TLS 1.3, suite
// 1301, an empty session id, a master key.
const openSSL = "3010" + "020101" + "02020304" + "04021301" + "0400" + "0401aa"

func TestSniff(t *testing.T) {
	for name, tc := range map[string]struct {
		data           string
		format         abi.Format
		version, suite uint16
	}{
		"crypto/tls, TLS 1.2":               {goTLS12, abi.GoTLS, 0x0303, 0xc02f},
		"crypto/tls, TLS 1.3":               {goTLS13, abi.GoTLS, 0x0304, 0x1302},
		"crypto/tls, truncated":             {goTLS13[:len(goTLS13)-2], abi.Opaque, 0, 0},
		"crypto/tls, of no version of TLS":  {"0305" + goTLS13[4:], abi.Opaque, 0, 0},
		"OpenSSL":                           {openSSL, abi.OpenSSLDER, 0x0304, 0x1301},
		"OpenSSL, with a byte behind it":    {openSSL + "00", abi.Opaque, 0, 0},
		"OpenSSL, truncated":                {openSSL[:len(openSSL)-2], abi.Opaque, 0, 0},
		"another DER sequence":              {"3003020101", abi.OpenSSLDER, 0, 0},
		"a sequence with an oversized int":  {"3008020101" + "0203010000", abi.OpenSSLDER, 0, 0},
		"an empty sequence":                 {"3000", abi.OpenSSLDER, 0, 0},
		"a sequence of indefinite length":   {"30800000", abi.Opaque, 0, 0},
		"a sequence with a padded length":   {"30810100", abi.Opaque, 0, 0},
		"a sequence that overruns":          {"3084ffffffff", abi.Opaque, 0, 0},
		"nothing":                           {"", abi.Opaque, 0, 0},
		"a byte":                            {"30", abi.Opaque, 0, 0},
		"text":                              {hex.EncodeToString([]byte("a session")), abi.Opaque, 0, 0},
		"an envelope":                       {hex.EncodeToString(RandomKeyring().Seal("i", Meta{}, nil)), abi.Opaque, 0, 0},
		"crypto/tls, with an unknown type":  {"030409" + goTLS13[6:], abi.Opaque, 0, 0},
		"crypto/tls, of an unknown version": {"ffff" + goTLS13[4:], abi.Opaque, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			format, version, suite := Sniff(unhex(t, tc.data))
			if format != tc.format || version != tc.version || suite != tc.suite {
				t.Errorf("%v %04x %04x, want %v %04x %04x", format, version, suite, tc.format, tc.version, tc.suite)
			}
		})
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range []string{goTLS12, goTLS13, openSSL, "3000", "30", "", "3084ffffffff"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		format, version, suite := Sniff(data)
		if format == abi.Opaque && (version != 0 || suite != 0) {
			t.Errorf("opaque bytes have version %04x and suite %04x", version, suite)
		}
		if _, err := tls.ParseSessionState(data); format == abi.GoTLS && err != nil {
			t.Error(err)
		}
	})
}
