package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/conformance"
	"github.com/sesshook/sesshook/host/internal/cache"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A kitGuest is the kit's guest in a language.
type kitGuest struct {
	language string
	// ownBuffer is whether its SDK lets an author export event_buffer. Where it
	// does not, the rows about that have nothing to run in it.
	ownBuffer bool
}

var kitGuests = []kitGuest{
	{"wat", true},
	{"c", true},
	{"cpp", true},
	{"rust", true},
	{"assemblyscript", true},
	{"go", false},
}

// bufferRows is how many rows have a block for event_buffer: those that a guest
// without ownBuffer does not run. It is here so that no more get lost unseen.
const bufferRows = 13

// guestsDir is where the built guests of the languages are.
const guestsDir = "../abi/conformance/guests"

// TestConformance runs every row of abi/conformance on the real cache and the
// real plugin runtime, through the guest of each language.
func TestConformance(t *testing.T) {
	t.Parallel()
	compiled := t.TempDir() // shared: each guest is compiled once
	guests := kitGuests
	if testing.Short() {
		guests = guests[:1] // with -race: the host is the same whatever the language
	}
	for _, g := range guests {
		t.Run(g.language, func(t *testing.T) {
			module := guest(t, g.language)
			rows, left := g.rows()
			if len(left) > 0 {
				t.Logf("%d rows are run. Not run, because the SDK exports event_buffer itself, are %d: %q", len(rows), len(left), left)
			}
			if !g.ownBuffer && len(left) != bufferRows {
				t.Errorf("%d rows are not run, want %d", len(left), bufferRows)
			}
			for _, row := range rows {
				t.Run(strings.ReplaceAll(row.Name, " ", "_"), func(t *testing.T) {
					t.Parallel()
					b := newBench(t, module, compiled, row.Farm())
					b.run(row.Case(conformance.Host{Seal: b.seal, Node: b.node.String(), Peer: b.peer.node.String()}))
				})
			}
		})
	}
}

// rows returns the rows that a guest runs, and the names of the others.
func (g kitGuest) rows() (run []conformance.Row, left []string) {
	for _, row := range conformance.Rows() {
		if g.ownBuffer || !row.Buffer() {
			run = append(run, row)
		} else {
			left = append(left, row.Name)
		}
	}
	return run, left
}

// guest returns a language's guest. One that is missing is a failure.
func guest(t *testing.T, language string) []byte {
	switch language {
	case "wat":
		return conformance.Guest
	case "go":
		return builtGuest(t)
	}
	module, err := os.ReadFile(filepath.Join(guestsDir, language+".wasm"))
	if err != nil {
		t.Fatalf("the conformance kit's guest in %s is not built: %v", language, err)
	}
	return module
}

// builtGuest returns the guest in Go, built now: it is too large to be kept, and
// who runs this has what builds it.
func builtGuest(t *testing.T) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "go.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, "./"+filepath.Join(guestsDir, "go"))
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the conformance kit's guest in Go can't be built: %v\n%s", err, text)
	}
	module, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// TestEveryGuestIsRun: a guest that is built, and that nobody runs, shows
