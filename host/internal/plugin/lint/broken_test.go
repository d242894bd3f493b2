package lint

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/meter"
)

var update = flag.Bool("update", false, "write the built modules and the golden reports of testdata/broken")

const brokenDir = "../../../../testdata/broken"

// A broken module, its first problem, and options other than the default's.
type broken struct {
	name, problem string
	opts          Options
}

// brokenModules lists every file of testdata/broken: one for each way to fail.
var brokenModules = []broken{
	// Not a module at all.
	{name: "empty", problem: "is empty: it holds 0 bytes"},
	{name: "zeros", problem: "holds 4096 bytes, all of them zero"},
	{name: "text-wat", problem: "is WebAssembly text, not a binary module"},
	{name: "text-html", problem: "is an HTML page"},
	{name: "text-script", problem: "is a script"},
	{name: "text-lfs", problem: "is a pointer of Git LFS, not the module that it stands for"},
	{name: "text-base64", problem: "is a module in base64"},
	{name: "text", problem: "is a text file, not WebAssembly"},
	{name: "gzip", problem: "is compressed with gzip"},
	{name: "zip", problem: "is a zip archive"},
	{name: "tar", problem: "is a tar archive"},
	{name: "elf", problem: "is a native program (ELF), not WebAssembly"},
	{name: "static-library", problem: "is a static library"},
	{name: "binary", problem: "is not WebAssembly: it starts with 89 50 4e 47, and a module starts with 00 61 73 6d"},
	{name: "too-large", problem: "is too large: 4096 bytes (4KiB), at most 1000 (1000 bytes) are accepted", opts: Options{MaxSize: 1000}},

	// Not a whole module, or not one of this kind.
	{name: "truncated-header", problem: "is truncated: it holds 6 bytes, and the header alone is 8"},
	{name: "truncated-section", problem: "is truncated: it ends inside its code section, which starts at offset 108: 27 bytes long, and 8 of them are there"},
	{name: "truncated-section-header", problem: "is truncated: it ends in the header of its type section, which starts at offset 8"},
	{name: "truncated-between", problem: "is truncated: it ends at offset 108, after its export section, before the code section: it declares 2 functions and has the code of 0"},
	{name: "trailing-bytes", problem: "is malformed: at offset 165, after its data section, a section has the unknown number 84"},
	{name: "component", problem: "is a component of the component model, not a core module"},
	{name: "version-2", problem: "is WebAssembly of version 2, layer 0; this host reads version 1, layer 0"},
	{name: "header-only", problem: "is a module without content: a header and nothing else"},
	{name: "object-file", problem: "is an object file that was not linked"},
	{name: "shared-library", problem: "is a shared library, to be linked into another module at run time"},
	{name: "core-dump", problem: "is a core dump of a module, not the module"},

	// Lengths that are lies: the runtime would allocate by them.
	{name: "claims-imports", problem: "is malformed: in its import section, at offset 10, it claims 4294967295 imports, and the 0 bytes that are left cannot hold them"},
	{name: "claims-parameters", problem: "is malformed: in its type section, at offset 12, it claims 4294967295 parameters, and the 0 bytes that are left cannot hold them"},
	{name: "claims-locals", problem: "has 4294967295 local variables in function 0; at most 50000 are accepted"},
	{name: "claims-elements", problem: "is malformed: in its element section, at offset 13, it claims 4294967295 elements, and the 0 bytes that are left cannot hold them"},
	{name: "claims-names", problem: `is malformed: in its custom section "name", at offset 17, it claims 4294967295 names, and the 0 bytes that are left cannot hold them`},
	{name: "claims-name-length", problem: "is malformed: in its custom section, at offset 15, the name of a custom section should be 4294967295 bytes long and only 0 are left"},
	{name: "table-too-large", problem: "has 100000000 initial table elements; at most 1048576 are accepted"},
	{name: "number-too-long", problem: "is malformed: in its type section, at offset 10, the number of types is no 32-bit number"},
	{name: "section-twice", problem: "is malformed: at offset 11, a type section stands after its type section"},
	{name: "name-not-utf8", problem: "is malformed: in its export section, at offset 11, the name of an export is not valid UTF-8"},

	// Not a plugin.
	{name: "command", problem: "is a command, to be run once: it exports _start and no hook"},
	{name: "command-go", problem: "is a command, to be run once: it exports _start and no hook"},
	{name: "command-tinygo", problem: "is a command, to be run once: it exports _start and no hook"},
	{name: "command-rust", problem: "is a command, to be run once: it exports _start and no hook"},
	{name: "command-c", problem: "is a command, to be run once: it exports _start and no hook"},
	{name: "command-zig", problem: "is a command, to be run once: it exports _start and no hook"},
	{name: "command-with-hooks-misspelt", problem: "exports on_session_inserted, which the host does not know: did you mean on_session_insert?"},
	{name: "command-go-with-hooks", problem: "exports _start besides its hooks and no _initialize"},
	{name: "no-hooks", problem: "exports no hook: the host would never call it"},
	{name: "no-exports", problem: "does not export its memory"},

	// Memory.
	{name: "no-memory", problem: "has no memory, through which the host and a plugin exchange everything"},
	{name: "memory-not-exported", problem: "does not export its memory"},
	{name: "memory-imported", problem: "does not export its memory"},
	{name: "memory-is-a-function", problem: "exports memory as a function, and it has to be the linear memory"},
	{name: "memory-too-large", problem: "starts with 2000 pages of memory (125MiB), and the limit is 1024 pages (64MiB)"},
	{name: "memory-upside-down", problem: "has a memory whose minimum, 4 pages, is above its maximum, 2"},
	{name: "two-memories", problem: "has 2 memories; the host runs modules with one"},

	// Features that are off.
	{name: "memory-64", problem: "needs 64-bit memory, which this host does not enable"},
	{name: "threads", problem: "needs threads, which this host does not enable: its memory section shares its memory"},
	{name: "threads-atomics", problem: "needs threads, which this host does not enable"},
	{name: "exceptions", problem: "needs exceptions, which this host does not enable"},
	{name: "exceptions-imported", problem: "needs exceptions, which this host does not enable: its import section imports a tag"},
	{name: "tail-calls", problem: "needs tail calls, which this host does not enable"},
	{name: "extended-constants", problem: "needs extended constants, which this host does not enable"},
	{name: "typed-references", problem: "needs typed function references, which this host does not enable"},
	{name: "relaxed-simd", problem: "needs relaxed SIMD, which this host does not enable: at offset 0x47, instruction with prefix 0xfd and a number above 255", opts: Options{Compile: metered}},

	// Imports.
	{name: "import-misspelt", problem: `imports session_fetch from "tls_session_v1", which has no function of that name`},
	{name: "import-wrong-type", problem: `imports session_insert from "tls_session_v1" as (func (param i32 i32 i32 i32 i32 i32) (result i32)), and it is (func (param i32 i32 i32 i32 i64 i32) (result i32))`},
	{name: "import-wrong-type-go", problem: `imports session_remove from "tls_session_v1" as (func (param i32 i64) (result i64)), and it is (func (param i32 i32) (result i32))`},
	{name: "import-wrong-module", problem: `imports session_get from "env", and this function is in "tls_session_v1"`},
	{name: "import-other-version", problem: `imports session_fetch from "tls_session_v2"; this host offers "tls_session_v1"`},
	{name: "import-assemblyscript", problem: `imports abort from "env", to which AssemblyScript reports failed assertions`},
	{name: "import-libc", problem: `imports printf from "env", a function of the C library, which was not linked`},
	{name: "import-exceptions", problem: `imports __cxa_allocate_exception from "env", which C++ needs to throw exceptions`},
	{name: "import-toolchains", problem: `imports runtime.wasmExit from "gojs", which Go needs in a browser`},
	{name: "import-wasi", problem: `imports fd_wirte from "wasi_snapshot_preview1", which has no function of that name`},
	{name: "import-no-functions", problem: `imports the global __stack_pointer from "env", and the host offers functions only`},
	{name: "import-other-plugin", problem: `imports on_session_insert from "audit", which the host does not offer`},
	{name: "ungranted", problem: `imports session_insert without the grant "sessions:write"`, opts: Options{Grants: []abi.Grant{abi.SessionsRead}}},

	// Exports.
	{name: "hook-misspelt", problem: "exports event_bufer, which the host does not know: did you mean event_buffer?"},
	{name: "hook-wrong-type", problem: "exports event_buffer as (func (param i32) (result i32)), and it has to be (func (result i64))"},
	{name: "hook-wrong-type-rust", problem: "exports on_session_insert as (func (param i64)), and it has to be (func (param i32) (result i32))"},
	{name: "hook-not-a-function", problem: "exports event_buffer as a table, and it has to be a function (func (result i64))"},
	{name: "export-mangled", problem: "exports _Z17on_session_insertj, which the host does not know: did you mean on_session_insert?"},
	{name: "no-event-buffer", problem: "exports on_session_get without event_buffer, which says where the host is to write events"},

	// Code.
	{name: "invalid-types", problem: "is not valid WebAssembly: "},
	{name: "invalid-duplicate-export", problem: "is not valid WebAssembly: "},

	{name: "everything", problem: "needs exceptions, which this host does not enable", opts: Options{Grants: []abi.Grant{}}},
}

