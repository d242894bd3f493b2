package lint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// A guest describes a small module for encode.
type guest struct {
	imports  []fn
	exports  []fn
	min, max byte // pages; max 0 is none
	more     [][]byte

	importMemory bool   // instead of defining it
	shared       bool   // its memory is
	stack        uint32 // what the first global begins with, less than 1 << 27; 0 is no global
	tag          bool   // it has one
	buffer       []byte // code of event_buffer; nil returns one that the host takes
}

func (g guest) bufferBody() []byte {
	if g.buffer == nil {
		return constant64(4096<<32 | abi.MinEventBuffer)
	}
	return g.buffer
}

type fn struct {
	module, name string
	sig          abi.Signature
}

// encode makes a valid module: every export but event_buffer returns zeros, and
// memory is exported.
func (g guest) encode() []byte {
	str := func(s string) []byte { return append(leb(uint64(len(s))), s...) }
	var types, imports, funcs, exports, code []byte
	n := 0
	addType := func(s abi.Signature) []byte {
		types = append(types, 0x60, byte(len(s.Params)))
		for _, p := range s.Params {
			types = append(types, byte(p))
		}
		types = append(types, byte(len(s.Results)))
		for _, r := range s.Results {
			types = append(types, byte(r))
		}
		n++
		return leb(uint64(n - 1))
	}
	for _, i := range g.imports {
		imports = append(imports, slices.Concat(str(i.module), str(i.name), []byte{0}, addType(i.sig))...)
	}
	for i, e := range g.exports {
		funcs = append(funcs, addType(e.sig)...)
		exports = append(exports, slices.Concat(str(e.name), []byte{0}, leb(uint64(len(g.imports)+i)))...)
		body := []byte{0}
		for _, r := range e.sig.Results {
			body = append(body, 0x41+(0x7f-byte(r)), 0)
		}
		body = append(body, 0x0b)
		if e.name == "event_buffer" && len(e.sig.Results) == 1 && e.sig.Results[0] == abi.I64 {
			body = append([]byte{0}, g.bufferBody()...)
		}
		code = append(append(code, leb(uint64(len(body)))...), body...)
	}
	vec := func(n int, content []byte) []byte { return append(leb(uint64(n)), content...) }
	memory := []byte{1, 0, max(g.min, 1)}
	switch {
	case g.shared:
		memory = []byte{1, 3, 1, 1}
	case g.max > 0:
		memory = []byte{1, 1, max(g.min, 1), g.max}
	}
	imported := len(g.imports)
	if g.importMemory {
		imports, memory = slices.Concat(imports, str("env"), str("memory"), []byte{kindMemory}, memory[1:]), nil
		imported++
	}
	exports = append(exports, "\x06memory\x02\x00"...)
	sections := [][]byte{section(1, vec(n, types)...), section(2, vec(imported, imports)...), section(3, vec(len(g.exports), funcs)...)}
	if memory != nil {
		sections = append(sections, section(5, memory...))
	}
	if g.tag {
		sections = append(sections, section(13, 0))
	}
	if g.stack > 0 {
		sections = append(sections, section(6, slices.Concat([]byte{1, 0x7f, 1, 0x41}, []byte{byte(g.stack) | 0x80, byte(g.stack>>7) | 0x80, byte(g.stack>>14) | 0x80, byte(g.stack >> 21)}, []byte{0x0b})...))
	}
	sections = append(sections, section(7, vec(len(g.exports)+1, exports)...), section(10, vec(len(g.exports), code)...))
	return binaryOf(append(sections, g.more...)...)
}

// hook is an export of which a module needs one, and that needs nothing.
var hook = fn{name: "on_tick", sig: abi.Signature{Params: []abi.ValueType{abi.I64}, Results: []abi.ValueType{abi.I32}}}

func check(module []byte, opts Options) *Report { return Check(context.Background(), module, opts) }

func texts(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString(f.Text + "\n")
	}
	return b.String()
}

