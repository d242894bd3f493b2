package lint

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/meter"
)

// marks are what makes lint take a module for one of a language.
var marks = map[language][]byte{
	goLang:         producersSection("language=Go go1.26.8, processed-by=Go cmd/compile go1.26.8"),
	tinyGo:         nameSectionOf("tinygo_launch"),
	rust:           producersSection("language=Rust, processed-by=rustc 1.96.0"),
	zig:            producersSection("processed-by=zig 0.16.0"),
	assemblyScript: nameSectionOf("~lib/rt/itcms/__new"),
	cPlusPlus:      producersSection("language=C11, processed-by=clang 19.1.7"),
}

var languageNames = map[language]string{goLang: "Go", tinyGo: "TinyGo", rust: "Rust", zig: "Zig", assemblyScript: "AssemblyScript", cPlusPlus: "C", unknown: "unknown"}

// nameSectionOf encodes the names of functions 0 and on.
func nameSectionOf(names ...string) []byte {
	content := leb(uint64(len(names)))
	for i, n := range names {
		content = slices.Concat(content, leb(uint64(i)), leb(uint64(len(n))), []byte(n))
	}
	return customSection("name", slices.Concat([]byte{1}, leb(uint64(len(content))), content)...)
}

// A mistake is something that authors do, what the report says of it, and what
// to type instead, by language. A language that cannot make it is not there.
type mistake struct {
	name  string
	guest guest
	text  string // the beginning of a problem or a warning
	say   map[language]string
}

var (
	noResult = abi.Signature{}
	i32s     = []abi.ValueType{abi.I32}
	onInsert = fn{name: "on_session_insert", sig: abi.Signature{Params: i32s, Results: i32s}}
	asAVoid  = fn{name: "on_session_insert", sig: abi.Signature{Params: i32s}}
)

