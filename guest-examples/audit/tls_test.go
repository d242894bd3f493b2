package main

import (
	"crypto/tls"
	"testing"
)

func TestVersionsHaveTheNamesOfCryptoTLS(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if got := string(appendVersion(nil, v)); got != tls.VersionName(v) {
			t.Errorf("version %#x is %q, and %q in crypto/tls", v, got, tls.VersionName(v))
		}
	}
}

func TestSuitesHaveTheNamesOfCryptoTLS(t *testing.T) {
	for _, s := range tls.CipherSuites() {
		if got := string(appendSuite(nil, s.ID)); got != s.Name {
			t.Errorf("suite %#x is %q, and %q in crypto/tls", s.ID, got, s.Name)
		}
	}
}
