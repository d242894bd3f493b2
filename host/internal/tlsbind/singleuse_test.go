package tlsbind

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestSingleUse(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		if len(f.cache.removed) != 0 {
			t.Error("a full handshake consumes something")
		}
		tickets.freeze()
		id := tickets.id(t)
		s.ok(t, client, true)
		if f.cache.has(id) || f.cache.removed[id] != abi.Consumed || len(f.cache.all()) != 1 {
			t.Errorf("removed: %v, %d are left", f.cache.removed, len(f.cache.all()))
		}
		s.ok(t, client, false) // the same again
		if stats := f.Stats(); stats.Consumed != 1 || stats.Removed != 1 || stats.Missed != 0 || stats.ConsumedLate != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestSessionsAreUsedOftenByDefault(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		tickets.freeze()
		for range 3 {
			s.ok(t, client, true)
		}
		if len(f.cache.removed) != 0 || f.Stats().Consumed != 0 {
			t.Errorf("%v, %+v", f.cache.removed, f.Stats())
		}
	})
}

func TestConsumedByAnother(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		id := tickets.id(t)
		f.hooks.resume = func(context.Context, *session.Session) bool {
			// Between the look and the consumption, somebody else is faster.
			return f.cache.Remove(id, abi.Explicit, fromClient) == nil
		}
		s.ok(t, client, true)
		if stats := f.Stats(); stats.ConsumedLate != 1 || stats.Consumed != 0 || f.cache.removed[id] != abi.Explicit {
			t.Errorf("%+v, %v", stats, f.cache.removed)
		}
	})
}

// shakeOnly connects and has the server call finish instead of Read and Write.
func (s *site) shakeOnly(t *testing.T, client *tls.Config, finish func(c *tls.Conn)) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		c, err := s.ln.Accept()
		if err == nil {
			err = c.(*tls.Conn).Handshake()
			finish(c.(*tls.Conn))
		}
		done <- err
	}()
	raw := s.pipes.dial()
	defer raw.Close()
	c := tls.Client(raw, client)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, c)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestCompletionIsSeenByAnyUse(t *testing.T) {
	for name, use := range map[string]func(c *tls.Conn){
		"Close":            func(c *tls.Conn) { c.Close() },
		"Write":            func(c *tls.Conn) { c.Write([]byte{1}); c.NetConn().(*conn).Conn.Close() },
		"Close of NetConn": func(c *tls.Conn) { c.NetConn().Close() },
		"CloseWrite":       func(c *tls.Conn) { c.CloseWrite(); c.NetConn().(*conn).Conn.Close() },
		"twice each, no more": func(c *tls.Conn) {
			c.Write([]byte{1})
			c.Write([]byte{1})
			c.Close()
			c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range versions12and13 {
				f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
				s := f.site(withListener, serverConfig())
				client, tickets := clientConfig(version)
				s.ok(t, client, false)
				id := tickets.id(t)
				s.shakeOnly(t, client, func(c *tls.Conn) {
					if !f.cache.has(id) {
						t.Error("consumed before anybody could know")
					}
					if info, ok := Info(c); !ok || info.Parent != id {
						t.Errorf("%+v, %t", info, ok)
					}
					use(c)
				})
				if f.cache.has(id) || f.Stats().Consumed != 1 || f.Stats().Handshakes[Handshake{version, true}] != 1 {
					t.Errorf("%+v", f.Stats())
				}
			}
		})
	}
}

func TestInfoAndSettleWithinTheHandshake(t *testing.T) {
	for _, version := range versions12and13 {
		f := newFarm(nil)
		var server *tls.Conn
		asked := false
		cfg := serverConfig()
		cfg.VerifyConnection = func(tls.ConnectionState) error {
			asked = true
			// The handshake's lock is held here: neither may wait for it.
			if _, ok := Info(server); ok || complete(server) {
				t.Error("a handshake that goes on is complete")
			}
			return nil
		}
		s := f.site(withListener, cfg)
		client, _ := clientConfig(version)
		done := make(chan error, 1)
		go func() {
			c, err := s.ln.Accept()
			if err == nil {
				server = c.(*tls.Conn)
				if _, ok := Info(server); ok {
					t.Error("a handshake that has not begun is complete")
				}
				err = server.Handshake()
				server.Close()
			}
			done <- err
		}()
		raw := s.pipes.dial()
		c := tls.Client(raw, client)
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, c)
		if err := <-done; err != nil || !asked {
			t.Errorf("%v, asked: %t", err, asked)
		}
	}
}

// interrupted is a server's end whose Close takes its time, and which calls
// cancel before the second flight of the client is read. So the handshake goes
// on for a while with its context cancelled.
type interrupted struct {
	net.Conn
	cancel context.CancelFunc
	mu     sync.Mutex
	wrote  bool
}

func (c *interrupted) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.wrote = true
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *interrupted) Read(b []byte) (int, error) {
	c.mu.Lock()
	wrote := c.wrote
	c.mu.Unlock()
	if wrote {
		c.cancel()
		b = b[:min(1, len(b))] // in many pieces
	}
	return c.Conn.Read(b)
}