func TestSoundModuleLoads(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(brokenDir, "sound.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	r := check(module, Options{Name: "sound.wasm", Grants: []abi.Grant{}})
	if err := r.Err(); err != nil || len(r.Warnings) > 0 {
		t.Fatalf("%v, warnings %s", err, texts(r.Warnings))
	}
	golden(t, filepath.Join(brokenDir, "sound.txt"), r)
}

func TestEveryHostFunctionIsOffered(t *testing.T) {
	all := guest{exports: []fn{hook}, max: 1}
	for _, f := range abi.HostFunctions() {
		all.imports = append(all.imports, fn{abi.Module, f.Name, f.Type})
	}
	r := check(all.encode(), Options{Grants: abi.Grants()})
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(abi.Grants(), func(g abi.Grant) bool { return g == abi.SessionsSecrets })
	if !slices.Equal(r.Grants, want) {
		t.Errorf("needs the grants %v, want %v", r.Grants, want)
	}
	for i, f := range abi.HostFunctions() {
		if got := r.Imports[i]; got != (Import{abi.Module, f.Name, wat(f.Type), f.Grant}) {
			t.Errorf("import %d is %+v", i, got)
		}
	}
}

func TestEveryHostFunctionIsJudged(t *testing.T) {
	for _, f := range abi.HostFunctions() {
		t.Run(f.Name, func(t *testing.T) {
			wrong := abi.Signature{Params: append(slices.Clone(f.Type.Params), abi.I64), Results: f.Type.Results}
			for _, tt := range []struct {
				behaviour, want string
				imported        fn
				grants          []abi.Grant
			}{
				{"another type", "imports " + f.Name + " from", fn{abi.Module, f.Name, wrong}, abi.Grants()},
				{"a letter is missing", "did you mean " + f.Name + "?", fn{abi.Module, f.Name[:len(f.Name)-1], f.Type}, abi.Grants()},
				{"another module", "and this function is in \"tls_session_v1\"", fn{"env", f.Name, f.Type}, abi.Grants()},
				{"no grant", fmt.Sprintf("imports %s without the grant %q", f.Name, f.Grant), fn{abi.Module, f.Name, f.Type}, []abi.Grant{}},
			} {
				if f.Grant == abi.Always && len(tt.grants) == 0 {
					continue
				}
				r := check(guest{imports: []fn{tt.imported}, exports: []fn{hook}, max: 1}.encode(), Options{Grants: tt.grants})
				if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Text, tt.want) {
					t.Errorf("%s: got %q, want %q", tt.behaviour, texts(r.Problems), tt.want)
				}
			}
		})
	}
}

func TestEveryGuestExportIsJudged(t *testing.T) {
	buffer := fn{name: "event_buffer", sig: signature("event_buffer")}
	for _, g := range abi.GuestExports() {
		t.Run(g.Name, func(t *testing.T) {
			wrong := abi.Signature{Params: append(slices.Clone(g.Type.Params), abi.I64), Results: g.Type.Results}
			load := func(name string, sig abi.Signature) *Report {
				exports := []fn{{name: name, sig: sig}}
				for _, f := range []fn{hook, buffer} {
					if f.name != g.Name {
						exports = append(exports, f)
					}
				}
				return check(guest{exports: exports, max: 1}.encode(), Options{})
			}
			if err := load(g.Name, g.Type).Err(); err != nil {
				t.Errorf("as it is: %v", err)
			}
			if got := slices.Contains(load(g.Name, g.Type).Hooks, g.Name); got != g.Hook {
				t.Errorf("listed as a hook: %v", got)
			}
			for _, tt := range []struct {
				behaviour, want string
				r               *Report
			}{
				{"another type", "exports " + g.Name + " as ", load(g.Name, wrong)},
				{"a letter is missing", "did you mean " + g.Name + "?", load(g.Name[:len(g.Name)-1], g.Type)},
				{"camel case", "did you mean " + g.Name + "?", load(strings.ReplaceAll(g.Name, "_", ""), g.Type)},
			} {
				if len(tt.r.Problems) != 1 || !strings.Contains(tt.r.Problems[0].Text, tt.want) {
					t.Errorf("%s: got %q, want %q", tt.behaviour, texts(tt.r.Problems), tt.want)
				}
			}
		})
	}
}