// warnedModules load, and would better be built in another way: the warning that
// says so, of those that they get.
var warnedModules = []struct{ name, warning string }{
	{"warned-allocator", "exports malloc and free: the host takes no memory from a plugin"},
	{"warned-constructors", "runs its constructors and destructors at each call"},
	{"warned-constructors-exported", "exports __wasm_call_ctors and no _initialize"},
	{"warned-constructors-stripped", "runs its constructors and destructors at each call"},
	{"warned-files", "imports path_open and args_get of WASI"},
	{"warned-mismatch", "calls helper as if of another type than it is"},
	{"warned-runtime", "was built with a runtime that never frees memory by itself"},
	{"warned-runtime-stripped", "was built with a runtime that never frees memory by itself"},
	{"warned-stack", "sets aside 1MiB of its memory for its stack"},
	{"warned-stack-stripped", "sets aside 1MiB of its memory for its stack"},
	{"warned-stack-unknown", "most of the 129 pages of its memory hold nothing when it starts: a large stack, perhaps"},
	{"warned-start", "exports _start besides its hooks"},
	{"warned-stack-behind-data", "sets aside 16MiB of its memory for its stack and variables that begin as zero"},
}

// metered judges code as a host does.
func metered(_ context.Context, module []byte) error {
	_, err := meter.Rewrite(module, meter.Options{})
	return err
}

