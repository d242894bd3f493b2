// Package terminate is what sesshook serve does with a client's connection once
// TLS is off it: it passes HTTP requests to an upstream, or raw bytes to one, or
// answers with a built-in page. It bounds connections and the time that a client
// may take, and drains.
//
// It knows nothing of sessions: it is given a listener whose connections carry
// TLS, and leaves resumption, and with it the plugins, to that. A Server may be
// used concurrently. What clients send is not trusted: forwarding headers that
// they bring are dropped, and no part of a request reaches a log unquoted.
package terminate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// How long a connection may do nothing.
const (
	idleHTTP     = 3 * time.Minute  // between the requests of a client
	idleTCP      = time.Hour        // in neither direction; TCP itself finds a dead peer sooner
	dialTimeout  = 10 * time.Second // to reach the upstream
	maxHeaderLen = 64 << 10         // bytes of a request's headers
)

// Config says what a Server does.
type Config struct {
	// Upstream is where requests go, an http, https or tcp URL; nil is Page.
	Upstream *url.URL
	// Page answers where there is no Upstream.
	Page http.Handler
	// HandshakeTimeout is for the TLS handshake, and then for the headers of a
	// request.
	HandshakeTimeout time.Duration
	Log              *slog.Logger
}

// A Server serves connections without their TLS.
type Server interface {
	// Serve accepts connections until Shutdown, and then returns nil; it
	// returns an error where the listener fails for good.
	Serve(l net.Listener) error
	// Shutdown closes the listener, and waits for the connections that are in
	// use to finish. Where ctx ends first, it closes them and returns the
	// context's error.
	Shutdown(ctx context.Context) error
}

// New returns a Server for cfg.
func New(cfg Config) Server {
	if cfg.Upstream == nil {
		return newHTTP(cfg, cfg.Page)
	}
	if cfg.Upstream.Scheme == "tcp" {
		return newTCP(cfg)
	}
	return newHTTP(cfg, newProxy(cfg))
}

// Protocols returns the ALPN protocols to offer to clients before upstream,
// best first. For raw bytes there are none: what the upstream speaks is its own
// affair.
func Protocols(upstream *url.URL) []string {
	if upstream != nil && upstream.Scheme == "tcp" {
		return nil
	}
	return []string{"h2", "http/1.1"}
}

// closed reports whether err only says that a listener was closed.
func closed(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, http.ErrServerClosed)
}