func TestGrantsOfTheZeroOptionsAreTheDefault(t *testing.T) {
	for _, f := range abi.HostFunctions() {
		module := guest{imports: []fn{{abi.Module, f.Name, f.Type}}, exports: []fn{hook}, max: 1}.encode()
		if err := check(module, Options{}).Err(); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestWASIOfTheRuntimeIsOffered(t *testing.T) {
	if n := len(wasiFunctions()); n < 40 {
		t.Fatalf("the runtime offers %d functions of WASI", n)
	}
	g := guest{exports: []fn{hook}, max: 1}
	for name, f := range wasiFunctions() {
		var s abi.Signature
		for _, p := range f.params {
			s.Params = append(s.Params, abi.ValueType(p))
		}
		for _, p := range f.results {
			s.Results = append(s.Results, abi.ValueType(p))
		}
		g.imports = append(g.imports, fn{wasiModule, name, s})
	}
	if err := check(g.encode(), Options{Grants: []abi.Grant{}}).Err(); err != nil {
		t.Error(err)
	}
}

func TestWarningsDoNotKeepAModuleFromLoading(t *testing.T) {
	i32 := []abi.ValueType{abi.I32}
	event := abi.Signature{Params: i32, Results: i32}
	buffer := fn{name: "event_buffer", sig: signature("event_buffer")}
	for _, tt := range []struct {
		behaviour, want string
		g               guest
	}{
		{"memory without a maximum", "sets no maximum for its memory: it can grow up to the limit, 6.4MiB", guest{exports: []fn{hook}}},
		{"a maximum above the limit", "may grow its memory to 7.5MiB by its own account, and the limit is 6.4MiB", guest{exports: []fn{hook}, max: 120}},
		{"a command with hooks", "exports _start besides its hooks", guest{exports: []fn{hook, {name: "_start"}}, max: 1}},
		{"asyncify", "was built with asyncify", guest{exports: []fn{hook, {name: "asyncify_start_unwind", sig: abi.Signature{Params: i32}}}, max: 1}},
		{"a miss that cannot be answered", "exports on_session_miss without importing session_insert", guest{exports: []fn{buffer, {name: "on_session_miss", sig: event}}, max: 1}},
		{"messages that nobody subscribed to", "exports on_message without importing message_subscribe", guest{exports: []fn{buffer, {name: "on_message", sig: event}}, max: 1}},
		{"state that is saved and not restored", "exports one of plugin_save and plugin_restore", guest{exports: []fn{hook, {name: "plugin_save", sig: signature("plugin_save")}}, max: 1}},
		{"state that is not read", "exports plugin_restore without importing state_read", guest{exports: []fn{hook, {name: "plugin_save", sig: signature("plugin_save")}, {name: "plugin_restore", sig: event}}, max: 1}},
		{"a hook of another ABI", "exports on_certificate, which is no hook of tls_session_v1", guest{exports: []fn{hook, {name: "on_certificate", sig: event}}, max: 1}},
		{"a name like that of a hook that is there", "exports on_ticks besides on_tick", guest{exports: []fn{hook, {name: "on_ticks", sig: event}}, max: 1}},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			r := check(tt.g.encode(), Options{MemoryLimitPages: 103})
			if err := r.Err(); err != nil {
				t.Fatal(err)
			}
			if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0].Text, tt.want) {
				t.Errorf("got %q, want %q", texts(r.Warnings), tt.want)
			}
		})
	}
}

func TestLargeMemoryIsWarnedOf(t *testing.T) {
	g := guest{exports: []fn{hook}}
	module := g.encode()
	memory := bytes.Index(module, []byte{5, 3, 1, 0, 1}) // its section
	module = slices.Concat(module[:memory], section(5, 1, 1, 0xac, 0x02, 0xac, 0x02), module[memory+5:])
	r := check(module, Options{})
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Text != "starts with 18.8MiB of memory, which every instance takes" {
		t.Errorf("got %q", texts(r.Warnings))
	}
	if want := (Memory{MinPages: 300, MaxPages: 300, HasMax: true}); r.Memory != want {
		t.Errorf("memory %+v", r.Memory)
	}
}

func TestMemoryLimitOfTheZeroOptionsIsTheSidecars(t *testing.T) {
	d := sidecar.Default()
	if got := (Options{}).withDefaults().MemoryLimitPages; got != d.Memory.Pages() || got == 0 {
		t.Errorf("%d pages, and the sidecar has %s", got, d.Memory)
	}
}

