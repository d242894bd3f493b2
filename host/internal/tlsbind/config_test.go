package tlsbind

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
)

func TestCallersConfigIsNotTouched(t *testing.T) {
	f := newFarm(nil)
	cfg := serverConfig()
	f.TLSConfig(cfg)
	f.Listener(newPipes(), cfg)
	if cfg.GetConfigForClient != nil || cfg.WrapSession != nil || cfg.UnwrapSession != nil {
		t.Errorf("%+v", cfg)
	}
	if f.TLSConfig(nil) == nil {
		t.Error("no config for the zero config")
	}
}

func TestCallersGetConfigForClient(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		inner := serverConfig()
		inner.NextProtos = []string{"inner"}
		inner.WrapSession = func(tls.ConnectionState, *tls.SessionState) ([]byte, error) {
			t.Error("a replaced callback is called")
			return nil, nil
		}
		inner.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) {
			t.Error("a replaced callback is called")
			return nil, nil
		}
		verified := 0
		inner.VerifyConnection = func(tls.ConnectionState) error { verified++; return nil }
		outer := &tls.Config{WrapSession: inner.WrapSession, UnwrapSession: inner.UnwrapSession}
		outer.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName != "example.com" {
				t.Errorf("a hello for %q", hello.ServerName)
			}
			return inner, nil
		}
		s := f.site(m, outer)
		client, _ := clientConfig(version)
		client.NextProtos = []string{"inner"}
		s.ok(t, client, false)
		if out := s.ok(t, client, true); out.state.NegotiatedProtocol != "inner" || verified != 2 {
			t.Errorf("%q, verified %d times", out.state.NegotiatedProtocol, verified)
		}
	})
}

func TestCallersGetConfigForClientDeclinesOrFails(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		var err error
		cfg := serverConfig()
		cfg.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, err }
		s := f.site(m, cfg)
		client, _ := clientConfig(version)
		s.ok(t, client, false)
		s.ok(t, client, true)
		err = errors.New("no such customer")
		if _, out, clientErr := s.meet(client); clientErr == nil || out.err != err {
			t.Errorf("client: %v, server: %v", clientErr, out.err)
		}
	})
}

func TestCallersVerifyConnection(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		var err error
		cfg := serverConfig()
		cfg.VerifyConnection = func(cs tls.ConnectionState) error { return err }
		s := f.site(m, cfg)
		client, tickets := clientConfig(version)
		s.ok(t, client, false)
		id := tickets.id(t)
		err = errors.New("not today")
		if _, out, _ := s.meet(client); out.err != err {
			t.Errorf("server: %v", out.err)
		}
		if n := f.Stats().Handshakes[Handshake{version, true}]; n != 0 {
			t.Errorf("%d handshakes are counted", n)
		}
		if !f.cache.has(id) {
			t.Error("a connection that was refused consumes the session")
		}
	})
}

func TestTicketsDisabledIsRespected(t *testing.T) {
	each(t, func(t *testing.T, version uint16, m mode) {
		f := newFarm(nil)
		cfg := serverConfig()
		cfg.SessionTicketsDisabled = true
		s := f.site(m, cfg)
		client, _ := clientConfig(version)
		s.ok(t, client, false)
		if out := s.ok(t, client, false); out.info.Issued != "" {
			t.Errorf("%+v", out.info)
		}
		if f.cache.inserts+f.cache.calls != 0 || f.Stats().Handshakes[Handshake{version, false}] != 2 {
			t.Errorf("%d inserts, %d calls, %+v", f.cache.inserts, f.cache.calls, f.Stats())
		}
	})
}

func TestTicketsDisabledLater(t *testing.T) {
	f := newFarm(nil)
	cfg := f.TLSConfig(serverConfig())
	cfg.SessionTicketsDisabled = true
	p := newPipes()
	s := &site{p, tls.NewListener(p, cfg)}
	client, _ := clientConfig(tls.VersionTLS13)
	s.ok(t, client, false)
	s.ok(t, client, false)
}

func TestBoundTwiceIsBoundOnce(t *testing.T) {
	for _, version := range versions12and13 {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		s := f.site(withListener, f.TLSConfig(serverConfig()))
		client, _ := clientConfig(version)
		s.ok(t, client, false)
		if out := s.ok(t, client, true); out.info.Parent == "" {
			t.Errorf("%+v", out.info)
		}
		if stats := f.Stats(); stats.Handshakes[Handshake{version, true}] != 1 || stats.Issued != 2 || stats.Consumed != 1 {
			t.Errorf("%+v", stats)
		}
	}
}

func TestBoundByTwoBinders(t *testing.T) {
	for _, version := range versions12and13 {
		inner, outer := newFarm(nil), newFarm(nil)
		s := outer.site(withListener, inner.TLSConfig(serverConfig()))
		client, _ := clientConfig(version)
		s.ok(t, client, false)
		s.ok(t, client, true)
		if outer.Stats().Issued != 2 || inner.Stats().Issued != 0 || outer.Stats().Handshakes[Handshake{version, true}] != 1 {
			t.Errorf("outer %+v, inner %+v", outer.Stats(), inner.Stats())
		}
	}
}

