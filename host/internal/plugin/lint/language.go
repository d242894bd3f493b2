package lint

import (
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
	find := func(field, prefix string) (producer, bool) {
		for _, p := range m.producers {
			if p.field == field && strings.HasPrefix(strings.ToLower(p.name), prefix) {
				return p, true
			}
		}
		return producer{}, false
	}
	for _, try := range []struct {
		field, prefix string
		lang          language
		name          string
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
		if _, ok := find(try.field, try.prefix); !ok {
			continue
		}
		for _, tool := range []string{"rustc", "zig", "go cmd/compile", "clang"} {
			if p, ok := find("processed-by", tool); ok {
				return try.lang, try.name + version(tool, p.version)
			}
		}
		return try.lang, try.name
	}
	if m.assemblyScript() {
		return assemblyScript, "AssemblyScript"
	}
	return unknown, ""
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
	return found >= 4 || m.mentions("~lib/rt")
}

// reactor says how to build a module that stays in memory and is called, which
// a plugin has to be.
func (l language) reactor() string {
	switch l {
	case goLang:
		return "build a reactor: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o NAME.wasm ."
	case tinyGo:
		return "build a reactor: tinygo build -target=wasm-unknown -scheduler=none -o NAME.wasm ."
	case rust:
		return "build a reactor: crate-type = [\"cdylib\"] under [lib] in Cargo.toml, the hooks in src/lib.rs, cargo build --release --target wasm32-unknown-unknown"
	case zig:
		return "build a reactor: zig build-exe NAME.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall"
	case assemblyScript:
		return "export the hooks from the entry file: asc NAME.ts --runtime incremental --use abort= -o NAME.wasm"
	case cPlusPlus:
		return "build a reactor: clang --target=wasm32-wasi -mexec-model=reactor (with wasi-libc), or --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry"
	}
	return "build a reactor: Go -buildmode=c-shared, TinyGo -target=wasm-unknown, Rust crate-type = [\"cdylib\"], C and C++ -mexec-model=reactor or -Wl,--no-entry, Zig -fno-entry -rdynamic"
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
