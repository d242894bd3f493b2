package workbench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/host/internal/session"
)

// compiled is where all tests keep compiled code: large modules take a second.
var compiled string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "sesshook-workbench-test-")
	if err != nil {
		panic(err)
	}
	compiled = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

var update = flag.Bool("update", false, "write the golden files anew")

var (
	examples = filepath.Join("..", "..", "..", "testdata", "modules")
	hostiles = filepath.Join("..", "..", "..", "testdata", "hostile")
)

// A played is a run that is over.
type played struct {
	steps []Step
	end   *End
	lines []byte // as JSON
}

// play runs a module on events, "" is those that are made up.
func play(t *testing.T, module, events string, change ...func(*RunConfig)) played {
	t.Helper()
	cfg := RunConfig{Module: module, CompileCache: compiled}
	if events != "" {
		cfg.Events, cfg.EventsName = strings.NewReader(events), "events"
	}
	for _, f := range change {
		f(&cfg)
	}
	var p played
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	var err error
	p.end, err = Run(t.Context(), cfg, func(s *Step) error {
		for i := range s.Calls {
			if s.Calls[i].Took <= 0 {
				t.Errorf("%s took %v", s.Calls[i].Export, s.Calls[i].Took)
			}
			s.Calls[i].Took = 0
		}
		p.steps = append(p.steps, *s)
		return enc.Encode(s)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := enc.Encode(p.end); err != nil {
		t.Fatal(err)
	}
	p.lines = out.Bytes()
	return p
}

// step returns the only step of an event.
func (p played) step(t *testing.T, event string) Step {
	t.Helper()
	var found []Step
	for _, s := range p.steps {
		if s.Event == event {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d steps of %s, want 1:\n%s", len(found), event, p.lines)
	}
	return found[0]
}

// outcomes are those of all steps but the first and the last.
func (p played) outcomes() (all []string) {
	for _, s := range p.steps[1 : len(p.steps)-1] {
		all = append(all, s.Event+": "+s.Outcome)
	}
	return all
}

// exports are those that a step has called.
func exports(s Step) (all []string) {
	for _, c := range s.Calls {
		all = append(all, c.Export)
	}
	return all
}

// withNames writes named.wasm with names of its functions, which wat2wasm leaves out,
// as it does by itself.
func withNames(t *testing.T) string {
	t.Helper()
	var names []byte
	all := map[byte]string{3: "plugin_start", 4: "inserted", 5: "look_into_it", 6: "divide"}
	for _, at := range slices.Sorted(maps.Keys(all)) {
		names = append(names, at, byte(len(all[at])))
		names = append(names, all[at]...)
	}
	section := append([]byte("\x04name\x01"), byte(len(names)+1), byte(len(all)))
	section = append(section, names...)
	path := filepath.Join(t.TempDir(), "named.wasm")
	write(t, path, append(append(read(t, own("named")), 0, byte(len(section))), section...))
	return path
}

func own(name string) string { return filepath.Join("testdata", name+".wasm") }

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestGolden holds runs to the files in testdata/golden, byte by byte: `go test
// -update` writes them anew.
func TestGolden(t *testing.T) {
	tour := string(read(t, filepath.Join("testdata", "tour.jsonl")))
	set := func(assignments ...string) func(*RunConfig) {
		return func(cfg *RunConfig) { cfg.Set = assignments }
	}
	for _, tt := range []struct {
		name, module, events string
		change               func(*RunConfig)
		ok                   bool
	}{
		{"hello", filepath.Join(examples, "hello.wasm"), "", set(), true},
		{"audit", filepath.Join(examples, "audit.wasm"), "", set("id_bytes=4"), true},
		{"pin", filepath.Join(examples, "pin.wasm"), `{"event":"insert","id":"a","tls_version":"1.2"}
{"event":"resume","id":"a"}
{"event":"insert","id":"b"}
{"event":"resume","id":"b"}
{"event":"wait","at":"+2h"}
{"event":"resume","id":"b"}`, set("min_version=1.3", "max_age=1h"), true},
		{"tour", own("tour"), "", set(), true},
		{"tour-events", own("tour"), tour, set("greeting=hello", "n=5"), false},
		{"names-in-the-stack", withNames(t), "", set(), false},
		{"numbers-in-the-stack", own("named"), `{"event":"insert","id":"a"}`, set(), false},
		{"replay-without-end", own("endless"), "", set(), true},
		{"trap", filepath.Join(hostiles, "trap-in-every-hook.wasm"), "", set(), false},
		{"fuel", filepath.Join(hostiles, "loop-in-insert.wasm"), "", set(), false},
		{"pointer", filepath.Join(hostiles, "pointer-wraps-around.wasm"), "", set(`case="03"`), false},
		{"does-not-load", filepath.Join(hostiles, "trap-in-plugin-start.wasm"), "", set(), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := play(t, tt.module, tt.events, tt.change)
			if p.end.OK() != tt.ok {
				t.Errorf("nothing went wrong: %v; %+v", p.end.OK(), p.end)
			}
			compare(t, filepath.Join("testdata", "golden", tt.name+".jsonl"), steady(tt.module, p.lines))
		})
	}
}

// steady takes out of a run what another toolchain changes about the same
// source: of the examples, others decide how they are built.
func steady(module string, lines []byte) []byte {
	if filepath.Dir(module) != examples {
		return lines
	}
	for _, of := range []string{`("sha256":)"[^"]*"`, `("size":)\d+`, `("language":)"[^"]*"`, `("pages":)\d+`, `("fuel":)\d+`, `("export":"event_buffer","result":)\d+,"means":"[^"]*"`, `("export":"plugin_save","result":)\d+,"means":"[^"]*"`} {
		lines = regexp.MustCompile(of).ReplaceAll(lines, []byte("${1}0"))
	}
	return lines
}

func compare(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := read(t, path)
	if bytes.Equal(got, want) {
		return
	}
	gots, wants := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gots), len(wants)) {
		var a, b string
		if i < len(gots) {
			a = gots[i]
		}
		if i < len(wants) {
			b = wants[i]
		}
		if a != b {
			t.Fatalf("%s:%d is not what it was; go test -update writes it anew\ngot  %s\nwant %s", path, i+1, a, b)
		}
	}
}

