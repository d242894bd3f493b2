package tlsbind

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestResumption(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		server := serverConfig()
		server.NextProtos = []string{"h2", "http/1.1"}
		s := f.site(m, server)
		client, tickets := clientConfig(version)
		client.NextProtos = []string{"http/1.1"}

		full := s.ok(t, client, false)
		first := f.cache.only(t)
		created := f.clock.Load()
		want := session.Meta{
			Created: created, Expires: created + int64(DefaultTTL), Version: version, CipherSuite: full.state.CipherSuite,
			Format: abi.GoTLS, Home: testNode, ServerName: "example.com", ALPN: "http/1.1",
		}
		if first.Meta != want {
			t.Errorf("the first session is %+v, want %+v", first.Meta, want)
		}
		if got := tickets.id(t); got != first.ID || len(got) != session.IDSize {
			t.Errorf("the client holds %s, and %s is stored", got.Hex(), first.ID.Hex())
		}
		if home, ok := f.keys.Home([]byte(first.ID)); !ok || home != testNode {
			t.Errorf("the id's home is %v, %t", home, ok)
		}
		sealed, data, err := f.keys.Open(first.ID, first.Sealed)
		if err != nil || sealed != want {
			t.Errorf("sealed is %+v, %v", sealed, err)
		}
		if state, err := tls.ParseSessionState(data); err != nil {
			t.Error(err)
		} else if _, _, ok := Parent(state); ok {
			t.Error("the first session has a parent")
		}

		// Three generations go back to the one full handshake.
		parent := first.ID
		for range 3 {
			f.clock.Add(int64(time.Hour))
			s.ok(t, client, true)
			child := f.cache.all()[tickets.id(t)]
			if child == nil || child.ID == parent {
				t.Fatal("the resumed connection has no session of its own")
			}
			want.Resumed = true
			if child.Meta != want {
				t.Errorf("the next session is %+v, want %+v", child.Meta, want)
			}
			_, data, err := f.keys.Open(child.ID, child.Sealed)
			if err != nil {
				t.Fatal(err)
			}
			state, err := tls.ParseSessionState(data)
			if err != nil {
				t.Fatal(err)
			}
			if id, at, ok := Parent(state); id != parent || at != created || !ok {
				t.Errorf("its parent is %s of %d, want %s of %d", id.Hex(), at, parent.Hex(), created)
			}
			parent = child.ID
		}

		stats := f.Stats()
		if stats.Handshakes[Handshake{version, false}] != 1 || stats.Handshakes[Handshake{version, true}] != 3 {
			t.Errorf("handshakes: %v", stats.Handshakes)
		}
		if stats.Issued != 4 || stats.Resumable != 3 || stats.Foreign+stats.Missed != 0 || len(stats.NotStored) != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

func TestResumptionOnAnotherNode(t *testing.T) {
	a := newFarm(nil)
	b := newFarm(func(cfg *Config) { cfg.Node, cfg.Cache, cfg.Keys = session.Node{9}, a.cache, a.keys })
	client, _ := clientConfig(tls.VersionTLS13)
	a.site(withListener, serverConfig()).ok(t, client, false)
	out := b.site(withListener, serverConfig()).ok(t, client, true)
	if !out.known || out.info.Node != (session.Node{9}) || out.info.ParentHome != testNode {
		t.Errorf("%+v", out.info)
	}
}

func TestInfo(t *testing.T) {
	for _, version := range versions12and13 {
		f := newFarm(nil)
		s := f.site(withListener, serverConfig())
		client, tickets := clientConfig(version)
		first := s.ok(t, client, false)
		id := tickets.id(t)
		if want := (ConnInfo{Node: testNode, Issued: id}); !first.known || first.info != want {
			t.Errorf("full handshake: %+v, want %+v", first.info, want)
		}
		second := s.ok(t, client, true)
		if want := (ConnInfo{Node: testNode, Issued: tickets.id(t), Parent: id, ParentHome: testNode}); !second.known || second.info != want {
			t.Errorf("resumed: %+v, want %+v", second.info, want)
		}
		// A session that is looked at and not resumed is nobody's parent.
		f.hooks.resume = func(context.Context, *session.Session) bool { return false }
		if third := s.ok(t, client, false); third.info.Parent != "" {
			t.Errorf("refused: %+v", third.info)
		}
		f.cache.insertErr = session.ErrTooLarge
		if fourth := s.ok(t, client, false); fourth.info.Issued != "" {
			t.Errorf("not stored: %+v", fourth.info)
		}
	}
	f := newFarm(nil)
	client, _ := clientConfig(tls.VersionTLS13)
	if out := f.site(withTLSConfig, serverConfig()).ok(t, client, false); out.known {
		t.Error("a connection of another listener is known")
	}
	raw := newPipes()
	defer raw.Close()
	if _, ok := Info(nil); ok {
		t.Error("no connection is known")
	}
}

func TestLongNamesSurvive(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		name, proto := strings.Repeat("n", 255), strings.Repeat("a", 255)
		f := newFarm(nil)
		server := serverConfig()
		server.NextProtos = []string{proto}
		s := f.site(m, server)
		client, _ := clientConfig(version)
		client.ServerName, client.InsecureSkipVerify, client.NextProtos = name, true, []string{proto}
		s.ok(t, client, false)
		if got := f.cache.only(t); got.ServerName != name || got.ALPN != proto {
			t.Errorf("stored under %q, %q", got.ServerName, got.ALPN)
		}
		if out := s.ok(t, client, true); out.state.ServerName != name || out.state.NegotiatedProtocol != proto {
			t.Errorf("resumed under %q, %q", out.state.ServerName, out.state.NegotiatedProtocol)
		}
	})
}

