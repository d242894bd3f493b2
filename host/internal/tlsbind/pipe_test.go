package tlsbind

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// bufferedPipe is net.Pipe with room in it: Write does not wait for a Read, as
// on a network, so that both sides of a handshake may write at once.
func bufferedPipe() (net.Conn, net.Conn) {
	a, b := newStream(), newStream()
	return &end{r: a, w: b}, &end{r: b, w: a}
}

// A stream is one direction.
type stream struct {
	mu     sync.Mutex
	ready  sync.Cond
	buf    bytes.Buffer
	closed bool // by either side
}

func newStream() *stream {
	s := new(stream)
	s.ready.L = &s.mu
	return s
}

func (s *stream) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.ready.Broadcast()
}

type end struct {
	r, w *stream
}

func (e *end) Read(b []byte) (int, error) {
	e.r.mu.Lock()
	defer e.r.mu.Unlock()
	for e.r.buf.Len() == 0 {
		if e.r.closed {
			return 0, io.EOF
		}
		e.r.ready.Wait()
	}
	return e.r.buf.Read(b)
}

func (e *end) Write(b []byte) (int, error) {
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	if e.w.closed {
		return 0, io.ErrClosedPipe
	}
	defer e.w.ready.Broadcast()
	return e.w.buf.Write(b)
}

func (e *end) Close() error {
	e.r.close()
	e.w.close()
	return nil
}

func (e *end) LocalAddr() net.Addr              { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
func (e *end) RemoteAddr() net.Addr             { return &net.UnixAddr{Name: "pipe", Net: "unix"} }
func (e *end) SetDeadline(time.Time) error      { return nil }
func (e *end) SetReadDeadline(time.Time) error  { return nil }
func (e *end) SetWriteDeadline(time.Time) error { return nil }