func TestEveryRunIsTheSame(t *testing.T) {
	var modules []string
	for _, dir := range []string{"modules", "farm", "languages"} { // all that we would have somebody use
		in, err := filepath.Glob(filepath.Join(filepath.Dir(examples), dir, "*.wasm"))
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, in...)
	}
	if len(modules) < 3 {
		t.Fatal(modules)
	}
	kept := len(modules)
	for _, name := range []string{"trap-of-every-kind", "kv-extremes", "log-garbage", "stdout-flood", "session-replay-flood", "session-replay-for-ever", "random-flood", "wasi-reaches-out", "table-grow-without-end", "pointer-over-the-input"} {
		modules = append(modules, filepath.Join(hostiles, name+".wasm"))
	}
	for i, module := range append(modules, own("tour"), own("endless"), own("named")) {
		t.Run(filepath.Base(module), func(t *testing.T) {
			t.Parallel()
			info, err := os.Stat(module)
			if err != nil {
				t.Fatal(err)
			}
			if testing.Short() && (info.Size() > 1<<20 || strings.Contains(module, "replay-flood")) {
				t.Skip("long, under the race detector: what is left covers the same code")
			}
			first, second := play(t, module, ""), play(t, module, "")
			if !bytes.Equal(first.lines, second.lines) {
				compareLines(t, first.lines, second.lines)
			}
			if i < kept && !first.end.OK() {
				t.Errorf("an example fails: %+v", first.end)
			}
		})
	}
}

func compareLines(t *testing.T, first, second []byte) {
	t.Helper()
	a, b := bytes.Split(first, []byte("\n")), bytes.Split(second, []byte("\n"))
	for i := range min(len(a), len(b)) {
		if !bytes.Equal(a[i], b[i]) {
			t.Fatalf("line %d\nfirst  %s\nsecond %s", i+1, a[i], b[i])
		}
	}
	t.Fatalf("%d lines, and %d", len(a), len(b))
}

func TestNoByteOfASealIsShown(t *testing.T) {
	p := play(t, own("tour"), string(read(t, filepath.Join("testdata", "tour.jsonl"))), func(cfg *RunConfig) {})
	if bytes.Contains(p.lines, []byte("hex:f573736b")) || bytes.Contains(p.lines, []byte("9XNza")) {
		t.Error(string(p.lines))
	}
}

