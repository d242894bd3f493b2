package demo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

const (
	// thinkTime is how long a client stays away on average: a half of it more or
	// less, so that clients don't fall in step with the balancer.
	thinkTime = 400 * time.Millisecond
	// visitTime is when a client gives up.
	visitTime = 10 * time.Second
	maxAnswer = 1 << 20
)

// A client comes back again and again, with the session of its last visit and
// each time on a new connection. It is used by one goroutine.
type client struct {
	addr string
	tls  *tls.Config
	slot *sessionSlot
}

// newClient returns a client of the balancer at addr. Every other one of them
// speaks TLS 1.2.
func newClient(i int, addr string, trust *authority) *client {
	c := &client{addr: addr, slot: &sessionSlot{}}
	c.tls = &tls.Config{RootCAs: trust.pool, ServerName: serverName, NextProtos: []string{"http/1.1"}, ClientSessionCache: c.slot}
	if i%2 == 0 {
		c.tls.MaxVersion = tls.VersionTLS12
	} else {
		c.tls.MinVersion = tls.VersionTLS13
	}
	return c
}

// A sessionSlot keeps one session. It is a tls.ClientSessionCache for one server
// and one connection at a time.
type sessionSlot struct{ session *tls.ClientSessionState }

func (s *sessionSlot) Get(string) (*tls.ClientSessionState, bool)    { return s.session, s.session != nil }
func (s *sessionSlot) Put(_ string, session *tls.ClientSessionState) { s.session = session }

// visit connects, asks for the page, reads it, and leaves.
func (c *client) visit(ctx context.Context) (v visit, local net.Addr) {
	ctx, cancel := context.WithTimeout(ctx, visitTime)
	defer cancel()
	v.returned = c.slot.session != nil
	begun := time.Now()
	tcp, err := new(net.Dialer).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		v.err = err
		return v, nil
	}
	defer tcp.Close()
	defer context.AfterFunc(ctx, func() { _ = tcp.Close() })()
	conn := tls.Client(tcp, c.tls)
	if v.err = conn.HandshakeContext(ctx); v.err == nil {
		state := conn.ConnectionState()
		v.took, v.version, v.resumed = time.Since(begun), state.Version, state.DidResume
		v.err = getPage(conn)
	}
	if v.err == nil {
		// The other side has closed it: see balancer.serve.
		_ = tcp.(*net.TCPConn).SetLinger(0)
	}
	return v, tcp.LocalAddr()
}

// getPage asks for the page. To read it to its end is what gives a client of TLS
// 1.3 its next session.
func getPage(conn io.ReadWriter) error {
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+serverName+"\r\nConnection: close\r\n\r\n"); err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswer))
	if err != nil {
		return err
	}
	status, _, _ := bytes.Cut(answer, []byte("\r\n"))
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("the answer is %.40q", status)
	}
	return nil
}

// A crowd is all clients. It is a visitors, and safe for concurrent use.
type crowd struct {
	recorder
	clients []*client
	wasCut  func(client net.Addr) bool
}

func newCrowd(n int, b *balancer, trust *authority) *crowd {
	c := &crowd{wasCut: b.wasCut}
	for i := range n {
		c.clients = append(c.clients, newClient(i, b.addr(), trust))
	}
	return c
}

// start has all clients come, until stop is called, which waits for them.
func (c *crowd) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, one := range c.clients {
		running.Go(func() { c.frequent(ctx, one) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// frequent comes back until ctx ends.
func (c *crowd) frequent(ctx context.Context, one *client) {
	if !pause(ctx, rand.N(thinkTime)) {
		return
	}
	for again := true; again; again = pause(ctx, thinkTime/2+rand.N(thinkTime)) {
		// As a browser does: where there is no answer, once more at once.
		if !c.once(ctx, one) {
			c.once(ctx, one)
		}
	}
}

// once has a client come, and reports whether it had an answer. What was cut off
// only because ctx ended did not happen.
func (c *crowd) once(ctx context.Context, one *client) bool {
	v, local := one.visit(ctx)
	if v.err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return true
	}
	v.cut = v.err != nil && local != nil && c.wasCut(local)
	c.record(v)
	return v.err == nil
}

// pause waits; false where ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
