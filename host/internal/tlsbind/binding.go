package tlsbind

import (
	"context"
	"crypto/tls"
	"log/slog"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A binding is what the callbacks of one connection share. crypto/tls calls
// them one after the other, on the goroutine of the handshake; others may read
// the fields of the second group once the handshake is complete.
type binding struct {
	binder     *Binder
	ctx        context.Context // of the handshake
	tracked    bool            // the connection is one of Listener
	suites     []uint16        // what the client offers
	clientAuth tls.ClientAuthType
	verify     func(tls.ConnectionState) error // the config's own, where not tracked

	asked bool // the hooks were, for a session that is not here

	// parent is the session that unwrap returned last, which is the one that
	// was resumed if any was: crypto/tls goes through the identities of a TLS
	// 1.3 client in their order, asks for each, and stops at the first that it
	// accepts; a TLS 1.2 client has one.
	parent  parent
	resumed bool
	issued  session.ID // the session that was stored, if any
	version uint16     // 0 where none was issued
}

// A parent is what is kept of the session that a connection resumes.
type parent struct {
	id      session.ID
	home    session.Node
	created int64 // ns since the Unix epoch
	expires int64
}

// verified is VerifyConnection where the connection is not tracked. Every
// handshake calls it, once.
func (bd *binding) verified(cs tls.ConnectionState) error {
	if bd.verify != nil {
		if err := bd.verify(cs); err != nil {
			return err
		}
	}
	bd.resumed = cs.DidResume
	bd.binder.stats.handshake(cs.Version, cs.DidResume)
	// In TLS 1.2 the session's successor has not been issued yet, and may
	// still fail to be.
	if cs.Version >= tls.VersionTLS13 {
		bd.consume()
	}
	return nil
}

// complete is called once, when the handshake of a tracked connection is.
func (bd *binding) complete(version uint16) {
	bd.binder.stats.handshake(version, bd.resumed)
	bd.consume()
}

// consume removes the parent of a resumed connection, where sessions are of
// single use.
func (bd *binding) consume() {
	b := bd.binder
	if !b.cfg.SingleUse || !bd.resumed {
		return
	}
	if err := b.cfg.Cache.Remove(bd.parent.id, abi.Consumed, fromClient); err != nil {
		b.stats.consumedLate.Add(1)
		bd.debug("session was gone when it was to be consumed", bd.parent.id, slog.Any("error", err))
		return
	}
	b.stats.consumed.Add(1)
}

// debug says what happened to a session. It costs nothing where nobody listens.
func (bd *binding) debug(msg string, id session.ID, attrs ...slog.Attr) {
	log := bd.binder.cfg.Log
	if !log.Enabled(bd.ctx, slog.LevelDebug) {
		return
	}
	log.LogAttrs(bd.ctx, slog.LevelDebug, msg, append(attrs, slog.String("session_id", id.Hex()))...)
}
