package tlsbind

import (
	"crypto/tls"
	"log/slog"
	"slices"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// wrap is WrapSession: it stores the session of the connection and returns its
// id. It never returns an error, and always a genuine id: where nothing could
// be stored, the client finds that out when it comes back.
func (bd *binding) wrap(cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
	b := bd.binder
	// crypto/tls gives every client that resumed a new session, so resumed is
	// right also where this is not called.
	bd.version, bd.resumed = cs.Version, cs.DidResume
	if !bd.tracked && cs.DidResume && cs.Version < tls.VersionTLS13 {
		bd.consume()
	}
	id := b.cfg.Keys.NewID(b.cfg.Node)
	if code := bd.store(id, cs, state); code == abi.OK {
		bd.issued = id
		b.stats.issued.Add(1)
	} else {
		b.stats.refuse(code)
	}
	return []byte(id), nil
}

// store puts the session into the cache under id, and says how that went.
func (bd *binding) store(id session.ID, cs tls.ConnectionState, state *tls.SessionState) abi.Code {
	cfg := &bd.binder.cfg
	meta := bd.meta(cs)
	if cfg.Now() >= meta.Expires {
		bd.debug("session is not stored: the life that it inherits is over", id)
		return abi.Invalid
	}
	if cs.DidResume {
		state.Extra = append(slices.Clip(state.Extra), encodeParent(bd.parent))
	}
	data, err := state.Bytes()
	if err != nil {
		bd.debug("session can't be encoded", id, slog.Any("error", err))
		return abi.Invalid
	}
	if len(data) > abi.MaxSession {
		bd.debug("session is too large", id, slog.Int("bytes", len(data)))
		return abi.TooLarge
	}
	sealed := cfg.Keys.Seal(id, meta, data)
	if sealed == nil {
		bd.debug("session can't be sealed", id)
		return abi.Invalid
	}
	if err := cfg.Cache.Insert(&session.Session{ID: id, Meta: meta, Sealed: sealed}, 0, fromClient); err != nil {
		bd.debug("cache refuses the session", id, slog.Any("error", err))
		return session.Code(err)
	}
	return abi.OK
}

// meta returns the metadata of the connection's session. A successor inherits
// when its parent was created, and lives no longer than the parent would have:
// in TLS 1.2 it holds the very same secret, so that a life which somebody
// shortened would else be made long again by coming back once.
func (bd *binding) meta(cs tls.ConnectionState) session.Meta {
	cfg := &bd.binder.cfg
	m := session.Meta{
		Version:     cs.Version,
		CipherSuite: cs.CipherSuite,
		Format:      abi.GoTLS,
		ClientCert:  len(cs.PeerCertificates) > 0,
		Resumed:     cs.DidResume,
		Home:        cfg.Node,
		ServerName:  session.Intern(cs.ServerName),
		ALPN:        session.Intern(cs.NegotiatedProtocol),
	}
	if cs.DidResume {
		m.Created = bd.parent.created
		m.Expires = min(m.Created+int64(cfg.TTL), bd.parent.expires)
	} else {
		m.Created = cfg.Now()
		m.Expires = m.Created + int64(cfg.TTL)
	}
	return m
}
