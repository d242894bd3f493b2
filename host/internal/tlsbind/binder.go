// Package tlsbind puts the servers of crypto/tls on the session cache:
// stateful resumption for TLS 1.0 to 1.3, and for QUIC stacks that use
// crypto/tls. The ticket that a client is given is a 32-byte id that says
// nothing; the session stays in the cache, where it can be shared, policed and
// revoked.
//
// It decides whether a session may be resumed, and never fails a handshake: an
// error from a callback of crypto/tls would end the connection, so every
// problem is "no resumption", a number in Stats, and a line at debug level. It
// does not store, evict or share sessions, and knows nothing of plugins: Cache
// and Hooks are what it needs of those who do.
//
// # One connection at a time
//
// crypto/tls does not tell WrapSession, which issues a session, what the
// connection resumed from. So each connection gets a config of its own, from
// GetConfigForClient, whose callbacks share a small struct (binding). It lives
// as long as the connection; nothing here is global.
//
// # When a resumption is real
//
// Bytes that a client sends before its Finished prove little. A TLS 1.2 ticket
// crosses the wire in the clear, so anybody who saw it can present it; in TLS
// 1.3 the id is clear too, and although the binder beside it takes the session's key
// to make, a whole hello that was captured can be sent again. What is done
// about a resumption (a session of single use is consumed, a handshake is
// counted) is therefore done when the handshake is complete, for connections
// of Binder.Listener. A config of TLSConfig in somebody else's listener leaves
// no way to see that moment; see Config.SingleUse for what that costs.
//
// A Binder, and the configs and listeners that it makes, are safe for
// concurrent use.
package tlsbind

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// Cache is where the sessions are. Its methods are called during handshakes,
// from many goroutines, and must not wait for anything slow.
type Cache interface {
	// Get looks a session up quietly: no event, no statistics. It returns
	// session.ErrNotFound where there is none.
	Get(id session.ID) (*session.Session, error)
	// Fetch looks a session up for a client: it makes the GET event, and
	// counts a hit or a miss. It returns session.ErrNotFound where there is none,
	// and session.ErrRemoved where there can't be one any more.
	Fetch(id session.ID, src session.Source) (*session.Session, error)
	// Insert stores s, which nobody changes any more. Its errors are those of
	// package session.
	Insert(s *session.Session, flags uint32, src session.Source) error
	// Remove removes a session. It returns session.ErrNotFound where there is none.
	Remove(id session.ID, reason abi.Reason, src session.Source) error
}

// Hooks are asked on the handshake path. How long they may take is their
// business; the handshake waits. ctx is the handshake's
// ([tls.ClientHelloInfo.Context]): it ends with it.
type Hooks interface {
	// Miss is told of a genuine id that is not in the cache, and was not removed
	// from it, and of the node that made it. It may have inserted the session
	// when it returns: the binder looks again. It is asked once in a handshake,
	// of the first such id: a client may present several, one of which serves,
	// and one that sends old ids on purpose is not to have each looked for.
	Miss(ctx context.Context, id session.ID, home session.Node)
	// Resume is asked before s is resumed: false refuses, and the client makes
	// a full handshake. In TLS 1.3 the client has not proved at this time that
	// it has the session's key.
	Resume(ctx context.Context, s *session.Session) bool
}

// MaxTTL is the longest life of a session: crypto/tls resumes none that is
// older, and tells clients so (RFC 8446 section 4.6.1 has the same limit).
const MaxTTL = 7 * 24 * time.Hour

// DefaultTTL is the life of a session where Config.TTL is zero.
const DefaultTTL = 24 * time.Hour

// Config is what a Binder works with.
type Config struct {
	Cache Cache            // required
	Keys  *session.Keyring // required
	Hooks Hooks            // nil: no session is brought in, none is refused

	// Node is this node, the home of the sessions that it issues.
	Node session.Node
	// TTL is how long a session lives, counted from the full handshake that it
	// goes back to, however often it is resumed. Zero or less is DefaultTTL,
	// more than MaxTTL is MaxTTL.
	TTL time.Duration
	// SingleUse consumes a session once it has been resumed: it is removed,
	// with reason abi.Consumed, and the client goes on with its successor.
	// (Handshakes that present the same session at the same moment may all
	// succeed: none of them is authenticated before the others. The later ones
	// are counted in Stats.ConsumedLate.)
	//
	// On connections of Listener this happens when the handshake is complete,
	// so nothing that an attacker can send consumes another client's session.
	// With TLSConfig alone it happens earlier: in TLS 1.3 after the binder has
	// been verified, so that a captured hello, sent again, consumes; in TLS
	// 1.2 after the ServerHello, so that a captured ticket does. What that
	// costs the rightful client is one full handshake.
	SingleUse bool

	Now func() int64 // ns since the Unix epoch; nil is the system's clock
	Log *slog.Logger // nil discards; all lines are at debug level
}

// A Binder makes configs and listeners whose sessions are in a cache.
type Binder struct {
	cfg   Config
	stats stats
}

// New returns a Binder. It panics where Cache or Keys is nil.
func New(cfg Config) *Binder {
	if cfg.Cache == nil || cfg.Keys == nil {
		panic("tlsbind: Config needs a Cache and Keys")
	}
	if cfg.TTL <= 0 {
		cfg.TTL = DefaultTTL
	}
	cfg.TTL = min(cfg.TTL, MaxTTL)
	if cfg.Now == nil {
		cfg.Now = func() int64 { return time.Now().UnixNano() }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Binder{cfg: cfg}
}

// fromClient is the source of all that a handshake causes.
var fromClient = session.Source{Origin: abi.FromClient}

// TLSConfig returns a clone of cfg (nil is the zero Config) for servers, with
// resumption on the cache. It works by GetConfigForClient, which calls cfg's
// own first; if that returns a config, that one is bound for the connection
// instead. VerifyConnection of either is called as ever, and its error
// returned as it is. WrapSession and UnwrapSession of either are replaced, and
// ticket keys are not used. Where SessionTicketsDisabled is set nothing is
// issued and nothing resumed.
//
// The result may be cloned and changed before it serves, as net/http does with
// certificates and NextProtos; only GetConfigForClient must stay. It may be
// given to Listener, but not to TLSConfig again, which would count its
// handshakes twice.
func (b *Binder) TLSConfig(cfg *tls.Config) *tls.Config {
	outer := &tls.Config{}
	if cfg != nil {
		outer = cfg.Clone()
	}
	callers := outer.GetConfigForClient
	outer.WrapSession, outer.UnwrapSession = nil, nil
	settleTicketKeys(outer)
	outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		base := configInUse(hello, outer)
		if callers != nil {
			chosen, err := callers(hello)
			if err != nil {
				return nil, err
			}
			if chosen != nil {
				base = chosen
			}
		}
		tracked, _ := hello.Conn.(*conn)
		return b.bind(hello, base, tracked), nil
	}
	return outer
}

// Listener returns a listener on inner whose Accept returns a *tls.Conn, as
// [tls.NewListener] does, with the config TLSConfig(cfg). It knows when the
// handshake of its connections is complete: only then is it counted, and a
// session of single use consumed, at the first Read, Write or Close behind it.
// Info tells about its connections.
//
// NetConn of such a connection returns a wrapper; the wrapper's NetConn method
// returns what inner's Accept did.
func (b *Binder) Listener(inner net.Listener, cfg *tls.Config) net.Listener {
	return &listener{inner, b.TLSConfig(cfg)}
}
