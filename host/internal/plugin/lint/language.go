package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// A language is a way in which modules are built, as far as advice differs.
type language int

const (
	unknown language = iota
	goLang
	tinyGo
	rust
	zig
	assemblyScript
	cPlusPlus // and C
)

// languageOf tells what built m, from its producers section and, for those
// who write none, from traces of their runtimes; and its name with the version
// where that is known. Nothing but advice depends on it.
func languageOf(m *wasmModule) (language, string) {
	if m.tinyGo() {
		return tinyGo, "TinyGo"
	}
	if m.zig() {
		return zig, "Zig"
	}
	for _, try := range []struct {
		field, name string
		lang        language
		called      string
	}{
		{"language", "rust", rust, "Rust"}, // before C, which Rust programs link too
		{"processed-by", "rustc", rust, "Rust"},
		{"language", "zig", zig, "Zig"},
		{"processed-by", "zig", zig, "Zig"},
		{"processed-by", "go cmd/compile", goLang, "Go"},
		{"language", "swift", unknown, "Swift"},
		{"processed-by", "assemblyscript", assemblyScript, "AssemblyScript"},
		{"language", "c_plus_plus", cPlusPlus, "C++"},
		{"language", "c", cPlusPlus, "C"},
		{"processed-by", "clang", cPlusPlus, "C or C++"},
	} {
		if _, ok := m.producer(try.field, try.name); !ok {
			continue
		}
		if try.lang == cPlusPlus {
			try.called = m.cOrCPlusPlus(try.called)
		}
		return try.lang, try.called + m.compiler()
	}
	return m.trace()
}

// producer finds the entry of the producers section whose name is name, or
// begins with it, in any case. Distributions put their own name before clang's.
// Of several it is the one with the highest version: a library that was linked
// brings its own, and a distribution's libc was built by an older compiler than
// the one that is used with it.
func (m *wasmModule) producer(field, name string) (found producer, ok bool) {
	for _, p := range m.producers {
		got := strings.ToLower(p.name)
		if p.field != field || !strings.HasPrefix(got, name) && (name != "clang" || !strings.HasSuffix(got, " clang")) {
			continue
		}
		if !ok || newer(p.version, found.version) {
			found, ok = p, true
		}
	}
	return found, ok
}

// newer compares versions by their numbers, "19.1.7 (3~deb12u1)".
func newer(a, b string) bool {
	numbers := func(version string) (all [4]int) {
		rest := strings.TrimLeft(version, "gov")
		for i := range all {
			digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
			n, err := strconv.Atoi(digits)
			if err != nil {
				break
			}
			all[i], rest = n, strings.TrimPrefix(rest[len(digits):], ".")
		}
		return all
	}
	as, bs := numbers(a), numbers(b)
	return slices.Compare(as[:], bs[:]) > 0
}

// startFile reports whether a libc's start file was linked. It comes first, and of
// compilers with one name wasm-ld keeps the version that comes first.
func (m *wasmModule) startFile() bool {
	return slices.ContainsFunc(m.exports, func(e wasmExport) bool {
		return e.kind == kindFunc && (string(e.name) == initialize || string(e.name) == start)
	})
}

// clangs counts the compilers of C that the producers section has.
func (m *wasmModule) clangs() (n int) {
	for _, p := range m.producers {
		if p.field == "processed-by" && strings.HasSuffix(strings.ToLower(p.name), "clang") {
			n++
		}
	}
	return n
}

// compiler writes the version of the compiler behind the name of its language.
func (m *wasmModule) compiler() string {
	for _, tool := range []string{"rustc", "zig", "go cmd/compile", "clang"} {
		if p, ok := m.producer("processed-by", tool); ok {
			if tool == "clang" && m.startFile() && m.clangs() == 1 {
				return "" // its version may be that of the libc's
			}
			return version(tool, p.version)
		}
	}
	return ""
}

// trace recognises a language by its runtime, and by what its functions are
// called.
func (m *wasmModule) trace() (language, string) {
	switch {
	case m.assemblyScript():
		return assemblyScript, "AssemblyScript"
	case m.mentions("rust_begin_unwind") || m.mentions("core::") || m.mentions("_RNv") || m.mentions("sesshook_guest"):
		return rust, "Rust"
	case m.mentions("__stack_pointer") || m.mentions("__wasm_call_ctors"):
		return cPlusPlus, m.cOrCPlusPlus("C or C++")
	}
	return unknown, ""
}

// cOrCPlusPlus tells them apart by what functions are called, and returns
// otherwise where that says nothing: a library in C is in C++ programs too.
func (m *wasmModule) cOrCPlusPlus(otherwise string) string {
	if m.mentions("std::__") || m.mentions("operator new") || m.mentions("sesshook::") || m.mentions("_ZN") {
		return "C++"
	}
	return otherwise
}

