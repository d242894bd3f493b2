package broker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// tlsTimeout is how long a handshake may take, in seconds.
	tlsTimeout = 5
	// A node that is away is tried once a second. reports is how many of these
	// failures there are to a line of the log.
	reports = 60
	// retries is how often a node is tried that isn't in Routes, but was learned.
	retries = 300
)

// options checks cfg, and returns it as nats-server has it.
func (cfg *Config) options() (*server.Options, error) {
	o := &server.Options{
		ServerName:                 cfg.Name,
		NoSigs:                     true,
		NoLog:                      true, // to files and terminals: the logger is set later
		JetStream:                  true,
		JetStreamMaxMemory:         memory,
		JetStreamMaxStore:          disk,
		DisableJetStreamBanner:     true,
		CustomClientAuthentication: newDoor(cfg.Secret, cfg.Secrets),
		CustomRouterAuthentication: newDoor(cfg.Secret, cfg.Secrets),
		ConnectErrorReports:        reports,
		ReconnectErrorReports:      reports,
	}
	secured, err := cfg.tls()
	if err != nil {
		return nil, err
	}
	listen := cfg.Listen
	if listen == "" {
		listen = "127.0.0.1:0"
	} else if secured != nil {
		o.TLS, o.TLSVerify, o.TLSConfig, o.TLSTimeout = true, true, secured, tlsTimeout
	}
	if o.Host, o.Port, err = address(listen); err != nil {
		return nil, err
	}
	if _, err := probe(o.Host, o.Port); err != nil {
		return nil, err
	}
	if cfg.ClusterListen == "" {
		if len(cfg.Routes) > 0 {
			return nil, errors.New("embedded NATS has routes to other nodes, but does not listen for them: give --nats-listen too")
		}
		return o, nil
	}
	return o, cfg.cluster(o, secured)
}

// cluster sets what is between servers.
func (cfg *Config) cluster(o *server.Options, secured *tls.Config) error {
	host, port, err := address(cfg.ClusterListen)
	if err != nil {
		return err
	}
	if port, err = probe(host, port); err != nil {
		return err
	}
	o.Cluster = server.ClusterOpts{
		Name: cfg.ClusterName,
		Host: host,
		Port: port,
		// What this node shows to those that it has learned of.
		Username:       user,
		Password:       cfg.Secret,
		NoAdvertise:    true, // clients are of this process
		TLSConfig:      secured,
		TLSTimeout:     tlsTimeout,
		ConnectRetries: retries,
	}
	if o.Cluster.Name == "" {
		o.Cluster.Name = "sesshook"
	}
	for _, r := range cfg.Routes {
		if _, _, err := address(r); err != nil {
			return err
		}
		o.Routes = append(o.Routes, cfg.route(r))
	}
	if len(o.Routes) == 0 {
		// The first of its cluster: JetStream insists on a route. nats-server sees
		// that this one leads to itself, and gives it up.
		o.Routes = append(o.Routes, cfg.route(net.JoinHostPort(own(host, secured), strconv.Itoa(port))))
	}
	return nil
}

func (cfg *Config) route(hostport string) *url.URL {
	return &url.URL{Scheme: "nats", User: url.UserPassword(user, cfg.Secret), Host: hostport}
}

// tls is nil where no files are given. Each side checks the other.
func (cfg *Config) tls() (*tls.Config, error) {
	if cfg.CA == "" && cfg.Cert == "" && cfg.Key == "" {
		return nil, nil
	}
	if cfg.CA == "" || cfg.Cert == "" || cfg.Key == "" {
		return nil, errors.New("embedded NATS needs all of --nats-ca, --nats-cert and --nats-key for TLS, or none: nodes check each other")
	}
	cert, err := tls.LoadX509KeyPair(cfg.Cert, cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate for NATS (--nats-cert %s with --nats-key %s): %w: both must be PEM, and belong together", cfg.Cert, cfg.Key, err)
	}
	data, err := os.ReadFile(cfg.CA)
	if err != nil {
		return nil, fmt.Errorf("CA for NATS (--nats-ca) can't be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s (--nats-ca) holds no certificate in PEM: it must be the CA that signed the nodes' certificates", cfg.CA)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{cert},
		RootCAs:      pool,
		ClientCAs:    pool,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}, nil
}

// address splits HOST:PORT, as nats-server has it: -1 is a free port.
func address(hostport string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(hostport)
	if err == nil {
		port, err = net.LookupPort("tcp", p)
	}
	if err != nil {
		return "", 0, fmt.Errorf("%q is no address for NATS: write HOST:PORT, for example 10.0.0.1:6222", hostport)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// own is a host that leads back here. Where host stands for all addresses, one
// that the certificate holds is better, because TLS comes before the rest.
func own(host string, secured *tls.Config) string {
	if ip := net.ParseIP(host); secured == nil || host != "" && (ip == nil || !ip.IsUnspecified()) {
		return reachable(host)
	}
	leaf := secured.Certificates[0].Leaf
	for _, name := range leaf.DNSNames {
		if !strings.Contains(name, "*") {
			return name
		}
	}
	if len(leaf.IPAddresses) > 0 {
		return leaf.IPAddresses[0].String()
	}
	return reachable(host)
}

// reachable is an address of this machine for a host to listen on, which may
// stand for all of them.
func reachable(host string) string {
	switch ip := net.ParseIP(host); {
	case host == "", ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		return "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		return "::1"
	}
	return host
}

// probe listens for a moment, because nats-server tells only in words, and only
// its log, why it can't. It returns the port: a free one, where any would do.
func probe(host string, port int) (int, error) {
	addr := net.JoinHostPort(host, strconv.Itoa(max(port, 0)))
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l.Addr().(*net.TCPAddr).Port, l.Close()
	}
	return 0, explainListen(addr, err)
}

func explainListen(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("embedded NATS can't listen on %s: another program uses that port: stop it, or choose another by --nats-listen", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("embedded NATS can't listen on %s: permission denied: ports below 1024 are for root, or for CAP_NET_BIND_SERVICE; choose another by --nats-listen", addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("embedded NATS can't listen on %s: this machine does not have that address: choose another by --nats-listen", addr)
	}
	return fmt.Errorf("embedded NATS can't listen on %s: %w: choose another address by --nats-listen", addr, err)
}
