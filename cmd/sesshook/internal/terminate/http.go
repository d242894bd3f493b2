package terminate

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// httpServer serves HTTP/1.1 and HTTP/2.
type httpServer struct {
	server *http.Server

	// cancel ends what the handlers do, which is the only way to end one whose
	// connection was taken over (a WebSocket): net/http forgets those.
	cancel  context.CancelFunc
	running sync.WaitGroup // handlers, those included
}

func newHTTP(cfg Config, handler http.Handler) *httpServer {
	base, cancel := context.WithCancel(context.Background())
	s := &httpServer{cancel: cancel}
	s.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.running.Add(1)
			defer s.running.Done()
			handler.ServeHTTP(w, r)
		}),
		// net/http takes the time for the handshake from here too. There is
		// no limit on a whole request or answer: uploads and streams may last.
		ReadHeaderTimeout: cfg.HandshakeTimeout,
		IdleTimeout:       idleHTTP,
		MaxHeaderBytes:    maxHeaderLen,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnContext:       withConn,
		ErrorLog:          slog.NewLogLogger(serverErrors{cfg.Log.Handler()}, slog.LevelWarn),
	}
	return s
}

// Serve accepts connections until Shutdown.
func (s *httpServer) Serve(l net.Listener) error {
	if err := s.server.Serve(l); !closed(err) {
		return err
	}
	return nil
}

// Shutdown waits for requests, and for connections that were taken over.
func (s *httpServer) Shutdown(ctx context.Context) error {
	defer s.cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		_ = s.server.Close()
		return err
	}
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

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// Conn returns the client's connection that a request came on, as the listener
// accepted it; nil outside of a Server.
func Conn(ctx context.Context) net.Conn {
	c, _ := ctx.Value(connKey{}).(net.Conn)
	return c
}

// serverErrors passes on what net/http logs. Handshakes that fail are clients'
// doing, and anyone can cause them: they are for debugging only.
type serverErrors struct{ slog.Handler }

// Handle lowers the level of lines that clients cause.
func (h serverErrors) Handle(ctx context.Context, r slog.Record) error {
	if bytes.HasPrefix([]byte(r.Message), []byte("http: TLS handshake error")) {
		r.Level = slog.LevelDebug
	}
	if !h.Enabled(ctx, r.Level) {
		return nil
	}
	line := slog.NewRecord(time.Now(), r.Level, "client connection", 0)
	line.AddAttrs(slog.String("err", r.Message))
	return h.Handler.Handle(ctx, line)
}