func TestClientCertificateSurvives(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		server := serverConfig()
		server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, testCA().pool
		s := f.site(m, server)
		client, _ := clientConfig(version)
		client.Certificates = []tls.Certificate{testCA().issue("client")}
		first := s.ok(t, client, false)
		if !f.cache.only(t).ClientCert {
			t.Error("the session does not say that there was a certificate")
		}
		second := s.ok(t, client, true)
		if len(second.state.PeerCertificates) != 1 || len(second.state.VerifiedChains) != 1 ||
			!bytes.Equal(second.state.PeerCertificates[0].Raw, first.state.PeerCertificates[0].Raw) {
			t.Errorf("the resumed connection has %d certificates", len(second.state.PeerCertificates))
		}
		s.ok(t, client, true) // and so has the next generation
	})
}

func TestClientCertificateRulesAreKnownToTheHooks(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		asked := 0
		f.hooks.resume = func(context.Context, *session.Session) bool { asked++; return true }
		client, tickets := clientConfig(version)
		client.Certificates = []tls.Certificate{testCA().issue("client")}
		requiring := serverConfig()
		requiring.ClientAuth, requiring.ClientCAs = tls.RequireAndVerifyClientCert, testCA().pool

		f.site(m, requiring).ok(t, client, false)
		f.site(m, serverConfig()).ok(t, client, false) // has a certificate, must not
		f.site(m, requiring).ok(t, client, false)      // has none, must have
		if asked != 0 || f.Stats().Incompatible != 2 {
			t.Errorf("hooks were asked %d times, %d incompatible", asked, f.Stats().Incompatible)
		}
		optional := serverConfig()
		optional.ClientAuth, optional.ClientCAs = tls.VerifyClientCertIfGiven, testCA().pool
		tickets.freeze()
		f.site(m, optional).ok(t, client, true)
		if asked != 1 {
			t.Errorf("hooks were asked %d times", asked)
		}
	})
}

