// Package assemblyscript has no Go: its tests hold the names and numbers of the
// AssemblyScript SDK against package abi, and, with the tag languages, run the SDK's
// own tests, build what is written in AssemblyScript, Zig and WebAssembly's text
// format, and type what their READMEs say. For those they need the tools of
// README.md:
//
//	go test -tags languages ./abi/assemblyscript
package assemblyscript

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func source(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// enum returns the numbers of an enum, or of a frozen object of the fake host.
func enum(t *testing.T, text, name string) map[string]int64 {
	t.Helper()
	body := regexp.MustCompile(`(?s)(?:enum ` + name + ` \{|const ` + name + ` = Object\.freeze\(\{)(.*?)(?:\n\}| \}\))`).FindStringSubmatch(text)
	if body == nil {
		t.Fatalf("no enum %s", name)
	}
	found := make(map[string]int64)
	for _, m := range regexp.MustCompile(`\b([A-Z_]+)(?: = |: )(-?\d+)`).FindAllStringSubmatch(body[1], -1) {
		n, err := strconv.ParseInt(m[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		found[m[1]] = n
	}
	return found
}

// named returns the numbers that have a name, up to where they can't have one.
func named[N ~uint8 | ~uint16](text func(N) string) map[string]int64 {
	names := make(map[string]int64)
	for n := N(0); n < 255; n++ {
		if name := text(n); name != "UNKNOWN" {
			names[strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = int64(n)
		}
	}
	return names
}

func codes() map[string]int64 {
	all := make(map[string]int64)
	for _, c := range abi.Codes() {
		all[c.String()] = int64(c)
	}
	return all
}

func TestNumbersAreThoseOfTheABI(t *testing.T) {
	own := map[string]int64{"NO_ROOM": -1 << 31} // the SDK's
	for _, c := range []struct {
		file, enum string
		want       map[string]int64
		more       map[string]int64 // of the SDK
	}{
		{"code.ts", "Code", codes(), own},
		{"kind.ts", "Kind", named(abi.Kind.String), nil},
		{"kind.ts", "Origin", named(abi.Origin.String), nil},
		{"kind.ts", "Reason", named(abi.Reason.String), nil},
		{"kind.ts", "Format", named(abi.Format.String), nil},
		{"kind.ts", "Flag", map[string]int64{
			"EXISTING": int64(abi.Existing), "REPLACED": int64(abi.Replaced), "RESUMED": int64(abi.Resumed),
			"CLIENT_CERT": int64(abi.ClientCert), "TRUNCATED": int64(abi.Truncated), "REQUEST": int64(abi.Request),
		}, nil},
		{"session.ts", "Insert", map[string]int64{"OVERWRITE": int64(abi.Overwrite), "REVIVE": int64(abi.Revive)}, map[string]int64{"NONE": 0}},
		{"log.ts", "Level", map[string]int64{
			"DEBUG": int64(abi.Debug), "INFO": int64(abi.Info), "WARN": int64(abi.Warn), "ERROR": int64(abi.Error),
		}, nil},
	} {
		want := maps.Clone(c.want)
		maps.Copy(want, c.more)
		if got := enum(t, source(t, filepath.Join("assembly", c.file)), c.enum); !maps.Equal(got, want) {
			t.Errorf("%s has %v, the ABI %v", c.enum, got, want)
		}
		if fake := source(t, filepath.Join("testing", "abi.js")); strings.Contains(fake, "const "+c.enum+" ") {
			if got := enum(t, fake, c.enum); !maps.Equal(got, c.want) {
				t.Errorf("the fake host's %s has %v, the ABI %v", c.enum, got, c.want)
			}
		}
	}
}

func TestLimitsAreThoseOfTheABI(t *testing.T) {
	want := map[string]int{
		"MAX_ID": abi.MaxID, "MAX_SESSION": abi.MaxSession, "MAX_MESSAGE": abi.MaxMessage, "MAX_TOPIC": abi.MaxTopic,
		"MIN_EVENT_BUFFER": abi.MinEventBuffer, "HEADER_SIZE": abi.HeaderSize, "NODE_ID_SIZE": abi.NodeIDSize,
	}
	got := make(map[string]int)
	for _, m := range regexp.MustCompile(`(\w+): i32 = (\d+);`).FindAllStringSubmatch(source(t, "assembly/limits.ts"), -1) {
		got[m[1]], _ = strconv.Atoi(m[2])
	}
	if !maps.Equal(got, want) {
		t.Errorf("limits are %v, the ABI has %v", got, want)
	}
}

// wasmTypes are what AssemblyScript's types are to WebAssembly.
var wasmTypes = map[string]string{"usize": "i32", "u32": "i32", "i32": "i32", "i64": "i64", "void": ""}

// signature writes a function's type as package abi does.
func signature(t *testing.T, parameters, result string) string {
	t.Helper()
	typeOf := func(name string) string {
		wasm, ok := wasmTypes[strings.TrimSpace(name)]
		if !ok {
			t.Errorf("unknown type %q", name)
		}
		return wasm
	}
	var groups, types []string
	for p := range strings.SplitSeq(parameters, ",") {
		if _, name, ok := strings.Cut(p, ":"); ok {
			types = append(types, typeOf(name))
		}
	}
	if len(types) > 0 {
		groups = append(groups, "(param "+strings.Join(types, " ")+")")
	}
	if result := typeOf(result); result != "" {
		groups = append(groups, "(result "+result+")")
	}
	return strings.Join(groups, " ")
}

func TestImportsAreTheHostFunctions(t *testing.T) {
	got := make(map[string]string)
	pattern := regexp.MustCompile(`@external\("(\w+)", "(\w+)"\)\nexport declare function (\w+)\(([^)]*)\): (\w+);`)
	for _, m := range pattern.FindAllStringSubmatch(source(t, "assembly/imports.ts"), -1) {
		if m[1] != abi.Module || m[2] != m[3] {
			t.Errorf("%s imports %s.%s", m[3], m[1], m[2])
		}
		got[m[2]] = signature(t, m[4], m[5])
	}
	want := make(map[string]string)
	for _, f := range abi.HostFunctions() {
		want[f.Name] = f.Type.String()
	}
	if !maps.Equal(got, want) {
		t.Errorf("imports are %v, the ABI has %v", got, want)
	}
}

// phases are the fake host's names of them.
var phases = []struct {
	phase abi.Phase
	name  string
}{
	{abi.InInit, "init"}, {abi.InStart, "start"}, {abi.InRestore, "restore"}, {abi.InEvent, "event"}, {abi.InRequest, "request"}, {abi.InStop, "stop"},
}

func TestFakeHostHasThePhasesAndGrantsOfTheABI(t *testing.T) {
	text := source(t, "testing/abi.js")
	lists := make(map[string]string)
	for _, m := range regexp.MustCompile(`const (ANY|EVENT|KV) = (\[.*\]);`).FindAllStringSubmatch(text, -1) {
		lists[m[1]] = m[2]
	}
	got := make(map[string]string)
	for _, m := range regexp.MustCompile(`(\w+): \{ phases: ([^}]*?)(?:, grant: "([^"]+)")? \}`).FindAllStringSubmatch(text, -1) {
		list, ok := lists[m[2]]
		if !ok {
			list = m[2]
		}
		got[m[1]] = fmt.Sprint(list, m[3])
	}
	want := make(map[string]string)
	for _, f := range abi.HostFunctions() {
		var in []string
		for _, p := range phases {
			if f.Phase&p.phase != 0 {
				in = append(in, strconv.Quote(p.name))
			}
		}
		grant := string(f.Grant)
		if f.Grant == abi.Always {
			grant = ""
		}
		want[f.Name] = fmt.Sprint("[", strings.Join(in, ", "), "]", grant)
	}
	if !maps.Equal(got, want) {
		t.Errorf("the fake host has\n%v, the ABI\n%v", got, want)
	}
}

// TestEveryExportIsDocumented: TSDoc stands before each declaration, and README.md
// names each host function and hook.
func TestEveryExportIsDocumented(t *testing.T) {
	for _, m := range regexp.MustCompile(`export \{ ([^}]+) \} from "\./(\w+)"`).FindAllStringSubmatch(source(t, "assembly/index.ts"), -1) {
		file := source(t, filepath.Join("assembly", m[2]+".ts"))
		for name := range strings.SplitSeq(m[1], ", ") {
			if !regexp.MustCompile(`\*/\n(?:@\w+\n)?export (?:function|class|enum|const|type) ` + name + `\b`).MatchString(file) {
				t.Errorf("%s.ts: %s has no documentation", m[2], name)
			}
		}
	}
	readme := source(t, "README.md")
	for _, e := range abi.GuestExports() {
		if !strings.Contains(readme, "`"+e.Name+"`") {
			t.Errorf("README.md does not name the export %s", e.Name)
		}
	}
	for _, f := range abi.HostFunctions() {
		if !strings.Contains(readme, "`"+f.Name+"`") {
			t.Errorf("README.md does not name the function %s", f.Name)
		}
	}
}
