package main

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/broker"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/host"
)

// startBroker runs the NATS of --nats-embedded in this process; nil where it is
// not wanted. Its password is derived from the farm key, so that who has the
// one has the other.
func startBroker(opts *options.Options, log *slog.Logger) (*broker.Server, error) {
	if !opts.NATSEmbedded {
		return nil, nil
	}
	secrets, err := natsSecrets(opts)
	if err != nil {
		return nil, err
	}
	node, err := nodeName(opts)
	if err != nil {
		return nil, err
	}
	if opts.NATSExposed() {
		log.Warn("other machines reach --nats-listen: what nodes say there is sealed under the farm key, but who can connect can keep it from arriving; let only the farm's nodes reach that port", "nats_listen", opts.NATSListen)
	}
	return broker.Start(broker.Config{
		Name: node, ClusterListen: opts.NATSListen, Routes: opts.NATSRoutes, ClusterName: farmName(opts),
		Secret: secrets[0], Secrets: currentSecrets(opts), CA: opts.NATSCA, Cert: opts.NATSCert, Key: opts.NATSKey, Log: log,
	})
}

func natsSecrets(opts *options.Options) ([]string, error) {
	return host.FarmSecrets(opts.FarmKeyFile, "nats")
}

// secretsAge is how long the secrets are kept, so that who knocks over and over
// does not make this process read a file over and over.
const secretsAge = time.Second

// currentSecrets returns a function that returns the secrets of the farm keys
// as the file has them, or had them before it could not be read.
func currentSecrets(opts *options.Options) func() []string {
	var (
		mu    sync.Mutex
		read  time.Time
		known []string
	)
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(read) < secretsAge {
			return known
		}
		read = time.Now()
		if secrets, err := natsSecrets(opts); err == nil {
			known = secrets
		}
		return known
	}
}

func nodeName(opts *options.Options) (string, error) {
	if opts.Node != "" {
		return opts.Node, nil
	}
	name, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("this machine does not tell its name: %w: give the node one by --node", err)
	}
	return name, nil
}

func farmName(opts *options.Options) string {
	if opts.Farm != "" {
		return opts.Farm
	}
	return host.DefaultFarm
}

// farm returns how the host reaches its farm; the zero value is that there is
// none.
func (s *server) farm() host.Farm {
	switch {
	case s.broker != nil:
		return host.Farm{Name: farmName(s.opts), NATS: []string{s.broker.URL()}}
	case len(s.opts.NATS) > 0:
		return host.Farm{
			Name: farmName(s.opts), NATS: s.opts.NATS,
			Creds: s.opts.NATSCreds, CA: s.opts.NATSCA, Cert: s.opts.NATSCert, Key: s.opts.NATSKey,
		}
	}
	return host.Farm{}
}