// nothing.
func TestEveryGuestIsRun(t *testing.T) {
	built, err := filepath.Glob(filepath.Join(guestsDir, "*.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range built {
		language := strings.TrimSuffix(filepath.Base(b), ".wasm")
		if !slices.ContainsFunc(kitGuests, func(g kitGuest) bool { return g.language == language }) {
			t.Errorf("%s is not in the list of guests that are run", b)
		}
	}
}

// A bench is a host as the kit wants it: cache and plugins, with a clock that
// the test moves.
type bench struct {
	t       *testing.T
	module  []byte
	dir     string
	node    session.Node
	skew    atomic.Int64 // ns that the clock is ahead
	keys    *session.Keyring
	foreign *session.Keyring
	cache   *cache.Cache
	plugins *plugin.Manager
	peer    *farmPeer // on a farm, or not
	log     *pluginLog
}

// newBench returns a host for one row. compiled is where native code is kept.
func newBench(t *testing.T, module []byte, compiled string, farm bool) *bench {
	b := &bench{
		t: t, module: module, dir: t.TempDir(), node: nodeID("conformance"), keys: session.RandomKeyring(), foreign: session.RandomKeyring(),
		peer: newFarmPeer(nodeID("the other node")), log: &pluginLog{},
	}
	var bus plugin.Bus
	if farm {
		bus = b.peer
	}
	now := func() int64 { return time.Now().UnixNano() + b.skew.Load() }
	b.cache = cache.New(cache.Config{Now: now, Notify: func(ev session.Event) { b.plugins.Notify(ev) }})
	var err error
	b.plugins, err = plugin.NewManager(plugin.Config{
		Dir: b.dir, Store: b.cache, Keys: b.keys, Node: b.node, TTL: time.Hour, Now: now, Log: slog.New(b.log), Rescan: time.Hour, Settle: time.Millisecond,
		CompileCache: compiled, Bus: bus,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.plugins.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = b.plugins.Close(context.Background()) // whatever a row did to it
		b.cache.Close()
	})
	return b
}

var byClient = session.Source{Origin: abi.FromClient}

func (b *bench) run(c conformance.Case) {
	b.peer.answers = c.Answers
	for _, s := range c.Before {
		b.insert(s, 0)
	}
	loaded := b.load(c, c.Config)
	if c.Refused {
		if loaded {
			b.t.Error("the module was to be refused, and runs")
		}
		return
	}
	if !loaded {
		b.t.Fatalf("not loaded: %s", b.log)
	}
	b.settle(c)
	for n, step := range c.Steps {
		b.step(c, n, step)
		b.settle(c)
	}
	b.compare(c)
}

func (b *bench) meta(s conformance.Session) session.Meta {
	now := time.Now().UnixNano()
	return session.Meta{
		Created: now, Expires: now + int64(s.TTL), Home: b.node, ServerName: s.ServerName, ALPN: s.ALPN,
		Version: s.Version, CipherSuite: s.CipherSuite, Format: s.Format, ClientCert: s.ClientCert, Resumed: s.Resumed,
	}
}

func (b *bench) seal(s conformance.Session) []byte {
	keys := b.keys
	if s.Foreign {
		keys = b.foreign
	}
	return keys.Seal(session.ID(s.ID), b.meta(s), []byte(s.Data))
}

func (b *bench) insert(s conformance.Sealed, flags uint32) {
	b.t.Helper()
	if err := b.cache.Insert(b.session(s), flags, byClient); err != nil {
		b.t.Fatalf("insert %q: %v", s.ID, err)
	}
}

func (b *bench) session(s conformance.Sealed) *session.Session {
	return &session.Session{ID: session.ID(s.ID), Meta: b.meta(s.Session), Sealed: s.Sealed}
}

// load puts the guest with a configuration into the directory; false means that
// it does not run with it.
func (b *bench) load(c conformance.Case, config []byte) bool {
	var sidecar bytes.Buffer
	var table map[string]string
	if err := json.Unmarshal(config, &table); err != nil {
		b.t.Fatal(err)
	}
	if c.Grants != nil {
		fmt.Fprintf(&sidecar, "grants = [")
		for _, g := range c.Grants {
			fmt.Fprintf(&sidecar, "%q,", string(g))
		}
		fmt.Fprintln(&sidecar, "]")
	}
	deadline := "10s"
	if c.Loops {
		deadline = "1s"
	}
	fmt.Fprintf(&sidecar, "miss_deadline = %q\nresume_deadline = \"1s\"\nevent_deadline = %q\ngather = \"0s\"\n", deadline, deadline)
	if c.Tick {
		fmt.Fprintln(&sidecar, `tick = "10ms"`)
	}
	for key, value := range c.Sidecar {
		fmt.Fprintf(&sidecar, "%s = %d\n", key, value)
	}
	fmt.Fprintf(&sidecar, "[config]\nscript = %q\n", table["script"])
	before, _ := b.status()
	b.write("guest.toml", sidecar.Bytes())
	b.write("guest.wasm", b.module)
	b.scan()
	st, _ := b.status()
	return st.Loads > before.Loads
}

func (b *bench) write(name string, data []byte) {
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) scan() {
	if err := b.plugins.Scan(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) status() (plugin.Status, bool) {
	for _, st := range b.plugins.Status() {
		return st, true
	}
	return plugin.Status{}, false
}

func (b *bench) calls(hook string) (n uint64) {
	st, _ := b.status()
	for _, c := range st.Calls {
		if c.Hook == hook {
			for _, of := range c.Results {
				n += of
			}
		}
	}
	return n
}

func (b *bench) step(c conformance.Case, n int, step conformance.Step) {
	s := step.Session
	id := session.ID(s.ID)
	switch step.Do {
	case conformance.DoInsert:
		b.insert(s, 0)
	case conformance.DoOverwrite:
		b.insert(s, abi.Overwrite)
	case conformance.DoRemove:
		b.must(b.cache.Remove(id, abi.Explicit, session.Source{Origin: abi.FromAdmin}))
	case conformance.DoConsume:
		b.must(b.cache.Remove(id, abi.Consumed, byClient))
	case conformance.DoExpire:
		b.skew.Add(int64(s.TTL))
		b.until("expired", func() bool { return b.cache.Stats().Removals[abi.Expired] > 0 })
	case conformance.DoGet:
		_, err := b.cache.Fetch(id, byClient)
		b.must(err)
	case conformance.DoMiss:
		b.plugins.Miss(b.t.Context(), id, b.node)
	case conformance.DoResume:
		if allowed := b.plugins.Resume(b.t.Context(), b.session(s)); allowed == step.Refused {
			b.t.Errorf("step %d: resumption allowed is %v", n, allowed)
		}
	case conformance.DoTick:
		// settle waits for it
	case conformance.DoReload:
		if ok := b.load(c, step.Config); ok == step.Refused {
			b.t.Errorf("step %d: reload succeeded is %v", n, ok)
		}
	case conformance.DoUnload:
		// Disabled rather than removed, so that its metrics can be read.
		b.write("guest.toml", []byte("enabled = false\n"))
		b.scan()
	default:
		b.farmStep(n, step)
	}
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// settle waits until the plugin is idle, and has had a tick if it has them.
func (b *bench) settle(c conformance.Case) {
	before := b.calls("on_tick")
	b.until("idle", func() bool {
		if rest := b.plugins.Rest("guest"); rest != plugin.Idle && rest != plugin.Absent {
			return false
		}
		st, _ := b.status()
		return !c.Tick || st.State != "running" || b.calls("on_tick") > before
	})
}

func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-ticker.C:
		case <-timeout:
			b.t.Fatalf("never %s: %s", what, b.log)
		}
	}
}