func leb(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func section(id byte, content ...byte) []byte {
	return slices.Concat([]byte{id}, leb(uint64(len(content))), content)
}

func customSection(name string, content ...byte) []byte {
	return section(0, slices.Concat(leb(uint64(len(name))), []byte(name), content)...)
}

func binaryOf(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), slices.Concat(sections...)...)
}

// generated are the files that no text can be built into; sound is a module
// that loads.
func generated(sound []byte) map[string][]byte {
	huge := leb(0xffffffff)
	var packed bytes.Buffer
	zw := gzip.NewWriter(&packed)
	zw.Write(sound)
	zw.Close()
	code := 8 // the offset of the code section
	for sound[code] != 10 {
		code += 2 + int(sound[code+1])
	}
	return map[string][]byte{
		"empty":          {},
		"zeros":          make([]byte, 4096),
		"text-wat":       []byte("\n  ;; not built yet\n(module\n  (memory (export \"memory\") 1))\n"),
		"text-html":      []byte("<!DOCTYPE html>\n<title>404 Not Found</title>\n"),
		"text-script":    []byte("#!/bin/sh\nexec wat2wasm plugin.wat\n"),
		"text-lfs":       []byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1818638\n"),
		"text-base64":    []byte(base64.StdEncoding.EncodeToString(sound) + "\n"),
		"text":           []byte("ein Spaß, kein Modul\n"),
		"gzip":           packed.Bytes(),
		"zip":            append([]byte("PK\x03\x04\x14\x00"), sound...),
		"tar":            append(append(make([]byte, 257), "ustar\x0000"...), sound...),
		"elf":            append([]byte("\x7fELF\x02\x01\x01\x00"), make([]byte, 56)...),
		"static-library": []byte("!<arch>\nplugin.o/       0           0     0     644     8         `\n\x00asm\x01\x00\x00\x00"),
		"binary":         []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
		"too-large":      append(slices.Clone(sound), customSection("padding", make([]byte, 4096-len(sound)-11)...)...),

		"truncated-header":         sound[:6],
		"truncated-section":        sound[:code+2+8],
		"truncated-section-header": sound[:9],
		"truncated-between":        sound[:code],
		"trailing-bytes":           append(slices.Clone(sound), "Thank you for downloading"...),
		"component":                []byte("\x00asm\x0d\x00\x01\x00\x00\x08\x04name\x00\x02\x01x"),
		"version-2":                append([]byte("\x00asm\x02\x00\x00\x00"), sound[8:]...),

		"claims-imports":     binaryOf(section(2, huge...)),
		"claims-parameters":  binaryOf(section(1, slices.Concat([]byte{1, 0x60}, huge)...)),
		"claims-locals":      binaryOf(section(1, 1, 0x60, 0, 0), section(3, 1, 0), section(10, slices.Concat([]byte{1, 8, 1}, huge, []byte{0x7e, 0x0b})...)),
		"claims-elements":    binaryOf(section(9, slices.Concat([]byte{1, 1, 0}, huge)[:8]...)),
		"claims-names":       binaryOf(customSection("name", slices.Concat([]byte{1, 5}, huge)...)),
		"claims-name-length": binaryOf(section(0, huge...)),
		"number-too-long":    binaryOf(section(1, 0x80, 0x80, 0x80, 0x80, 0x80, 0)),
		"typed-references":   binaryOf(section(1, 1, 0x60, 1, 0x64, 0, 0)),
		"section-twice":      binaryOf(section(1, 0), section(1, 0)),
		"name-not-utf8":      binaryOf(section(7, 1, 2, 0xff, 0xfe, 0, 0)),
	}
}