func TestSessionsThatAreNotResumed(t *testing.T) {
	type world struct {
		f      *farm
		client *tls.Config
		s      *session.Session
	}
	reseal := func(w *world, change func(*session.Meta, *[]byte)) {
		m, data, err := w.f.keys.Open(w.s.ID, w.s.Sealed)
		if err != nil {
			panic(err)
		}
		change(&m, &data)
		w.f.cache.sessions[w.s.ID] = &session.Session{ID: w.s.ID, Meta: m, Sealed: w.f.keys.Seal(w.s.ID, m, data)}
	}
	for name, tc := range map[string]struct {
		change func(w *world)
		count  func(Stats) uint64
	}{
		"expired by the clock": {
			func(w *world) { w.f.clock.Add(int64(DefaultTTL)) },
			func(s Stats) uint64 { return s.Expired }},
		"expired by what is sealed, whatever the cache says": {
			func(w *world) {
				reseal(w, func(m *session.Meta, _ *[]byte) { m.Expires = w.f.clock.Load() })
				w.f.cache.sessions[w.s.ID].Expires = w.f.clock.Load() + 1e12
			},
			func(s Stats) uint64 { return s.Expired }},
		"expired by the cache, whatever is sealed": {
			func(w *world) {
				reseal(w, func(*session.Meta, *[]byte) {})
				w.f.cache.sessions[w.s.ID].Expires = w.f.clock.Load()
			},
			func(s Stats) uint64 { return s.Expired }},
		"made under another server name": {
			func(w *world) { w.client.ServerName = "www.example.com" },
			func(s Stats) uint64 { return s.WrongName }},
		"made under a server name, none now": {
			func(w *world) { w.client.ServerName, w.client.InsecureSkipVerify = "", true },
			func(s Stats) uint64 { return s.WrongName }},
		"not here": {
			func(w *world) { delete(w.f.cache.sessions, w.s.ID) },
			func(s Stats) uint64 { return s.Missed }},
		"removed": {
			func(w *world) {
				if err := w.f.cache.Remove(w.s.ID, abi.Explicit, fromClient); err != nil {
					panic(err)
				}
			},
			func(s Stats) uint64 { return s.Removed }},
		"of another TLS version": {
			func(w *world) { reseal(w, func(m *session.Meta, _ *[]byte) { m.Version ^= 7 }) },
			func(s Stats) uint64 { return s.Incompatible }},
		"of a suite of another hash, or not offered": {
			func(w *world) {
				reseal(w, func(m *session.Meta, _ *[]byte) { m.CipherSuite = otherSuite(m.CipherSuite) })
			},
			func(s Stats) uint64 { return s.Incompatible }},
		"of another format": {
			func(w *world) { reseal(w, func(m *session.Meta, _ *[]byte) { m.Format = abi.OpenSSLDER }) },
			func(s Stats) uint64 { return s.Incompatible }},
		"not sealed": {
			func(w *world) {
				w.f.cache.sessions[w.s.ID] = &session.Session{ID: w.s.ID, Meta: w.s.Meta, Sealed: []byte("raw")}
			},
			func(s Stats) uint64 { return s.Unreadable }},
		"sealed for another id": {
			func(w *world) {
				_, data, _ := w.f.keys.Open(w.s.ID, w.s.Sealed)
				sealed := w.f.keys.Seal(w.f.keys.NewID(testNode), w.s.Meta, data)
				w.f.cache.sessions[w.s.ID] = &session.Session{ID: w.s.ID, Meta: w.s.Meta, Sealed: sealed}
			},
			func(s Stats) uint64 { return s.Unreadable }},
		"that crypto/tls can't parse": {
			func(w *world) { reseal(w, func(_ *session.Meta, data *[]byte) { *data = []byte("not a session") }) },
			func(s Stats) uint64 { return s.Unreadable }},
		"empty": {
			func(w *world) { reseal(w, func(_ *session.Meta, data *[]byte) { *data = nil }) },
			func(s Stats) uint64 { return s.Unreadable }},
		"refused by a hook": {
			func(w *world) {
				w.f.hooks.resume = func(_ context.Context, s *session.Session) bool { return s.ID != w.s.ID }
			},
			func(s Stats) uint64 { return s.Refused }},
		"of a key that is gone": {
			func(w *world) {
				if err := w.f.keys.Set([]session.Key{session.NewKey()}); err != nil {
					panic(err)
				}
			},
			func(s Stats) uint64 { return s.Foreign }},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, version uint16, m mode) {
				f := newFarm(nil)
				asked := 0
				f.hooks.resume = func(context.Context, *session.Session) bool { asked++; return true }
				s := f.site(m, serverConfig())
				client, _ := clientConfig(version)
				s.ok(t, client, false)
				w := &world{f, client, f.cache.only(t)}
				tc.change(w)
				s.ok(t, client, false)
				if n := tc.count(f.Stats()); n != 1 || f.Stats().Resumable != 0 {
					t.Errorf("counted %d times: %+v", n, f.Stats())
				}
				if asked != 0 {
					t.Error("a hook was asked about it")
				}
			})
		})
	}
}

func otherSuite(suite uint16) uint16 {
	switch suite {
	case tls.TLS_AES_128_GCM_SHA256, tls.TLS_CHACHA20_POLY1305_SHA256:
		return tls.TLS_AES_256_GCM_SHA384
	case tls.TLS_AES_256_GCM_SHA384:
		return tls.TLS_AES_128_GCM_SHA256
	}
	return 0x1234
}

