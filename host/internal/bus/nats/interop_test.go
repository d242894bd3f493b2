//go:build interop

package nats

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/bus/bustest"
	"github.com/sesshook/sesshook/host/internal/session"
)

// external is the nats-server program of the machine.
type external struct {
	t    testing.TB
	addr net.Addr
	args []string
	cmd  *exec.Cmd
}

func newExternal(t testing.TB, args ...string) *external {
	t.Helper()
	e := &external{t: t, addr: nobody(t), args: args}
	t.Cleanup(e.kill)
	e.start()
	return e
}

func (e *external) start() {
	e.t.Helper()
	program, err := exec.LookPath("nats-server")
	if err != nil {
		if program = "/usr/sbin/nats-server"; !executable(program) {
			e.t.Fatalf("%v: install Debian's package nats-server", err)
		}
	}
	_, port, _ := net.SplitHostPort(e.addr.String())
	e.cmd = exec.Command(program, append([]string{"-a", "127.0.0.1", "-p", port}, e.args...)...)
	out := new(lines)
	e.cmd.Stdout, e.cmd.Stderr = out, out
	if err := e.cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	await(e.t, "nats-server", func() bool { return out.count("Server is ready") > 0 })
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// kill is SIGKILL: nothing is said to clients.
func (e *external) kill() {
	if e.cmd != nil {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
		e.cmd = nil
	}
}

func (e *external) signal(s os.Signal) {
	e.t.Helper()
	if err := e.cmd.Process.Signal(s); err != nil {
		e.t.Fatal(err)
	}
}

func TestInteropSuite(t *testing.T) {
	bustest.Run(t, func(t *testing.T, n int) (all []bus.Transport) {
		e := newExternal(t, "-js", "-sd", t.TempDir())
		for range n {
			all = append(all, open(t, e.addr))
		}
		return all
	})
}

func TestInteropKilledAndBack(t *testing.T) {
	e := newExternal(t, "-js", "-sd", t.TempDir())
	a, b := connected(t, e.addr), connected(t, e.addr)
	got := hear(t, b, "x")
	put(t, a, "k", "1", 0)
	e.kill()
	down(t, a)
	down(t, b)
	if err := a.Publish("x", "", nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Publish: %v", err)
	}
	e.start()
	up(t, a)
	up(t, b)
	if err := a.Publish("x", "", []byte("again")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, got); string(d.Data) != "again" {
		t.Errorf("delivered %+v", d)
	}
	wantNone(t, b, "k")
	put(t, a, "k", "2", 0)
	wantValue(t, b, "k", "2")
}

// A broker that is stopped takes what is sent until buffers are full. Then
// Publish must not hang, and the connection is given up.
func TestInteropStopped(t *testing.T) {
	e := newExternal(t)
	a, b := connected(t, e.addr), connected(t, e.addr)
	got := hear(t, b, "x")
	e.signal(syscall.SIGSTOP)
	data := make([]byte, 128<<10)
	await(t, "a refusal", func() bool { return a.Publish("x", "", data) != nil })
	down(t, a)
	promptly(t, "Subscribe and Link", func() {
		if _, err := a.Subscribe("y", func(bus.Delivery) {}); err != nil {
			t.Error(err)
		}
		a.Link()
	})
	e.signal(syscall.SIGCONT)
	up(t, a)
	await(t, "a message", func() bool {
		if err := a.Publish("x", "", []byte("after")); err != nil {
			return false
		}
		for {
			select {
			case d := <-got:
				if string(d.Data) == "after" {
					return true
				}
			default:
				return false
			}
		}
	})
}

func TestInteropExpiredValues(t *testing.T) {
	e := newExternal(t, "-js", "-sd", t.TempDir())
	a, b := connected(t, e.addr), connected(t, e.addr)
	put(t, a, "k", "x", 1e9)
	if a.bucket.handle.lifetimes { // this nats-server is not Debian 12's: nothing is left to readers
		return
	}
	later(b, 1e9)
	wantNone(t, b, "k")
	later(b, 1e9+clockSkew)
	wantNone(t, b, "k")
	if n := stored(t, a); n != 0 {
		t.Errorf("%d values are left", n)
	}
	for i := range 10 {
		put(t, a, fmt.Sprint("k", i), "x", 1e9)
	}
	put(t, a, "kept", "x", 0)
	n, err := b.bucket.sweepNow(timely(t), b.bucket.handle)
	if n != 10 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	wantValue(t, a, "kept", "x")
}

func TestInteropWithoutJetStream(t *testing.T) {
	e := newExternal(t)
	log := new(lines)
	a := connected(t, e.addr, func(c *Config) { c.Log = log.logger() })
	if err := a.Put(timely(t), "k", nil, 0); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Put: %v", err)
	}
	if log.count("start nats-server with -js") != 1 {
		t.Errorf("log:\n%s", log)
	}
}

func TestInteropUserAndTLS(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("server", "127.0.0.1")
	ca.issue("node")
	e := newExternal(t, "--user", "node", "--pass", "s3cret",
		"--tlsverify", "--tlscert", ca.file("server.pem"), "--tlskey", ca.file("server.key"), "--tlscacert", ca.file("ca.pem"))
	right := func(c *Config) {
		c.Servers = []string{"tls://node:s3cret@" + e.addr.String()}
		c.CA, c.Cert, c.Key = ca.file("ca.pem"), ca.file("node.pem"), ca.file("node.key")
	}
	a, b := connected(t, e.addr, right), connected(t, e.addr, right)
	got := hear(t, a, "x")
	if err := b.Publish("x", "", nil); err != nil {
		t.Fatal(err)
	}
	next(t, got)
	wrong := open(t, e.addr, right, func(c *Config) { c.Servers = []string{"tls://node:guess@" + e.addr.String()} })
	await(t, "a refusal", func() bool { return strings.Contains(wrong.Link().Err, "refuses the user") })
}

func TestInteropPermissions(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "nats.conf")
	err := os.WriteFile(conf, []byte(`authorization { users = [ { user: node, password: p, permissions: { publish: ["sesshook.>"], subscribe: ["_INBOX.>"] } } ] }`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	e := newExternal(t, "-c", conf)
	log := new(lines)
	a := connected(t, e.addr, func(c *Config) {
		c.Servers = []string{"nats://node:p@" + e.addr.String()}
		c.Log = log.logger()
	})
	hear(t, a, "sesshook.x")
	await(t, "a line that says what to allow", func() bool { return log.count("allow it to publish and subscribe to sesshook.>") == 1 })
	if !a.Link().Up {
		t.Error("down")
	}
}
