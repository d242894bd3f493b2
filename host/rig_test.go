package host

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A rig is a host with a TLS echo server in front of it.
type rig struct {
	tb   testing.TB
	host *Host
	dir  string // the modules directory
	addr string
	log  *logBuffer
}

// newRig starts a host whose plugins come from modules, paths of built ones.
func newRig(tb testing.TB, cfg Config, modules ...string) *rig {
	tb.Helper()
	r := &rig{tb: tb, dir: tb.TempDir(), log: &logBuffer{}}
	for _, path := range modules {
		r.put(filepath.Base(path), read(tb, path))
	}
	if cfg.ModulesDir = r.dir; cfg.Node == "" {
		cfg.Node = "test"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(r.log, nil))
	}
	h, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	r.host = h
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	r.addr = echoServer(tb, func(ln net.Listener, cfg *tls.Config) net.Listener { return h.Listener(ln, cfg) })
	return r
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// put puts a file into the modules directory as `mv` does.
func (r *rig) put(name string, data []byte) {
	r.tb.Helper()
	tmp := filepath.Join(r.tb.TempDir(), "file")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		r.tb.Fatal(err)
	}
	// Old enough to have settled: reading it need not wait.
	past := time.Now().Add(-time.Minute)
	if err := os.Chtimes(tmp, past, past); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(r.dir, name)); err != nil {
		r.tb.Fatal(err)
	}
}

// value returns a metric of a plugin's own.
func (r *rig) value(name, metric string) int64 {
	for _, p := range r.host.Status().Plugins {
		if p.Name == name {
			return p.Values[metric]
		}
	}
	return -1
}

// eventually waits until ok is true.
func (r *rig) eventually(what string, ok func() bool) {
	r.tb.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-ticker.C:
		case <-timeout:
			r.tb.Fatalf("never happened: %s; status %+v; log:\n%s", what, r.host.Status(), r.log)
		}
	}
}

// echoServer answers one byte with one byte per connection, and closes.
func echoServer(tb testing.TB, listen func(net.Listener, *tls.Config) net.Listener) (addr string) {
	tb.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	ln := listen(inner, &tls.Config{Certificates: []tls.Certificate{certificate(tb)}})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				var b [1]byte
				if _, err := io.ReadFull(conn, b[:]); err == nil {
					_, _ = conn.Write(b[:])
				}
			})
		}
	})
	tb.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	return inner.Addr().String()
}

var certificate = selfSigned(func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })

// selfSigned returns a function that makes a certificate of example.com when it is
// called first, and returns that one ever after.
func selfSigned(newKey func() (crypto.Signer, error)) func(testing.TB) tls.Certificate {
	made := sync.OnceValues(func() (tls.Certificate, error) {
		key, err := newKey()
		if err != nil {
			return tls.Certificate{}, err
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"example.com"}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	})
	return func(tb testing.TB) tls.Certificate {
		cert, err := made()
		if err != nil {
			tb.Fatal(err)
		}
		return cert
	}
}

// client returns a client's configuration with a session cache of its own.
func client(version uint16) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, ServerName: "example.com", MinVersion: version, MaxVersion: version,
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
}

// visit makes one connection, and one exchange over it, so that the client has
// its new session.
func visit(addr string, cfg *tls.Config) (resumed bool, err error) {
	conn, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	b := [1]byte{'x'}
	if _, err := conn.Write(b[:]); err != nil {
		return false, err
	}
	if _, err := io.ReadFull(conn, b[:]); err != nil {
		return false, err
	}
	if _, err := conn.Read(b[:]); !errors.Is(err, io.EOF) {
		return false, err
	}
	return conn.ConnectionState().DidResume, nil
}

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  []byte
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	return len(p), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}
