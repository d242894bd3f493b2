// Package certificate holds the server certificate of sesshook serve: read from
// a pair of files, and read again on demand, or made for the run. It trusts the
// files, which only the operator writes; what they hold is checked for what
// people get wrong, not for what an attacker might do.
package certificate

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// A Store holds the certificate in use. It is safe for concurrent use.
type Store struct {
	certFile, keyFile string // both empty: self-signed
	current           atomic.Pointer[tls.Certificate]
}

// Open reads the chain and the key from two PEM files.
func Open(certFile, keyFile string) (*Store, error) {
	s := &Store{certFile: certFile, keyFile: keyFile}
	if err := s.Reload(); err != nil {
		return nil, err
	}
	return s, nil
}

// SelfSigned makes a certificate for this machine's names, which lasts for a
// year, and which no client trusts.
func SelfSigned() (*Store, error) {
	cert, err := selfSigned(time.Now(), localNames())
	if err != nil {
		return nil, fmt.Errorf("can't make a self-signed certificate: %w", err)
	}
	s := &Store{}
	s.current.Store(cert)
	return s, nil
}

// Reload reads the files again. On an error the certificate in use stays. There
// is nothing to read, and no error, where it is self-signed.
func (s *Store) Reload() error {
	if s.certFile == "" {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(s.certFile, s.keyFile)
	if err != nil {
		return s.explain(err)
	}
	s.current.Store(&cert)
	return nil
}

// explain adds the place and what to do to an error of crypto/tls.
func (s *Store) explain(err error) error {
	text := strings.TrimPrefix(err.Error(), "tls: ")
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("certificate: %w: let the user that runs sesshook read it", err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("certificate: %w", err)
	case strings.Contains(text, "private key does not match public key"):
		return fmt.Errorf("certificate: the key in %s is not that of the first certificate in %s: give the pair that was made together, and the server's own certificate before the intermediate ones", s.keyFile, s.certFile)
	case s.encrypted():
		return fmt.Errorf("certificate: the key in %s has a passphrase: write it without one (openssl pkey -in FILE -out FILE)", s.keyFile)
	}
	return fmt.Errorf("certificate: %s and %s: %s", s.certFile, s.keyFile, text)
}

// encrypted reports whether the key file holds a key under a passphrase, in
// either of the forms that openssl writes.
func (s *Store) encrypted() bool {
	data, err := os.ReadFile(s.keyFile)
	return err == nil && bytes.Contains(data, []byte("ENCRYPTED"))
}

// Get returns the certificate in use, in the form of tls.Config.GetCertificate.
func (s *Store) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.current.Load(), nil }

// Expires returns when the certificate in use ceases to be valid.
func (s *Store) Expires() time.Time {
	if leaf := s.current.Load().Leaf; leaf != nil {
		return leaf.NotAfter
	}
	return time.Time{}
}

// Names returns the DNS names and addresses that the certificate is for.
func (s *Store) Names() []string {
	leaf := s.current.Load().Leaf
	if leaf == nil {
		return nil
	}
	names := append([]string{}, leaf.DNSNames...)
	for _, ip := range leaf.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
