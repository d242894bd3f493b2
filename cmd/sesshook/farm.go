package main

import (
	"fmt"
	"log/slog"
	"os"

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
	secret, err := host.FarmSecret(opts.FarmKeyFile, "nats")
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
		Secret: secret, CA: opts.NATSCA, Cert: opts.NATSCert, Key: opts.NATSKey, Log: log,
	})
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
