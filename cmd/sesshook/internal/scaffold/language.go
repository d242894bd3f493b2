package scaffold

import (
	"io/fs"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/assemblyscript"
	"github.com/sesshook/sesshook/abi/c"
	"github.com/sesshook/sesshook/abi/rust"
)

// A Language is one that a plugin can be begun in.
type Language struct {
	// Name is what it is asked for by.
	Name string
	// Title is what it is called.
	Title string
	// Needs says what has to be installed.
	Needs string

	// once, test and build are commands to type in the folder: what has to be done
	// once, what tests the plugin, and what builds NAME.wasm. {%.Name%} is the
	// plugin's name.
	once, test, build []string
	// testsModule is whether the tests are of NAME.wasm.
	testsModule bool

	// files are templates beside those of every language.
	files []file
	// sdk is what is copied.
	sdk []source
	// reference begins a sentence on where the SDK is documented.
	reference string
	// note is a paragraph of README.md on building and testing; mostly there is none.
	note string
}

// A file is made of a template.
type file struct {
	template string
	to       string // in the folder; may hold {%.Name%}
	what     string // it is, for README.md; empty is not worth a word
}

// A source is a part of an SDK.
type source struct {
	from fs.FS
	to   string // folder
	keep func(path string) bool
}

// all are the files of every language.
var all = []file{
	{"all/plugin.toml.tmpl", "{%.Name%}.toml", "the sidecar: grants, limits, settings"},
	{"all/events.jsonl.tmpl", "events.jsonl", "events to run it on"},
	{"all/README.md.tmpl", "README.md", ""},
}

// Languages are all that there are, in the order in which they are told.
func Languages() []Language {
	return []Language{golang(), rustLanguage(), cLanguage(), assemblyScript(), wat()}
}

func golang() Language {
	return Language{
		Name: "go", Title: "Go",
		Needs: "Go 1.26 or later",
		test:  []string{"go test ."},
		build: []string{"GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -o {%.Name%}.wasm ."},
		files: []file{
			{"go/main.go.tmpl", "main.go", "the plugin"},
			{"go/main_test.go.tmpl", "main_test.go", "its tests, which run natively on a host in memory"},
			{"go/go.mod.tmpl", "go.mod", ""},
			{"go/sdk.go.mod.tmpl", "sdk/go.mod", ""},
			{"all/gitignore.tmpl", ".gitignore", ""},
		},
		sdk: []source{{abi.Source, "sdk/abi", func(path string) bool {
			return !isTest(path) && path != "source.go"
		}}},
		reference: "`go doc github.com/sesshook/sesshook/abi/guest`, typed in this folder, is the SDK's reference, and sdk/abi/SPEC.md",
		note:      "Below a folder with a `go.work`, Go asks for the plugin there: `go work use .` adds it, and `export GOWORK=off` has Go look at this folder alone.",
	}
}

func cLanguage() Language {
	return Language{
		Name: "c", Title: "C",
		Needs: "clang 11 or later with its wasm-ld (Debian: clang-19 lld-19), and a native compiler for the tests",
		test: []string{
			"cc -std=c11 -Wall -Wextra -g -Isdk/c -o {%.Name%}_test {%.Name%}_test.c sdk/c/fake/sesshook_fake.c",
			"./{%.Name%}_test",
		},
		build: []string{
			"clang-19 --target=wasm32-unknown-unknown -std=c11 -O2 -Wall -Wextra -mbulk-memory -ffreestanding -nostdlib -Wl,--no-entry -Wl,--strip-debug -Wl,--stack-first -Wl,-z,stack-size=8192 -Wl,--max-memory=131072 -Isdk/c -o {%.Name%}.wasm {%.Name%}.c",
		},
		files: []file{
			{"c/plugin.c.tmpl", "{%.Name%}.c", "the plugin"},
			{"c/plugin_test.c.tmpl", "{%.Name%}_test.c", "its tests, which run natively on a host in memory"},
			{"c/gitignore.tmpl", ".gitignore", ""},
		},
		sdk:       []source{specification(), {c.Source, "sdk/c", everything}},
		reference: "sdk/c/README.md is about the SDK, and what the flags do; sdk/c/sesshook.h documents each function, and sdk/SPEC.md",
	}
}

