//go:build interop

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A natsServer is Debian's nats-server on a port of this machine, as a process
// that can be killed and started again.
type natsServer struct {
	addr  string
	dir   string   // that flags are relative to
	flags []string // beside the address
	cmd   *exec.Cmd
}

func (n *natsServer) url() string { return "nats://" + n.addr }

// start returns once it serves.
func (n *natsServer) start() error {
	program, err := exec.LookPath("nats-server")
	if err != nil {
		program = "/usr/sbin/nats-server" // not in everybody's PATH
	}
	_, port, err := net.SplitHostPort(n.addr)
	if err != nil {
		return err
	}
	n.cmd = exec.Command(program, append([]string{"-a", "127.0.0.1", "-p", port}, n.flags...)...)
	n.cmd.Dir = n.dir
	stderr, err := n.cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return fmt.Errorf("%w: install it by apt-get install nats-server", err)
	}
	ready := make(chan string, 1)
	go func() {
		var all strings.Builder
		for s := bufio.NewScanner(stderr); s.Scan(); {
			if strings.Contains(s.Text(), "Server is ready") {
				ready <- ""
			}
			all.WriteString(s.Text() + "\n")
		}
		select {
		case ready <- all.String():
		default:
		}
	}()
	select {
	case log := <-ready:
		if log != "" {
			return errors.New("nats-server: " + log)
		}
		return nil
	case <-time.After(patience):
		return errors.New("nats-server is not ready")
	}
}

// kill is SIGKILL: nobody is told.
func (n *natsServer) kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

// cmdNATS is nats start [FLAG...], nats kill.
func cmdNATS(ts *testscript.TestScript, args []string) error {
	n := ts.Value(natsKey{}).(*natsServer)
	switch args[0] {
	case "start":
		n.dir, n.flags = ts.MkAbs("."), args[1:]
		ts.Setenv("NATS", n.url())
		ts.Defer(n.kill)
		return n.start()
	case "kill":
		n.kill()
		return nil
	}
	return fmt.Errorf("nats: what is %s?", args[0])
}

type natsKey struct{}

// TestInteropFarmOutlivesFaults is TestFarmOutlivesFaults with a NATS of its
// own, which goes away as well, in each mode of share.
func TestInteropFarmOutlivesFaults(t *testing.T) {
	for _, mode := range []string{"push", "pull", "both"} {
		t.Run(mode, func(t *testing.T) {
			n := &natsServer{addr: freePort(t)}
			if err := n.start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.kill)
			f := newProcessFarm(t, mode)
			f.flags = func(string) []string { return []string{"--nats", n.url()} }
			f.start("a")
			f.start("b")
			f.crowd.start()
			defer f.crowd.end()
			f.nodeFaults()
			f.natsFaults(n)
		})
	}
}

// natsFaults has a farm of a, b and c go through what happens to NATS.
func (f *processFarm) natsFaults(n *natsServer) {
	f.try("NATS is killed and comes back", func() time.Time {
		f.post("a", "b", "c")
		n.kill()
		f.wait(time.Now().Add(12 * time.Second)) // until nodes try as rarely as they ever do
		f.post("a", "b", "c")
		f.check(n.start())
		return time.Now()
	})
	f.try("NATS stands still", func() time.Time {
		f.post("a", "b", "c")
		f.check(n.cmd.Process.Signal(syscall.SIGSTOP))
		f.wait(time.Now().Add(10 * time.Second))
		f.post("a", "b", "c")
		f.check(n.cmd.Process.Signal(syscall.SIGCONT))
		return time.Now()
	})
}