var mistakes = []mistake{
	{"a command instead of a reactor", guest{exports: []fn{{name: "_start"}}, max: 1}, "is a command, to be run once", map[language]string{
		goLang: "-buildmode=c-shared", tinyGo: "-target=wasm-unknown -gc=conservative -scheduler=none", rust: `crate-type = ["cdylib"]`, zig: "-fno-entry -rdynamic",
		assemblyScript: "export the hooks from the entry file", cPlusPlus: "-mexec-model=reactor", unknown: "Zig -fno-entry",
	}},
	{"a command with hooks", guest{exports: []fn{{name: "_start"}, hook}, max: 1}, "exports _start besides its hooks", map[language]string{
		goLang: "-buildmode=c-shared", tinyGo: "-target=wasm-unknown -gc=conservative -scheduler=none", rust: `crate-type = ["cdylib"]`, zig: "-fno-entry -rdynamic",
		assemblyScript: "--exportStart _initialize", cPlusPlus: "-mexec-model=reactor", unknown: "AssemblyScript --exportStart _initialize",
	}},
	{"no hook is exported", guest{exports: []fn{{name: "handle"}}, max: 1}, "exports no hook", map[language]string{
		goLang: "//go:wasmexport on_session_insert", tinyGo: "//go:wasmexport on_session_insert", rust: `#[no_mangle] pub extern "C" fn on_session_insert`, zig: "export fn on_session_insert, and build with -rdynamic",
		assemblyScript: "export function on_session_insert in the entry file", cPlusPlus: `__attribute__((export_name("on_session_insert")))`, unknown: `(export "on_session_insert")`,
	}},
	{"a hook is misspelt", guest{exports: []fn{{name: "onTick", sig: hook.sig}}, max: 1}, "exports onTick, which the host does not know: did you mean on_tick?", map[language]string{
		goLang: "rename it: //go:wasmexport on_tick", tinyGo: "rename it: //go:wasmexport on_tick", rust: `rename it: #[no_mangle] pub extern "C" fn on_tick`, zig: "rename it: export fn on_tick",
		assemblyScript: "rename it: export function on_tick", cPlusPlus: `rename it: __attribute__((export_name("on_tick")))`, unknown: "rename it to on_tick",
	}},
	{"a hook has another type", guest{exports: []fn{asAVoid, {name: "event_buffer", sig: signature("event_buffer")}}, max: 1}, "exports on_session_insert as (func (param i32))", map[language]string{
		goLang: "declare it as func on_session_insert(int32) int32", tinyGo: "declare it as func on_session_insert(int32) int32", rust: "declare it as fn on_session_insert(i32) -> i32",
		zig: "declare it as fn on_session_insert(i32) i32", assemblyScript: "declare it as function on_session_insert(i32): i32", cPlusPlus: "declare it as int32_t on_session_insert(int32_t)",
		unknown: "the types have to be the same, to the bit width",
	}},
	{"no event_buffer", guest{exports: []fn{onInsert}, max: 1}, "exports on_session_insert without event_buffer", map[language]string{
		goLang: `import "github.com/sesshook/sesshook/abi/guest"`, tinyGo: `import "github.com/sesshook/sesshook/abi/guest"`, rust: "export! of the crate sesshook-guest", zig: "export fn event_buffer() i64",
		assemblyScript: "export function event_buffer(): i64", cPlusPlus: "SH_EVENT_BUFFER(4096)", unknown: "export event_buffer as (func (result i64))",
	}},
	{"a function is misspelt", guest{imports: []fn{{abi.Module, "sesion_get", noResult}}, exports: []fn{hook}, max: 1}, "imports sesion_get", map[language]string{
		goLang: "write //go:wasmimport tls_session_v1 session_get", tinyGo: "write //go:wasmimport tls_session_v1 session_get", rust: `wasm_import_module = "tls_session_v1"`,
		zig: `extern "tls_session_v1" fn session_get`, assemblyScript: `@external("tls_session_v1", "session_get")`, cPlusPlus: `import_name("session_get")`, unknown: "write session_get",
	}},
	{"a function has another type", guest{imports: []fn{{abi.Module, "time_now", abi.Signature{Results: i32s}}}, exports: []fn{hook}, max: 1}, "imports time_now from \"tls_session_v1\" as (func (result i32))", map[language]string{
		goLang: "func time_now() int64", tinyGo: "func time_now() int64", rust: "fn time_now() -> i64", zig: "fn time_now() i64", assemblyScript: "function time_now(): i64", cPlusPlus: "int64_t time_now()",
		unknown: "the types have to be the same",
	}},
	{"a function is in env", guest{imports: []fn{{"env", "time_now", noResult}}, exports: []fn{hook}, max: 1}, "imports time_now from \"env\", and this function is in \"tls_session_v1\"", map[language]string{
		goLang: "//go:wasmimport tls_session_v1 time_now", tinyGo: "//go:wasmimport tls_session_v1 time_now", rust: `#[link(wasm_import_module = "tls_session_v1")]`, zig: `extern "tls_session_v1" fn time_now`,
		assemblyScript: `@external("tls_session_v1", "time_now")`, cPlusPlus: `import_module("tls_session_v1")`, unknown: `(import "tls_session_v1" "time_now" …)`,
	}},
	{"a function that nobody has", guest{imports: []fn{{"env", "helper", noResult}}, exports: []fn{hook}, max: 1}, "imports helper from \"env\", which the host does not offer", map[language]string{
		goLang: "//go:wasmimport asks for it", tinyGo: "a missing body asks for it", rust: `an extern "C" block asks for it`, zig: "an extern fn asks for it", assemblyScript: "a declare function asks for it",
		cPlusPlus: "do without -Wl,--allow-undefined", unknown: "the linker makes such imports",
	}},
	{"AssemblyScript's abort", guest{imports: []fn{{"env", "abort", abi.Signature{Params: []abi.ValueType{abi.I32, abi.I32, abi.I32, abi.I32}}}}, exports: []fn{hook}, max: 1}, "imports abort from \"env\"", map[language]string{
		assemblyScript: "asc --use abort=", unknown: "asc --use abort=",
	}},
	{"AssemblyScript's browser", guest{imports: []fn{{"env", "console.log", noResult}}, exports: []fn{hook}, max: 1}, "imports console.log from \"env\", which AssemblyScript takes from a browser", map[language]string{
		assemblyScript: "call random_fill, log and time_now of tls_session_v1",
	}},
	{"a C library that was not linked", guest{imports: []fn{{"env", "printf", noResult}}, exports: []fn{hook}, max: 1}, "imports printf from \"env\", a function of the C library", map[language]string{
		cPlusPlus: "-mexec-model=reactor without -nostdlib", rust: "link it, or do without the C code", unknown: "-mbulk-memory",
	}},
	{"exceptions of C++", guest{imports: []fn{{"env", "__cxa_throw", noResult}}, exports: []fn{hook}, max: 1}, "imports __cxa_throw from \"env\", which C++ needs to throw exceptions", map[language]string{
		cPlusPlus: "-fno-exceptions", unknown: "-fno-exceptions",
	}},
	{"a browser's Go", guest{imports: []fn{{"gojs", "runtime.wasmExit", noResult}}, exports: []fn{hook}, max: 1}, "imports runtime.wasmExit from \"gojs\", which Go needs in a browser", map[language]string{
		goLang: "GOOS=wasip1", tinyGo: "tinygo build -target=wasm-unknown", unknown: "GOOS=wasip1",
	}},
	{"a browser's Go, all of it", guest{imports: []fn{{"gojs", "runtime.wasmExit", noResult}, {"gojs", "runtime.wasmWrite", noResult}, {"gojs", "syscall/js.valueGet", noResult}}, exports: []fn{hook}, max: 1}, "imports runtime.wasmExit and 2 more from \"gojs\", which Go needs in a browser", map[language]string{
		goLang: "GOOS=wasip1", tinyGo: "tinygo build -target=wasm-unknown", unknown: "GOOS=wasip1",
	}},
	{"a component's interface", guest{imports: []fn{{"wasi:cli/stdout@0.2.0", "get-stdout", noResult}}, exports: []fn{hook}, max: 1}, "imports get-stdout from \"wasi:cli/stdout@0.2.0\", an interface of the component model", map[language]string{
		goLang: "GOOS=wasip1", tinyGo: "-target=wasm-unknown", rust: "not wasm32-wasip2", unknown: "WASI preview 1 or none",
	}},
	{"an imported memory", guest{exports: []fn{hook}, importMemory: true}, "imports the memory memory from \"env\"", map[language]string{
		rust: "without --import-memory, in RUSTFLAGS", zig: "zig build-exe without --import-memory", assemblyScript: "without --importMemory", cPlusPlus: "without -Wl,--import-memory", unknown: "without --import-memory",
	}},
	{"a memory without a maximum", guest{exports: []fn{hook}}, "sets no maximum for its memory", map[language]string{
		goLang: "Go has no option for it", tinyGo: "leave it to the sidecar", rust: "-C link-arg=--max-memory=BYTES", zig: "--max-memory=BYTES", assemblyScript: "--maximumMemory PAGES", cPlusPlus: "-Wl,--max-memory=BYTES",
		unknown: `(memory (export "memory") 1 16)`,
	}},
	{"a huge stack", guest{exports: []fn{hook}, min: 17, max: 32, stack: 1 << 20, more: [][]byte{customSection("target_features")}}, "sets aside 1MiB of its memory for its stack", map[language]string{
		tinyGo: "-stack-size=16KB", rust: "-C link-arg=-zstack-size=65536", zig: "--stack 65536", cPlusPlus: "-Wl,-z,stack-size=65536", unknown: "-Wl,-z,stack-size=65536",
	}},
	{"more memory than there may be", guest{exports: []fn{hook}, min: 110, max: 120}, "starts with 110 pages of memory", map[language]string{
		goLang: "large global arrays", tinyGo: "-stack-size=16KB", rust: "-C link-arg=-zstack-size=65536", zig: "--stack 65536", assemblyScript: "--initialMemory 1", cPlusPlus: "-Wl,-z,stack-size=65536",
		unknown: `memory = "7MiB" in NAME.toml`,
	}},
	{"constructors at each call", guest{exports: []fn{hook}, max: 1, more: [][]byte{nameSectionOf("on_tick.command_export")}}, "runs its constructors and destructors at each call", map[language]string{
		rust: "-C link-arg=crt1-reactor.o", zig: "-mexec-model=reactor", cPlusPlus: "-mexec-model=reactor instead of -nostartfiles", unknown: "crt1-reactor.o",
	}},
	{"constructors that nobody calls", guest{exports: []fn{hook, {name: "__wasm_call_ctors"}}, max: 1}, "exports __wasm_call_ctors and no _initialize", map[language]string{
		rust: "build for wasm32-unknown-unknown", zig: "-mexec-model=reactor", cPlusPlus: "export an _initialize that calls __wasm_call_ctors", unknown: "export an _initialize",
	}},
	{"an exported allocator", guest{exports: []fn{hook, {name: "malloc"}, {name: "free"}}, max: 1}, "exports malloc and free: the host takes no memory from a plugin", map[language]string{
		goLang: "leave the exports out", rust: "#[no_mangle]", zig: "leave the export fn out", assemblyScript: "without --exportRuntime", cPlusPlus: "without -Wl,--export=malloc", unknown: "leave the exports out",
	}},
	{"most of it is debug information", guest{exports: []fn{hook}, max: 1, more: [][]byte{customSection(".debug_info", make([]byte, 40<<10)...)}}, "carries 40KiB of debug information, 99% of its size", map[language]string{
		tinyGo: "-no-debug", rust: `strip = "debuginfo"`, zig: "-O ReleaseSmall", assemblyScript: "without --sourceMap", cPlusPlus: "-Wl,--strip-debug", unknown: "--strip-debug",
	}},
	{"files", guest{imports: []fn{{wasiModule, "path_unlink_file", abi.Signature{Params: []abi.ValueType{abi.I32, abi.I32, abi.I32}, Results: i32s}}}, exports: []fn{hook}, max: 1}, "imports path_unlink_file of WASI", map[language]string{
		rust: "do without std::fs", zig: "do without std.fs", cPlusPlus: "do without fopen", unknown: "config_get",
	}},
	{"a call of another type", guest{exports: []fn{hook}, max: 1, more: [][]byte{nameSectionOf("signature_mismatch:helper")}}, "calls helper as if of another type than it is", map[language]string{
		rust: "declare it in its extern block", cPlusPlus: "include the header that declares it", unknown: "declare it everywhere",
	}},
	{"asyncify", guest{exports: []fn{hook, {name: "asyncify_start_unwind"}}, max: 1}, "was built with asyncify", map[language]string{
		tinyGo: "-scheduler=none", cPlusPlus: "without -sASYNCIFY", unknown: "TinyGo: -scheduler=none",
	}},
	{"an object file", guest{exports: []fn{hook}, max: 1, more: [][]byte{customSection("linking")}}, "is an object file that was not linked", map[language]string{
		rust: "build a cdylib", zig: "zig build-exe", cPlusPlus: "clang without -c", unknown: "wasm-ld --no-entry",
	}},
	{"shared memory", guest{exports: []fn{hook}, shared: true}, "needs threads, which this host does not enable", map[language]string{
		rust: "not wasm32-wasip1-threads", zig: "-fsingle-threaded", assemblyScript: "--sharedMemory", cPlusPlus: "-pthread", unknown: "no -pthread",
	}},
	{"exceptions of WebAssembly", guest{exports: []fn{hook}, max: 1, tag: true}, "needs exceptions, which this host does not enable", map[language]string{
		rust: `panic = "abort"`, cPlusPlus: "-fno-exceptions", unknown: "C++ -fno-exceptions",
	}},
}

