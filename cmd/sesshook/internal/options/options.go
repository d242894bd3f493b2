// Package options reads the settings of sesshook serve from flags and from a
// TOML file with the same names, where flags win. It rejects what is wrong,
// with the place and what to do, and touches nothing else: no file but the
// configuration is opened, no address is listened on. Parsing is one step and
// validating what goes together another. It is not for concurrent use.
package options

import (
	"log/slog"
	"net/url"
	"time"

	"github.com/sesshook/sesshook/abi"
)

// Options are the settings of sesshook serve. What a field means and its
// default stand in the table of flags (see Help).
type Options struct {
	Config string

	Listen           string
	Cert, Key        string
	Upstream         *url.URL // nil: the built-in page
	MaxConnections   int
	HandshakeTimeout time.Duration
	DrainTimeout     time.Duration

	Node        string
	MaxSessions int
	MaxBytes    int64
	TTL         time.Duration
	SingleUse   bool
	FarmKeyFile string

	Farm                      string   // the farm's name; empty: the default of package host
	NATS                      []string // URLs of NATS servers
	NATSCreds                 string
	NATSCA, NATSCert, NATSKey string
	NATSEmbedded              bool
	NATSListen                string   // where other nodes' brokers connect; empty: nowhere
	NATSRoutes                []string // where they listen

	Modules      string
	Grants       []abi.Grant // nil: the default grants; empty: none
	TrustedKeys  string
	CompileCache string

	Admin     string
	LogLevel  slog.Level
	LogFormat string // "text" or "json"
}

// InFarm reports whether there is a farm that this node belongs to.
func (o *Options) InFarm() bool { return len(o.NATS) > 0 || o.NATSEmbedded }

func defaults() *Options {
	return &Options{
		Listen:           "127.0.0.1:8443",
		MaxConnections:   10_000,
		HandshakeTimeout: 10 * time.Second,
		DrainTimeout:     30 * time.Second,
		MaxSessions:      1 << 20,
		MaxBytes:         1 << 30,
		TTL:              24 * time.Hour,
		Modules:          "./modules",
		CompileCache:     compileCacheDefault,
		Admin:            "127.0.0.1:9180",
		LogLevel:         slog.LevelInfo,
		LogFormat:        "text",
	}
}

// compileCacheDefault stands for the user's cache directory, which is looked
// for only when it is needed: see CompileCacheDir.
const compileCacheDefault = "auto"