func TestLanguageIsRecognised(t *testing.T) {
	for _, tt := range []struct {
		behaviour, want string
		lang            language
		g               guest
	}{
		{"nothing said", "", unknown, guest{}},
		{"Go", "Go 1.26.8", goLang, guest{more: [][]byte{producersSection("language=Go go1.26.8, processed-by=Go cmd/compile go1.26.8")}}},
		{"Rust with parts in C", "Rust (rustc 1.90.0)", rust, guest{more: [][]byte{producersSection("language=C11, language=Rust, processed-by=clang 19.1.7, processed-by=rustc 1.90.0 (1159e78c4 2025-09-14)")}}},
		{"C++", "C++ (clang 19.1.7)", cPlusPlus, guest{more: [][]byte{producersSection("language=C11, language=C_plus_plus_14, processed-by=clang 19.1.7")}}},
		{"C with a libc that an older compiler built", "C (clang 19.1.7)", cPlusPlus, guest{exports: []fn{{name: initialize}}, more: [][]byte{producersSection("language=C11, processed-by=clang 14.0.6, processed-by=clang 19.1.7 (3~deb12u1)")}}},
		{"C with the start file of a libc whose compiler had the same name", "C", cPlusPlus, guest{exports: []fn{{name: initialize}}, more: [][]byte{producersSection("language=C11, processed-by=clang 14.0.6")}}},
		{"C with a libc that a newer compiler built", "C (clang 19.10.0)", cPlusPlus, guest{more: [][]byte{producersSection("language=C11, processed-by=clang 19.10.0, processed-by=clang 19.9.7")}}},
		{"C", "C", cPlusPlus, guest{more: [][]byte{producersSection("language=C11, processed-by=clang")}}},
		{"clang without a language", "C or C++ (clang 19.1.7)", cPlusPlus, guest{more: [][]byte{producersSection("processed-by=clang 19.1.7")}}},
		{"TinyGo by its functions' names", "TinyGo", tinyGo, guest{more: [][]byte{customSection("name", 1, 11, 1, 0, 8, 't', 'i', 'n', 'y', 'g', 'o', '_', 'x')}}},
		{"AssemblyScript by its import", "AssemblyScript", assemblyScript, guest{imports: []fn{{"env", "abort", abi.Signature{Params: []abi.ValueType{abi.I32, abi.I32, abi.I32, abi.I32}}}}}},
		{"AssemblyScript by its runtime", "AssemblyScript", assemblyScript, guest{exports: []fn{{name: "__new"}, {name: "__pin"}, {name: "__unpin"}, {name: "__collect"}}}},
		{"Zig by its imports' names", "Zig", zig, guest{more: [][]byte{nameSectionOf("log|tls_session_v1"), producersSection("language=C11")}}},
		{"Zig by its debug information", "Zig", zig, guest{more: [][]byte{customSection(".debug_str", []byte("a\x00zig 0.16.0\x00")...)}}},
		{"a distribution's clang", "C or C++ (clang 19.1.7)", cPlusPlus, guest{more: [][]byte{producersSectionOf("processed-by", "Debian clang", "19.1.7 (3~deb12u1)")}}},
		{"C++ with a library in C", "C++ (clang 19.1.7)", cPlusPlus, guest{more: [][]byte{nameSectionOf("std::__2::string::size()"), producersSection("language=C11, processed-by=clang 19.1.7")}}},
		{"Rust by its functions' names", "Rust", rust, guest{more: [][]byte{nameSectionOf("core::panicking::panic_fmt")}}},
		{"C by its linker's names", "C or C++", cPlusPlus, guest{more: [][]byte{nameSectionOf("__wasm_call_ctors")}}},
		{"another language", "Swift", unknown, guest{more: [][]byte{producersSection("language=Swift 6.2")}}},
		{"a version with control characters", "Go 1?[31m", goLang, guest{more: [][]byte{producersSection("language=Go, processed-by=Go cmd/compile go1\x1b[31m")}}},
		{"a section that ends early", "", unknown, guest{more: [][]byte{customSection("producers", 1, 8, 'l')}}},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			m, err := parse(tt.g.encode())
			if err != nil {
				t.Fatal(err)
			}
			lang, name := languageOf(m)
			if tt.lang != lang || tt.want != name {
				t.Errorf("got %d, %q; want %d, %q", lang, name, tt.lang, tt.want)
			}
		})
	}
}