// net/http and httptest clone the config that they are given and add to the
// clone: certificates, and NextProtos, without which there is no HTTP/2. Were
// this lost, every server that leaves these to net/http would fail.
func TestServersThatChangeTheConfig(t *testing.T) {
	if configField < 0 {
		t.Error("this Go's tls.ClientHelloInfo has no field that is its config; see configInUse")
	}
	for _, version := range versions12and13 {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.Proto)
		}))
		srv.EnableHTTP2 = true
		srv.TLS = f.TLSConfig(nil)
		srv.StartTLS()
		for _, resumed := range []bool{false, true, true} {
			transport := srv.Client().Transport.(*http.Transport)
			if transport.TLSClientConfig.ClientSessionCache == nil {
				transport.TLSClientConfig.ClientSessionCache = new(tickets)
				transport.TLSClientConfig.MaxVersion = version
			}
			resp, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			proto, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.TLS.DidResume != resumed || string(proto) != "HTTP/2.0" {
				t.Errorf("resumed: %t, over %s", resp.TLS.DidResume, proto)
			}
			transport.CloseIdleConnections()
		}
		srv.Close()
		if f.Stats().Consumed != 2 {
			t.Errorf("%+v", f.Stats())
		}
	}
}

func TestHTTPServerOnListener(t *testing.T) {
	for _, version := range versions12and13 {
		f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, r.Proto)
		}))
		cfg := serverConfig()
		cfg.NextProtos = []string{"h2", "http/1.1"}
		srv.Listener = f.Listener(srv.Listener, cfg)
		srv.Start()
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{
			ServerName: "example.com", RootCAs: testCA().pool, ClientSessionCache: new(tickets), MaxVersion: version,
		}}
		client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
		for _, resumed := range []bool{false, true, true} {
			resp, err := client.Get("https://" + srv.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			proto, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.TLS.DidResume != resumed || string(proto) != "HTTP/2.0" {
				t.Errorf("resumed: %t, over %s", resp.TLS.DidResume, proto)
			}
			transport.CloseIdleConnections()
		}
		srv.Close()
		if stats := f.Stats(); stats.Consumed != 2 || stats.Handshakes[Handshake{version, true}] != 2 {
			t.Errorf("%+v", stats)
		}
	}
}

// A plain HTTP client at a TLS port gets an answer, written under the *tls.Conn.
func TestPlainClientAtTheListener(t *testing.T) {
	f := newFarm(nil)
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Listener = f.Listener(srv.Listener, serverConfig())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	defer srv.Close()
	resp, err := http.Get("http://" + srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", resp.StatusCode)
	}
	for kind, n := range f.Stats().Handshakes {
		if n != 0 {
			t.Errorf("%d handshakes of %+v", n, kind)
		}
	}
}

func TestNewPanicsWithoutParts(t *testing.T) {
	for name, cfg := range map[string]Config{"no cache": {Keys: newFarm(nil).keys}, "no keys": {Cache: newMemory()}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			New(cfg)
		}()
	}
}

func TestStatsKnowAllKinds(t *testing.T) {
	var b Binder
	b.stats.handshake(tls.VersionTLS10, true)
	b.stats.handshake(0, true)
	b.stats.handshake(0xffff, true)
	b.stats.refuse(abi.Limit)
	b.stats.refuse(-100)
	b.stats.refuse(5)
	got := b.Stats()
	if len(got.Handshakes) != 5 || got.Handshakes[Handshake{tls.VersionTLS10, true}] != 1 {
		t.Errorf("%v", got.Handshakes)
	}
	if got.NotStored[abi.Limit] != 1 || got.NotStored[abi.Invalid] != 2 {
		t.Errorf("%v", got.NotStored)
	}
	for o := range outcomes {
		if o.String() == "" {
			t.Errorf("outcome %d has no name", o)
		}
	}
}

func TestQUIC(t *testing.T) {
	f := newFarm(func(cfg *Config) { cfg.SingleUse = true })
	client, tickets := clientConfig(tls.VersionTLS13)
	client.NextProtos = []string{"h3"}
	cfg := serverConfig()
	cfg.NextProtos, cfg.MinVersion = []string{"h3"}, tls.VersionTLS13
	server := f.TLSConfig(cfg)
	for _, resumed := range []bool{false, true, true} {
		parent := ""
		if resumed {
			parent = string(tickets.id(t))
		}
		got := quicMeet(t, server, client)
		if got.DidResume != resumed {
			t.Fatalf("resumed: %t", got.DidResume)
		}
		child := f.cache.all()[tickets.id(t)]
		if id, ok := f.parentOf(t, child); ok != resumed || string(id) != parent {
			t.Errorf("the parent is %s, %t", id.Hex(), ok)
		}
	}
	if stats := f.Stats(); stats.Consumed != 2 || stats.Handshakes[Handshake{tls.VersionTLS13, true}] != 2 {
		t.Errorf("%+v", stats)
	}
}

// quicMeet lets a QUIC client and server shake hands, issue a session, and
// returns the server's state.
func quicMeet(t *testing.T, server, client *tls.Config) tls.ConnectionState {
	t.Helper()
	srv := tls.QUICServer(&tls.QUICConfig{TLSConfig: server})
	cli := tls.QUICClient(&tls.QUICConfig{TLSConfig: client})
	defer srv.Close()
	defer cli.Close()
	for _, c := range []*tls.QUICConn{srv, cli} {
		c.SetTransportParameters([]byte{})
		if err := c.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pump := func(from, to *tls.QUICConn, done func()) (moved bool) {
		for {
			switch e := from.NextEvent(); e.Kind {
			case tls.QUICNoEvent:
				return moved
			case tls.QUICWriteData:
				moved = true
				if err := to.HandleData(e.Level, e.Data); err != nil {
					t.Fatal(err)
				}
			case tls.QUICHandshakeDone:
				moved = true
				done()
			}
		}
	}
	issue := func() {
		if err := srv.SendSessionTicket(tls.QUICSessionTicketOptions{Extra: [][]byte{[]byte("quic")}}); err != nil {
			t.Fatal(err)
		}
	}
	for pump(cli, srv, func() {}) || pump(srv, cli, issue) {
	}
	return srv.ConnectionState()
}
