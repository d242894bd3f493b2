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

// resumer returns a function that makes one resumed handshake over loopback
// with a server on what listen makes of a listener, and says how long it took,
// or 0 where it was not resumed.
func resumer(b *testing.B, version uint16, listen func(net.Listener) net.Listener) func() time.Duration {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ln := listen(inner)
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
	b.Cleanup(func() { ln.Close() })
	return func() time.Duration {
		start := time.Now()
		raw, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		c := tls.Client(raw, client)
		if _, err := io.Copy(io.Discard, c); err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
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
				ours := resumer(b, version, func(ln net.Listener) net.Listener { return f.serve(m, ln, serverConfig()) })
				theirs := resumer(b, version, func(ln net.Listener) net.Listener { return tls.NewListener(ln, serverConfig()) })
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
