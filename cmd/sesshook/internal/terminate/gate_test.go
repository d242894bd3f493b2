package terminate

import (
	"net"
	"strings"
	"testing"
)

func listenGated(t *testing.T, limit int) (net.Listener, *record) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := &record{}
	g := Gate(inner, limit, logTo(log))
	t.Cleanup(func() { _ = g.Close() })
	return g, log
}

func TestGateLetsTheNextInWhenOneLeaves(t *testing.T) {
	g, log := listenGated(t, 1)
	for range 3 {
		c, err := net.Dial("tcp", g.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan net.Conn)
	go func() {
		c, err := g.Accept()
		if err != nil {
			t.Error(err)
		}
		second <- c
	}()
	select {
	case <-second:
		t.Fatal("two connections through a gate for one")
	default:
	}
	_ = first.Close()
	_ = first.Close() // makes room once
	c := <-second
	if n := len(g.(*gate).slots); n != 1 {
		t.Errorf("%d connections are counted", n)
	}
	_ = c.Close()
	if lines := log.all(); len(lines) > 1 || len(lines) == 1 && !strings.Contains(lines[0], "connection limit reached") {
		t.Errorf("log: %q", lines)
	}
}

func TestGateClosesWhileItIsFull(t *testing.T) {
	g, _ := listenGated(t, 1)
	c, err := net.Dial("tcp", g.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	done := make(chan error, 1)
	go func() {
		_, err := g.Accept()
		done <- err
	}()
	_ = g.Close()
	if err := <-done; !closed(err) {
		t.Error(err)
	}
	_ = g.Close() // twice is fine
}
