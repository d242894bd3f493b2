package tlsbind

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// memory is a Cache without limits, that counts its calls.
type memory struct {
	mu        sync.Mutex
	sessions  map[session.ID]*session.Session
	removed   map[session.ID]abi.Reason
	calls     int // of any method but Insert
	fetches   int
	inserts   int
	insertErr error
}

func newMemory() *memory {
	return &memory{sessions: map[session.ID]*session.Session{}, removed: map[session.ID]abi.Reason{}}
}

func (m *memory) Get(id session.ID) (*session.Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if s := m.sessions[id]; s != nil {
		return s, nil
	}
	return nil, session.ErrNotFound
}

func (m *memory) Fetch(id session.ID, src session.Source) (*session.Session, error) {
	s, err := m.Get(id)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fetches++
	if _, removed := m.removed[id]; err != nil && removed {
		err = session.ErrRemoved
	}
	if src != (session.Source{Origin: abi.FromClient}) {
		panic("the source of a fetch")
	}
	return s, err
}

func (m *memory) Insert(s *session.Session, flags uint32, src session.Source) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inserts++
	switch {
	case m.insertErr != nil:
		return m.insertErr
	case flags != 0 || src != (session.Source{Origin: abi.FromClient}):
		panic("the flags or the source of an insert")
	case m.sessions[s.ID] != nil:
		return session.ErrExists
	}
	m.sessions[s.ID] = s
	return nil
}

func (m *memory) Remove(id session.ID, reason abi.Reason, src session.Source) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if src != (session.Source{Origin: abi.FromClient}) {
		panic("the source of a removal")
	}
	if m.sessions[id] == nil {
		return session.ErrNotFound
	}
	delete(m.sessions, id)
	m.removed[id] = reason
	return nil
}

// all returns what is stored.
func (m *memory) all() map[session.ID]*session.Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[session.ID]*session.Session{}
	for id, s := range m.sessions {
		all[id] = s
	}
	return all
}

// only returns the one session that is stored.
func (m *memory) only(t *testing.T) *session.Session {
	t.Helper()
	all := m.all()
	if len(all) != 1 {
		t.Fatalf("%d sessions are stored", len(all))
	}
	for _, s := range all {
		return s
	}
	return nil
}

func (m *memory) has(id session.ID) bool { return m.all()[id] != nil }

// hooks is Hooks of functions; nil ones do nothing.
type hooks struct {
	miss   func(ctx context.Context, id session.ID, home session.Node)
	resume func(ctx context.Context, s *session.Session) bool
}

func (h *hooks) Miss(ctx context.Context, id session.ID, home session.Node) {
	if h.miss != nil {
		h.miss(ctx, id, home)
	}
}

func (h *hooks) Resume(ctx context.Context, s *session.Session) bool {
	return h.resume == nil || h.resume(ctx, s)
}

var testNode = session.Node{1, 2, 3, 4, 5, 6}

// A farm is a binder with all that is around it.
type farm struct {
	*Binder
	cache *memory
	hooks *hooks
	keys  *session.Keyring
	clock *atomic.Int64
	log   *logBuffer
}

type logBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(b)
}

func newFarm(change func(*Config)) *farm {
	f := &farm{cache: newMemory(), hooks: &hooks{}, keys: session.RandomKeyring(), clock: new(atomic.Int64), log: new(logBuffer)}
	f.clock.Store(time.Now().UnixNano())
	cfg := Config{
		Cache: f.cache, Keys: f.keys, Hooks: f.hooks, Node: testNode, Now: f.clock.Load,
		Log: slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	f.Binder = New(cfg)
	return f
}

// A mode is one of the two ways to use a Binder.
type mode string

const (
	withListener  mode = "Listener"
	withTLSConfig mode = "TLSConfig"
)

func (f *farm) serve(m mode, inner net.Listener, cfg *tls.Config) net.Listener {
	if m == withListener {
		return f.Listener(inner, cfg)
	}
	return tls.NewListener(inner, f.TLSConfig(cfg))
}

var versions12and13 = []uint16{tls.VersionTLS12, tls.VersionTLS13}

func each(t *testing.T, test func(t *testing.T, version uint16, m mode)) {
	t.Helper()
	for _, version := range versions12and13 {
		for _, m := range []mode{withListener, withTLSConfig} {
			t.Run(fmt.Sprintf("%s/%s", tls.VersionName(version), m), func(t *testing.T) { test(t, version, m) })
		}
	}
}

// pipes is a listener on bufferedPipe. wrap, if not nil, changes the server's end.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	wrap  func(net.Conn) net.Conn
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		if p.wrap != nil {
			c = p.wrap(c)
		}
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	client, server := bufferedPipe()
	select {
	case p.conns <- server:
	case <-p.done:
		server.Close()
	}
	return client
}

