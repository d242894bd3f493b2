// Package host is the TLS session cache that runs WebAssembly plugins, for Go
// programs to embed: New makes one, TLSConfig and Listener put it under a TLS
// server, Close ends it.
//
//	h, err := host.New(host.Config{ModulesDir: "modules"})
//	...
//	ln := h.Listener(tcp, &tls.Config{Certificates: certs})
//	http.Serve(ln, handler)
//
// The package wires its parts together and does nothing else: sessions and
// seals are in internal/session, the cache in internal/cache, crypto/tls in
// internal/tlsbind, plugins in internal/plugin, what carries their messages to
// other nodes in internal/bus, and the HTTP endpoint for operators in
// internal/admin. Run and Bench, for authors of plugins, are those of
// internal/workbench and need no Host. All methods of Host may be called concurrently.
package host

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/host/internal/admin"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/cache"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/tlsbind"
)

// A Host owns a session cache, its keys and its plugins.
type Host struct {
	cfg     Config
	node    session.Node
	keys    *farmKeys
	cache   *cache.Cache
	farm    *bus.Farm       // nil where there is none
	plugins *plugin.Manager // nil without a modules directory
	binder  *tlsbind.Binder
	clock   *session.Clock
	taps    taps
	closing atomic.Bool
	close   sync.Once
	closed  chan struct{}
}

// New makes a host and loads the plugins that lie in cfg.ModulesDir. A module
// that does not load is logged and shown by Status; it is no error here. An
// error is one of the configuration, of the key file or of the directories.
func New(cfg Config) (*Host, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	h := &Host{cfg: cfg, node: nodeID(cfg.Node), clock: session.NewClock(), closed: make(chan struct{})}
	if h.keys, err = openFarmKeys(cfg.FarmKeyFile, cfg.Log); err != nil {
		return nil, fmt.Errorf("host: %w", err)
	}
	h.cache = cache.New(cache.Config{MaxSessions: cfg.MaxSessions, MaxBytes: cfg.MaxBytes, Now: h.clock.Now, Notify: h.notify})
	go h.keepTime()
	err = h.joinFarm()
	if err == nil && cfg.ModulesDir != "" {
		err = h.startPlugins()
	}
	if err != nil {
		return nil, fmt.Errorf("host: %w", errors.Join(err, h.Close(context.Background())))
	}
	binding := tlsbind.Config{Cache: h.cache, Keys: h.keys.ring, Node: h.node, TTL: cfg.TTL, SingleUse: cfg.SingleUse, Now: h.clock.Now, Log: cfg.Log}
	if h.plugins != nil {
		binding.Hooks = hooks{h}
	}
	h.binder = tlsbind.New(binding)
	return h, nil
}

// startPlugins sets h.plugins before the first of them runs, because what they
// change in the cache comes back through notify.
func (h *Host) startPlugins() (err error) {
	cfg := plugin.Config{
		Dir: h.cfg.ModulesDir, Grants: h.cfg.Grants, CompileCache: h.cfg.CompileCache, TrustedKeys: h.cfg.TrustedKeysFile, TTL: h.cfg.TTL,
		Node: h.node, Store: h.cache, Keys: h.keys.ring, Log: h.cfg.Log, Now: h.clock.Now,
	}
	if h.farm != nil { // else a Bus that is not nil would hold a Farm that is
		cfg.Bus = h.farm
	}
	h.plugins, err = plugin.NewManager(cfg)
	if err != nil {
		return err
	}
	return h.plugins.Start(context.Background())
}

// resyncEvery is how soon a wall clock that was set shows.
const resyncEvery = time.Second

// keepTime has the clock that all parts share follow the wall clock.
func (h *Host) keepTime() {
	ticker := time.NewTicker(resyncEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.clock.Resync()
		case <-h.closed:
			return
		}
	}
}

// nodeID derives a node's id from its name.
func nodeID(name string) session.Node {
	sum := sha256.Sum256([]byte("sesshook v1 node " + name))
	return session.Node(sum[:len(session.Node{})])
}

// notify hands the cache's events to the plugins, and to who records them.
func (h *Host) notify(ev session.Event) {
	if h.taps.open() {
		h.taps.hear(ev)
	}
	if h.plugins != nil {
		h.plugins.Notify(ev)
	}
}

// NodeID returns this node's id as plugins see it: 12 hexadecimal digits.
func (h *Host) NodeID() string { return h.node.String() }

// TLSConfig returns a configuration like cfg, which it does not change, that
// resumes sessions from the cache in TLS 1.2 and 1.3. It replaces cfg's
// WrapSession and UnwrapSession, and calls its GetConfigForClient and
// VerifyConnection. With SessionTicketsDisabled in cfg nothing is resumed.
//
// With Config.SingleUse, a connection that did not come through Listener
// consumes its session while the server sends the new one: in TLS 1.2 that is
// before the client has proved that it knows the session's secret, so somebody
// who has seen the id on the wire can spoil the session (and nothing more).
func (h *Host) TLSConfig(cfg *tls.Config) *tls.Config { return h.binder.TLSConfig(cfg) }

// Listener returns a listener of TLS connections on inner, which it takes over,
// with TLSConfig(cfg). What Accept returns is a *tls.Conn, as net/http needs it
// for HTTP/2. Handshakes that come through it are counted when they are
// complete, single use is exact, and ConnInfo knows its connections.
func (h *Host) Listener(inner net.Listener, cfg *tls.Config) net.Listener {
	return h.binder.Listener(inner, cfg)
}

// Reload reads the farm keys and the modules directory again, and returns once
// what it found there is in force. What can't be read stays as it was, and is
// reported in the error.
func (h *Host) Reload() error {
	err := h.keys.reload()
	if h.plugins != nil {
		err = errors.Join(err, h.plugins.Scan(context.Background()))
	}
	return err
}

// Drain marks the host as about to close, so that /readyz says so while the
// connections that are left finish. It may be called more than once.
func (h *Host) Drain() { h.closing.Store(true) }

// Close lets every plugin work off its queue and stop, and releases
// everything. Connections must have ended before. When ctx ends first, what is
// still queued is given up, and the error says how much that was. A second call
// does nothing.
func (h *Host) Close(ctx context.Context) error {
	h.Drain()
	var err error
	h.close.Do(func() { err = h.end(ctx) })
	if err != nil {
		return fmt.Errorf("host: %w", err)
	}
	return nil
}

// end stops the parts in the order in which they use each other: what plugins
// say at their end still reaches the farm, and what the farm is told on the way
// needs the keys.
func (h *Host) end(ctx context.Context) (err error) {
	if h.plugins != nil {
		err = h.plugins.Close(ctx)
	}
	if h.farm != nil {
		err = errors.Join(err, h.farm.Close())
	}
	h.keys.close()
	h.cache.Close()
	close(h.closed)
	return err
}

// AdminHandler returns the HTTP handler for operators: /healthz, /readyz,
// /metrics, /plugins, /farm, /sessions/ID, /events. It shows metadata and no keys, and
// can remove a session and enable a plugin again, but has no authentication:
// keep it on loopback or behind something that has.
func (h *Host) AdminHandler() http.Handler { return admin.Handler(adminSource{h}) }