// stripped returns a module without its custom sections, as a release build of its
// language is.
func stripped(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out := b[:8:8]
	for at := 8; at < len(b); {
		r := reader{b: b, at: at, end: len(b)}
		id := r.byte("id")
		r.bytes(r.u32("size"), "section")
		if r.err != nil {
			t.Fatal(r.err.text)
		}
		if id != secCustom {
			out = append(out, b[at:r.at]...)
		}
		at = r.at
	}
	return out
}

func TestAssemblyScriptIsRecognisedWithoutNames(t *testing.T) {
	r := check(stripped(t, filepath.Join("..", "..", "..", "..", "testdata", "languages", "watch.wasm")), Options{Grants: abi.Grants()})
	if r.Language != "AssemblyScript" || r.Err() != nil || len(r.Warnings) > 0 {
		t.Errorf("%q, %v, %s", r.Language, r.Err(), texts(r.Warnings))
	}
}

// TestNoOtherLanguageHasAssemblyScriptsStrings looks at data of all languages.
func TestNoOtherLanguageHasAssemblyScriptsStrings(t *testing.T) {
	for _, path := range committed(t) {
		m, err := parse(stripped(t, path))
		if err != nil {
			t.Fatal(err.text)
		}
		if got, want := m.asStrings(), filepath.Base(path) == "watch.wasm"; got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// committed are the modules that are kept for people to use.
func committed(t *testing.T) (paths []string) {
	t.Helper()
	for _, dir := range []string{"modules", "farm", "languages"} {
		in, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "testdata", dir, "*.wasm"))
		if err != nil || len(in) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		paths = append(paths, in...)
	}
	return paths
}

// TestModulesThatAreKeptAreNotWarnedOf but of what their languages can't do
// otherwise: whether they have names or not.
func TestModulesThatAreKeptAreNotWarnedOf(t *testing.T) {
	for _, path := range committed(t) {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, module := range [][]byte{whole, stripped(t, path)} {
			for _, w := range check(module, Options{Grants: abi.Grants()}).Warnings {
				switch {
				case strings.HasPrefix(w.Text, "sets no maximum"), strings.HasPrefix(w.Text, "may grow its memory"):
				case strings.HasPrefix(w.Text, "imports args_get of WASI") && len(module) < len(whole):
					// Go imports it whatever one does, and does not say any more that it is Go.
				default:
					t.Errorf("%s: %s", path, w.Text)
				}
			}
		}
	}
}

func TestOnlyNamesOfFunctionsAreNamesInATrap(t *testing.T) {
	for _, tt := range []struct {
		behaviour string
		names     []byte
		want      bool
	}{
		{"of a function", nameSectionOf("on_tick"), true},
		{"of the module", customSection("name", 0, 2, 1, 'm'), false},
		{"of a variable", customSection("name", 2, 6, 1, 0, 1, 0, 1, 'v'), false},
	} {
		r := check(guest{exports: []fn{hook}, max: 1, more: [][]byte{tt.names}}.encode(), Options{})
		if r.Err() != nil || r.HasNames != tt.want {
			t.Errorf("%s: %v, %v", tt.behaviour, r.HasNames, r.Err())
		}
	}
}

