package broker

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// patience is how long a test waits for something that must come.
const patience = 30 * time.Second

// await polls, because it is a server with goroutines of its own that is waited for.
func await(t testing.TB, what string, done func() bool) {
	t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("%s: not after %v", what, patience)
		case <-tick.C:
		}
	}
}

func run(t testing.TB, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func client(t testing.TB, s *Server, opts ...nats.Option) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(s.URL(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// lines is a log that a test reads.
type lines struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestAloneOnThisMachine(t *testing.T) {
	log := new(lines)
	s := run(t, Config{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), Secret: "s3cret/&%"})
	if a := s.Addr().(*net.TCPAddr); !a.IP.IsLoopback() {
		t.Errorf("listens on %v", a)
	}
	if s.ClusterAddr() != nil {
		t.Errorf("servers can connect to %v", s.ClusterAddr())
	}
	nc := client(t, s)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "b", Storage: jetstream.MemoryStorage, MaxBytes: 64 << 20, LimitMarkerTTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	_, err = js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "c", Storage: jetstream.MemoryStorage, MaxBytes: memory})
	if err == nil {
		t.Error("more memory is used than there may be")
	}
	store := s.store
	if _, err := os.Stat(store); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(store); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	nc.Close()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(store); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	if text := log.String(); strings.Contains(text, "s3cret") || !strings.Contains(text, "level=DEBUG msg=\"nats-server: Server is ready\"") || strings.Contains(text, "level=WARN") {
		t.Errorf("log:\n%s", text)
	}
}

func TestWithoutTheSecret(t *testing.T) {
	s := run(t, Config{})
	for _, userinfo := range []*url.Userinfo{nil, url.UserPassword(user, ""), url.UserPassword(user, "guess"), url.UserPassword("root", secretOf(t, s)), url.User(secretOf(t, s))} {
		u, err := url.Parse(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = userinfo
		if _, err := nats.Connect(u.String()); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%v: %v", userinfo, err)
		}
	}
	if other := run(t, Config{}); secretOf(t, s) == secretOf(t, other) {
		t.Error("two servers have one secret")
	}
}

func secretOf(t testing.TB, s *Server) string {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	p, _ := u.User.Password()
	return p
}

// farm starts n servers that are routed to each other.
type farm struct {
	configs []Config
	servers []*Server
}

func newFarm(t testing.TB, n int, with func(*Config)) *farm {
	t.Helper()
	f := &farm{servers: make([]*Server, n)}
	routes := make([]string, n)
	for i := range routes {
		port, err := probe("127.0.0.1", 0)
		if err != nil {
			t.Fatal(err)
		}
		routes[i] = fmt.Sprintf("127.0.0.1:%d", port)
	}
	for i := range n {
		cfg := Config{Name: fmt.Sprint("node", i), ClusterListen: routes[i], Routes: routes, Secret: "s3cret"}
		if with != nil {
			with(&cfg)
		}
		f.configs = append(f.configs, cfg)
	}
	return f
}

func (f *farm) start(t testing.TB, nodes ...int) {
	t.Helper()
	for _, i := range nodes {
		f.servers[i] = run(t, f.configs[i])
	}
}

func (f *farm) routed(t testing.TB, others int, nodes ...int) {
	t.Helper()
	await(t, "routes", func() bool {
		for _, i := range nodes {
			if f.servers[i].Routed() != others {
				return false
			}
		}
		return true
	})
}

// crosses publishes on one node until it comes out on the other, because servers
// take a moment to tell each other of a subscription.
func crosses(t testing.TB, from, to *Server) {
	t.Helper()
	a, b := client(t, from), client(t, to)
	sub, err := b.SubscribeSync("topic")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	await(t, "a message that crosses", func() bool {
		if err := a.Publish("topic", nil); err != nil {
			t.Fatal(err)
		}
		_, err := sub.NextMsg(20 * time.Millisecond)
		return err == nil
	})
}