func rustLanguage() Language {
	return Language{
		Name: "rust", Title: "Rust",
		Needs: "Rust 1.85 or later, with the target wasm32-unknown-unknown",
		once:  []string{"rustup target add wasm32-unknown-unknown"},
		test:  []string{"cargo test"},
		build: []string{
			"cargo build --release --target wasm32-unknown-unknown",
			"cp target/wasm32-unknown-unknown/release/{%.Snake%}.wasm {%.Name%}.wasm",
		},
		files: []file{
			{"rust/lib.rs.tmpl", "src/lib.rs", "the plugin, and its tests, which run natively on a host in memory"},
			{"rust/Cargo.toml.tmpl", "Cargo.toml", ""},
			{"rust/build.rs.tmpl", "build.rs", "what the linker has to know"},
			{"rust/gitignore.tmpl", ".gitignore", ""},
		},
		sdk:       []source{specification(), {rust.Source, "sdk/rust", everything}},
		reference: "sdk/rust/README.md is about the SDK, and how to build with Debian's packages; `cargo doc --open` is its reference, and sdk/SPEC.md",
	}
}

func assemblyScript() Language {
	return Language{
		Name: "assemblyscript", Title: "AssemblyScript",
		Needs:       "Node 18 or later with npm, which brings the compiler",
		once:        []string{"npm ci"},
		build:       []string{"npm run build"},
		test:        []string{"npm test"},
		testsModule: true,
		files: []file{
			{"assemblyscript/index.ts.tmpl", "assembly/index.ts", "the plugin"},
			{"assemblyscript/plugin.test.mjs.tmpl", "plugin.test.mjs", "its tests, which run in Node on a host in memory"},
			{"assemblyscript/package.json.tmpl", "package.json", ""},
			{"assemblyscript/package-lock.json.tmpl", "package-lock.json", "which compiler, to the byte"},
			{"assemblyscript/asconfig.json.tmpl", "asconfig.json", "the compiler's options, on top of the SDK's"},
			{"assemblyscript/tsconfig.json.tmpl", "tsconfig.json", "types, for editors"},
			{"assemblyscript/gitignore.tmpl", ".gitignore", ""},
		},
		sdk:       []source{specification(), {assemblyscript.Source, "sdk/assemblyscript", everything}},
		reference: "sdk/assemblyscript/README.md is about the SDK, whose functions are documented where they are declared; sdk/SPEC.md",
	}
}

func wat() Language {
	return Language{
		Name: "wat", Title: "WebAssembly's text format",
		Needs: "wat2wasm (Debian and npm: wabt)",
		build: []string{"wat2wasm --debug-names {%.Name%}.wat -o {%.Name%}.wasm"},
		test: []string{
			`sesshook run --json --events test.jsonl {%.Name%}.wasm | sed -E 's/,"(sha256|size|fuel)":("[0-9a-f]*"|[0-9]+)//g' > played.jsonl`,
			"diff expected.jsonl played.jsonl",
		},
		testsModule: true,
		files: []file{
			{"wat/plugin.wat.tmpl", "{%.Name%}.wat", "the plugin"},
			{"wat/test.jsonl.tmpl", "test.jsonl", "its test: events"},
			{"wat/expected.jsonl.tmpl", "expected.jsonl", "and what has to come of them"},
			{"wat/gitignore.tmpl", ".gitignore", ""},
		},
		sdk:       []source{specification()},
		reference: "There is no SDK and need be none: sdk/SPEC.md",
		note: "The test is what `sesshook run` writes about each event: what the plugin was given, what it called, which metrics changed. What differs from build to build is left out. " +
			"Where a difference is what you want, `cp played.jsonl expected.jsonl`.",
	}
}

// specification is abi/SPEC.md, for those whose SDK does not have it.
func specification() source {
	return source{abi.Source, "sdk", func(path string) bool { return path == "SPEC.md" }}
}

func everything(string) bool { return true }
