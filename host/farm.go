package host

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"regexp"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/bus/nats"
	"github.com/sesshook/sesshook/host/internal/session"
)

// DefaultFarm is the name of a farm that is given none.
const DefaultFarm = "default"

// A Farm says how this node's plugins reach those of other nodes: over NATS.
// The zero value is no farm.
//
// What nodes send each other is sealed under the farm keys, so that others on
// the same NATS can neither read nor forge it. They can keep it from arriving.
//
// A NATS that is away, at the start or later, stops nothing but messages: it is
// sought again and again, and /readyz and /metrics of AdminHandler say so.
type Farm struct {
	// Name is the farm's: nodes that have it and a farm key in common hear each
	// other. 1 to 64 letters, digits, - and _; empty is DefaultFarm.
	Name string
	// NATS are the URLs of the servers of one NATS, any of which will do:
	// nats://HOST:PORT, or tls://HOST:PORT. User and password may stand before
	// the host; no log shows them.
	NATS []string
	// Creds is a file of credentials for it, as nsc makes them; empty is none.
	Creds string
	// CA is a file of certificates in PEM that it is trusted by; empty is the
	// system's.
	CA string
	// Cert and Key are files in PEM of the certificate that this node shows to
	// it; empty is none.
	Cert, Key string

	// transport stands in for NATS in tests.
	transport bus.Transport
}

// in reports whether there is a farm.
func (f *Farm) in() bool { return len(f.NATS) > 0 || f.transport != nil }

func (f *Farm) withDefaults() {
	if f.in() && f.Name == "" {
		f.Name = DefaultFarm
	}
}

var farmName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// validate checks f, of a host whose farm keys are in keyFile.
func (f *Farm) validate(keyFile string) error {
	switch {
	case !f.in() && (f.Name != "" || f.Creds != "" || f.CA != "" || f.Cert != "" || f.Key != ""):
		return errors.New("the farm has no NATS: name its servers in Config.Farm.NATS")
	case !f.in():
		return nil
	case !farmName.MatchString(f.Name):
		return fmt.Errorf("%q is not a name of a farm: it is 1 to 64 letters, digits, - and _", f.Name)
	case keyFile == "":
		return errors.New("a farm needs a farm key file: its nodes know each other by the keys in it, and random keys can't be shared; make one with `sesshook keygen > farm.keys`, and give a copy to every node")
	case (f.Cert == "") != (f.Key == ""):
		return errors.New("the farm has one of Cert and Key: a certificate is shown with its key, or not at all")
	}
	return nil
}

// open returns the transport of f, without waiting for a server.
func (f *Farm) open(node string, log *slog.Logger) (bus.Transport, error) {
	if f.transport != nil {
		return f.transport, nil
	}
	return nats.Open(nats.Config{
		Servers: f.NATS, Creds: f.Creds, CA: f.CA, Cert: f.Cert, Key: f.Key,
		Name: "sesshook " + node, Bucket: "sesshook-" + f.Name, Log: log,
	})
}

// joinFarm sets h.farm where the configuration has one.
func (h *Host) joinFarm() error {
	f := &h.cfg.Farm
	if !f.in() {
		return nil
	}
	transport, err := f.open(h.cfg.Node, h.cfg.Log)
	if err != nil {
		return fmt.Errorf("farm: %w", err)
	}
	h.farm, err = bus.New(bus.Config{Name: f.Name, Node: h.node, Keys: h.keys.ring, Transport: transport, Now: h.clock.Now, Log: h.cfg.Log})
	if err != nil {
		return errors.Join(fmt.Errorf("farm: %w", err), transport.Close())
	}
	return nil
}

// FarmSecrets derives a password from each key in keyFile, in hexadecimal
// digits: passwords that all nodes of a farm have and nobody else, and that say
// nothing about the keys. Passwords for different purposes have nothing to do
// with each other.
//
// The first is the one to say; all of them are to be taken: then nodes know each
// other through a rotation of keys, since every node has a new key before any
// has it first.
func FarmSecrets(keyFile, purpose string) ([]string, error) {
	keys, err := session.ReadKeyFile(keyFile)
	if err != nil {
		return nil, err
	}
	secrets := make([]string, len(keys))
	for i, key := range keys {
		secret := key.Derive(purpose)
		secrets[i] = hex.EncodeToString(secret[:])
	}
	return secrets, nil
}