func (b *bench) compare(c conformance.Case) {
	st, _ := b.status()
	for name, want := range c.Want {
		if got, ok := st.Values[name]; !ok || got.Value != want {
			b.t.Errorf("%s is %d (set: %v), want %d", name, got.Value, ok, want)
		}
	}
	for _, name := range c.Unset {
		if got, ok := st.Values[name]; ok {
			b.t.Errorf("%s is %d, and was not to be set", name, got.Value)
		}
	}
	for _, line := range c.Logs {
		if !b.log.has(slog.Level(line.Level), line.Text) {
			b.t.Errorf("no line %q at level %d in the log", line.Text, line.Level)
		}
	}
	for _, id := range c.Present {
		if _, err := b.cache.Get(session.ID(id)); err != nil {
			b.t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range c.Absent {
		if _, err := b.cache.Get(session.ID(id)); err == nil {
			b.t.Errorf("%q is in the cache", id)
		}
	}
	if c.Farm {
		b.peer.compare(b.t, c)
	}
	if b.t.Failed() {
		b.t.Logf("calls %+v\nlog:\n%s", st.Calls, b.log)
	}
}

// pluginLog keeps the lines of the log as they were logged.
type pluginLog struct {
	mu    sync.Mutex
	lines []slog.Record
}

func (l *pluginLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *pluginLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *pluginLog) WithGroup(string) slog.Handler            { return l }
func (l *pluginLog) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r)
	return nil
}

func (l *pluginLog) has(level slog.Level, text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.lines {
		if r.Level == level && r.Message == text {
			return true
		}
	}
	return false
}

func (l *pluginLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out strings.Builder
	for _, r := range l.lines {
		fmt.Fprintf(&out, "%v %s", r.Level, r.Message)
		r.Attrs(func(a slog.Attr) bool { fmt.Fprintf(&out, " %v", a); return true })
		out.WriteByte('\n')
	}
	return out.String()
}
