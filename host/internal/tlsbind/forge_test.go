package tlsbind

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"slices"
	"testing"

	"github.com/sesshook/sesshook/host/internal/session"
)

func TestForgedTickets(t *testing.T) {
	random := make([]byte, session.IDSize)
	rand.Read(random)
	for name, forge := range map[string]func(genuine []byte) []byte{
		"random":          func([]byte) []byte { return random },
		"of zeros":        func([]byte) []byte { return make([]byte, session.IDSize) },
		"of one byte":     func([]byte) []byte { return []byte{1} },
		"truncated":       func(id []byte) []byte { return id[:31] },
		"longer":          func(id []byte) []byte { return append(id, 0) },
		"altered":         func(id []byte) []byte { id[3] ^= 1; return id },
		"of another farm": func([]byte) []byte { return []byte(session.RandomKeyring().NewID(testNode)) },
		"huge":            func([]byte) []byte { return make([]byte, 60_000) },
		"of crypto/tls":   func([]byte) []byte { return make([]byte, 180) },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, version uint16, m mode) {
				f := newFarm(nil)
				hooked := 0
				f.hooks.miss = func(context.Context, session.ID, session.Node) { hooked++ }
				f.hooks.resume = func(context.Context, *session.Session) bool { hooked++; return true }
				s := f.site(m, serverConfig())
				client, tickets := clientConfig(version)
				s.ok(t, client, false)
				tickets.forge(t, forge([]byte(tickets.id(t))))
				s.ok(t, client, false)
				if f.cache.calls != 0 || hooked != 0 {
					t.Errorf("%d calls of the cache, %d of hooks", f.cache.calls, hooked)
				}
				if stats := f.Stats(); stats.Foreign != 1 || stats.Issued != 2 {
					t.Errorf("%+v", stats)
				}
				s.ok(t, client, true) // it has a good one again
			})
		})
	}
}

func TestNoTicketIsNotAForgedOne(t *testing.T) {
	f := newFarm(nil)
	client, _ := clientConfig(tls.VersionTLS12)
	f.site(withListener, serverConfig()).ok(t, client, false)
	if f.Stats().Foreign != 0 || f.cache.calls != 0 {
		t.Errorf("%+v", f.Stats())
	}
}

func TestForgedBinder(t *testing.T) {
	for _, m := range []mode{withListener, withTLSConfig} {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(m, serverConfig())
		client, tickets := clientConfig(tls.VersionTLS13)
		s.ok(t, client, false)
		id := tickets.id(t)
		hello := s.record(t, client)
		hello[len(hello)-1] ^= 1
		if out := s.send(hello); out.err == nil {
			t.Error("the server is content")
		}
		if !f.cache.has(id) || len(f.cache.all()) != 1 || f.Stats().Handshakes[Handshake{tls.VersionTLS13, true}] != 0 {
			t.Errorf("%s: %d sessions, %+v", m, len(f.cache.all()), f.Stats())
		}
		s.ok(t, client, true)
	}
}

// A hello that was captured, of a session in TLS 1.3, or with a ticket in TLS
// 1.2, is all that an attacker on the wire has. The server answers it, and
// waits for a Finished that the attacker can't make.
func TestCapturedHelloConsumesNothing(t *testing.T) {
	for name, more := range map[string][][]byte{
		"and no more":                nil,
		"and a forged Finished":      {{20, 3, 3, 0, 1, 1}, append([]byte{23, 3, 3, 0, 53}, make([]byte, 53)...)},
		"and a forged Finished (12)": {{20, 3, 3, 0, 1, 1}, append([]byte{22, 3, 3, 0, 40}, make([]byte, 40)...)},
		"and an alert":               {{21, 3, 3, 0, 2, 2, 40}},
		"and a second hello":         {{22, 3, 3, 0, 4, 1, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, version := range versions12and13 {
				t.Run(tls.VersionName(version), func(t *testing.T) {
					f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
					s := f.site(withListener, serverConfig())
					client, tickets := clientConfig(version)
					s.ok(t, client, false)
					id := tickets.id(t)
					hello := s.record(t, client)
					for range 3 {
						if out := s.send(hello, more...); out.err == nil {
							t.Error("the server is content")
						}
					}
					if !f.cache.has(id) || len(f.cache.removed) != 0 {
						t.Error("the session is consumed")
					}
					if n := f.Stats().Handshakes[Handshake{version, true}]; n != 0 || f.Stats().Consumed != 0 {
						t.Errorf("%d handshakes are counted", n)
					}
					s.ok(t, client, true) // it is still the client's
					if f.cache.has(id) {
						t.Error("the session is not consumed by its owner")
					}
				})
			}
		})
	}
}

