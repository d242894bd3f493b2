package demo

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// startEcho serves connections until its listener is closed: each is told a
// name, and then what it says itself.
func startEcho(t *testing.T, name string) net.Listener {
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
				_, _ = io.WriteString(c, name)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l
}

func openBalancer(t *testing.T, nodes ...net.Listener) *balancer {
	t.Helper()
	b, err := newBalancer()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	for i, l := range nodes {
		b.set(i, l.Addr().String())
	}
	return b
}

func connect(t *testing.T, b *balancer) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", b.addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// talk says text on a new connection, and returns what comes back.
func talk(t *testing.T, b *balancer, text string) string {
	t.Helper()
	c := connect(t, b)
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	_ = c.CloseWrite()
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

func talks(t *testing.T, b *balancer, n int) string {
	t.Helper()
	var all []string
	for range n {
		all = append(all, talk(t, b, "."))
	}
	return strings.Join(all, "")
}

func TestBalancerGoesRoundRobin(t *testing.T) {
	b := openBalancer(t, startEcho(t, "a"), startEcho(t, "b"), startEcho(t, "c"))
	if got := talks(t, b, 6); got != "a.b.c.a.b.c." {
		t.Error(got)
	}
	if got := b.served(); got[0] != 2 || got[1] != 2 || got[2] != 2 {
		t.Error(got)
	}
}

func TestBalancerPassesOverANodeThatRefuses(t *testing.T) {
	down := startEcho(t, "b")
	b := openBalancer(t, startEcho(t, "a"), down, startEcho(t, "c"))
	_ = down.Close()
	if got := talks(t, b, 4); got != "a.c.a.c." {
		t.Error(got)
	}
	b.set(1, startEcho(t, "d").Addr().String())
	if got := talks(t, b, 6); strings.Count(got, "d.") != 2 {
		t.Error(got)
	}
}

func TestBalancerWithNobodyBehindIt(t *testing.T) {
	down := startEcho(t, "a")
	_ = down.Close()
	b := openBalancer(t, down)
	if got, err := io.ReadAll(connect(t, b)); len(got) > 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// password tells the test's own connections from those of programs that look for
// something else on a port that it had.
const password = "the balancer's test"

// startAccepting passes on connections that begin with the password.
func startAccepting(t *testing.T, accepted chan<- *net.TCPConn) net.Listener {
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
				said := make([]byte, len(password))
				if _, err := io.ReadFull(c, said); err == nil && string(said) == password {
					accepted <- c.(*net.TCPConn)
				}
			}()
		}
	}()
	return l
}

// What a doomed node had and did not end well was cut; what others had was not.
func TestBalancerKnowsWhatWasCut(t *testing.T) {
	accepted := make(chan *net.TCPConn)
	b := openBalancer(t, startAccepting(t, accepted), startAccepting(t, accepted))
	for i, cut := range []bool{true, false} {
		c := connect(t, b)
		_, _ = io.WriteString(c, password)
		node := <-accepted
		if cut {
			b.doom(i)
		}
		_ = node.SetLinger(0) // as the end of a process does with what was not read
		_ = node.Close()
		_, err := io.ReadAll(c)
		if got := b.wasCut(c.LocalAddr()); got != cut {
			t.Errorf("node %d: cut is %v after %v", i, got, err)
		}
		if b.wasCut(c.LocalAddr()) {
			t.Error("it is said twice")
		}
	}
}

func TestBalancerCloseCutsWhatIsOpen(t *testing.T) {
	b := openBalancer(t, startEcho(t, "a"))
	c := connect(t, b)
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	b.close()
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
