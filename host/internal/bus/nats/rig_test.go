package nats

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/sesshook/sesshook/host/internal/bus"
)

// patience is how long a test waits for something that must come.
const patience = 20 * time.Second

// await polls, because a server outside of this package is what is waited for.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("%s: not after %v", what, patience)
		case <-tick.C:
		}
	}
}

// promptly fails where f waits for something.
func promptly(t testing.TB, what string, f func()) {
	t.Helper()
	begun := time.Now()
	f()
	if d := time.Since(begun); d > connectTimeout/2 {
		t.Errorf("%s took %v", what, d)
	}
}

// serve starts a NATS server with JetStream on a free port of this machine.
func serve(t testing.TB, with ...func(*server.Options)) *server.Server {
	t.Helper()
	s := begin(t, with...)
	ready(t, s)
	return s
}

func begin(t testing.TB, with ...func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, JetStreamMaxMemory: 256 << 20, JetStreamMaxStore: 1 << 20, StoreDir: t.TempDir(),
	}
	for _, w := range with {
		w(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { kill(s) })
	return s
}

func ready(t testing.TB, s *server.Server) {
	t.Helper()
	if !s.ReadyForConnections(patience) {
		t.Fatal("NATS server does not serve")
	}
}

func kill(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// at has a server use the port that another used.
func at(addr net.Addr) func(*server.Options) {
	return func(o *server.Options) { o.Port = addr.(*net.TCPAddr).Port }
}

func noJetStream(o *server.Options) { o.JetStream = false }

// open opens a Transport to addr, with what with changes.
func open(t testing.TB, addr net.Addr, with ...func(*Config)) *Transport {
	t.Helper()
	cfg := Config{Name: t.Name(), Bucket: "test"}
	if addr != nil {
		cfg.Servers = []string{"nats://" + addr.String()}
	}
	for _, w := range with {
		w(&cfg)
	}
	tr, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

func connected(t testing.TB, addr net.Addr, with ...func(*Config)) *Transport {
	t.Helper()
	tr := open(t, addr, with...)
	up(t, tr)
	return tr
}

func up(t testing.TB, tr *Transport) {
	t.Helper()
	await(t, "connection", func() bool { return tr.Link().Up })
}

func down(t testing.TB, tr *Transport) {
	t.Helper()
	await(t, "loss of the connection", func() bool { return !tr.Link().Up })
}

// hear subscribes, and returns what comes.
func hear(t testing.TB, tr *Transport, subject string) <-chan bus.Delivery {
	t.Helper()
	c := make(chan bus.Delivery, 100)
	_, err := tr.Subscribe(subject, func(d bus.Delivery) {
		d.Data = bytes.Clone(d.Data)
		c <- d
	})
	if err != nil {
		t.Fatal(err)
	}
	settle(t, tr)
	return c
}

// settle waits until the server knows of all subscriptions.
func settle(t testing.TB, tr *Transport) {
	t.Helper()
	if tr.Link().Up {
		if err := tr.conn.Load().FlushTimeout(patience); err != nil {
			t.Fatal(err)
		}
	}
}

func next(t testing.TB, c <-chan bus.Delivery) bus.Delivery {
	t.Helper()
	select {
	case d := <-c:
		return d
	case <-time.After(patience):
		t.Fatal("nothing was delivered")
		panic("unreachable")
	}
}

func timely(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// lines is a log that a test reads.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) count(s string) int { return strings.Count(l.String(), s) }

// an authority signs certificates for tests.
type authority struct {
	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, dir: t.TempDir()}
	tmpl := &x509.Certificate{
		Subject: pkix.Name{CommonName: "farm CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key = a.sign(tmpl, "ca")
	return a
}

// sign writes NAME.pem and NAME.key.
func (a *authority) sign(tmpl *x509.Certificate, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.check(err)
	a.n++
	tmpl.SerialNumber = big.NewInt(a.n)
	tmpl.NotBefore, tmpl.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = tmpl, key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
	a.check(err)
	cert, err := x509.ParseCertificate(der)
	a.check(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	a.check(err)
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", pkcs8)
	return cert, key
}

func (a *authority) issue(name string, hosts ...string) {
	tmpl := &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			tmpl.IPAddresses = append(tmpl.IPAddresses, ip)
		} else {
			tmpl.DNSNames = append(tmpl.DNSNames, h)
		}
	}
	a.sign(tmpl, name)
}

func (a *authority) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) write(name, kind string, der []byte) {
	a.check(os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// serve has a server show name's certificate, and ask clients for one.
func (a *authority) serve(name string) func(*server.Options) {
	cert, err := tls.LoadX509KeyPair(a.file(name+".pem"), a.file(name+".key"))
	a.check(err)
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return func(o *server.Options) {
		o.TLS, o.TLSVerify, o.TLSTimeout = true, true, 5
		o.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	}
}

// silent is a server that takes connections and says nothing.
func silent(t testing.TB) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr()
}

// nobody is an address of this machine where nothing listens.
func nobody(t testing.TB) net.Addr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr()
}