// A site is a listener and the pipe to reach it.
type site struct {
	pipes *pipes
	ln    net.Listener
}

func (f *farm) site(m mode, cfg *tls.Config) *site {
	p := newPipes()
	return &site{p, f.serve(m, p, cfg)}
}

// served is what the server saw of a connection.
type served struct {
	err   error
	state tls.ConnectionState
	info  ConnInfo
	known bool // by Info
}

// serveOne accepts a connection, shakes hands, sends a byte and waits for one.
func (s *site) serveOne() served {
	c, err := s.ln.Accept()
	if err != nil {
		return served{err: err}
	}
	defer c.Close()
	t := c.(*tls.Conn)
	if err := t.HandshakeContext(context.Background()); err != nil {
		return served{err: err}
	}
	out := served{state: t.ConnectionState()}
	out.info, out.known = Info(t)
	if _, out.err = t.Write([]byte{'s'}); out.err != nil {
		return out
	}
	_, out.err = io.ReadFull(t, make([]byte, 1))
	return out
}

// meet lets one client connect and returns what both saw.
func (s *site) meet(client *tls.Config) (tls.ConnectionState, served, error) {
	server := make(chan served, 1)
	go func() { server <- s.serveOne() }()
	raw := s.pipes.dial()
	c := tls.Client(raw, client)
	state, err := func() (tls.ConnectionState, error) {
		if err := c.Handshake(); err != nil {
			return tls.ConnectionState{}, err
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			return tls.ConnectionState{}, err
		}
		if _, err := c.Write([]byte{'c'}); err != nil {
			return tls.ConnectionState{}, err
		}
		_, err := io.Copy(io.Discard, c) // until the server has closed
		return c.ConnectionState(), err
	}()
	raw.Close()
	return state, <-server, err
}

// ok connects, wants success on both sides, and wants a resumption or none.
func (s *site) ok(t *testing.T, client *tls.Config, resumed bool) served {
	t.Helper()
	state, out, err := s.meet(client)
	if err != nil || out.err != nil {
		t.Fatalf("client: %v, server: %v", err, out.err)
	}
	if state.DidResume != resumed || out.state.DidResume != resumed {
		t.Fatalf("resumed: client %t, server %t, want %t", state.DidResume, out.state.DidResume, resumed)
	}
	return out
}

// tickets is a client's session cache of one session, whatever the name.
type tickets struct {
	mu     sync.Mutex
	last   *tls.ClientSessionState
	frozen bool // keep it, whatever the server sends
}

func (c *tickets) Get(string) (*tls.ClientSessionState, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.last != nil
}

func (c *tickets) Put(_ string, s *tls.ClientSessionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen {
		c.last = s
	}
}

func (c *tickets) freeze() *tickets {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = true
	return c
}

func (c *tickets) thaw() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = false
}

// id returns the id that the client holds.
func (c *tickets) id(t *testing.T) session.ID {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	ticket, _, err := c.last.ResumptionState()
	if err != nil || ticket == nil {
		t.Fatalf("no ticket: %v", err)
	}
	return session.ID(ticket)
}

// forge puts other bytes in the place of the client's id.
func (c *tickets) forge(t *testing.T, ticket []byte) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	_, state, err := c.last.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	if c.last, err = tls.NewResumptionState(ticket, state); err != nil {
		t.Fatal(err)
	}
}

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

var testCA = sync.OnceValue(func() *authority {
	a := &authority{pool: x509.NewCertPool()}
	a.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &a.key.PublicKey, a.key))
	a.cert = must(x509.ParseCertificate(der))
	a.pool.AddCert(a.cert)
	return a
})

func (a *authority) issue(name string) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name, "*." + name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	return tls.Certificate{
		Certificate: [][]byte{must(x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key))}, PrivateKey: key,
	}
}

var serverCert = sync.OnceValue(func() tls.Certificate { return testCA().issue("example.com") })

func serverConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{serverCert()}}
}

// clientConfig returns a client of one version with a session cache of its own.
func clientConfig(version uint16) (*tls.Config, *tickets) {
	c := new(tickets)
	return &tls.Config{
		MinVersion: version, MaxVersion: version, ServerName: "example.com",
		RootCAs: testCA().pool, ClientSessionCache: c,
	}, c
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