// TestConstantEventBuffersAreJudged: others are found by running them only.
func TestConstantEventBuffersAreJudged(t *testing.T) {
	const page = 1 << 16
	for _, tt := range []struct {
		behaviour string
		body      []byte
		max       byte
		want      string
	}{
		{"large enough", constant64(4096<<32 | 512), 1, ""},
		{"at the end of memory", constant64((page-512)<<32 | 512), 1, ""},
		{"in memory that may be there later", constant64((2*page-512)<<32 | 512), 2, ""},
		{"in memory without a maximum", constant64(100*page<<32 | 512), 0, ""},
		{"too small", constant64(4096<<32 | 511), 1, "offers an event buffer of 511 bytes; at least 512 are needed"},
		{"of nothing", constant64(0), 1, "offers an event buffer of 0 bytes; at least 512 are needed"},
		{"over the end of memory", constant64((page-511)<<32 | 512), 1, "offers an event buffer of 512 bytes at 65025, outside of memory"},
		{"over the limit", constant64(103*page<<32 | 512), 0, "offers an event buffer of 512 bytes at 6750208, outside of memory"},
		{"a failure's code", constant64(-1), 1, "offers an event buffer of 4294967295 bytes at 4294967295, outside of memory"},
		{"that is computed", append(constant64(0)[:2:2], 0x50, 0xad, 0x0b), 1, ""},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			buffer := fn{name: "event_buffer", sig: signature("event_buffer")}
			r := check(guest{exports: []fn{onInsert, buffer}, max: tt.max, buffer: tt.body}.encode(), Options{MemoryLimitPages: 103})
			if got := strings.TrimSpace(texts(r.Problems)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// constant64 is the code of a function that returns n.
func constant64(n int64) []byte {
	b := []byte{0x42}
	for ; n < -64 || n > 63; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n)&0x7f, 0x0b)
}

func TestTheSidecarIsNamedByTheModule(t *testing.T) {
	get := fn{abi.Module, "session_get", signatureOf("session_get")}
	for name, want := range map[string]string{"p.wasm": "p.toml", "dir/p.WASM": "p.toml", "p": "p.toml", "": "NAME.toml"} {
		r := check(guest{imports: []fn{get}, exports: []fn{hook}, max: 1}.encode(), Options{Name: name, Grants: []abi.Grant{}})
		if len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0].Hint, "allow it in "+want+":") {
			t.Errorf("%s: %v", name, r.Problems)
		}
	}
}

// signatureOf returns the type of a host function.
func signatureOf(name string) abi.Signature {
	for _, f := range abi.HostFunctions() {
		if f.Name == name {
			return f.Type
		}
	}
	return abi.Signature{}
}

func TestABrowsersGoIsToldSoFirst(t *testing.T) {
	gojs := fn{"gojs", "runtime.wasmExit", abi.Signature{Params: i32s}}
	r := check(guest{imports: []fn{gojs}, exports: []fn{{name: "run"}}, importMemory: true}.encode(), Options{})
	if len(r.Problems) < 2 || !strings.HasPrefix(r.Problems[0].Text, "imports runtime.wasmExit from \"gojs\"") || !strings.Contains(r.Problems[0].Hint, "GOOS=wasip1") {
		t.Errorf("%s", texts(r.Problems))
	}
}

// TestACommandsConstructorsAreItsOwn: they run once, and nobody linked it without a
// start file.
func TestACommandsConstructorsAreItsOwn(t *testing.T) {
	names := nameSectionOf("_start.command_export")
	for _, exports := range [][]fn{{{name: "_start"}}, {{name: "_start"}, hook}} {
		r := check(guest{exports: exports, max: 1, more: [][]byte{names}}.encode(), Options{})
		if said := texts(r.Problems) + texts(r.Warnings); strings.Contains(said, "constructors") || !strings.Contains(said, "_start") {
			t.Errorf("%s", said)
		}
	}
}

// TestHintsForAllNameAll: where the language is not known, advice is for everyone
// who could have made the mistake.
func TestHintsForAllNameAll(t *testing.T) {
	for name, h := range map[string]hint{"reactor": reactorHint, "start": startHint, "event_buffer": bufferHint, "maximum": maximumHint, "memory": memoryHint, "own memory": ownMemoryHint, "names": namesHint} {
		for _, l := range []string{"Rust", "C", "AssemblyScript"} {
			if !strings.Contains(h.of(unknown), l) {
				t.Errorf("%s: nothing about %s in %s", name, l, h.of(unknown))
			}
		}
	}
}

func TestEveryLanguageHasAdvice(t *testing.T) {
	for l := unknown; l <= cPlusPlus; l++ {
		for _, g := range abi.GuestExports() {
			if d := l.declare(g.Name, g.Type); (l != unknown) != strings.Contains(d, g.Name) {
				t.Errorf("language %d declares %s as %q", l, g.Name, d)
			}
			if !strings.Contains(l.export(g.Name), g.Name) || !strings.Contains(l.imports("m", g.Name), g.Name) {
				t.Errorf("language %d has no advice about %s", l, g.Name)
			}
		}
	}
}