func (c *interrupted) Close() error { return nil } // by the interrupter

func TestCancelledHandshakeConsumesNothing(t *testing.T) {
	for _, version := range versions12and13 {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
			s := f.site(withListener, serverConfig())
			client, tickets := clientConfig(version)
			s.ok(t, client, false)
			id := tickets.id(t)
			hello := s.record(t, client)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s.pipes.wrap = func(c net.Conn) net.Conn { return &interrupted{Conn: c, cancel: cancel} }
			done := make(chan error, 1)
			go func() {
				c, err := s.ln.Accept()
				if err == nil {
					t := c.(*tls.Conn)
					err = t.HandshakeContext(ctx)
					t.NetConn().Write([]byte("sorry")) // as some do
					t.Close()
					t.NetConn().(*conn).NetConn().(*interrupted).Conn.Close()
				}
				done <- err
			}()
			raw := s.pipes.dial()
			raw.Write(hello)
			io.ReadAtLeast(raw, make([]byte, 1<<16), 5)
			go io.Copy(io.Discard, raw)
			raw.Write([]byte{20, 3, 3, 0, 1, 1})
			raw.Write(append([]byte{23, 3, 3, 0, 40}, make([]byte, 40)...))
			if err := <-done; err == nil {
				t.Error("the handshake is a success")
			}
			raw.Close()
			if ctx.Err() == nil {
				t.Error("the handshake was not interrupted")
			}
			if !f.cache.has(id) || f.Stats().Consumed+f.Stats().ConsumedLate != 0 {
				t.Errorf("consumed: %+v", f.Stats())
			}
			if n := f.Stats().Handshakes[Handshake{version, true}]; n != 0 {
				t.Errorf("%d handshakes are counted", n)
			}
		})
	}
}

// The application gives up, but the client's Finished was there and right.
func TestCancelledButCompleteHandshakeConsumes(t *testing.T) {
	for _, version := range versions12and13 {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(withListener, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		id := tickets.id(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.pipes.wrap = func(c net.Conn) net.Conn { return &interrupted{Conn: c, cancel: cancel} }
		done := make(chan error, 1)
		go func() {
			c, err := s.ln.Accept()
			if err == nil {
				err = c.(*tls.Conn).HandshakeContext(ctx)
				c.Close()
				c.(*tls.Conn).NetConn().(*conn).NetConn().(*interrupted).Conn.Close()
			}
			done <- err
		}()
		raw := s.pipes.dial()
		c := tls.Client(raw, client)
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, c)
		if err := <-done; err != context.Canceled {
			t.Errorf("%v", err)
		}
		raw.Close()
		if f.cache.has(id) || f.Stats().Consumed != 1 {
			t.Errorf("%+v", f.Stats())
		}
	}
}

func TestNetConnReachesTheInnerConnection(t *testing.T) {
	f := newFarm(nil)
	p := newPipes()
	ln := f.Listener(p, serverConfig())
	go p.dial()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	inner := c.(*tls.Conn).NetConn().(interface{ NetConn() net.Conn }).NetConn()
	if _, ok := inner.(*conn); ok || inner == nil {
		t.Errorf("%T", inner)
	}
	inner.Close()
	p.Close()
	if _, err := ln.Accept(); err != net.ErrClosed {
		t.Errorf("the inner listener's error becomes %v", err)
	}
}

func TestHammer(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(m, serverConfig())
		client, _ := clientConfig(version)
		const clients, rounds = 8, 12
		serving := make(chan struct{})
		var servers sync.WaitGroup
		for range clients {
			servers.Go(func() {
				for {
					select {
					case <-serving:
						return
					default:
					}
					if out := s.serveOne(); out.err != nil && out.err != net.ErrClosed {
						t.Errorf("server: %v", out.err)
					}
				}
			})
		}
		var wg sync.WaitGroup
		for range clients { // all with the one ticket that is there
			wg.Go(func() {
				for range rounds {
					raw := s.pipes.dial()
					c := tls.Client(raw, client)
					if err := c.Handshake(); err != nil {
						t.Errorf("client: %v", err)
					}
					io.ReadFull(c, make([]byte, 1))
					c.Write([]byte{1})
					io.Copy(io.Discard, c)
					raw.Close()
				}
			})
		}
		wg.Wait()
		close(serving)
		s.pipes.Close()
		servers.Wait()
		stats := f.Stats()
		full, resumed := stats.Handshakes[Handshake{version, false}], stats.Handshakes[Handshake{version, true}]
		if full+resumed != clients*rounds || stats.Consumed+stats.ConsumedLate != resumed || stats.Resumable != resumed {
			t.Errorf("%+v", stats)
		}
		if stats.Issued != clients*rounds || uint64(len(f.cache.all())) != stats.Issued-stats.Consumed {
			t.Errorf("%d sessions are left: %+v", len(f.cache.all()), stats)
		}
	})
}