// keeps puts a value on one node and gets it on another.
func keeps(t testing.TB, replicas int, from, to *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	kv := func(s *Server) (jetstream.KeyValue, error) {
		js, err := jetstream.New(client(t, s))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		return js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "b", Storage: jetstream.MemoryStorage, Replicas: replicas, MaxBytes: 1 << 20})
	}
	await(t, "a bucket", func() bool {
		a, err := kv(from)
		if err == nil {
			_, err = a.PutString(ctx, "k", "v")
		}
		return err == nil
	})
	await(t, "the value", func() bool {
		b, err := kv(to)
		if err != nil {
			return false
		}
		e, err := b.Get(ctx, "k")
		return err == nil && string(e.Value()) == "v"
	})
}

func TestThreeNodesAreACluster(t *testing.T) {
	t.Parallel() // it waits for elections
	f := newFarm(t, 3, nil)
	f.start(t, 0) // the others are away
	f.start(t, 1, 2)
	f.routed(t, 2, 0, 1, 2)
	crosses(t, f.servers[0], f.servers[2])
	keeps(t, 3, f.servers[1], f.servers[2])

	if err := f.servers[0].Close(); err != nil {
		t.Fatal(err)
	}
	f.routed(t, 1, 1, 2)
	crosses(t, f.servers[1], f.servers[2])
	keeps(t, 3, f.servers[2], f.servers[1])

	f.start(t, 0)
	f.routed(t, 2, 0, 1, 2)
	crosses(t, f.servers[2], f.servers[0])
	crosses(t, f.servers[0], f.servers[1])
	keeps(t, 3, f.servers[0], f.servers[1])
}

func TestTheFirstNodeNeedsNoRoutesAndOthersAreLearned(t *testing.T) {
	t.Parallel() // it waits for elections
	f := newFarm(t, 3, nil)
	f.configs[0].Routes = nil
	f.configs[1].Routes = f.configs[1].Routes[:1]
	f.configs[2].Routes = f.configs[2].Routes[:1]
	f.start(t, 0, 1, 2)
	f.routed(t, 2, 0, 1, 2)
	crosses(t, f.servers[1], f.servers[2])
	keeps(t, 3, f.servers[1], f.servers[2])
}

func TestAnotherFarmIsTurnedAway(t *testing.T) {
	f := newFarm(t, 2, nil)
	f.configs[1].Secret = "another"
	f.start(t, 0, 1)
	g := newFarm(t, 2, nil)
	g.configs[1].Routes, g.configs[1].ClusterName = f.configs[0].Routes[:1], "another"
	g.start(t, 1)
	crosses(t, f.servers[0], f.servers[0])
	if n := f.servers[0].Routed(); n != 0 {
		t.Errorf("%d routes to others", n)
	}
}

// TestNodesKnowEachOtherThroughARotation: one node runs since before the keys
// changed, the other has started with the new one first.
func TestNodesKnowEachOtherThroughARotation(t *testing.T) {
	f := newFarm(t, 2, nil)
	both := func() []string { return []string{"new", f.configs[0].Secret} }
	f.configs[0].Secrets, f.configs[1].Secrets = both, both
	f.configs[1].Secret = "new"
	f.start(t, 0, 1)
	f.routed(t, 1, 0, 1)
	crosses(t, f.servers[0], f.servers[1])
}

func TestClientsAreNotToldOfOtherServers(t *testing.T) {
	f := newFarm(t, 2, nil)
	f.start(t, 0, 1)
	f.routed(t, 1, 0, 1)
	if d := client(t, f.servers[0]).DiscoveredServers(); len(d) != 0 {
		t.Errorf("told of %v", d)
	}
}

