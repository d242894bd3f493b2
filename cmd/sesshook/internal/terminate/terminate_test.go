package terminate

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/certificate"
)

// A record is what a test's log took.
type record struct {
	mu    sync.Mutex
	lines []string
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, string(p))
	return len(p), nil
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.lines...)
}

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// front is a Server on loopback, behind TLS with a self-signed certificate.
type front struct {
	Server
	addr   string
	log    *record
	served chan error
}

func startFront(t *testing.T, cfg Config) *front {
	t.Helper()
	f := &front{log: &record{}, served: make(chan error, 1)}
	cfg.Log = logTo(f.log)
	if cfg.HandshakeTimeout == 0 {
		cfg.HandshakeTimeout = 10 * time.Second
	}
	f.Server = New(cfg)
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certs, err := certificate.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	f.addr = inner.Addr().String()
	l := tls.NewListener(inner, &tls.Config{GetCertificate: certs.Get, NextProtos: Protocols(cfg.Upstream)})
	go func() { f.served <- f.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = f.Shutdown(ctx)
	})
	return f
}

// insecure is a client's configuration for a certificate that nobody trusts.
func insecure(protocols ...string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}
}

func (f *front) dial(t *testing.T, protocols ...string) *tls.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", f.addr, insecure(protocols...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func client(t *testing.T, http2 bool) *http.Client {
	tr := &http.Transport{TLSClientConfig: insecure(), ForceAttemptHTTP2: http2}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func parse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// expired returns a context that has ended already.
func expired() context.Context {
	ctx, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	cancel()
	return ctx
}

func TestProtocols(t *testing.T) {
	if p := Protocols(nil); len(p) != 2 || p[0] != "h2" {
		t.Error(p)
	}
	if p := Protocols(parse(t, "https://a")); len(p) != 2 {
		t.Error(p)
	}
	if p := Protocols(parse(t, "tcp://a:1")); p != nil {
		t.Error(p)
	}
}
