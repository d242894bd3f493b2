package demo

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// startServer serves TLS with a certificate that trust has signed.
func startServer(t *testing.T, handler http.HandlerFunc) (addr string, trust *authority) {
	t.Helper()
	trust, err := newAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := tls.LoadX509KeyPair(trust.certFile, trust.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String(), trust
}

func TestClientsComeBackWithTheirSession(t *testing.T) {
	addr, trust := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, strings.Repeat("page ", 1000))
	})
	for i, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := newClient(i, addr, trust)
		for n := range 3 {
			v, local := c.visit(t.Context())
			if v.err != nil || local == nil || v.version != version || v.returned != (n > 0) || v.resumed != (n > 0) || v.took <= 0 {
				t.Errorf("visit %d with %s: %+v", n, tls.VersionName(version), v)
			}
		}
	}
}

func TestVisitsThatFail(t *testing.T) {
	addr, trust := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadGateway)
	})
	_, stranger := startServer(t, nil)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	for _, tt := range []struct {
		behaviour string
		patience  time.Duration
		client    *client
		shook     bool // hands
		want      string
	}{
		{"an answer that is not the page", time.Minute, newClient(1, addr, trust), true, `the answer is "HTTP/1.1 502 Bad Gateway"`},
		{"a certificate that is somebody else's", time.Minute, newClient(0, addr, stranger), false, "certificate"},
		{"nobody there", time.Minute, newClient(0, closed.Addr().String(), trust), false, "refused"},
		{"no answer in time", 20 * time.Millisecond, newClient(0, mute.Addr().String(), trust), false, "deadline"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tt.patience)
			defer cancel()
			v, _ := tt.client.visit(ctx)
			if v.err == nil || !strings.Contains(v.err.Error(), tt.want) || (v.version != 0) != tt.shook {
				t.Errorf("%+v\nwant %s", v, tt.want)
			}
		})
	}
}

func TestOnceTellsWhatWasCutFromWhatFailed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	_, trust := startServer(t, nil)
	for _, cut := range []bool{false, true} {
		c := &crowd{wasCut: func(net.Addr) bool { return cut }}
		if c.once(t.Context(), newClient(0, l.Addr().String(), trust)) {
			t.Error("it had an answer")
		}
		if got := c.take(); (got.cut == 1) != cut || (got.failed == 1) == cut {
			t.Errorf("%+v", got)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		c.once(over, newClient(0, l.Addr().String(), trust))
		if got := c.take(); got.cut+got.failed > 0 {
			t.Errorf("the end of the demo is no failure: %+v", got)
		}
	}
}
