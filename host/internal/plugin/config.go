package plugin

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// Store is what plugins need of the session cache. Every method may be called
// concurrently, and none may call back into this package except through the
// cache's own notification.
type Store interface {
	// Get looks a session up without making an event; session.ErrNotFound.
	// The id is not kept.
	Get(id session.ID) (*session.Session, error)
	// Insert stores s; flags are abi.Overwrite and abi.Revive.
	Insert(s *session.Session, flags uint32, src session.Source) error
	// Remove removes a session and leaves a tombstone.
	Remove(id session.ID, reason abi.Reason, src session.Source) error
	// Announce calls deliver under the entry's lock with an INSERT of a present
	// session that has the EXISTING flag; false where there is none.
	Announce(id session.ID, deliver func(session.Event)) bool
	// All iterates over the present sessions, weakly consistent.
	All() iter.Seq[*session.Session]
	// Len is the number of present sessions.
	Len() int
	// Bury leaves a tombstone for an id that is not here, until then;
	// session.ErrExists where it is here.
	Bury(id session.ID, until int64) error
	// Removed iterates over the ids that have a tombstone, weakly consistent.
	Removed() iter.Seq[session.ID]
	// AnnounceRemoved is Announce of a tombstone: a REMOVE with the EXISTING
	// flag; false where there is none.
	AnnounceRemoved(id session.ID, deliver func(session.Event)) bool
}

// Bus is what plugins need of the farm: messages to the plugins of the other
// nodes, and values that all nodes share. Every method may be called
// concurrently. Errors are those of package session.
type Bus interface {
	// Publish sends a message to the subscribers on all other nodes. It does not
	// wait for anybody, and keeps neither key nor data.
	Publish(topic string, key, data []byte) error
	// Subscribe has deliver called with each abi.Message and abi.Lost of a topic
	// until cancel is called. It returns without waiting for the others.
	Subscribe(topic string, deliver func(session.Event)) (cancel func(), err error)
	// Request asks one node, or where to is zero any that answers, and waits for
	// the reply until ctx ends.
	Request(ctx context.Context, topic string, to session.Node, data []byte) ([]byte, error)
	// KVGet, KVPut and KVDelete work on the keys of one space, a plugin's name.
	KVGet(ctx context.Context, space string, key []byte) ([]byte, error)
	KVPut(ctx context.Context, space string, key, value []byte, ttl time.Duration) error
	KVDelete(ctx context.Context, space string, key []byte) error
}

// Config is what a Manager needs to know.
type Config struct {
	// Dir is the modules directory; it must exist.
	Dir string
	// Grants are those of a module whose sidecar names none. Nil is
	// abi.DefaultGrants.
	Grants []abi.Grant
	// CompileCache is a private directory for native code; empty keeps compiled
	// code in memory only. It must not be the modules directory.
	CompileCache string
	// TrustedKeys is a file of minisign public keys; then every module needs a
	// signature by one of them beside it. It is read for each load. Empty is no
	// signatures.
	TrustedKeys string
	// TTL is the life of a session that says none itself.
	TTL time.Duration
	// Node is this node's id.
	Node session.Node

	Store Store
	Keys  *session.Keyring
	Bus   Bus // nil is no farm: message_* are UNAVAILABLE, kv_* this node's own
	Log   *slog.Logger

	// Now is the wall clock in ns since the Unix epoch; nil is the system's.
	Now func() int64
	// Trace is told of every call; nil is nobody.
	Trace *Trace
	// World stands in for randomness and WASI's clocks; nil is the real ones.
	World *World
	// Settle is how long a file must have been left alone before it is read; 0
	// is 150 ms.
	Settle time.Duration
	// Rescan is how often the directory is read even though no change was
	// reported, because watches get lost; 0 is 5 s.
	Rescan time.Duration
}

func (c Config) withDefaults() Config {
	if c.Grants == nil {
		c.Grants = abi.DefaultGrants()
	}
	if c.Now == nil {
		c.Now = func() int64 { return time.Now().UnixNano() }
	}
	if c.Settle == 0 {
		c.Settle = 150 * time.Millisecond
	}
	if c.Rescan == 0 {
		c.Rescan = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