func TestClientOfAnotherVersion(t *testing.T) {
	f := newFarm(nil)
	s := f.site(withListener, serverConfig())
	client, _ := clientConfig(tls.VersionTLS12)
	s.ok(t, client, false)
	client.MaxVersion = tls.VersionTLS13
	if out := s.ok(t, client, false); out.state.Version != tls.VersionTLS13 {
		t.Errorf("version %x", out.state.Version)
	}
}

func TestWithoutHooks(t *testing.T) {
	f := newFarm(func(cfg *Config) { cfg.Hooks, cfg.Log, cfg.Now = nil, nil, nil })
	s := f.site(withListener, serverConfig())
	client, tickets := clientConfig(tls.VersionTLS13)
	s.ok(t, client, false)
	s.ok(t, client, true)
	delete(f.cache.sessions, tickets.id(t))
	s.ok(t, client, false)
}

func TestKeyRotation(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		older, newer := session.NewKey(), session.NewKey()
		f := newFarm(nil)
		set := func(keys ...session.Key) {
			if err := f.keys.Set(keys); err != nil {
				t.Fatal(err)
			}
		}
		set(older)
		s := f.site(m, serverConfig())
		client, _ := clientConfig(version)
		s.ok(t, client, false)
		set(newer, older)
		s.ok(t, client, true)
		set(newer)
		s.ok(t, client, true) // what it has by now is under the newer
	})
}

func TestSessionIsNotStored(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		code abi.Code
	}{
		"it exists":             {session.ErrExists, abi.Exists},
		"it was removed":        {session.ErrRemoved, abi.Removed},
		"it is too large":       {session.ErrTooLarge, abi.TooLarge},
		"it is invalid":         {session.ErrInvalid, abi.Invalid},
		"something else failed": {errors.New("disk on fire"), abi.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, version uint16, m mode) {
				f := newFarm(nil)
				f.cache.insertErr = tc.err
				s := f.site(m, serverConfig())
				client, tickets := clientConfig(version)
				s.ok(t, client, false)
				if home, ok := f.keys.Home([]byte(tickets.id(t))); !ok || home != testNode {
					t.Error("the client's id is not genuine")
				}
				s.ok(t, client, false)
				if stats := f.Stats(); stats.NotStored[tc.code] != 2 || stats.Issued != 0 || stats.Missed != 1 {
					t.Errorf("%+v", stats)
				}
				if !strings.Contains(f.log.String(), "cache refuses the session") || !strings.Contains(f.log.String(), tc.err.Error()) {
					t.Errorf("logged: %s", f.log.String())
				}
			})
		})
	}
}

func TestOversizedSessionIsNotStored(t *testing.T) {
	f := newFarm(nil)
	bd := &binding{binder: f.Binder, ctx: t.Context()}
	state := &tls.SessionState{Extra: [][]byte{make([]byte, abi.MaxSession)}}
	id, err := bd.wrap(tls.ConnectionState{Version: tls.VersionTLS13}, state)
	if err != nil || len(id) != session.IDSize {
		t.Errorf("%x, %v", id, err)
	}
	// An entry of Extra beyond 24 bits of length can't be encoded.
	state.Extra[0] = make([]byte, 1<<24)
	if id, err = bd.wrap(tls.ConnectionState{Version: tls.VersionTLS13}, state); err != nil || len(id) != session.IDSize {
		t.Errorf("%x, %v", id, err)
	}
	// Nor can a name that no TLS has be sealed.
	cs := tls.ConnectionState{Version: tls.VersionTLS13, ServerName: strings.Repeat("n", 1<<16)}
	if id, err = bd.wrap(cs, &tls.SessionState{}); err != nil || len(id) != session.IDSize {
		t.Errorf("%x, %v", id, err)
	}
	if stats := f.Stats(); stats.NotStored[abi.TooLarge] != 1 || stats.NotStored[abi.Invalid] != 2 || f.cache.inserts != 0 {
		t.Errorf("%+v, %d inserts", stats, f.cache.inserts)
	}
}