// TestMistakesAreExplainedInTheAuthorsLanguage makes each mistake in each
// language that can.
func TestMistakesAreExplainedInTheAuthorsLanguage(t *testing.T) {
	for _, m := range mistakes {
		for l, want := range m.say {
			t.Run(m.name+"/"+languageNames[l], func(t *testing.T) {
				g := m.guest
				if mark := marks[l]; mark != nil && !(l == assemblyScript && g.imports != nil && g.imports[0].name == "abort") {
					g.more = append([][]byte{mark}, g.more...)
				}
				r := check(g.encode(), Options{MemoryLimitPages: 103})
				for _, f := range append(slices.Clone(r.Problems), r.Warnings...) {
					if !strings.HasPrefix(f.Text, m.text) {
						continue
					}
					if !strings.Contains(f.Hint, want) {
						t.Errorf("says\n%s\nwant %s", f.Hint, want)
					}
					return
				}
				t.Errorf("nothing begins with %q in\n%s%s", m.text, texts(r.Problems), texts(r.Warnings))
			})
		}
	}
}

// TestEveryHintHasWordsForEveryone looks for tables that leave somebody out.
func TestEveryHintHasWordsForEveryone(t *testing.T) {
	tables := map[string]hint{
		"reactor": reactorHint, "start": startHint, "link": linkHint, "buffer": bufferHint, "stack": stackHint, "maximum": maximumHint, "memory": memoryHint, "own memory": ownMemoryHint, "undefined": undefinedHint,
		"libc": libcHint, "component": componentHint, "browser": browserHint, "constructors": constructorHint, "allocator": allocatorHint, "debug": debugHint, "names": namesHint,
		"exceptions": exceptionHint, "threads": threadHint, "asyncify": asyncifyHint, "files": filesHint, "mismatch": mismatchHint,
	}
	for feature, h := range featureHints {
		tables[feature] = h
	}
	for name, h := range tables {
		for l := unknown; l <= cPlusPlus; l++ {
			if text := h.of(l); text == "" || strings.Contains(text, "\n") {
				t.Errorf("%s: %s has the hint %q", name, languageNames[l], text)
			}
		}
	}
}

