package tlsbind

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"time"
)

// A conn is what is under a *tls.Conn of Listener. It notices that the
// handshake is complete, without a goroutine and without being told:
//
//   - GetConfigForClient is given the handshake's context, and finds the conn
//     in ClientHelloInfo.Conn. crypto/tls cancels the context when the
//     handshake has ended, well or not. As long as it has not, Read and Write
//     are the handshake's own, and the price of this is one look at the context.
//   - Once it has ended, the next Read, Write or Close asks the *tls.Conn
//     itself whether it is complete. After a failed handshake crypto/tls calls
//     nothing but Close (alerts were written before it ended), so mostly the answer is
//     yes; but the application may have cancelled the handshake's context
//     while it was still going on, or write an error message to NetConn.
//
// So nothing is taken for complete whose client's Finished crypto/tls has not
// verified, and nothing that is complete is overlooked, unless the application
// neither reads, writes nor closes.
type conn struct {
	net.Conn
	tls *tls.Conn
	// bound is the connection's binding, from the ClientHello on; pending is
	// the same until the handshake is known to be complete.
	bound, pending atomic.Pointer[binding]
}

// bind is called by the goroutine of the handshake: twice, where the config that
// Listener was given was bound already. The last is the one in force.
func (c *conn) bind(bd *binding) {
	c.bound.Store(bd)
	c.pending.Store(bd)
}

// NetConn returns the connection that the inner listener accepted.
func (c *conn) NetConn() net.Conn { return c.Conn }

func (c *conn) Read(b []byte) (int, error) {
	c.settle()
	return c.Conn.Read(b)
}

func (c *conn) Write(b []byte) (int, error) {
	c.settle()
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	c.settle()
	return c.Conn.Close()
}

// settle does what is to be done on completion, once.
func (c *conn) settle() {
	bd := c.pending.Load()
	if bd == nil || bd.ctx.Err() == nil || !complete(c.tls) {
		return
	}
	if !c.pending.CompareAndSwap(bd, nil) {
		return
	}
	version := bd.version
	if version == 0 {
		version = c.tls.ConnectionState().Version
	}
	bd.complete(version)
}

// complete reports whether c's handshake is complete, without waiting for it
// and without making it: it may be called from within. ConnectionState would
// wait for the lock that the handshake holds, for ever. HandshakeContext of a
// complete connection returns before it looks at anything else; of any other it derives
// a context from the given one before it takes a lock, and that is where
// probe throws it out.
func complete(c *tls.Conn) (yes bool) {
	defer func() {
		if r := recover(); r != nil && r != any(errProbe) {
			panic(r)
		}
	}()
	return c.HandshakeContext(probe{}) == nil
}

// probe is a context that can't be derived from.
type probe struct{}

type probeError string

func (e probeError) Error() string { return string(e) }

const errProbe = probeError("tlsbind: handshake is not complete")

func (probe) Done() <-chan struct{}       { panic(errProbe) }
func (probe) Err() error                  { return errProbe }
func (probe) Deadline() (time.Time, bool) { return time.Time{}, false }
func (probe) Value(any) any               { return nil }

var _ context.Context = probe{}