func TestLifeEndsWithTheFullHandshake(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(func(cfg *Config) { cfg.TTL = time.Hour })
		s := f.site(m, serverConfig())
		client, _ := clientConfig(version)
		s.ok(t, client, false)
		f.clock.Add(int64(40 * time.Minute))
		s.ok(t, client, true)
		f.clock.Add(int64(20 * time.Minute))
		s.ok(t, client, false)
		if f.Stats().Expired != 1 {
			t.Errorf("%+v", f.Stats())
		}
	})
}

// A life that was shortened from outside must not be long again after one visit.
func TestShortenedLifeIsInherited(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		short := *f.cache.only(t)
		short.Expires = f.clock.Load() + int64(time.Minute)
		f.cache.sessions[short.ID] = &short
		s.ok(t, client, true)
		if child := f.cache.all()[tickets.id(t)]; child.Expires != short.Expires {
			t.Errorf("the next session lives %v longer", time.Duration(child.Expires-short.Expires))
		}
	})
}

// The life of a session may end between the look at it and its successor.
func TestLifeEndsDuringTheHandshake(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		f.hooks.resume = func(context.Context, *session.Session) bool {
			f.clock.Add(int64(DefaultTTL))
			return true
		}
		out := s.ok(t, client, true)
		if id := tickets.id(t); f.cache.has(id) || len(id) != session.IDSize {
			t.Error("a session without a life is stored")
		}
		if f.Stats().NotStored[abi.Invalid] != 1 || out.info.Issued != "" {
			t.Errorf("%+v, %+v", f.Stats(), out.info)
		}
	})
}

func TestTTLIsBounded(t *testing.T) {
	for ttl, want := range map[time.Duration]time.Duration{
		0: DefaultTTL, -1: DefaultTTL, time.Hour: time.Hour, MaxTTL: MaxTTL, 30 * 24 * time.Hour: MaxTTL,
	} {
		f := newFarm(func(cfg *Config) { cfg.TTL = ttl })
		client, _ := clientConfig(tls.VersionTLS13)
		f.site(withListener, serverConfig()).ok(t, client, false)
		if s := f.cache.only(t); time.Duration(s.Expires-s.Created) != want {
			t.Errorf("a TTL of %v becomes %v", ttl, time.Duration(s.Expires-s.Created))
		}
	}
}

func TestHooksGetTheHandshakesContext(t *testing.T) {
	f := newFarm(nil)
	var ctxs []context.Context
	f.hooks.resume = func(ctx context.Context, s *session.Session) bool {
		if ctx.Err() != nil || s.ServerName != "example.com" {
			t.Errorf("%v, %+v", ctx.Err(), s.Meta)
		}
		ctxs = append(ctxs, ctx)
		return true
	}
	s := f.site(withTLSConfig, serverConfig())
	client, _ := clientConfig(tls.VersionTLS13)
	s.ok(t, client, false)
	s.ok(t, client, true)
	if len(ctxs) != 1 || ctxs[0].Err() == nil {
		t.Errorf("%d contexts; the handshake's is over: %v", len(ctxs), ctxs)
	}
}

func TestExtraOfOthersIsKept(t *testing.T) {
	f := newFarm(nil)
	at := f.clock.Load()
	bd := &binding{binder: f.Binder, ctx: t.Context(), parent: parent{id: "p", created: at, expires: at + 1e9}}
	shared := append(make([][]byte, 0, 4), []byte("quic"))
	state := &tls.SessionState{Extra: shared}
	if _, err := bd.wrap(tls.ConnectionState{Version: tls.VersionTLS13, DidResume: true}, state); err != nil {
		t.Fatal(err)
	}
	if id, created, ok := Parent(state); id != "p" || created != at || !ok || string(state.Extra[0]) != "quic" || len(state.Extra) != 2 {
		t.Errorf("%q", state.Extra)
	}
	if shared[:2][1] != nil {
		t.Error("the entry was written to memory that is not ours")
	}
}

func FuzzParent(f *testing.F) {
	f.Add([]byte(parentPrefix))
	f.Add(encodeParent(parent{id: "id", created: 5}))
	f.Add([]byte(parentPrefix + "12345678"))
	f.Fuzz(func(t *testing.T, entry []byte) {
		id, created, ok := Parent(&tls.SessionState{Extra: [][]byte{entry}})
		if ok && !bytes.Equal(encodeParent(parent{id: id, created: created}), entry) {
			t.Errorf("%x is read as %x, %d", entry, id, created)
		}
	})
}
