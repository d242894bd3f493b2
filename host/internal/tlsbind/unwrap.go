package tlsbind

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// unwrap is UnwrapSession: the session of the id that a client presents, or
// nil for a full handshake. It never returns an error. It changes nothing but
// statistics: the client has not proved anything yet.
func (bd *binding) unwrap(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
	if len(identity) == 0 {
		return nil, nil // TLS 1.2 asks even if the client presented nothing
	}
	state, why := bd.find(identity, cs)
	bd.binder.stats.lookups[why].Add(1)
	return state, nil
}

// find goes from the cheap and certain to the costly: the id is authenticated
// before the cache is touched, and hooks are asked last, and only about what
// crypto/tls is going to accept as far as can be told from here.
func (bd *binding) find(identity []byte, cs tls.ConnectionState) (*tls.SessionState, outcome) {
	cfg := &bd.binder.cfg
	home, genuine := cfg.Keys.Home(identity)
	if !genuine {
		return nil, lookupForeign
	}
	id := session.ID(identity)
	s, err := bd.fetch(id, home)
	switch {
	case errors.Is(err, session.ErrRemoved):
		return nil, lookupRemoved
	case err != nil:
		return nil, lookupMissed
	}
	meta, data, err := cfg.Keys.Open(id, s.Sealed)
	if err != nil {
		bd.debug("session does not open", id, slog.Any("error", err))
		return nil, lookupUnreadable
	}
	// The cache may know of an earlier end, from who inserted the session, but
	// not of a later one than what is sealed.
	meta.Expires = min(meta.Expires, s.Expires)
	if why := bd.judge(&meta, cs); why != lookupResumable {
		bd.debug("session is not resumed", id, slog.String("reason", why.String()))
		return nil, why
	}
	state, err := tls.ParseSessionState(data)
	if err != nil {
		// Perhaps another version of Go made it.
		bd.debug("session can't be parsed", id, slog.Any("error", err))
		return nil, lookupUnreadable
	}
	if cfg.Hooks != nil && !cfg.Hooks.Resume(bd.ctx, s) {
		bd.debug("session is not resumed", id, slog.String("reason", lookupRefused.String()))
		return nil, lookupRefused
	}
	bd.parent = parent{id, home, meta.Created, meta.Expires}
	return state, lookupResumable
}

// fetch returns the session of id from the cache, after having had the hooks
// bring it in where it is not there.
//
// The first look counts a miss. The second is quiet, so that one request that
// comes to nothing is one miss; only if the session is there now is it fetched,
// with its GET event and its hit.
func (bd *binding) fetch(id session.ID, home session.Node) (*session.Session, error) {
	cfg := &bd.binder.cfg
	s, err := cfg.Cache.Fetch(id, fromClient)
	if !errors.Is(err, session.ErrNotFound) || cfg.Hooks == nil || bd.asked {
		return s, err
	}
	bd.asked = true
	cfg.Hooks.Miss(bd.ctx, id, home)
	if _, err := cfg.Cache.Get(id); err != nil {
		return nil, err
	}
	if s, err = cfg.Cache.Fetch(id, fromClient); err == nil {
		bd.binder.stats.missesFilled.Add(1)
	}
	return s, err
}

// judge says whether a session may be resumed here and now, by what is known
// of it without parsing it.
func (bd *binding) judge(m *session.Meta, cs tls.ConnectionState) outcome {
	switch {
	case bd.binder.cfg.Now() >= m.Expires:
		return lookupExpired
	case m.ServerName != cs.ServerName:
		// crypto/tls does not look at this. RFC 6066 section 3 has servers refuse
		// to resume under a different name, and where one server speaks for many
		// customers it keeps their sessions (and client certificates) apart.
		return lookupWrongName
	case m.Format != abi.GoTLS || !bd.resumable(m, cs):
		return lookupIncompatible
	}
	return lookupResumable
}

// resumable repeats those checks of crypto/tls that need no more than the
// metadata, so that hooks are not asked in vain. It may say yes where crypto/tls
// says no, and must not say no where that says yes.
func (bd *binding) resumable(m *session.Meta, cs tls.ConnectionState) bool {
	if m.Version != cs.Version {
		return false
	}
	if m.Version >= tls.VersionTLS13 {
		// The hash of the suite must be that of the suite already chosen.
		if usesSHA384(m.CipherSuite) != usesSHA384(cs.CipherSuite) {
			return false
		}
	} else if !slices.Contains(bd.suites, m.CipherSuite) {
		return false
	}
	if m.ClientCert {
		return bd.clientAuth != tls.NoClientCert
	}
	return bd.clientAuth != tls.RequireAnyClientCert && bd.clientAuth != tls.RequireAndVerifyClientCert
}

// usesSHA384 is of the suites of TLS 1.3 that crypto/tls has; the others use
// SHA-256.
func usesSHA384(suite uint16) bool { return suite == tls.TLS_AES_256_GCM_SHA384 }