// TestWhatTheMeterDoesNotTakeIsExplained uses the errors of the meter, which
// reads code before the runtime does.
func TestWhatTheMeterDoesNotTakeIsExplained(t *testing.T) {
	for name, want := range map[string]string{
		"tail-calls":      "needs tail calls, which this host does not enable: at offset 0x3d, instruction return_call",
		"threads-atomics": "needs threads, which this host does not enable: at offset 0x39, instruction with prefix 0xfe",
		"relaxed-simd":    "needs relaxed SIMD, which this host does not enable: at offset 0x47, instruction with prefix 0xfd",
	} {
		module, err := os.ReadFile(filepath.Join(brokenDir, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		r := check(module, Options{Compile: metered})
		if len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0].Text, want) || r.Problems[0].Hint == "" {
			t.Errorf("%s: got %v, want %s", name, r.Problems, want)
		}
	}
	r := check(guest{exports: []fn{hook}, max: 1}.encode(), Options{Compile: func(context.Context, []byte) error {
		return fmt.Errorf("%w: offset 0x7: instruction x of the brand new proposal isn't accepted", meter.ErrUnsupported)
	}})
	if got, want := texts(r.Problems), "needs brand new, which this host does not enable: at offset 0x7, instruction x\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFramesAreNoPrologues: code that begins alike is not what the linker makes.
func TestFramesAreNoPrologues(t *testing.T) {
	event := abi.Signature{Params: i32s, Results: i32s}
	none, two := abi.Signature{}, abi.Signature{Params: []abi.ValueType{abi.I32, abi.I32}, Results: i32s}
	for _, tt := range []struct {
		behaviour string
		types     []abi.Signature // of functions 0, 1 and so on; the last one is exported
		body      []byte
		want      *frame
	}{
		{"constructors and destructors", []abi.Signature{none, none, event, event}, []byte{0x10, 0, 0x20, 0, 0x10, 2, 0x10, 1, 0x0b}, &frame{0, 1}},
		{"constructors", []abi.Signature{none, event, event}, []byte{0x10, 0, 0x20, 0, 0x10, 1, 0x0b}, &frame{0, -1}},
		{"destructors", []abi.Signature{none, event, event}, []byte{0x20, 0, 0x10, 1, 0x10, 0, 0x0b}, &frame{-1, 0}},
		{"a handler of the same type", []abi.Signature{event, event}, []byte{0x20, 0, 0x10, 0, 0x0b}, nil},
		{"a handler of another type", []abi.Signature{none, two, event}, []byte{0x10, 0, 0x20, 0, 0x20, 0, 0x10, 1, 0x0b}, nil},
		{"something else besides", []abi.Signature{none, event, event}, []byte{0x10, 0, 0x01, 0x20, 0, 0x10, 1, 0x0b}, nil},
		{"more calls", []abi.Signature{none, event, event}, []byte{0x10, 0, 0x10, 0, 0x20, 0, 0x10, 1, 0x0b}, nil},
		{"a function that is not there", []abi.Signature{event}, []byte{0x20, 0, 0x10, 9, 0x0b}, nil},
		{"an end that is not there", []abi.Signature{none, event, event}, []byte{0x10, 0, 0x20, 0, 0x10, 1}, nil},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			m := &wasmModule{wrappers: map[uint32]frame{}}
			for i, s := range tt.types {
				var ft funcType
				for _, p := range s.Params {
					ft.params = append(ft.params, byte(p))
				}
				for _, r := range s.Results {
					ft.results = append(ft.results, byte(r))
				}
				m.types, m.funcs = append(m.types, ft), append(m.funcs, uint32(i))
			}
			last := uint32(len(tt.types) - 1)
			m.wrapper(last, reader{b: tt.body, end: len(tt.body)})
			got, ok := m.wrappers[last]
			if ok != (tt.want != nil) || ok && got != *tt.want {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
}