func TestErr(t *testing.T) {
	r := &Report{}
	if r.Err() != nil {
		t.Error("an error without a problem")
	}
	r.problem("is wrong", "mend it")
	r.problem("is wrong", "mend it")
	if got, want := r.Err().Error(), "is wrong (mend it)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.problem("is bad", "")
	if got, want := r.Err().Error(), "2 problems:\n  1. is wrong\n     mend it\n  2. is bad"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var e *Error
	if !errors.As(r.Err(), &e) || e.Line() != "is wrong (mend it); is bad" {
		t.Errorf("one line: %q", e.Line())
	}
}

func TestReportOfAHostileModuleIsBounded(t *testing.T) {
	g := guest{max: 1}
	for i := range maxImports {
		g.imports = append(g.imports, fn{"env", fmt.Sprintf("sesion_get%d\x1b[2J", i), abi.Signature{}})
	}
	for i := range 20_000 {
		g.exports = append(g.exports, fn{name: fmt.Sprintf("on_session_xn%d", i)})
	}
	r := check(g.encode(), Options{Name: "hostile\n.wasm"})
	if len(r.Problems) != maxFindings || r.MoreProblems == 0 || len(r.Warnings) > maxFindings {
		t.Errorf("%d problems and %d more, %d warnings", len(r.Problems), r.MoreProblems, len(r.Warnings))
	}
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil || b.Len() > 128<<10 {
		t.Errorf("%d bytes of text, %v", b.Len(), err)
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("the text holds control characters of the file")
	}
	if n := len(r.Err().Error()); n > 64<<10 {
		t.Errorf("an error of %d bytes", n)
	}
}