// This is what Config.SingleUse says of a listener that is not ours.
func TestCapturedHelloWithoutOurListener(t *testing.T) {
	for _, version := range versions12and13 {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(withTLSConfig, serverConfig())
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		id := tickets.id(t)
		if out := s.send(s.record(t, client)); out.err == nil {
			t.Error("the server is content")
		}
		if f.cache.has(id) {
			t.Error("the documented weakness is gone: change the documentation")
		}
		s.ok(t, client, false) // a full handshake is all that it costs
	}
}

func TestSeveralIdentities(t *testing.T) {
	type world struct {
		f             *farm
		first, second *session.Session
	}
	for name, tc := range map[string]struct {
		ids    func(w *world) (ids, secrets [][]byte)
		parent func(w *world) session.ID
	}{
		"the first of two good ones": {
			func(w *world) ([][]byte, [][]byte) {
				return [][]byte{[]byte(w.first.ID), []byte(w.second.ID)}, [][]byte{w.f.secret(t, w.first), w.f.secret(t, w.second)}
			},
			func(w *world) session.ID { return w.first.ID }},
		"the second, behind a foreign one": {
			func(w *world) ([][]byte, [][]byte) {
				return [][]byte{[]byte("foreign"), []byte(w.second.ID)}, [][]byte{nil, w.f.secret(t, w.second)}
			},
			func(w *world) session.ID { return w.second.ID }},
		"the second, behind a removed one": {
			func(w *world) ([][]byte, [][]byte) {
				delete(w.f.cache.sessions, w.first.ID)
				return [][]byte{[]byte(w.first.ID), []byte(w.second.ID)}, [][]byte{nil, w.f.secret(t, w.second)}
			},
			func(w *world) session.ID { return w.second.ID }},
		"the second, behind one that we accept and crypto/tls does not": {
			func(w *world) ([][]byte, [][]byte) {
				m, data, err := w.f.keys.Open(w.first.ID, w.first.Sealed)
				if err != nil {
					t.Fatal(err)
				}
				clear(data[5:13]) // created in 1970, as crypto/tls has it
				w.f.cache.sessions[w.first.ID] = &session.Session{ID: w.first.ID, Meta: m, Sealed: w.f.keys.Seal(w.first.ID, m, data)}
				return [][]byte{[]byte(w.first.ID), []byte(w.second.ID)}, [][]byte{nil, w.f.secret(t, w.second)}
			},
			func(w *world) session.ID { return w.second.ID }},
		"the fifth": {
			func(w *world) ([][]byte, [][]byte) {
				return [][]byte{{1}, {2}, {3}, {4}, []byte(w.second.ID)}, [][]byte{nil, nil, nil, nil, w.f.secret(t, w.second)}
			},
			func(w *world) session.ID { return w.second.ID }},
		"none of many": {
			func(w *world) ([][]byte, [][]byte) {
				return slices.Repeat([][]byte{[]byte("x")}, 200), nil
			},
			func(w *world) session.ID { return "" }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
			s := f.site(withListener, serverConfig())
			one, tickets1 := clientConfig(tls.VersionTLS13)
			two, tickets2 := clientConfig(tls.VersionTLS13)
			s.ok(t, one, false)
			s.ok(t, two, false)
			w := &world{f, f.cache.all()[tickets1.id(t)], f.cache.all()[tickets2.id(t)]}
			hello := s.record(t, one)
			before := f.cache.all()
			ids, secrets := tc.ids(w)
			s.send(offer(t, hello, hashOf(w.first.CipherSuite), ids, secrets))
			for id, child := range f.cache.all() {
				if before[id] != nil {
					continue
				}
				if got, _ := f.parentOf(t, child); got != tc.parent(w) {
					t.Errorf("the parent is %s", got.Hex())
				}
				if child.Resumed != (tc.parent(w) != "") {
					t.Errorf("resumed: %t", child.Resumed)
				}
				return
			}
			t.Error("the server did not get as far as to issue a session")
		})
	}
}
