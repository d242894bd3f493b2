// Package broker is a NATS server inside this process, so that nodes form a farm
// with nothing else to install: each runs one, and they are routed to each other.
//
// It listens where it is told and nowhere else: for clients (on this machine
// alone, if it isn't told), and for the servers of other nodes where a farm has
// them. There is no monitoring port, and no signal is handled. Whoever connects
// needs the farm's secret, client or server; with certificates, one of them too.
//
// JetStream is on, in memory, for the values of plugins. In a cluster it begins
// when as many servers are there as Routes names (two at least), and goes on as
// long as a majority is. Messages need none of this.
//
// A Server is safe for concurrent use. Start and Close are not quick: they wait
// until the server serves, or has ended with all its goroutines.
package broker

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// memory is what JetStream may use: two full buckets of package bus/nats.
	memory = 128 << 20
	// disk is what JetStream may use for streams in files, of which there are none.
	disk = 1 << 20
	// ready is how long a server may take to serve.
	ready = 10 * time.Second
	// user is the only one.
	user = "sesshook"
)

// Config says where to listen, and whom to let in.
type Config struct {
	// Name is this node's among the servers of its farm, where no two may be the
	// same. Empty: a random one.
	Name string
	// Listen is HOST:PORT for clients; port 0 is a free one. Empty: 127.0.0.1, on
	// a free port, without TLS: what goes there does not leave this machine.
	Listen string
	// ClusterListen is HOST:PORT for the servers of other nodes; port 0 is a free
	// one. Empty: none, and no Routes either.
	ClusterListen string
	// Routes are HOST:PORT of the other nodes' ClusterListen, or of some of them:
	// the others are learned. One's own may be among them. They need not be there.
	Routes []string
	// Secret is the farm's: the password of clients and servers. Empty: a random
	// one, which only URL tells; nodes can't be routed to each other with that.
	Secret string
	// Secrets returns those that are let in beside Secret, asked for each
	// connection: a farm whose keys are being replaced has several at a time. Nil:
	// none.
	Secrets func() []string
	// ClusterName is the farm's name; servers of another are turned away. Empty:
	// "sesshook".
	ClusterName string
	// CA, Cert and Key are files in PEM, all of them or none: TLS for servers of
	// other nodes, and for clients where Listen is given. Both sides show a
	// certificate that CA has signed and that holds the host of Routes; a
	// certificate must be good for server and client.
	CA, Cert, Key string
	// Log is told what the server says: warnings and errors as warnings, the rest
	// as debug lines. Nil: nobody is.
	Log *slog.Logger
}

// A Server is a NATS server that runs.
type Server struct {
	server *server.Server
	url    string
	store  string
	close  func() error
}

// Start begins to serve. Its errors say what is wrong in cfg, and what to do.
func Start(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Secret == "" {
		if cfg.ClusterListen != "" {
			return nil, errors.New("nodes of an embedded NATS know each other by the farm key: give all of them the same by --farm-key-file")
		}
		cfg.Secret = rand.Text()
	}
	o, err := cfg.options()
	if err != nil {
		return nil, err
	}
	if o.StoreDir, err = os.MkdirTemp("", "sesshook-nats-"); err != nil {
		return nil, fmt.Errorf("embedded NATS has no directory for what it notes: %w: make room there, or name another by TMPDIR", err)
	}
	s, err := start(cfg, o)
	if err != nil {
		_ = os.RemoveAll(o.StoreDir)
		return nil, err
	}
	return s, nil
}

func start(cfg Config, o *server.Options) (*Server, error) {
	srv, err := server.NewServer(o)
	if err != nil {
		return nil, fmt.Errorf("embedded NATS: %w", err)
	}
	log := newLogger(cfg.Log, cfg.Secret)
	srv.SetLoggerV2(log, cfg.Log.Enabled(context.Background(), slog.LevelDebug), false, false)
	srv.Start()
	if !serves(srv, log) {
		srv.Shutdown()
		srv.WaitForShutdown()
		if err := log.fatal(); err != nil {
			return nil, fmt.Errorf("embedded NATS: %w", err)
		}
		return nil, fmt.Errorf("embedded NATS does not serve after %v: is this machine overloaded?", ready)
	}
	s := &Server{server: srv, store: o.StoreDir}
	s.url = clientURL(o, srv.Addr().(*net.TCPAddr).Port, cfg.Secret)
	s.close = sync.OnceValue(func() error {
		srv.Shutdown()
		srv.WaitForShutdown()
		return os.RemoveAll(o.StoreDir)
	})
	return s, nil
}

// serves waits until srv serves, has said why it can't, or is too slow.
func serves(srv *server.Server, log *logger) bool {
	const look = 50 * time.Millisecond
	for range ready / look {
		if log.fatal() != nil {
			return false
		}
		if srv.ReadyForConnections(look) {
			return log.fatal() == nil
		}
	}
	return false
}

// clientURL has the host as it was given, so that a certificate can hold it.
func clientURL(o *server.Options, port int, secret string) string {
	u := url.URL{Scheme: "nats", User: url.UserPassword(user, secret), Host: net.JoinHostPort(reachable(o.Host), strconv.Itoa(port))}
	if o.TLSConfig != nil {
		u.Scheme = "tls"
	}
	return u.String()
}

// URL is for clients on this machine. It holds the password: it is not for logs.
func (s *Server) URL() string { return s.url }

// Addr is where clients connect.
func (s *Server) Addr() net.Addr { return s.server.Addr() }

// ClusterAddr is where servers of other nodes connect; nil where they can't.
func (s *Server) ClusterAddr() net.Addr {
	if a := s.server.ClusterAddr(); a != nil {
		return a
	}
	return nil
}

// Routed is how many servers of other nodes this one is connected to.
func (s *Server) Routed() int {
	return s.server.NumRemotes()
}

// Close ends the server, disconnects everybody, and removes its directory.
func (s *Server) Close() error { return s.close() }