// build makes a module of the WAT file at path. Lines at its top say what the
// text format cannot: ";; flags:" for wat2wasm, ";; section:" and ";;
// producers:" for custom sections.
func build(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{path, "-o", filepath.Join(t.TempDir(), "out.wasm")}
	var added []byte
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, ";;")), ": ")
		switch key {
		case "flags":
			args = append(args, strings.Fields(value)...)
		case "section":
			added = append(added, customSection(value)...)
		case "producers":
			added = append(added, producersSection(value)...)
		}
	}
	if out, err := exec.Command("wat2wasm", args...).CombinedOutput(); err != nil {
		t.Fatalf("wat2wasm %s: %v\n%s", path, err, out)
	}
	module, err := os.ReadFile(args[2])
	if err != nil {
		t.Fatal(err)
	}
	return append(module, added...)
}

// producersSection encodes "language=Go go1.26.0, processed-by=clang 19".
func producersSection(text string) []byte {
	str := func(s string) []byte { return append(leb(uint64(len(s))), s...) }
	var content []byte
	entries := strings.Split(text, ", ")
	for _, e := range entries {
		field, rest, _ := strings.Cut(e, "=")
		name, version := rest, ""
		if i := strings.LastIndex(rest, " go1"); i > 0 {
			name, version = rest[:i], rest[i+1:]
		} else if i := strings.IndexByte(rest, ' '); i > 0 {
			name, version = rest[:i], rest[i+1:]
		}
		content = slices.Concat(content, str(field), leb(1), str(name), str(version))
	}
	return customSection("producers", append(leb(uint64(len(entries))), content...)...)
}

