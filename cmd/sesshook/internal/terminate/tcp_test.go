package terminate

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// startUpstream is a TCP server that does serve with each connection.
func startUpstream(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return "tcp://" + l.Addr().String()
}

func echo(c net.Conn) { _, _ = io.Copy(c, c) }

func TestTCPPassesBytesBothWays(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, startUpstream(t, echo))})
	c := f.dial(t)
	sent := strings.Repeat("0123456789", 30_000) // more than one buffer
	go func() {
		_, _ = io.WriteString(c, sent)
		_ = c.CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || string(got) != sent {
		t.Errorf("%d of %d bytes, %v", len(got), len(sent), err)
	}
}

func TestTCPPassesTheEndOfOneDirection(t *testing.T) {
	// The upstream answers only once the client has said that it is done.
	f := startFront(t, Config{Upstream: parse(t, startUpstream(t, func(c net.Conn) {
		request, _ := io.ReadAll(c)
		_, _ = io.WriteString(c, "got "+string(request))
	}))})
	c := f.dial(t)
	_, _ = io.WriteString(c, "all of it")
	_ = c.CloseWrite()
	if got, err := io.ReadAll(c); string(got) != "got all of it" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTCPServerMaySpeakFirst(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, startUpstream(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 welcome\r\n") }))})
	c := f.dial(t, "h2") // a client that offers a protocol gets none
	if got, err := io.ReadAll(c); string(got) != "220 welcome\r\n" || err != nil || c.ConnectionState().NegotiatedProtocol != "" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTCPUpstreamThatIsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	f := startFront(t, Config{Upstream: parse(t, "tcp://"+l.Addr().String())})
	if got, err := io.ReadAll(f.dial(t)); len(got) != 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if lines := f.log.all(); len(lines) != 1 || !strings.Contains(lines[0], "upstream failed") {
		t.Errorf("%q", lines)
	}
}

func TestTCPShutdownWaitsForConnections(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, startUpstream(t, echo))})
	c := f.dial(t)
	say(t, c, "before")
	done := make(chan error, 1)
	go func() { done <- f.Shutdown(context.Background()) }()
	if err := <-f.served; err != nil {
		t.Error(err)
	}
	say(t, c, "after")
	_ = c.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// say sends word to an echo, and waits for it to come back.
func say(t *testing.T, c net.Conn, word string) {
	t.Helper()
	_, _ = io.WriteString(c, word)
	got := make([]byte, len(word))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != word {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTCPShutdownCutsConnectionsWhenTimeIsUp(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, startUpstream(t, echo))})
	c := f.dial(t)
	say(t, c, "before")
	if err := f.Shutdown(expired()); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("connection is still open")
	}
}

func TestTCPClientThatSendsNothingIsCutOff(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, startUpstream(t, echo)), HandshakeTimeout: 20 * time.Millisecond})
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("got a byte")
	}
}

// tiredListener fails as one that has run out of file descriptors, and then for
// good.
type tiredListener struct {
	net.Listener
	failures int
}

type tiredError struct{}

func (tiredError) Error() string   { return "too many open files" }
func (tiredError) Temporary() bool { return true }

var errBroken = errors.New("broken for good")

func (l *tiredListener) Accept() (net.Conn, error) {
	if l.failures--; l.failures < 0 {
		return nil, errBroken
	}
	return nil, tiredError{}
}

func TestTCPTriesAgainToAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &record{}
		s := newTCP(Config{Upstream: parse(t, "tcp://127.0.0.1:1"), Log: logTo(out)})
		before := time.Now()
		if err := s.Serve(&tiredListener{failures: 4}); !errors.Is(err, errBroken) {
			t.Error(err)
		}
		if waited := time.Since(before); waited != 75*time.Millisecond { // 5, 10, 20, 40
			t.Errorf("waited %v", waited)
		}
		if n := len(out.all()); n != 1 {
			t.Errorf("%d lines", n)
		}
	})
}

// pipeEnd gives a net.Pipe the half-close that pipe needs.
type pipeEnd struct{ net.Conn }

func (p pipeEnd) CloseWrite() error { return p.Close() }

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, a := net.Pipe()
		b, upstream := net.Pipe()
		start := time.Now()
		ended := make(chan time.Duration, 1)
		go func() {
			pipe(t.Context(), pipeEnd{a}, pipeEnd{b}, time.Hour)
			ended <- time.Since(start)
		}()
		time.Sleep(50 * time.Minute)
		go func() { _, _ = client.Write([]byte("x")) }()
		if _, err := upstream.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
		if life := <-ended; life != 110*time.Minute {
			t.Errorf("closed after %v", life)
		}
		_, _ = client.Close(), upstream.Close()
	})
}
