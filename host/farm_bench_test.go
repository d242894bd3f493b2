//go:build unix

package host

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// natsFarm starts a NATS in this process, and nodes with share on it. The first
// benchmark compiles it, for all that come.
func natsFarm(b *testing.B, mode string, nodes ...string) (url string, all []*rig) {
	b.Helper()
	return natsFarmOf(b, shareModule, mode, nodes...)
}

// natsFarmOf is natsFarm with another build of share.
func natsFarmOf(b *testing.B, module, mode string, nodes ...string) (url string, all []*rig) {
	b.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		b.Fatal(err)
	}
	srv.Start()
	b.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(10 * time.Second) {
		b.Fatal("NATS does not serve")
	}
	keys := filepath.Join(b.TempDir(), "farm.keys")
	if err := os.WriteFile(keys, []byte(session.NewKey().Encode()+"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, node := range nodes {
		all = append(all, newRig(b, Config{
			Node: node, FarmKeyFile: keys, CompileCache: filepath.Join(os.TempDir(), "sesshook-bench"), Farm: Farm{NATS: []string{srv.ClientURL()}},
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}, shareSidecar(b, mode), module))
	}
	for _, r := range all {
		r.eventually("the others are heard", func() bool { f := r.host.Status().Farm; return f.Up && len(f.Peers) == len(nodes)-1 })
	}
	settle(all)
	return srv.ClientURL(), all
}

// settle waits until nodes that have just been started have asked each other for
// what exists, which they do for some seconds.
func settle(all []*rig) {
	said := func() (n int64) {
		for _, r := range all {
			for _, counter := range []string{"asks", "resyncs", "transfers_sent"} {
				n += r.value("share", counter)
			}
		}
		return n
	}
	for last, since := said(), time.Now(); time.Since(since) < 4*time.Second; time.Sleep(100 * time.Millisecond) {
		if now := said(); now != last {
			last, since = now, time.Now()
		}
	}
}

// made returns sessions as a handshake on r makes them: sealed, they are of some
// 400 bytes.
func (r *rig) made(n int) []*session.Session {
	all := make([]*session.Session, n)
	data := bytes.Repeat([]byte("session "), 37)
	for i := range all {
		id, now := r.host.keys.ring.NewID(r.host.node), r.host.clock.Now()
		meta := session.Meta{Created: now, Expires: now + int64(time.Hour), Format: abi.GoTLS, Version: tls.VersionTLS13, CipherSuite: 0x1301, ServerName: "example.com", Home: r.host.node}
		all[i] = &session.Session{ID: id, Meta: meta, Sealed: r.host.keys.ring.Seal(id, meta, data)}
	}
	return all
}

func (r *rig) store(b *testing.B, s *session.Session) {
	if err := r.host.cache.Insert(s, 0, session.Source{Origin: abi.FromClient}); err != nil {
		b.Fatal(err)
	}
}

// tapped is told of what happens on r until the benchmark ends.
func (r *rig) tapped(b *testing.B) *tap {
	t, ok := r.host.taps.add()
	if !ok {
		b.Fatal("too many taps")
	}
	b.Cleanup(func() { r.host.taps.remove(t) })
	return t
}

