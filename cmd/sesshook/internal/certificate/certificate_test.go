package certificate

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// pair writes a certificate for name and its key, as dir/name.pem and
// dir/name.key.
func pair(t *testing.T, dir, name string) (certFile, keyFile string) {
	t.Helper()
	cert, err := selfSigned(time.Now(), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}))
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return certFile, keyFile
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSelfSignedIsForThisMachine(t *testing.T) {
	s, err := SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range localNames() {
		if !slices.Contains(s.Names(), name) {
			t.Errorf("%v lacks %s", s.Names(), name)
		}
	}
	cert, err := s.Get(nil)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: roots}); err != nil {
		t.Error(err)
	}
	if life := time.Until(s.Expires()); life < 300*24*time.Hour {
		t.Errorf("lives for %v", life)
	}
	if err := s.Reload(); err != nil {
		t.Error(err)
	}
}

func TestReloadTakesNewFiles(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := pair(t, dir, "old.example")
	s, err := Open(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	newCert, newKey := pair(t, dir, "new.example")
	for from, to := range map[string]string{newCert: certFile, newKey: keyFile} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Reload(); err != nil || s.Names()[0] != "new.example" {
		t.Errorf("%v, %v", s.Names(), err)
	}
}

func TestReloadKeepsTheOldWhereTheNewIsBad(t *testing.T) {
	certFile, keyFile := pair(t, t.TempDir(), "old.example")
	s, err := Open(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	write(t, certFile, []byte("half of a certif"))
	if err := s.Reload(); err == nil || s.Names()[0] != "old.example" {
		t.Errorf("%v, %v", s.Names(), err)
	}
}

func TestBadFilesAreExplained(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := pair(t, dir, "a.example")
	_, otherKey := pair(t, dir, "b.example")
	garbage := filepath.Join(dir, "garbage")
	write(t, garbage, bytes.Repeat([]byte{0xff}, 100))
	locked := filepath.Join(dir, "locked.key")
	write(t, locked, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	for _, tt := range []struct{ behaviour, cert, key, want string }{
		{"no such certificate", filepath.Join(dir, "nowhere"), keyFile, "nowhere: no such file"},
		{"no such key", certFile, filepath.Join(dir, "nowhere"), "nowhere: no such file"},
		{"the key of another", certFile, otherKey, "b.example.key is not that of the first certificate in " + certFile},
		{"the two exchanged", keyFile, certFile, "may have been switched"},
		{"not PEM", garbage, keyFile, "failed to find any PEM data"},
		{"a key with a passphrase", certFile, locked, "the key in " + locked + " has a passphrase"},
		{"a directory", dir, keyFile, "is a directory"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			if _, err := Open(tt.cert, tt.key); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v\nwant %s", err, tt.want)
			}
		})
	}
}
