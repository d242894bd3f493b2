package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/broker"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/certificate"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/page"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/terminate"
	"github.com/sesshook/sesshook/host"
)

// A server is a running sesshook serve. It shuts down in this order: clients'
// listener, connections, plugins, farm, admin endpoint, broker.
type server struct {
	opts   *options.Options
	log    *slog.Logger
	certs  *certificate.Store
	broker *broker.Server // nil where there is no --nats-embedded
	host   *host.Host

	clients net.Listener // before TLS
	front   terminate.Server
	admin   *adminServer // nil where it is off
	failed  chan error   // of a listener; one element at most per listener
}

// start takes the addresses, so that a mistake there is found before plugins
// are compiled, and then starts everything behind them.
func start(opts *options.Options, log *slog.Logger) (_ *server, err error) {
	s := &server{opts: opts, log: log, failed: make(chan error, 2)}
	defer func() {
		if err != nil {
			s.abandon()
		}
	}()
	if s.certs, err = openCertificate(opts, log); err != nil {
		return nil, err
	}
	if s.clients, err = listen("--listen", opts.Listen); err != nil {
		return nil, err
	}
	if opts.Admin != "" {
		l, err := listen("--admin", opts.Admin)
		if err != nil {
			return nil, err
		}
		s.admin = serveAdmin(l, s.failed)
	}
	if s.broker, err = startBroker(opts, log); err != nil {
		return nil, err
	}
	if s.host, err = s.openHost(); err != nil {
		return nil, err
	}
	if s.admin != nil {
		s.admin.open(s.host.AdminHandler())
	}
	s.serveClients()
	return s, nil
}

// abandon releases what a start that failed had taken.
func (s *server) abandon() {
	if s.clients != nil {
		_ = s.clients.Close()
	}
	if s.admin != nil {
		s.admin.close()
	}
	if s.broker != nil {
		_ = s.broker.Close()
	}
}

func openCertificate(opts *options.Options, log *slog.Logger) (*certificate.Store, error) {
	if opts.Cert == "" {
		store, err := certificate.SelfSigned()
		if err == nil {
			log.Info("self-signed certificate for this run, which no client trusts: give --cert and --key for one that they do", "names", store.Names())
		}
		return store, err
	}
	store, err := certificate.Open(opts.Cert, opts.Key)
	if err == nil {
		warnExpired(store, opts.Cert, log)
	}
	return store, err
}

func warnExpired(store *certificate.Store, file string, log *slog.Logger) {
	if t := store.Expires(); time.Now().After(t) {
		log.Warn("certificate has expired: clients will refuse it", "cert", file, "expired", t)
	}
}

func listen(flag, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, explainListen(flag, addr, err)
	}
	return l, nil
}

func explainListen(flag, addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("can't listen on %s: another program uses that port: stop it, or choose another by %s (port 0 takes a free one)", addr, flag)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("can't listen on %s: permission denied: ports below 1024 are for root, or for CAP_NET_BIND_SERVICE; choose another by %s", addr, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("can't listen on %s: this machine does not have that address: choose another by %s", addr, flag)
	}
	return fmt.Errorf("can't listen on %s: %w: choose another address by %s", addr, err, flag)
}

func (s *server) openHost() (*host.Host, error) {
	opts, log := s.opts, s.log
	if err := os.MkdirAll(opts.Modules, 0o755); err != nil {
		return nil, fmt.Errorf("can't make the modules directory: %w: make it, or name another by --modules", err)
	}
	compiled, err := opts.CompileCacheDir()
	if err != nil {
		log.Info("no cache for compiled modules, so that each start compiles them: name a directory by --compile-cache", "err", err)
	}
	log.Info("loading plugins", "modules", opts.Modules) // which takes seconds where they must be compiled
	h, err := host.New(host.Config{
		Node: opts.Node, MaxSessions: opts.MaxSessions, MaxBytes: opts.MaxBytes, TTL: opts.TTL, SingleUse: opts.SingleUse,
		FarmKeyFile: opts.FarmKeyFile, ModulesDir: opts.Modules, Grants: opts.Grants, CompileCache: compiled, TrustedKeysFile: opts.TrustedKeys,
		Farm: s.farm(), Log: log,
	})
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // without the name of a Go package
	}
	return h, err
}

func (s *server) serveClients() {
	s.front = terminate.New(terminate.Config{
		Upstream:         s.opts.Upstream,
		Page:             page.New(s.host, func(r *http.Request) net.Conn { return terminate.Conn(r.Context()) }),
		HandshakeTimeout: s.opts.HandshakeTimeout,
		Log:              s.log,
	})
	gated := terminate.Gate(s.clients, s.opts.MaxConnections, s.log)
	encrypted := s.host.Listener(gated, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: s.certs.Get,
		NextProtos:     terminate.Protocols(s.opts.Upstream),
	})
	go func() {
		if err := s.front.Serve(encrypted); err != nil {
			s.failed <- fmt.Errorf("clients' listener: %w", err)
		}
	}()
}

// announce writes the line "ready", whatever the log level: programs that start
// us on port 0 wait for it.
func (s *server) announce(handler slog.Handler) {
	upstream := "built-in page"
	if s.opts.Upstream != nil {
		upstream = s.opts.Upstream.Redacted()
	}
	admin := ""
	if s.admin != nil {
		admin = s.admin.addr()
	}
	st := s.host.Status()
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "ready", 0)
	r.Add("listen", s.clients.Addr().String(), "admin", admin, "upstream", upstream,
		"node", st.Node, "node_id", st.NodeID, "plugins", len(st.Plugins), "version", programVersion())
	if st.Farm != nil {
		r.Add("farm", st.Farm.Name)
	}
	if s.broker != nil && s.broker.ClusterAddr() != nil {
		r.Add("nats_listen", s.broker.ClusterAddr().String())
	}
	_ = handler.Handle(context.Background(), r) // stderr may be closed
}

// reload reads again what may have changed. What can't be read stays as it was.
func (s *server) reload() {
	certs := "self-signed"
	if s.opts.Cert != "" {
		certs = "read"
	}
	if err := s.certs.Reload(); err != nil {
		certs = "kept"
		s.log.Error("the certificate stays as it was", "err", err)
	} else if s.opts.Cert != "" {
		warnExpired(s.certs, s.opts.Cert, s.log)
	}
	rest := "read"
	if err := s.host.Reload(); err != nil {
		rest = "read in part"
		s.log.Error("farm keys or modules stay as they were", "err", err)
	}
	s.log.Info("reloaded", "certificate", certs, "keys_and_modules", rest, "plugins", len(s.host.Status().Plugins))
}
