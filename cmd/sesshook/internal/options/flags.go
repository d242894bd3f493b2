package options

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/suggest"
)

// ErrHelp is returned by Parse when the arguments ask for help.
var ErrHelp = errors.New("help was asked for")

// A setting is one flag, and one key of the configuration file.
type setting struct {
	name  string
	arg   string // what its value is, for the help text
	help  string
	value pflag.Value
}

// A group is a part of the help text.
type group struct {
	title    string
	settings []setting
}

func groups(o *Options) []group {
	return []group{
		{"Clients and upstream", []setting{
			{"listen", "HOST:PORT", "where TLS clients connect; port 0 takes a free one", address{&o.Listen, false}},
			{"cert", "FILE", "certificate chain in PEM, read again on SIGHUP; without it, a self-signed certificate for this run", text{&o.Cert}},
			{"key", "FILE", "private key of --cert in PEM", text{&o.Key}},
			{"upstream", "URL", "where requests go. http:// and https:// speak HTTP with X-Forwarded-For, -Host and -Proto, and keep the client's Host; tcp:// passes the decrypted bytes of any other protocol, and offers no ALPN. Without it, a built-in page shows the connection and its session", upstream{&o.Upstream}},
			{"max-connections", "N", "open connections of clients; at the limit, new ones wait", count{&o.MaxConnections}},
			{"handshake-timeout", "TIME", "for a client to complete the TLS handshake, and then to send the headers of a request", duration{&o.HandshakeTimeout, false}},
			{"drain-timeout", "TIME", "on SIGTERM, for requests to finish and for plugins to handle what is queued", duration{&o.DrainTimeout, true}},
		}},
		{"Sessions", []setting{
			{"node", "NAME", "this node's name within its farm (default: the host's name)", text{&o.Node}},
			{"max-sessions", "N", "sessions in the cache; beyond it the least useful are evicted", count{&o.MaxSessions}},
			{"max-bytes", "SIZE", "memory that cached sessions may take", size{&o.MaxBytes}},
			{"ttl", "TIME", "how long a session can be resumed after its full handshake, at most 168h", duration{&o.TTL, false}},
			{"single-use", "", "let each session be resumed once; a resumed one gets a new id", toggle{&o.SingleUse}},
			{"farm-key-file", "FILE", "keys that all nodes of a farm share (see sesshook keygen), read again when it changes; without it, random keys for this run", text{&o.FarmKeyFile}},
		}},
		{"Farm", []setting{
			{"nats", "URL,...", "servers of a NATS by which plugins reach other nodes, for example nats://10.0.0.1:4222, or tls:// for TLS; needs --farm-key-file. While none of them can be reached this node serves on, and tries again", natsURLs{&o.NATS}},
			{"nats-creds", "FILE", "credentials for that NATS, as nsc makes them", text{&o.NATSCreds}},
			{"nats-ca", "FILE", "certificates in PEM that the NATS is trusted by, instead of the system's", text{&o.NATSCA}},
			{"nats-cert", "FILE", "certificate in PEM that this node shows to the NATS", text{&o.NATSCert}},
			{"nats-key", "FILE", "private key of --nats-cert in PEM", text{&o.NATSKey}},
			{"farm", "NAME", "nodes of one name and one --farm-key-file hear each other: letters, digits, - and _ (default: default)", farmName{&o.Farm}},
			{"nats-embedded", "", "instead of --nats: run a NATS in this process, on which the nodes of the farm form a cluster; with --nats-ca, --nats-cert and --nats-key they speak TLS with each other", toggle{&o.NATSEmbedded}},
			{"nats-listen", "HOST:PORT", "with --nats-embedded: where other nodes connect, for a network that only they are in; empty is nowhere", address{&o.NATSListen, true}},
			{"nats-routes", "HOST:PORT,...", "with --nats-embedded: the --nats-listen of other nodes; one that runs is enough, it knows the rest", addresses{&o.NATSRoutes}},
		}},
		{"Plugins", []setting{
			{"modules", "DIR", "plugins: NAME.wasm, and its settings NAME.toml; watched, and made if it is missing", text{&o.Modules}},
			{"grant", "GRANT,...", "what a plugin may use whose NAME.toml does not say: sessions:read, sessions:write, sessions:secrets, messages, kv, metrics; or the words none, and default for all but sessions:secrets", grants{&o.Grants}},
			{"trusted-keys", "FILE", "minisign public keys: every module needs a signature by one of them, NAME.wasm.minisig, beside it; read for each load", text{&o.TrustedKeys}},
			{"compile-cache", "DIR", "compiled modules, so that the next start is fast; auto is sesshook in the user's cache directory, empty is off", text{&o.CompileCache}},
		}},
		{"Operating", []setting{
			{"admin", "HOST:PORT", "/healthz, /readyz, /metrics, /plugins, /farm and /sessions/ID over HTTP, without authentication: who reaches it can remove sessions; empty is off", address{&o.Admin, true}},
			{"log-level", "LEVEL", "debug, info, warn or error", level{&o.LogLevel}},
			{"log-format", "FORMAT", "text or json", choice{&o.LogFormat, []string{"text", "json"}}},
			{"config", "FILE", "read these settings from a TOML file, under the same names; flags win", text{&o.Config}},
		}},
	}
}

func flagSet(groups []group) *pflag.FlagSet {
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	for _, g := range groups {
		for _, s := range g.settings {
			f := fs.VarPF(s.value, s.name, "", s.help)
			if s.value.Type() == "bool" {
				f.NoOptDefVal = "true"
			}
		}
	}
	return fs
}

// Parse reads the arguments of sesshook serve, and the configuration file that
// they may name. Its errors are about usage: what is wrong, where, what to do.
func Parse(args []string) (*Options, error) {
	o := defaults()
	fs := flagSet(groups(o))
	if err := ParseFlags(fs, args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("serve takes flags only, and got %q", fs.Arg(0))
	}
	if o.Config != "" {
		if err := readConfig(o.Config, fs); err != nil {
			return nil, err
		}
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	return o, nil
}

// ParseFlags has fs parse args, with errors in this program's words: ErrHelp
// for --help, else what is wrong and what to do.
func ParseFlags(fs *pflag.FlagSet, args []string) error {
	fs.Usage = func() {}
	if err := fs.Parse(args); err != nil {
		return explain(err, names(fs))
	}
	return nil
}

func names(fs *pflag.FlagSet) []string {
	var all []string
	fs.VisitAll(func(f *pflag.Flag) { all = append(all, f.Name) })
	return all
}

// explain says in this program's words what pflag says in its own.
func explain(err error, names []string) error {
	var (
		unknown *pflag.NotExistError
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		syntax  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return ErrHelp
	case errors.As(err, &unknown):
		// A single dash makes pflag see the letters that follow as flags.
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			word, _, _ := strings.Cut(short, "=")
			return fmt.Errorf("unknown flag -%s: flags begin with two dashes%s", short, suggest.Hint(word, "--", names))
		}
		name := unknown.GetSpecifiedName()
		return fmt.Errorf("unknown flag --%s%s", name, suggest.Hint(name, "--", names))
	case errors.As(err, &value):
		return fmt.Errorf("--%s: %w", value.GetFlag().Name, value.Unwrap())
	case errors.As(err, &missing):
		return fmt.Errorf("--%s needs a value", missing.GetSpecifiedName())
	case errors.As(err, &syntax):
		return fmt.Errorf("%q is not a flag: write --NAME or --NAME=VALUE", syntax.GetSpecifiedFlag())
	}
	return err
}
