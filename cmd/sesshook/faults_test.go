package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A processFarm is nodes with the plugin share, each a process of its own, and
// the crowd that comes to them.
type processFarm struct {
	t     *testing.T // of the fault that is on
	whole *testing.T // ends the farm
	dir   string
	mode  string                     // of share
	flags func(node string) []string // how a node reaches the others
	nodes map[string]*background
	crowd *crowd

	watches []watch // of the fault that is on
}

func newProcessFarm(t *testing.T, mode string) *processFarm {
	t.Helper()
	f := &processFarm{t: t, whole: t, dir: t.TempDir(), mode: mode, nodes: map[string]*background{}, crowd: newCrowd()}
	keys, err := exec.Command("sesshook", "keygen").Output()
	if err != nil {
		t.Fatal(err)
	}
	f.check(os.WriteFile(filepath.Join(f.dir, "farm.keys"), keys, 0o600))
	f.check(os.Mkdir(filepath.Join(f.dir, "compiled"), 0o700))
	return f
}

func (f *processFarm) check(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// installShare puts share into a modules directory, in a mode.
func installShare(modules, mode string) error {
	from := filepath.Join("..", "..", "testdata", "farm")
	module, err := os.ReadFile(filepath.Join(from, "share.wasm"))
	if err != nil {
		return err
	}
	sidecar, err := os.ReadFile(filepath.Join(from, "share.toml"))
	if err != nil {
		return err
	}
	sidecar = shareMode.ReplaceAll(sidecar, []byte(`mode = "`+mode+`"`))
	// The sidecar first: the module is loaded as soon as it is there.
	return errors.Join(
		os.MkdirAll(modules, 0o755),
		os.WriteFile(filepath.Join(modules, "share.toml"), sidecar, 0o644),
		os.WriteFile(filepath.Join(modules, "share.wasm"), module, 0o644),
	)
}

var shareMode = regexp.MustCompile(`(?m)^mode = "\w+"`)

// start starts a node, and has clients come to it as soon as it says that it is
// ready.
func (f *processFarm) start(node string) {
	f.t.Helper()
	f.check(installShare(filepath.Join(f.dir, node), f.mode))
	program, err := exec.LookPath("sesshook")
	f.check(err)
	b := &background{}
	args := append([]string{
		"--node", node, "--modules", node, "--farm-key-file", "farm.keys", "--compile-cache", "compiled", "--drain-timeout", "1s",
	}, f.flags(node)...)
	f.check(b.launch(program, f.dir, os.Environ(), args...))
	f.nodes[node] = b
	process := b.cmd.Process
	f.whole.Cleanup(func() {
		_ = process.Kill()
		<-b.exited
		if f.whole.Failed() {
			f.whole.Logf("[%s]\n%s", node, b.log())
		}
	})
	env, err := b.ready()
	f.check(err)
	if !strings.Contains(b.log(), `msg="plugin loaded" plugin=share`) {
		f.t.Fatalf("%s is ready without share:\n%s", node, b.log())
	}
	f.crowd.open(node, env["LISTEN"], env["ADMIN"])
}

// kill ends a node with SIGKILL. Nobody hears what only it knew: removals of the
// last moment are forgiven.
func (f *processFarm) kill(node string) {
	f.t.Helper()
	f.crowd.close(node)
	f.crowd.forgive(node)
	f.check(f.nodes[node].cmd.Process.Kill())
	<-f.nodes[node].exited
}

func (f *processFarm) signal(node string, s os.Signal) {
	f.t.Helper()
	f.check(f.nodes[node].cmd.Process.Signal(s))
}

// wait waits for a moment, while clients come.
func (f *processFarm) wait(until time.Time) { <-time.After(time.Until(until)) }

// settle waits until clients resume wherever they come.
func (f *processFarm) settle() {
	f.t.Helper()
	for late := time.Now().Add(patience); ; {
		now := time.Now()
		f.wait(now.Add(time.Second))
		if t := f.crowd.between(now, now.Add(time.Second)); t.returns > crowdSize && t.share() >= 0.99 {
			return
		} else if now.After(late) {
			f.t.Fatalf("clients don't resume: %v", t)
		}
	}
}

const (
	// healing is how long a farm may take to be what it was.
	healing = 5 * time.Second
	// looking is for how long it is looked at then.
	looking = 3 * time.Second
	// arrival is how long what one node says may take to the others, on a busy
	// machine.
	arrival = time.Second
)

// try has a fault happen and end, with clients coming, and returns when it
// ended. No handshake may fail on nodes that are open to clients. Once the farm
// has had its time, clients resume again on all nodes, also those who were
// posted before or meanwhile; and no session that was removed is resumed
// anywhere.
func (f *processFarm) try(name string, fault func() (healed time.Time)) {
	f.t.Run(name, func(t *testing.T) {
		outer := f.t
		f.t = t
		defer func() { f.t = outer }()
		f.settle()
		f.crowd.takeFailures() // the last one's
		f.watches = nil
		begun := time.Now()
		healed := fault()
		f.wait(healed.Add(healing))
		after := time.Now()
		f.wait(after.Add(looking))
		during, then := f.crowd.between(begun, healed), f.crowd.between(after, after.Add(looking))
		t.Logf("%s, %s: in the %v that it lasted %v; 99%% %v after healing; from %v on %v", name, f.mode,
			healed.Sub(begun).Round(time.Millisecond), during, f.crowd.recovered(healed).Round(time.Millisecond), healing, then)
		if then.share() < 0.99 {
			t.Errorf("clients don't resume as before: %v", then)
		}
		f.expectPosted()
		f.judge(begun)
	})
}

// post has clients come once to each of some nodes, to come back to others once
// the fault is over.
func (f *processFarm) post(nodes ...string) {
	f.t.Helper()
	for _, node := range nodes {
		w, err := f.crowd.post(node, 20)
		f.check(err)
		f.watches = append(f.watches, w)
	}
}

// expectPosted has them come.
func (f *processFarm) expectPosted() {
	f.t.Helper()
	for _, w := range f.watches {
		t, err := w.comeBack(f.crowd.addresses(w.from))
		f.check(err)
		if t.share() < 0.99 {
			f.t.Errorf("clients who were posted to %s, at other nodes: %v", w.from, t)
		}
	}
}

// judge looks at what happened since a time, and at what was removed at any: a
// node that comes back must hear of what was removed before it was killed.
func (f *processFarm) judge(since time.Time) {
	f.t.Helper()
	removed, all := f.crowd.removedSince(since), f.crowd.removedSince(time.Time{})
	bad, err := f.crowd.risen(all)
	f.check(err)
	f.t.Logf("%d sessions were removed meanwhile, %d in all", len(removed), len(all))
	for _, b := range bad {
		f.t.Errorf("risen from the dead: %s", b)
	}
	for _, failure := range f.crowd.takeFailures() {
		f.t.Errorf("a handshake failed: %s", failure)
	}
	if len(removed) == 0 {
		f.t.Error("nothing was removed, so nothing is shown")
	}
}

// freePort returns an address of this machine where nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// embedded has each node of a farm run a NATS of its own.
func (f *processFarm) embedded(nodes ...string) {
	routes := map[string]string{}
	for _, node := range nodes {
		routes[node] = freePort(f.t)
	}
	f.flags = func(node string) []string {
		flags := []string{"--nats-embedded", "--nats-listen", routes[node]}
		for _, other := range nodes {
			flags = append(flags, "--nats-routes", routes[other])
		}
		return flags
	}
}

// TestFarmOutlivesFaults has clients come to a farm of processes while nodes
// join, are killed, and stand still.
func TestFarmOutlivesFaults(t *testing.T) {
	f := newProcessFarm(t, "push")
	f.embedded("a", "b", "c")
	f.start("a")
	f.start("b")
	f.crowd.start()
	defer f.crowd.end()
	f.nodeFaults()
}

// nodeFaults has a farm of a and b, to which c comes, go through what happens to
// nodes.
func (f *processFarm) nodeFaults() {
	f.try("a node joins late", func() time.Time {
		f.post("a", "b")
		f.start("c")
		return time.Now()
	})
	f.try("a node is killed and comes back", func() time.Time {
		f.post("a", "c")
		if f.mode != "pull" { // what it made is on the others
			f.post("b")
			f.wait(time.Now().Add(arrival))
		}
		f.kill("b")
		f.wait(time.Now().Add(2 * time.Second))
		f.post("a", "c")
		f.start("b")
		return time.Now()
	})
	f.try("a node stands still", func() time.Time {
		f.post("a", "b", "c")
		f.crowd.close("a")
		f.signal("a", sigStop)
		f.wait(time.Now().Add(10 * time.Second))
		f.post("b", "c")
		f.signal("a", sigCont)
		f.crowd.reopen("a")
		return time.Now()
	})
}
