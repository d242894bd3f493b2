package host

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/sesshook/sesshook/abi"
)

// Defaults of Config.
const (
	DefaultMaxSessions = 1 << 20
	DefaultMaxBytes    = 1 << 30
	DefaultTTL         = 24 * time.Hour
)

// MaxTTL is the longest life of a session: TLS 1.3 forbids more than seven days
// (RFC 8446 section 4.6.1), and crypto/tls resumes nothing older.
const MaxTTL = 7 * 24 * time.Hour

// Config is what New needs. Its zero value is a host without plugins, with
// random keys for the run, and the defaults above.
type Config struct {
	// Node is this node's name within its farm; the node id is derived from it.
	// Empty is the machine's host name.
	Node string
	// MaxSessions bounds the cache by the number of sessions; 0 is
	// DefaultMaxSessions.
	MaxSessions int
	// MaxBytes bounds the cache by the bytes that its sessions take; 0 is
	// DefaultMaxBytes.
	MaxBytes int64
	// TTL is the life of a session, counted from the full handshake that it
	// goes back to; 0 is DefaultTTL, more than MaxTTL is an error.
	TTL time.Duration
	// SingleUse lets each session be resumed once. It is exact for connections
	// that come through Host.Listener; see Host.TLSConfig for others.
	SingleUse bool
	// FarmKeyFile holds the farm keys, one in base64 per line: the first seals,
	// all open. It is read again when it changes. Empty is random keys for the
	// run.
	FarmKeyFile string
	// ModulesDir is the directory that plugins are loaded from, and watched
	// for; empty is no plugins. It must exist.
	ModulesDir string
	// Grants are those of a module whose sidecar names none; nil is
	// abi.DefaultGrants.
	Grants []abi.Grant
	// TrustedKeysFile holds minisign public keys, one after the other. With it,
	// every module NAME.wasm needs a signature by one of them, NAME.wasm.minisig,
	// beside it. It is read for each load, so that keys can be rotated. Empty is
	// no signatures.
	TrustedKeysFile string
	// CompileCache is a private directory (mode 0700) for the native code of
	// compiled modules, so that a restart need not compile again. Whoever can
	// write there runs code in this process. Empty keeps it in memory.
	CompileCache string
	// Farm is how plugins reach other nodes. Its zero value is that they don't.
	Farm Farm
	// Log takes the host's and the plugins' lines; nil is slog.Default.
	Log *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Node == "" {
		name, err := os.Hostname()
		if err != nil {
			return c, fmt.Errorf("node name: %w; set Config.Node", err)
		}
		c.Node = name
	}
	if c.MaxSessions == 0 {
		c.MaxSessions = DefaultMaxSessions
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.TTL == 0 {
		c.TTL = DefaultTTL
	}
	if c.Grants == nil {
		c.Grants = abi.DefaultGrants()
	}
	c.Farm.withDefaults()
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, c.validate()
}

func (c Config) validate() error {
	switch {
	case c.MaxSessions < 0:
		return errors.New("max sessions is negative; 0 is the default")
	case c.MaxBytes < 0:
		return errors.New("max bytes is negative; 0 is the default")
	case c.TTL < time.Second || c.TTL > MaxTTL:
		return fmt.Errorf("ttl is %v; it must be from 1s to %v", c.TTL, MaxTTL)
	}
	for _, g := range c.Grants {
		if !known(g) {
			return fmt.Errorf("unknown grant %q; there are %q", g, abi.Grants())
		}
	}
	if err := c.Farm.validate(c.FarmKeyFile); err != nil {
		return err
	}
	return checkCompileCache(c.CompileCache, c.ModulesDir)
}

func known(grant abi.Grant) bool {
	for _, g := range abi.Grants() {
		if g == grant {
			return true
		}
	}
	return false
}