func TestGeneratedIDsAreGenuine(t *testing.T) {
	keys, err := session.NewKeyring([]session.Key{runKey()})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []session.ID{firstID, secondID, thirdID} {
		if home, ok := keys.Home([]byte(id)); !ok || home != otherNode {
			t.Errorf("%s: made by %v, %v", id.Hex(), home, ok)
		}
	}
}

func TestFilesThatCantBeUsedAreErrors(t *testing.T) {
	dir := t.TempDir()
	module := filepath.Join(dir, "a.wasm")
	write(t, module, read(t, own("tour")))
	text := filepath.Join(dir, "text.WAT")
	write(t, text, []byte("(module)"))
	for _, tt := range []struct {
		behaviour string
		cfg       RunConfig
		want      string
	}{
		{"no module", RunConfig{Module: filepath.Join(dir, "none.wasm")}, "no such file"},
		{"a directory", RunConfig{Module: dir}, "is a directory"},
		{"a module that was not built", RunConfig{Module: text}, "text.WAT is WebAssembly text: build it with wat2wasm --debug-names " + text + " -o " + strings.TrimSuffix(text, ".WAT") + ".wasm"},
		{"events with a mistake", RunConfig{Module: module, Events: strings.NewReader("{\"event\":\"tick\"}\n{\"event\":\"isnert\"}"), EventsName: "e.jsonl"}, `e.jsonl:2:10: unknown event "isnert"; did you mean "insert"?`},
		{"an event back in time", RunConfig{Module: module, Events: strings.NewReader("{\"event\":\"tick\"}\n{\"event\":\"wait\",\"at\":\"2025-12-31T23:00:00Z\"}"), EventsName: "e.jsonl"}, "e.jsonl:2:22: time does not go back: this is 1h0m0.001s before the event above"},
		{"no events", RunConfig{Module: module, Events: strings.NewReader("# nothing\n"), EventsName: "e.jsonl"}, "e.jsonl has no events"},
		{"a setting that is none", RunConfig{Module: module, Set: []string{"a"}}, `config: "a" is not a setting: write KEY=VALUE`},
		{"no key file", RunConfig{Module: module, FarmKeyFile: filepath.Join(dir, "none")}, "farm keys:"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			_, err := Run(t.Context(), tt.cfg, func(*Step) error { return errors.New("it has run") })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	write(t, filepath.Join(dir, "a.toml"), []byte("instances = 0\ntikc = \"1s\"\n"))
	_, err := Run(t.Context(), RunConfig{Module: module}, nil)
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "a.toml")+`:2:1: unknown key "tikc": did you mean tick?`) {
		t.Error(err)
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAModuleIsNamedByItsFileInAnyCase(t *testing.T) {
	dir := t.TempDir()
	module := filepath.Join(dir, "p.WASM")
	write(t, module, read(t, own("tour")))
	write(t, filepath.Join(dir, "p.toml"), []byte("tick = \"1s\"\n"))
	load := play(t, module, `{"event":"tick"}`).step(t, "load")
	if load.Module.Name != "p" || !load.Module.Sidecar {
		t.Errorf("%+v", load.Module)
	}
}

func TestARunThatIsGivenUpLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp) // what os.TempDir goes by, but on Windows
	full := errors.New("the disk is full")
	_, err := Run(t.Context(), RunConfig{Module: own("tour")}, func(s *Step) error {
		if s.Event == "get" {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = Run(ctx, RunConfig{Module: own("tour")}, func(s *Step) error {
		if s.Event == "get" {
			cancel()
		}
		return nil
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestWhatWasPlayedCanBePlayedAgain(t *testing.T) {
	var saved bytes.Buffer
	first := play(t, own("tour"), "", func(cfg *RunConfig) {
		cfg.Played = func(line []byte) error {
			_, err := saved.Write(line)
			return err
		}
	})
	second := play(t, own("tour"), saved.String())
	lines := regexp.MustCompile(`"line":\d+,`).ReplaceAll(second.lines, nil)
	if !bytes.Equal(lines, first.lines) {
		compareLines(t, first.lines, lines)
	}
}