func TestTLSBetweenNodes(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	f := newFarm(t, 3, func(c *Config) { ca.issue(c, "127.0.0.1") })
	f.configs[0].Listen = "127.0.0.1:0"
	stranger.issue(&f.configs[2], "127.0.0.1")
	f.start(t, 0, 1, 2)
	f.routed(t, 1, 0, 1)
	if !strings.HasPrefix(f.servers[1].URL(), "nats://") {
		t.Errorf("TLS for clients on this machine: %s", f.servers[1].URL())
	}
	if _, err := nats.Connect(f.servers[0].URL(), nats.RootCAs(f.configs[0].CA)); err == nil {
		t.Error("a client without a certificate is let in")
	}
	nc := client(t, f.servers[0], nats.RootCAs(f.configs[0].CA), nats.ClientCert(f.configs[0].Cert, f.configs[0].Key))
	if state, err := nc.TLSConnectionState(); err != nil || state.Version < tls.VersionTLS12 {
		t.Errorf("%v, %v", state.Version, err)
	}
	if n := f.servers[2].Routed(); n != 0 {
		t.Errorf("a stranger has %d routes", n)
	}
}

func TestWhatIsWrongInAConfig(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, tt := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"a busy port for clients", Config{Listen: busy.Addr().String()}, "another program uses that port: stop it, or choose another by --nats-listen"},
		{"a busy port for servers", Config{ClusterListen: busy.Addr().String(), Secret: "s"}, "another program uses that port: stop it, or choose another by --nats-listen"},
		{"another machine's address", Config{Listen: "192.0.2.1:0"}, "this machine does not have that address"},
		{"no port", Config{Listen: "127.0.0.1"}, `"127.0.0.1" is no address for NATS: write HOST:PORT`},
		{"a route without a port", Config{ClusterListen: "127.0.0.1:0", Secret: "s", Routes: []string{"a"}}, `"a" is no address for NATS`},
		{"routes without a listener", Config{Routes: []string{"a:1"}, Secret: "s"}, "give --nats-listen too"},
		{"a cluster without a secret", Config{ClusterListen: "127.0.0.1:0"}, "--farm-key-file"},
		{"a certificate alone", Config{Cert: "c"}, "all of --nats-ca, --nats-cert and --nats-key"},
		{"files that are missing", Config{CA: "a", Cert: "c", Key: "k"}, "open c: no such file or directory"},
	} {
		s, err := Start(tt.cfg)
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
	for err, want := range map[error]string{syscall.EACCES: "CAP_NET_BIND_SERVICE; choose another by --nats-listen", errors.New("x"): "x: choose another address by --nats-listen"} {
		if got := explainListen("h:1", err).Error(); !strings.HasSuffix(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
}

func TestAPortThatIsTakenInBetween(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	cfg := Config{Secret: "s3cret", Log: slog.New(slog.DiscardHandler)}
	o, err := cfg.options()
	if err != nil {
		t.Fatal(err)
	}
	o.StoreDir, o.Port = t.TempDir(), busy.Addr().(*net.TCPAddr).Port
	if _, err := start(cfg, o); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
}

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
	a.cert, a.key = a.sign("ca", &x509.Certificate{
		Subject: pkix.Name{CommonName: "farm CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// issue gives cfg a certificate for host.
func (a *authority) issue(cfg *Config, host string) {
	a.sign(cfg.Name, &x509.Certificate{
		Subject: pkix.Name{CommonName: cfg.Name}, IPAddresses: []net.IP{net.ParseIP(host)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	cfg.CA, cfg.Cert, cfg.Key = a.file("ca.pem"), a.file(cfg.Name+".pem"), a.file(cfg.Name+".key")
}

func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

func (a *authority) sign(name string, tmpl *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
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
	a.check(os.WriteFile(a.file(name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	a.check(os.WriteFile(a.file(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	return cert, key
}

func (a *authority) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func TestTheFirstNodeOfASecureFarmDoesNotComplainOfItself(t *testing.T) {
	ca := newAuthority(t)
	for _, listen := range []string{":0", "0.0.0.0:0", "127.0.0.1:0"} {
		log := new(lines)
		cfg := Config{Name: "node", ClusterListen: listen, Secret: "s3cret", Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		ca.issue(&cfg, "127.0.0.1")
		s := run(t, cfg)
		await(t, "the route to itself to be given up", func() bool { return strings.Contains(log.String(), "Detected route to self") })
		if strings.Contains(log.String(), "level=WARN msg=\"nats-server: TLS") {
			t.Errorf("%s: log:\n%s", listen, log)
		}
		_ = s.Close()
	}
}
