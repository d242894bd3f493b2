package meter

// The tests of this package import wazero, against the arrow that keeps it out
// of the package: they show what the runtime makes of rewritten modules.

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// A command is one line of a test script in the format of wast2json.
type command struct {
	Type       string  `json:"type"`
	Line       int     `json:"line"`
	Name       string  `json:"name"`
	Filename   string  `json:"filename"`
	As         string  `json:"as"`
	Text       string  `json:"text"`
	ModuleType string  `json:"module_type"`
	Action     action  `json:"action"`
	Expected   []value `json:"expected"`
}

type action struct {
	Type   string  `json:"type"`
	Module string  `json:"module"`
	Field  string  `json:"field"`
	Args   []value `json:"args"`
}

type value struct {
	Type  string `json:"type"`
	Lane  string `json:"lane_type"`
	Value any    `json:"value"`
}

// words are the value as the runtime passes it, in one word or in two.
func (v value) words(t *testing.T) []uint64 {
	text, isText := v.Value.(string)
	switch {
	case v.Value == nil, text == "null":
		return []uint64{0}
	case v.Type == "externref":
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{n + 1} // 0 is null
	case isText:
		return []uint64{number(t, text, width(v.Type))}
	}
	lanes := v.Value.([]any)
	words := make([]uint64, 2)
	bits := width(v.Lane)
	for i, lane := range lanes {
		words[i*bits/64] |= number(t, lane.(string), bits) << (i * bits % 64)
	}
	return words
}

func width(typ string) int {
	bits, _ := strconv.Atoi(typ[1:])
	return bits
}

func number(t *testing.T, text string, bits int) uint64 {
	if strings.HasPrefix(text, "nan") { // canonical or arithmetic
		if bits == 32 {
			return uint64(math.Float32bits(float32(math.NaN())))
		}
		return math.Float64bits(math.NaN())
	}
	if strings.HasPrefix(text, "-") {
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(n) & (1<<bits - 1)
	}
	n, err := strconv.ParseUint(text, 10, bits)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// plenty is a budget that no test uses up.
const plenty = int64(1) << 60

// A side runs a script, through the meter or without it.
type side struct {
	ctx     context.Context
	runtime wazero.Runtime
	metered bool
	all     []api.Module // those with a budget, failed ones too: they may be in tables
	named   map[string]api.Module
	last    api.Module
}

func newSide(t *testing.T, metered bool, features api.CoreFeatures, spectest []byte) *side {
	ctx := context.Background()
	s := &side{ctx: ctx, metered: metered, named: map[string]api.Module{}}
	s.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features))
	t.Cleanup(func() { _ = s.runtime.Close(ctx) })
	if _, err := s.load(spectest, "spectest"); err != nil {
		t.Fatal(err)
	}
	return s
}

// load instantiates a module and runs its start function.
func (s *side) load(wasm []byte, name string) (api.Module, error) {
	hasStart := false
	if s.metered {
		m, err := Rewrite(wasm, Options{})
		if err != nil {
			return nil, err
		}
		wasm, hasStart = m.Bytes, m.HasStart
	}
	config := wazero.NewModuleConfig().WithName(name).WithStartFunctions()
	mod, err := s.runtime.InstantiateWithConfig(s.ctx, wasm, config)
	if err != nil {
		return nil, err
	}
	if s.metered {
		s.all = append(s.all, mod)
		s.fill()
	}
	if hasStart {
		if _, err := mod.ExportedFunction(StartExport).Call(s.ctx); err != nil {
			return nil, fmt.Errorf("start function failed: %w", err)
		}
	}
	return mod, nil
}

// fill gives all modules a budget, because they may call each other.
func (s *side) fill() {
	for _, mod := range s.all {
		mod.ExportedGlobal(FuelExport).(api.MutableGlobal).Set(uint64(plenty))
	}
}

func (s *side) module(name string) api.Module {
	if name == "" {
		return s.last
	}
	return s.named[name]
}

// outcome is the result of an action: values, or the first line of an error.
func (s *side) outcome(t *testing.T, a action) (words []uint64, failure string) {
	mod := s.module(a.Module)
	if mod == nil {
		t.Fatalf("no module %q", a.Module)
	}
	if a.Type == "get" {
		return []uint64{mod.ExportedGlobal(a.Field).Get()}, ""
	}
	var args []uint64
	for _, v := range a.Args {
		args = append(args, v.words(t)...)
	}
	s.fill()
	words, err := mod.ExportedFunction(a.Field).Call(s.ctx, args...)
	return words, firstLine(err)
}