// producersSectionOf encodes one entry.
func producersSectionOf(field, name, version string) []byte {
	content := []byte{1}
	for _, s := range []string{field, "", name, version} {
		if s == "" {
			content = append(content, 1)
			continue
		}
		content = slices.Concat(content, leb(uint64(len(s))), []byte(s))
	}
	return customSection("producers", content...)
}

// TestBrokenFilesAreUpToDate rebuilds the modules of testdata/broken.
func TestBrokenFilesAreUpToDate(t *testing.T) {
	if _, err := exec.LookPath("wat2wasm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("wat2wasm is missing: install wabt")
		}
		t.Skip("wat2wasm is missing, so the built modules are not compared with their text: install wabt")
	}
	texts, err := filepath.Glob(filepath.Join(brokenDir, "*.wat"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("no files: %v", err)
	}
	files := generated(build(t, filepath.Join(brokenDir, "sound.wat")))
	for _, path := range texts {
		files[strings.TrimSuffix(filepath.Base(path), ".wat")] = build(t, path)
	}
	for name, want := range files {
		path := filepath.Join(brokenDir, name+".wasm")
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its source makes: run go test ./host/internal/plugin/lint -update (%v)", path, err)
		}
	}
}

// TestBrokenModulesAreRefused holds each broken module against its first
// problem and against its whole report.
func TestBrokenModulesAreRefused(t *testing.T) {
	listed := map[string]bool{"sound": true}
	for _, tt := range brokenModules {
		listed[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			module, err := os.ReadFile(filepath.Join(brokenDir, tt.name+".wasm"))
			if err != nil {
				t.Fatal(err)
			}
			tt.opts.Name = tt.name + ".wasm"
			r := Check(context.Background(), module, tt.opts)
			if r.Err() == nil {
				t.Fatal("would load")
			}
			if got := r.Problems[0].Text; !strings.HasPrefix(got, tt.problem) {
				t.Errorf("first problem\ngot  %s\nwant %s", got, tt.problem)
			}
			golden(t, filepath.Join(brokenDir, tt.name+".txt"), r)
		})
	}
	for _, tt := range warnedModules {
		listed[tt.name] = true
	}
	modules, _ := filepath.Glob(filepath.Join(brokenDir, "*.wasm"))
	for _, path := range modules {
		if name := strings.TrimSuffix(filepath.Base(path), ".wasm"); !listed[name] {
			t.Errorf("%s is in no table", path)
		}
	}
}

// TestDubiousModulesAreWarnedOf holds each module that loads, and should not be
// as it is, against its warning and against its whole report.
func TestDubiousModulesAreWarnedOf(t *testing.T) {
	for _, tt := range warnedModules {
		t.Run(tt.name, func(t *testing.T) {
			module, err := os.ReadFile(filepath.Join(brokenDir, tt.name+".wasm"))
			if err != nil {
				t.Fatal(err)
			}
			r := Check(context.Background(), module, Options{Name: tt.name + ".wasm"})
			if err := r.Err(); err != nil {
				t.Error(err)
			}
			if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0].Text, tt.warning) || r.Warnings[0].Hint == "" {
				t.Errorf("got %q, want %q", texts(r.Warnings), tt.warning)
			}
			golden(t, filepath.Join(brokenDir, tt.name+".txt"), r)
		})
	}
}

func golden(t *testing.T, path string, r *Report) {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, b.String(), want)
	}
}
