package terminate

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// tcpServer passes the decrypted bytes of each connection to an upstream and
// back. An end of one direction is passed on as such (half-close), so protocols
// that signal by it work.
type tcpServer struct {
	cfg      Config
	dialer   net.Dialer
	failures *occasional

	ctx    context.Context // ends what the connections do
	cancel context.CancelFunc

	mu       sync.Mutex
	listener net.Listener   // nil before Serve
	draining bool           // set by Shutdown
	running  sync.WaitGroup // connections; none is added while draining
}

func newTCP(cfg Config) *tcpServer {
	s := &tcpServer{cfg: cfg, dialer: net.Dialer{Timeout: dialTimeout}, failures: newOccasional(cfg.Log)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Serve accepts connections until Shutdown.
func (s *tcpServer) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	draining := s.draining
	s.mu.Unlock()
	if draining {
		return l.Close()
	}
	for pause := time.Duration(0); ; {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.start(conn)
		case closed(err):
			return nil
		case !temporary(err):
			return err
		default:
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.failures.log(slog.LevelWarn, "can't accept a connection: trying again", "err", err)
			if !s.pause(pause) {
				return nil
			}
		}
	}
}

// temporary reports whether accepting may work again later, as net/http judges
// it: when the process has run out of file descriptors, above all.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// pause waits, and reports false where the server was cancelled meanwhile.
func (s *tcpServer) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}

func (s *tcpServer) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		_ = conn.Close()
		return
	}
	s.running.Go(func() { s.serve(conn) })
}

// Shutdown waits for the connections that are open.
func (s *tcpServer) Shutdown(ctx context.Context) error {
	defer s.cancel()
	s.mu.Lock()
	s.draining = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
	s.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		s.running.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
		s.cancel()
		<-finished
		return ctx.Err()
	}
}

// A duplex is a connection whose two directions end one by one.
type duplex interface {
	net.Conn
	CloseWrite() error
}

func (s *tcpServer) serve(conn net.Conn) {
	defer conn.Close()
	if err := s.handshake(conn); err != nil {
		s.cfg.Log.Debug("client connection", "err", err, "remote", conn.RemoteAddr())
		return
	}
	client, ok := conn.(duplex)
	if !ok {
		s.failures.log(slog.LevelError, "client connection can't be half-closed")
		return
	}
	up, err := s.dialer.DialContext(s.ctx, "tcp", s.cfg.Upstream.Host)
	if err != nil {
		s.failures.log(slog.LevelWarn, "upstream failed", "upstream", s.cfg.Upstream.Redacted(), "err", err)
		return
	}
	defer up.Close()
	pipe(s.ctx, client, up.(*net.TCPConn), idleTCP)
}

func (s *tcpServer) handshake(conn net.Conn) error {
	h, ok := conn.(interface{ HandshakeContext(context.Context) error })
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.HandshakeTimeout)
	defer cancel()
	return h.HandshakeContext(ctx)
}

// pipe copies both ways until both have ended, one has failed, neither has
// moved a byte for idle, or ctx has ended; then both are closed.
func pipe(ctx context.Context, a, b duplex, idle time.Duration) {
	abort := sync.OnceFunc(func() {
		_ = a.Close()
		_ = b.Close()
	})
	defer abort()
	stop := context.AfterFunc(ctx, abort)
	defer stop()
	timer := time.AfterFunc(idle, abort)
	defer timer.Stop()

	var both sync.WaitGroup
	for _, way := range [...]struct{ to, from duplex }{{a, b}, {b, a}} {
		both.Go(func() {
			if err := copyOneWay(way.to, way.from, func() { timer.Reset(idle) }); err != nil {
				abort()
			}
		})
	}
	both.Wait()
}

// copyOneWay copies until from ends, and then ends that direction of to.
func copyOneWay(to, from duplex, moved func()) error {
	buf := make([]byte, bufferSize)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			moved()
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return to.CloseWrite()
		}
		if err != nil {
			return err
		}
	}
}