// version writes a compiler's version behind the name of its language.
func version(tool, version string) string {
	version, _, _ = strings.Cut(strings.TrimSpace(version), " ")
	if version = clip(version); version == "" {
		return ""
	}
	if tool == "go cmd/compile" {
		return " " + strings.TrimPrefix(version, "go")
	}
	return " (" + tool + " " + version + ")"
}

func (m *wasmModule) tinyGo() bool {
	for _, p := range m.producers {
		if strings.Contains(strings.ToLower(p.name), "tinygo") {
			return true
		}
	}
	return m.mentions("tinygo_")
}

// zig recognises what says of itself that it is of C: its debug information names
// the compiler, and its imports are named with their module behind a bar.
func (m *wasmModule) zig() bool {
	return m.zigDebug || m.mentions("|tls_session_v1") || m.mentions("|"+wasiModule)
}

func (m *wasmModule) assemblyScript() bool {
	for _, i := range m.imports {
		if string(i.module) == "env" && string(i.name) == "abort" && len(i.fn.params) == 4 && len(i.fn.results) == 0 {
			return true
		}
	}
	found := 0
	for _, e := range m.exports {
		switch string(e.name) {
		case "__new", "__pin", "__unpin", "__collect", "__rtti_base":
			found++
		}
	}
	return found >= 4 || m.mentions("~lib/rt") || m.asStrings()
}

// export says how a function becomes an export named name.
func (l language) export(name string) string {
	switch l {
	case goLang, tinyGo:
		return "//go:wasmexport " + name
	case rust:
		return "#[no_mangle] pub extern \"C\" fn " + name + " (edition 2024: #[unsafe(no_mangle)])"
	case zig:
		return "export fn " + name
	case assemblyScript:
		return "export function " + name + " in the entry file"
	case cPlusPlus:
		return "__attribute__((export_name(\"" + name + "\")))"
	}
	return "(export \"" + name + "\"); Go //go:wasmexport, Rust #[no_mangle] pub extern \"C\" fn, C __attribute__((export_name(\"" + name + "\"))), Zig export fn, AssemblyScript export function"
}

// rename says how an export gets another name.
func (l language) rename(name string) string {
	if l == unknown {
		return "rename it to " + name
	}
	return "rename it: " + l.export(name)
}

// imports says how a declaration names the module and the function that it
// imports.
func (l language) imports(module, name string) string {
	switch l {
	case goLang, tinyGo:
		return "//go:wasmimport " + module + " " + name
	case rust:
		return "#[link(wasm_import_module = \"" + module + "\")] unsafe extern \"C\" { fn " + name + "(…) }"
	case zig:
		return "extern \"" + module + "\" fn " + name
	case assemblyScript:
		return "@external(\"" + module + "\", \"" + name + "\")"
	case cPlusPlus:
		return "__attribute__((import_module(\"" + module + "\"), import_name(\"" + name + "\")))"
	}
	return "(import \"" + module + "\" \"" + name + "\" …); C __attribute__((import_module(\"" + module + "\"), import_name(\"" + name + "\"))), Rust #[link(wasm_import_module = \"" + module + "\")], Go //go:wasmimport, Zig extern \"" + module + "\" fn"
}

// declare writes a signature the way the language does, for the two integer
// types that the ABI has; "" where the language is not known.
func (l language) declare(name string, s abi.Signature) string {
	var i32, i64, params, result string
	switch l {
	case goLang, tinyGo:
		i32, i64, params, result = "int32", "int64", "func %(#)", " "
	case rust:
		i32, i64, params, result = "i32", "i64", "fn %(#)", " -> "
	case zig:
		i32, i64, params, result = "i32", "i64", "fn %(#)", " "
	case assemblyScript:
		i32, i64, params, result = "i32", "i64", "function %(#)", ": "
	case cPlusPlus:
		i32, i64, params, result = "int32_t", "int64_t", "%(#)", ""
	default:
		return ""
	}
	word := func(t abi.ValueType) string {
		if t == abi.I64 {
			return i64
		}
		return i32
	}
	var list []string
	for _, p := range s.Params {
		list = append(list, word(p))
	}
	text := strings.NewReplacer("%", name, "#", strings.Join(list, ", ")).Replace(params)
	switch {
	case l == cPlusPlus && len(s.Results) == 0:
		return "void " + text
	case l == cPlusPlus:
		return word(s.Results[0]) + " " + text
	case len(s.Results) == 0 && (l == zig || l == assemblyScript):
		return text + result + "void"
	case len(s.Results) == 0:
		return text
	}
	return text + result + word(s.Results[0])
}
