package tlsbind

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// table is the least that a Cache can be.
type table struct {
	mu sync.Mutex
	m  map[session.ID]*session.Session
}

func (c *table) Get(id session.ID) (*session.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.m[id]; s != nil {
		return s, nil
	}
	return nil, session.ErrNotFound
}

func (c *table) Fetch(id session.ID, _ session.Source) (*session.Session, error) { return c.Get(id) }

func (c *table) Insert(s *session.Session, _ uint32, _ session.Source) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[s.ID] = s
	return nil
}

func (c *table) Remove(id session.ID, _ abi.Reason, _ session.Source) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m[id] == nil {
		return session.ErrNotFound
	}
	delete(c.m, id)
	return nil
}

func benchBinder() *Binder {
	return New(Config{
		Cache: &table{m: map[session.ID]*session.Session{}}, Keys: session.RandomKeyring(), Node: testNode,
		Hooks: &hooks{resume: func(context.Context, *session.Session) bool { return true }}, SingleUse: true,
	})
}

// resumer returns a function that makes one resumed handshake with a server on
// ln, and says how long it took.
func resumer(b *testing.B, p *pipes, ln net.Listener, version uint16) func() time.Duration {
	client, _ := clientConfig(version)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Write([]byte{1})
			c.Close()
		}
	}()
	b.Cleanup(func() { p.Close() })
	return func() time.Duration {
		start := cpu()
		c := tls.Client(p.dial(), client)
		if _, err := io.Copy(io.Discard, c); err != nil {
			b.Fatal(err)
		}
		took := cpu() - start
		if !c.ConnectionState().DidResume {
			took = 0
		}
		c.Close()
		return took
	}
}

// BenchmarkResumption compares resumed handshakes of a Binder (with hooks, and
// sessions of single use) with those of crypto/tls and its own tickets: one of
// each in turn, both sides of the connection, so that what else the machine
// does falls on both. The ratio is the Binder's handshakes per second over
// those of crypto/tls: 1.0 is as fast, more is faster. On a busy machine look
// at median-ratio, which a few long pauses do not move.
func BenchmarkResumption(b *testing.B) {
	for _, version := range versions12and13 {
		for _, m := range []mode{withListener, withTLSConfig} {
			b.Run(tls.VersionName(version)+"/"+string(m), func(b *testing.B) {
				f := &farm{Binder: benchBinder()}
				p, q := newPipes(), newPipes()
				ours := resumer(b, p, f.serve(m, p, serverConfig()), version)
				theirs := resumer(b, q, tls.NewListener(q, serverConfig()), version)
				compare(b, ours, theirs)
			})
		}
	}
}

func compare(b *testing.B, ours, theirs func() time.Duration) {
	ours()
	theirs() // both full
	var our, their []time.Duration
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 {
			our = append(our, ours())
			their = append(their, theirs())
		} else {
			their = append(their, theirs())
			our = append(our, ours())
		}
	}
	slices.Sort(our)
	slices.Sort(their)
	if our[0] == 0 || their[0] == 0 {
		b.Fatalf("not resumed: ours %v, theirs %v", our[0], their[0])
	}
	b.ReportMetric(float64(sum(their))/float64(sum(our)), "ratio")
	b.ReportMetric(float64(their[len(their)/2])/float64(our[len(our)/2]), "median-ratio")
	b.ReportMetric(float64(our[len(our)/2].Nanoseconds()), "median-ns/ours")
	b.ReportMetric(float64(their[len(their)/2].Nanoseconds()), "median-ns/crypto-tls")
}

func sum(all []time.Duration) (total time.Duration) {
	for _, d := range all {
		total += d
	}
	return total
}

// BenchmarkBind is what a connection costs before anything is resumed.
func BenchmarkBind(b *testing.B) {
	cfg := benchBinder().TLSConfig(serverConfig())
	hello := &tls.ClientHelloInfo{ServerName: "example.com"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cfg.GetConfigForClient(hello); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCallbacks is what the callbacks of one resumption cost, beside what
// those of crypto/tls do.
func BenchmarkCallbacks(b *testing.B) {
	now := time.Now().UnixNano()
	cs := tls.ConnectionState{Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256, ServerName: "example.com"}
	state, err := tls.ParseSessionState(sessionBytes)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		binder := benchBinder()
		bd := &binding{binder: binder, ctx: b.Context(), tracked: true}
		id, _ := bd.wrap(cs, state)
		b.ReportAllocs()
		for b.Loop() {
			old := bd.issued
			if s, _ := bd.unwrap(id, cs); s == nil {
				b.Fatal("not resumable")
			}
			id, _ = bd.wrap(cs, state)
			binder.cfg.Cache.Remove(old, abi.Consumed, fromClient)
		}
	})
	b.Run("crypto-tls", func(b *testing.B) {
		cfg := serverConfig()
		cfg.Time = func() time.Time { return time.Unix(0, now) }
		ticket, _ := cfg.EncryptTicket(cs, state)
		b.ReportAllocs()
		for b.Loop() {
			if s, _ := cfg.DecryptTicket(ticket, cs); s == nil {
				b.Fatal("not resumable")
			}
			ticket, _ = cfg.EncryptTicket(cs, state)
		}
	})
}

// sessionBytes is a server's session of TLS 1.3 with a secret of 32 bytes.
var sessionBytes = func() []byte {
	b := []byte{3, 4, 1, 0x13, 1, 0, 0, 0, 0, 0x60, 0, 0, 0, 32}
	b = append(b, make([]byte, 32)...)
	return append(b, make([]byte, 3+1+1+3+3)...)
}()

func cpu() time.Duration {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}

func BenchmarkZ(b *testing.B) {
	for _, version := range versions12and13 {
		their := func() *tls.Config { return serverConfig() }
		run := func(name string, cfg *tls.Config) {
			b.Run(tls.VersionName(version)+"/"+name, func(b *testing.B) {
				p, q := newPipes(), newPipes()
				ours := resumer(b, p, tls.NewListener(p, cfg), version)
				theirs := resumer(b, q, tls.NewListener(q, their()), version)
				compare(b, ours, theirs)
			})
		}
		mk := func(change func(*Config)) *Binder {
			c := Config{Cache: &table{m: map[session.ID]*session.Session{}}, Keys: session.RandomKeyring(), Node: testNode, SingleUse: true}
			change(&c)
			return New(c)
		}
		_ = mk
		_ = func(c *tls.Config) *tls.Config {
			in := c.GetConfigForClient
			c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { x, err := in(h); x.VerifyConnection = nil; return x, err }
			return c
		}
		full := benchBinder().TLSConfig(their())
		run("full", full)
	}
}