// BenchmarkFarmNodeToNode is the time from when a session is stored on one node
// until it can be got on another, with share in push mode and NATS in this
// process: of one session at a time, and of many.
func BenchmarkFarmNodeToNode(b *testing.B) {
	for _, perSecond := range []int{0, 1000, 5000} {
		name := "alone"
		if perSecond > 0 {
			name = fmt.Sprintf("at %d a second", perSecond)
		}
		b.Run(name, func(b *testing.B) {
			_, farm := natsFarm(b, "push", "a", "b")
			from, to := farm[0], farm[1]
			heard := to.tapped(b)
			var l latencies
			var mu sync.Mutex
			stored := map[session.ID]time.Time{}
			put := func(s *session.Session) {
				mu.Lock()
				stored[s.ID] = time.Now()
				mu.Unlock()
				from.store(b, s)
			}
			take := func() {
				h := <-heard.events
				if _, err := to.host.cache.Get(h.ev.Session.ID); err != nil {
					b.Error(err)
				}
				mu.Lock()
				l.all = append(l.all, time.Since(stored[h.ev.Session.ID]))
				mu.Unlock()
			}
			all := from.made(b.N)
			b.ResetTimer()
			if perSecond == 0 {
				for _, s := range all {
					put(s)
					take()
				}
			} else {
				go func() {
					start := time.Now()
					for n, s := range all {
						if due := start.Add(time.Duration(n) * time.Second / time.Duration(perSecond)); time.Until(due) > 0 {
							time.Sleep(time.Until(due))
						}
						put(s)
					}
				}()
				for range all {
					take()
				}
			}
			b.StopTimer()
			b.ReportMetric(l.quantile(0.5)*1e6, "p50-µs")
			b.ReportMetric(l.quantile(0.99)*1e6, "p99-µs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkFarmReplication is how many sessions a second one node gives to
// another, with share in push mode, beside how many messages of the same size
// nats.go alone publishes and receives, in turns, on the same NATS. ratio is
// above 1 where share is faster. Processor time is that of all: both sides, and
// NATS.
func BenchmarkFarmReplication(b *testing.B) {
	b.Run("Go", func(b *testing.B) { replicate(b, shareModule) })
	b.Run("Rust", func(b *testing.B) {
		rust := filepath.Join(b.TempDir(), "share.wasm")
		if err := os.WriteFile(rust, read(b, filepath.Join("..", "testdata", "farm", "share-rust.wasm")), 0o600); err != nil {
			b.Fatal(err)
		}
		replicate(b, rust)
	})
}

func replicate(b *testing.B, module string) {
	url, farm := natsFarmOf(b, module, "push", "a", "b")
	from, to := farm[0], farm[1]
	size := len(from.made(1)[0].Sealed) + len("\x01\x01") + 32
	raw, heard := newRawPair(b, url, size), to.tapped(b)
	var came atomic.Int64
	go func() {
		for h := range heard.events {
			if h.ev.Kind == abi.Insert {
				came.Add(1)
			}
		}
	}()
	const lot = 20_000
	var shared, alone cost
	n := 0
	b.ResetTimer()
	for ; n < b.N; n += lot {
		all := from.made(lot)
		came.Store(0)
		shared.add(stream(b, &came, lot, func(i int) { from.store(b, all[i]) }))
		raw.came.Store(0)
		alone.add(stream(b, &raw.came, lot, func(int) {
			if err := raw.from.Publish("raw", raw.data); err != nil {
				b.Fatal(err)
			}
		}))
	}
	b.StopTimer()
	for _, r := range farm {
		if testing.Verbose() {
			b.Logf("%+v", r.host.Status())
		}
		if p := r.host.Status().Plugins[0]; p.EventsLost != 0 || r.value("share", "messages_lost") > 0 || p.LastError != "" {
			b.Errorf("%+v", p)
		}
	}
	b.ReportMetric(float64(n)/shared.wall.Seconds(), "sessions/s")
	b.ReportMetric(float64(n)/alone.wall.Seconds(), "raw-msgs/s")
	b.ReportMetric(alone.wall.Seconds()/shared.wall.Seconds(), "ratio")
	b.ReportMetric(shared.cpu.Seconds()*1e6/float64(n), "cpu-µs/session")
	b.ReportMetric(alone.cpu.Seconds()*1e6/float64(n), "raw-cpu-µs/msg")
	b.ReportMetric(float64(size), "bytes")
	b.ReportMetric(0, "ns/op")
}

// stream sends n things and returns what they take from the first to the last
// that comes. Some thousand at most are under way.
func stream(b *testing.B, came *atomic.Int64, n int, send func(i int)) cost {
	const window = tapBuffer / 2
	start, used := time.Now(), processorTime()
	for i := range n {
		send(i)
		for waits := time.Now(); int64(i) > came.Load()+window; {
			time.Sleep(50 * time.Microsecond)
			if time.Since(waits) > 20*time.Second {
				b.Fatalf("%d of %d came", came.Load(), i)
			}
		}
	}
	for sent := time.Now(); came.Load() < int64(n); {
		time.Sleep(50 * time.Microsecond)
		if time.Since(sent) > 20*time.Second {
			b.Fatalf("%d of %d came", came.Load(), n)
		}
	}
	return cost{time.Since(start), processorTime() - used}
}

// A rawPair is a publisher and a subscriber of nats.go, and nothing else.
type rawPair struct {
	from *nats.Conn
	data []byte
	came atomic.Int64
}

func newRawPair(b *testing.B, url string, size int) *rawPair {
	r := &rawPair{data: make([]byte, size)}
	var conns [2]*nats.Conn
	for i := range conns {
		nc, err := nats.Connect(url)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(nc.Close)
		conns[i] = nc
	}
	r.from = conns[0]
	if _, err := conns[1].Subscribe("raw", func(*nats.Msg) { r.came.Add(1) }); err != nil {
		b.Fatal(err)
	}
	if err := conns[1].Flush(); err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkFarmPull compares, in turns, the handshake of a client that comes
// with the session of another node, which is pulled from there, with a full
// handshake, and with one that resumes what is here: all in TLS 1.2, with what a
// client waits for between its connection and the end of the handshake. raw-µs is
// what a request and its reply of the same size take in nats.go alone.
func BenchmarkFarmPull(b *testing.B) {
	for _, cert := range []struct {
		name string
		made func(testing.TB) tls.Certificate
	}{{"ECDSA-P256", certificate}, {"RSA-2048", rsaCertificate}} {
		b.Run(cert.name, func(b *testing.B) {
			url, farm := natsFarm(b, "pull", "a", "b")
			ask := newRawAsker(b, url)
			var addrs []string
			for _, r := range farm {
				addrs = append(addrs, echoServer(b, func(ln net.Listener, cfg *tls.Config) net.Listener {
					cfg.Certificates = []tls.Certificate{cert.made(b)}
					return r.host.Listener(ln, cfg)
				}))
			}
			var full, pulled, local, raw latencies
			missed := 0
			b.ResetTimer()
			for range b.N {
				cfg := client(tls.VersionTLS12)
				if _, err := visit(addrs[0], cfg); err != nil {
					b.Fatal(err)
				}
				if !pulled.handshake(b, addrs[1], cfg) {
					missed++
				}
				local.handshake(b, addrs[1], cfg)
				full.handshake(b, addrs[1], client(tls.VersionTLS12))
				raw.all = append(raw.all, ask())
			}
			b.StopTimer()
			b.ReportMetric(pulled.quantile(0.5)/full.quantile(0.5), "ratio-p50")
			b.ReportMetric((pulled.quantile(0.5)-local.quantile(0.5))/full.quantile(0.5), "pull-alone-ratio-p50")
			b.ReportMetric(full.quantile(0.5)*1e6, "full-µs")
			b.ReportMetric(pulled.quantile(0.5)*1e6, "pulled-µs")
			b.ReportMetric(pulled.quantile(0.99)*1e6, "pulled-p99-µs")
			b.ReportMetric(full.quantile(0.99)*1e6, "full-p99-µs")
			b.ReportMetric(local.quantile(0.5)*1e6, "local-µs")
			b.ReportMetric(raw.quantile(0.5)*1e6, "raw-µs")
			b.ReportMetric(float64(missed), "missed")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// newRawAsker returns a function that says how long a request takes to a replier
// on a connection of its own.
func newRawAsker(b *testing.B, url string) func() time.Duration {
	var conns [2]*nats.Conn
	for i := range conns {
		nc, err := nats.Connect(url)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(nc.Close)
		conns[i] = nc
	}
	question, answer := make([]byte, 36), make([]byte, 403)
	if _, err := conns[1].Subscribe("raw", func(m *nats.Msg) { _ = m.Respond(answer) }); err != nil {
		b.Fatal(err)
	}
	if err := conns[1].Flush(); err != nil {
		b.Fatal(err)
	}
	return func() time.Duration {
		start := time.Now()
		if _, err := conns[0].Request("raw", question, 10*time.Second); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
}

// handshake makes one over a connection that is there.
func (l *latencies) handshake(b *testing.B, addr string, cfg *tls.Config) (resumed bool) {
	tcp, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	conn := tls.Client(tcp, cfg)
	defer conn.Close()
	start := time.Now()
	if err := conn.Handshake(); err != nil {
		b.Fatal(err)
	}
	l.all = append(l.all, time.Since(start))
	resumed = conn.ConnectionState().DidResume
	x := []byte("x")
	if _, err := conn.Write(x); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(conn, x); err != nil {
		b.Fatal(err)
	}
	return resumed
}

var rsaCertificate = selfSigned(func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// BenchmarkFarmHandshakes compares handshakes on a node that pushes its sessions
// to another one with those on a host without plugins, in turns. Clients come
// one after the other with pauses, which leaves most of the machine idle, or
// four at once without, which takes all of it; all of them resume. The other
// node is in this process too, and takes as much of the machine as the first;
// nodes=1 is without it. p50 and p99 are ratios of latencies, from dialling to
// the end of one exchange.
func BenchmarkFarmHandshakes(b *testing.B) {
	for _, version := range []string{"TLS 1.2", "TLS 1.3"} {
		for _, load := range []struct {
			name    string
			clients int
			pause   time.Duration
		}{{"calm", 1, 2 * time.Millisecond}, {"saturated", 4, 0}} {
			for _, nodes := range [][]string{{"a"}, {"a", "b"}} {
				b.Run(fmt.Sprintf("%s/%s/nodes=%d", version, load.name, len(nodes)), func(b *testing.B) {
					_, farm := natsFarm(b, "push", nodes...)
					bare := newRig(b, Config{Log: slog.New(slog.DiscardHandler)})
					with, without := newPacedClients(b, farm[0].addr, versions[version], load.clients), newPacedClients(b, bare.addr, versions[version], load.clients)
					b.ResetTimer()
					for n := 0; n < b.N; n += 50 * load.clients {
						with.visit(b, 50, load.pause)
						farm[0].idle()
						without.visit(b, 50, load.pause)
					}
					b.StopTimer()
					b.ReportMetric(with.quantile(0.5)/without.quantile(0.5), "p50")
					b.ReportMetric(with.quantile(0.99)/without.quantile(0.99), "p99")
					b.ReportMetric(without.quantile(0.5)*1e6, "bare-p50-µs")
					b.ReportMetric(without.quantile(0.99)*1e6, "bare-p99-µs")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

// pacedClients are some that come at the same time, and how long it took them.
type pacedClients struct {
	*clients
	mu sync.Mutex
	latencies
}

func newPacedClients(b *testing.B, addr string, version uint16, n int) *pacedClients {
	return &pacedClients{clients: newClients(b, addr, version, n)}
}

func (c *pacedClients) visit(b *testing.B, n int, pause time.Duration) {
	var wg sync.WaitGroup
	for _, cfg := range c.cfgs {
		wg.Go(func() {
			for range n {
				time.Sleep(pause)
				start := time.Now()
				resumed, err := visit(c.addr, cfg)
				took := time.Since(start)
				if err != nil || !resumed {
					b.Errorf("resumed: %v, %v", resumed, err)
				}
				c.mu.Lock()
				c.all = append(c.all, took)
				c.mu.Unlock()
			}
		})
	}
	wg.Wait()
}