func firstLine(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// wazeroDir is the source of the runtime, which carries the tests.
func wazeroDir(t testing.TB) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
}

func readFile(t testing.TB, path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every assertion of the WebAssembly specification's tests has the same result
// through the meter as without it.
func TestSpecification(t *testing.T) {
	dir := wazeroDir(t)
	spectest := readFile(t, filepath.Join(dir, "testdata", "spectest.wasm"))
	features := map[string]api.CoreFeatures{"v1": api.CoreFeaturesV1, "v2": api.CoreFeaturesV2}
	commands := 0
	for version := range features {
		scripts, err := filepath.Glob(filepath.Join(dir, version, "testdata", "*.json"))
		if err != nil || len(scripts) < 70 {
			t.Fatalf("%d scripts of %s, %v", len(scripts), version, err)
		}
		for _, path := range scripts {
			name := version + "/" + strings.TrimSuffix(filepath.Base(path), ".json")
			t.Run(name, func(t *testing.T) { commands += runScript(t, path, features[version], spectest) })
		}
	}
	t.Logf("%d commands", commands)
	if commands < 60_000 {
		t.Error("that isn't all of them")
	}
}

func runScript(t *testing.T, path string, features api.CoreFeatures, spectest []byte) (commands int) {
	var script struct{ Commands []command }
	if err := json.Unmarshal(readFile(t, path), &script); err != nil {
		t.Fatal(err)
	}
	plain := newSide(t, false, features, spectest)
	metered := newSide(t, true, features, spectest)
	for i := range script.Commands {
		c := &script.Commands[i]
		as := ""
		if i+1 < len(script.Commands) && script.Commands[i+1].Type == "register" {
			as = script.Commands[i+1].As
		}
		if msg := c.run(t, filepath.Dir(path), as, plain, metered); msg != "" {
			t.Errorf("line %d: %s: %s", c.Line, c.Type, msg)
		}
		commands++
	}
	return commands
}

// run runs a command on both sides and says in what they differ, or in what
// they both are not as the script expects.
func (c *command) run(t *testing.T, dir, as string, plain, metered *side) string {
	switch c.Type {
	case "register":
		return ""
	case "module":
		wasm := readFile(t, filepath.Join(dir, c.Filename))
		for _, s := range []*side{plain, metered} {
			mod, err := s.load(wasm, as)
			if err != nil {
				return fmt.Sprintf("metered %v: %v", s.metered, err)
			}
			s.last = mod
			if c.Name != "" {
				s.named[c.Name] = mod
			}
		}
		return ""
	case "action", "assert_return", "assert_trap", "assert_exhaustion":
		want, failure := plain.outcome(t, c.Action)
		got, meteredFailure := metered.outcome(t, c.Action)
		if failure != meteredFailure {
			return fmt.Sprintf("error %q, metered %q", failure, meteredFailure)
		}
		if fails := strings.HasSuffix(c.Type, "trap") || strings.HasSuffix(c.Type, "exhaustion"); fails != (failure != "") {
			return fmt.Sprintf("error %q", failure)
		}
		return c.compare(want, got)
	case "assert_invalid", "assert_malformed", "assert_unlinkable", "assert_uninstantiable":
		if c.ModuleType == "text" {
			return "" // not a binary module
		}
		wasm := readFile(t, filepath.Join(dir, c.Filename))
		_, err := plain.load(wasm, "")
		_, meteredErr := metered.load(wasm, "")
		// wazero forgives active element segments beyond their table.
		forgiven := c.Type == "assert_uninstantiable" && c.Text == "out of bounds table access"
		if (err == nil) != (meteredErr == nil) || err == nil && !forgiven {
			return fmt.Sprintf("%s: error %v, metered %v", c.Filename, err, meteredErr)
		}
		return ""
	}
	return "unknown command"
}

// compare compares values bit by bit, except references, which are addresses.
func (c *command) compare(want, got []uint64) string {
	if len(want) != len(got) {
		return fmt.Sprintf("%d values, metered %d", len(want), len(got))
	}
	for i := range want {
		reference := i < len(c.Expected) && strings.HasSuffix(c.Expected[i].Type, "ref")
		if reference && want[i] != 0 && got[i] != 0 {
			continue
		}
		if want[i] != got[i] {
			return fmt.Sprintf("value %d is %#x, metered %#x", i, want[i], got[i])
		}
	}
	return ""
}
