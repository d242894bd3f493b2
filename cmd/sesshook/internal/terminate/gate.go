package terminate

import (
	"log/slog"
	"net"
	"sync"
)

// Gate returns a listener that has at most limit connections open: at the limit
// it accepts no more until one closes, so that new clients wait in the system's
// queue. It logs that it does so, though not each time.
func Gate(inner net.Listener, limit int, log *slog.Logger) net.Listener {
	return &gate{
		Listener: inner,
		slots:    make(chan struct{}, limit),
		done:     make(chan struct{}),
		full:     newOccasional(log),
	}
}

type gate struct {
	net.Listener
	slots chan struct{} // one element per open connection
	full  *occasional

	closing sync.Once
	done    chan struct{} // closed by Close
}

// Accept waits for a connection, and for room to have it.
func (g *gate) Accept() (net.Conn, error) {
	if !g.enter() {
		return nil, net.ErrClosed
	}
	conn, err := g.Listener.Accept()
	if err != nil {
		<-g.slots
		return nil, err
	}
	return &gatedConn{Conn: conn, leave: sync.OnceFunc(func() { <-g.slots })}, nil
}

func (g *gate) enter() bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	g.full.log(slog.LevelWarn, "connection limit reached: new clients wait", "max-connections", cap(g.slots))
	select {
	case g.slots <- struct{}{}:
		return true
	case <-g.done:
		return false
	}
}

// Close ends a waiting Accept, and closes the inner listener.
func (g *gate) Close() error {
	g.closing.Do(func() { close(g.done) })
	return g.Listener.Close()
}

type gatedConn struct {
	net.Conn
	leave func()
}

// Close makes room for another connection.
func (c *gatedConn) Close() error {
	err := c.Conn.Close()
	c.leave()
	return err
}
