package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// adminTimeout bounds a request to the admin endpoint, and the wait for the
// last of them on shutdown.
const adminTimeout = 10 * time.Second

// adminServer serves the admin endpoint. It answers from before the plugins are
// loaded until after they have stopped, so that whoever asks for its health and
// readiness gets an answer all along.
type adminServer struct {
	listener net.Listener
	server   *http.Server
	handler  atomic.Value // of http.Handler, in a handlerBox
}

type handlerBox struct{ http.Handler }

// serveAdmin serves on l, and sends to failed where that fails.
func serveAdmin(l net.Listener, failed chan<- error) *adminServer {
	a := &adminServer{listener: l}
	a.open(http.HandlerFunc(starting))
	a.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.handler.Load().(handlerBox).ServeHTTP(w, r)
		}),
		ReadTimeout:    adminTimeout,
		WriteTimeout:   adminTimeout,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	go func() {
		if err := a.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	return a
}

// open has h answer from now on.
func (a *adminServer) open(h http.Handler) { a.handler.Store(handlerBox{h}) }

func (a *adminServer) addr() string { return a.listener.Addr().String() }

func (a *adminServer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if a.server.Shutdown(ctx) != nil {
		_ = a.server.Close()
	}
}

// starting answers while there is no host yet.
func starting(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if r.URL.Path == "/healthz" {
		_, _ = io.WriteString(w, "ok\n")
		return
	}
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, "not ready: starting\n")
}