func TestJSON(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(brokenDir, "ungranted.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(check(module, Options{Name: "u.wasm", Grants: []abi.Grant{abi.SessionsRead, abi.SessionsWrite}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"name":"u.wasm","size":226,"sha256":"6e4a45b9`, `"language":""`, `"start_function":false`, `"hooks":["on_tick"]`, `"grants":["sessions:read","sessions:write","kv"]`,
		`"memory":{"min_pages":1,"max_pages":1,"has_max":true}`, `{"module":"tls_session_v1","name":"kv_get","type":"(func (param i32 i32 i32 i32) (result i32))","grant":"kv"}`,
		`{"name":"on_tick","type":"(func (param i64) (result i32))","known":true}`, `"warnings":[]`, `"problems":[{"text":"imports kv_get and kv_put without the grant \"kv\"","hint":"allow it in u.toml`,
	} {
		if !bytes.Contains(text, []byte(part)) {
			t.Errorf("no %s in\n%s", part, text)
		}
	}
	empty, err := json.Marshal(check(nil, Options{}))
	if err != nil || bytes.Contains(empty, []byte("null")) {
		t.Errorf("an empty file: %s, %v", empty, err)
	}
}

func TestTooLargeAFileNeedNotBeRead(t *testing.T) {
	r := check([]byte("\x00asm\x01\x00\x00\x00"), Options{Size: 100_000_000})
	want := "is too large: 100000000 bytes (95.4MiB), at most 33554432 (32MiB) are accepted\n"
	if texts(r.Problems) != want || r.Size != 100_000_000 {
		t.Errorf("got %q, want %q", texts(r.Problems), want)
	}
}

func TestCompile(t *testing.T) {
	sound := guest{exports: []fn{hook}, max: 1}.encode()
	t.Run("gets the module once", func(t *testing.T) {
		calls := 0
		r := check(sound, Options{Compile: func(_ context.Context, b []byte) error {
			calls++
			if !bytes.Equal(b, sound) {
				t.Error("other bytes")
			}
			return nil
		}})
		if calls != 1 || r.Err() != nil {
			t.Errorf("%d calls, %v", calls, r.Err())
		}
	})
	t.Run("is not called for what would hurt the runtime", func(t *testing.T) {
		for _, name := range []string{"claims-imports", "claims-locals", "table-too-large", "memory-too-large", "exceptions", "component", "empty"} {
			module, err := os.ReadFile(filepath.Join(brokenDir, name+".wasm"))
			if err != nil {
				t.Fatal(err)
			}
			check(module, Options{Compile: func(context.Context, []byte) error {
				t.Errorf("called for %s", name)
				return nil
			}})
		}
	})
	t.Run("is called for what only lint refuses, to tell everything", func(t *testing.T) {
		module := guest{imports: []fn{{module: "env", name: "x"}}, exports: []fn{hook}, max: 1}.encode()
		r := check(module, Options{Compile: func(context.Context, []byte) error { return errors.New("bad\ncode\x1b") }})
		if want := "imports x from \"env\", which the host does not offer\nis not valid WebAssembly: bad code?\n"; texts(r.Problems) != want {
			t.Errorf("got %q, want %q", texts(r.Problems), want)
		}
	})
	t.Run("may panic", func(t *testing.T) {
		r := check(sound, Options{Compile: func(context.Context, []byte) error { panic("index out of range") }})
		if want := "is not valid WebAssembly: the runtime failed on it: index out of range\n"; texts(r.Problems) != want {
			t.Errorf("got %q, want %q", texts(r.Problems), want)
		}
	})
}

func TestFeaturesAreThoseOfWebAssembly2(t *testing.T) {
	if Features() != api.CoreFeaturesV2 {
		t.Error("other features: the names in runtimeFeatures and what parse refuses have to follow")
	}
}

func TestStartFunctionIsNoted(t *testing.T) {
	g := guest{exports: []fn{{name: "init"}, hook}, max: 1}
	module := g.encode()
	code := bytes.Index(module, []byte{10, 9})
	if code < 0 {
		t.Fatal("no code section")
	}
	r := check(slices.Concat(module[:code], section(8, 0), module[code:]), Options{})
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil || r.Err() != nil || !r.Start || !strings.Contains(b.String(), "start function") {
		t.Errorf("start %v, %v, %s", r.Start, r.Err(), b.String())
	}
}

// TestNoPrefixLoads cuts a module at every byte. Only a cut between the code
// and what follows it leaves a whole module.
func TestNoPrefixLoads(t *testing.T) {
	module, err := os.ReadFile(filepath.Join(brokenDir, "sound.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	whole := 0
	for n := range module {
		r := check(module[:n], Options{})
		if r.Err() == nil {
			whole++
			continue
		}
		text := r.Problems[0].Text
		if !strings.HasPrefix(text, "is truncated") && !strings.HasPrefix(text, "is empty") && !strings.HasPrefix(text, "is a module without content") && !strings.HasPrefix(text, "has no memory") && !strings.HasPrefix(text, "is malformed: in its list of sections") {
			t.Errorf("cut at %d: %s", n, text)
		}
	}
	if whole > 1 {
		t.Errorf("%d prefixes would load", whole)
	}
}

func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(brokenDir, "*.wasm"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range files {
		seed, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, module []byte) {
		r := Check(context.Background(), module, Options{Name: "fuzz.wasm"})
		var b bytes.Buffer
		if err := r.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(b.String(), func(c rune) bool { return c < ' ' && c != '\n' || c == 0x7f }) {
			t.Fatalf("control characters in %q", b.String())
		}
		for _, p := range append(r.Problems, r.Warnings...) {
			if strings.Contains(p.Text+p.Hint, "\n") || p.Text == "" {
				t.Fatalf("not one line: %q", p)
			}
			if strings.Contains(p.Text, "the runtime failed on it") {
				t.Fatalf("the runtime panics on it: %s", p.Text)
			}
		}
		if r.Err() == nil && (len(r.Hooks) == 0 || r.Memory.MinPages > (Options{}).withDefaults().MemoryLimitPages) {
			t.Fatalf("would load: %+v", r)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	g := guest{exports: []fn{hook}, max: 1}
	for i := range 5000 {
		g.exports = append(g.exports, fn{name: fmt.Sprintf("f%d", i), sig: hook.sig})
	}
	module := g.encode()
	for _, bb := range []struct {
		name    string
		compile func(context.Context, []byte) error
	}{{"sections", func(context.Context, []byte) error { return nil }}, {"sections and validation", nil}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(module)))
			for b.Loop() {
				Check(context.Background(), module, Options{Compile: bb.compile})
			}
		})
	}
}
