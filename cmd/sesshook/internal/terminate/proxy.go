package terminate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/page"
)

// newProxy returns a reverse proxy to cfg.Upstream. Upgraded connections
// (WebSockets) and streams pass.
func newProxy(cfg Config) http.Handler {
	failures := newOccasional(cfg.Log)
	return &httputil.ReverseProxy{
		Rewrite:    func(r *httputil.ProxyRequest) { rewrite(r, cfg.Upstream) },
		Transport:  transport(),
		BufferPool: &buffers{},
		ErrorLog:   slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug), // of aborted copies: clients that left
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			upstreamFailed(w, r, err, func(status int) {
				failures.log(slog.LevelWarn, "upstream failed", "upstream", cfg.Upstream.Redacted(), "status", status, "err", err)
			})
		},
	}
}

// rewrite addresses a request to the upstream. It keeps the Host that the client
// asked for, so that links, cookies and redirects of the service are right; what
// the client said about forwarding is gone, for this is the first hop that is
// trusted.
func rewrite(r *httputil.ProxyRequest, upstream *url.URL) {
	r.SetURL(upstream)
	r.Out.Host = r.In.Host
	r.SetXForwarded()
}

func transport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	return &http.Transport{
		Proxy:                 nil, // the upstream is ours, whatever the environment says of proxies
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   dialTimeout,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // pass on what was asked for, as it is
	}
}

// upstreamFailed answers for an upstream that did not. The client is not told
// what it could not reach: report is for that.
func upstreamFailed(w http.ResponseWriter, r *http.Request, err error, report func(status int)) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has left, or we are shutting down
	}
	status, text := http.StatusBadGateway, "The server behind this one can't be reached. Please try again in a moment."
	var netErr net.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &netErr) && netErr.Timeout():
		status, text = http.StatusGatewayTimeout, "The server behind this one did not answer in time. Please try again in a moment."
	case errors.As(err, &tooLarge):
		status, text = http.StatusRequestEntityTooLarge, "The request is too large."
	}
	report(status)
	page.Notice(w, r, status, text)
}

// buffers lends buffers for copying bodies.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

// Get returns a buffer.
func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, bufferSize)
}

// Put takes a buffer back.
func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
