package options

import (
	"errors"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// natsURLs is a list of URLs of NATS servers. The flag may be repeated.
type natsURLs struct{ p *[]string }

func (v natsURLs) Type() string   { return "list" }
func (v natsURLs) String() string { return strings.Join(*v.p, ",") }

// natsSchemes are those that the client of NATS speaks.
var natsSchemes = []string{"nats", "tls", "ws", "wss"}

// Set adds to what was set before. An empty string adds nothing.
func (v natsURLs) Set(s string) error {
	set := slices.Clone(*v.p)
	for word := range words(s) {
		if err := checkNATSURL(word); err != nil {
			return err
		}
		set = append(set, word)
	}
	*v.p = set
	return nil
}

// checkNATSURL never quotes what may hold a password.
func checkNATSURL(s string) error {
	const how = "write nats://HOST:PORT, or tls://HOST:PORT for TLS"
	u, err := url.Parse(s)
	if err == nil && u.User != nil { // a password, or a token
		u.User, s = nil, u.Scheme+"://"+u.Host+u.Path
	}
	switch {
	case strings.Contains(s, "@"):
		return errors.New("a URL of a NATS server is malformed: " + how + "; what is special in a user or password is written %XX")
	case err != nil && !strings.Contains(s, "://"), err == nil && u.Host == "":
		return fmt.Errorf("%q is not a URL of a NATS server: %s", s, how)
	case err != nil:
		return fmt.Errorf("%q is not a URL: %s", s, how)
	case !slices.Contains(natsSchemes, u.Scheme):
		return fmt.Errorf("%q has the scheme %s, which NATS does not speak: %s", s, u.Scheme, how)
	case u.Hostname() == "":
		return fmt.Errorf("%q names no host: %s", s, how)
	case strings.HasPrefix(u.Scheme, "ws"):
		return nil
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q has more than a host and a port: %s", s, how)
	}
	return nil
}

// addresses is a list of addresses to connect to. The flag may be repeated.
type addresses struct{ p *[]string }

func (v addresses) Type() string   { return "list" }
func (v addresses) String() string { return strings.Join(*v.p, ",") }

// Set adds to what was set before. An empty string adds nothing.
func (v addresses) Set(s string) error {
	set := slices.Clone(*v.p)
	for word := range words(s) {
		var one string
		if err := (address{&one, false}).Set(word); err != nil {
			return err
		}
		if host, port, _ := net.SplitHostPort(one); host == "" || port == "0" {
			return fmt.Errorf("%q is no address that one can connect to: write HOST:PORT, for example 10.0.0.2:6222", word)
		}
		set = append(set, one)
	}
	*v.p = set
	return nil
}

// words returns what stands between the commas of s, without what is empty.
func words(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.SplitSeq(s, ",") {
			if word = strings.TrimSpace(word); word != "" && !yield(word) {
				return
			}
		}
	}
}

type farmName struct{ p *string }

var validFarmName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (v farmName) Type() string   { return "name" }
func (v farmName) String() string { return *v.p }
func (v farmName) Set(s string) error {
	if s != "" && !validFarmName.MatchString(s) {
		return fmt.Errorf("%q is not a name of a farm: write 1 to 64 letters, digits, - and _", s)
	}
	*v.p = s
	return nil
}

// validateFarm rejects settings of the farm that can't go together.
func (o *Options) validateFarm() error {
	switch {
	case len(o.NATS) > 0 && o.NATSEmbedded:
		return errors.New("--nats and --nats-embedded are both given: name the NATS that there is, or have this process run one")
	case !o.InFarm():
		return o.nothingWithoutNATS()
	case o.FarmKeyFile == "":
		return fmt.Errorf("%s is given without --farm-key-file: nodes know each other by the keys in it, and random keys for this run nobody else has; make one with `sesshook keygen > farm.keys`, and copy it to every node", o.natsFlag())
	case o.NATSCert != "" && o.NATSKey == "":
		return errors.New("--nats-cert is given without --nats-key: name the file of its private key")
	case o.NATSCert == "" && o.NATSKey != "":
		return errors.New("--nats-key is given without --nats-cert: name the file of its certificate")
	case o.NATSEmbedded:
		return o.validateEmbedded()
	case o.NATSListen != "":
		return errors.New("--nats-listen is given without --nats-embedded: only a NATS in this process listens")
	case len(o.NATSRoutes) > 0:
		return errors.New("--nats-routes is given without --nats-embedded: it is for a NATS in this process; name servers to connect to by --nats")
	}
	return nil
}

func (o *Options) validateEmbedded() error {
	switch {
	case o.NATSCreds != "":
		return errors.New("--nats-creds is given with --nats-embedded: a NATS in this process takes none; it is the farm key that lets nodes in")
	case len(o.NATSRoutes) > 0 && o.NATSListen == "":
		return errors.New("--nats-routes is given without --nats-listen: each node must be reached by the others; write for example --nats-listen 10.0.0.1:6222")
	case o.NATSListen != "" && (o.NATSListen == o.Listen || o.NATSListen == o.Admin) && !strings.HasSuffix(o.NATSListen, ":0"):
		return fmt.Errorf("--nats-listen is %s, which is the address of --listen or --admin too: give them different ports", o.NATSListen)
	case (o.NATSCA == "") != (o.NATSCert == ""):
		return errors.New("--nats-embedded speaks TLS between nodes with all of --nats-ca, --nats-cert and --nats-key, or without TLS with none of them: each node checks the other's certificate")
	}
	return nil
}

// nothingWithoutNATS rejects what means nothing where there is no farm.
func (o *Options) nothingWithoutNATS() error {
	for _, s := range []struct {
		flag  string
		given bool
		needs string
	}{
		{"--farm", o.Farm != "", "--nats or --nats-embedded"},
		{"--nats-creds", o.NATSCreds != "", "--nats"},
		{"--nats-ca", o.NATSCA != "", "--nats or --nats-embedded"},
		{"--nats-cert", o.NATSCert != "", "--nats or --nats-embedded"},
		{"--nats-key", o.NATSKey != "", "--nats or --nats-embedded"},
		{"--nats-listen", o.NATSListen != "", "--nats-embedded"},
		{"--nats-routes", len(o.NATSRoutes) > 0, "--nats-embedded"},
	} {
		if s.given {
			return fmt.Errorf("%s is given without %s: there is no farm that it is for", s.flag, s.needs)
		}
	}
	return nil
}

func (o *Options) natsFlag() string {
	if o.NATSEmbedded {
		return "--nats-embedded"
	}
	return "--nats"
}

// NATSExposed reports whether --nats-listen is more than this machine's own.
func (o *Options) NATSExposed() bool {
	host, _, err := net.SplitHostPort(o.NATSListen)
	if err != nil || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}
