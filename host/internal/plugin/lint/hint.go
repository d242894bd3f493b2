package lint

// A hint is what to type, by language; that of unknown is for everyone who is
// not named.
type hint map[language]string

// of returns the hint for a language.
func (h hint) of(l language) string {
	if text, ok := h[l]; ok {
		return text
	}
	return h[unknown]
}

// reactorHint: a module that stays in memory and is called, which a plugin has
// to be.
var reactorHint = hint{
	goLang:         "build a reactor: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o NAME.wasm .",
	tinyGo:         "build a reactor: tinygo build -target=wasm-unknown -gc=conservative -scheduler=none -o NAME.wasm .",
	rust:           `build a reactor: crate-type = ["cdylib"] under [lib] in Cargo.toml, the hooks in src/lib.rs, cargo build --release --target wasm32-unknown-unknown`,
	zig:            "build a reactor: zig build-exe NAME.zig -target wasm32-freestanding -fno-entry -rdynamic -O ReleaseSmall",
	assemblyScript: "export the hooks from the entry file: asc NAME.ts --runtime incremental --use abort= -o NAME.wasm",
	cPlusPlus:      "build a reactor: clang --target=wasm32-wasi -mexec-model=reactor (with wasi-libc), or --target=wasm32-unknown-unknown -nostdlib -Wl,--no-entry",
	unknown:        `build a reactor: Go -buildmode=c-shared; TinyGo -target=wasm-unknown; Rust crate-type = ["cdylib"]; C and C++ -mexec-model=reactor or -Wl,--no-entry; Zig -fno-entry -rdynamic; AssemblyScript: export the hooks from the entry file; WAT: export the hooks, and no _start`,
}

// startHint: what sets a module up that has hooks is called by the host.
var startHint = hint{
	goLang:         reactorHint[goLang],
	tinyGo:         reactorHint[tinyGo],
	rust:           reactorHint[rust],
	zig:            reactorHint[zig],
	assemblyScript: "asc --exportStart _initialize, which the host calls, instead of --exportStart _start",
	cPlusPlus:      reactorHint[cPlusPlus],
	unknown:        `build a reactor: Go -buildmode=c-shared; TinyGo -target=wasm-unknown; Rust crate-type = ["cdylib"]; C and C++ -mexec-model=reactor or -Wl,--no-entry; Zig -fno-entry -rdynamic; AssemblyScript --exportStart _initialize; WAT: export it as _initialize`,
}

// linkHint: an object file becomes a module.
var linkHint = hint{
	rust:      `build a cdylib: crate-type = ["cdylib"] under [lib] in Cargo.toml, and neither --emit=obj nor a staticlib`,
	zig:       "link it: zig build-exe -fno-entry -rdynamic, instead of build-obj and build-lib",
	cPlusPlus: "link it: clang without -c, or wasm-ld --no-entry",
	unknown:   `link it: C and C++ clang without -c, or wasm-ld --no-entry; Rust crate-type = ["cdylib"]; Zig build-exe -fno-entry -rdynamic`,
}

// bufferHint: where the host writes events.
var bufferHint = hint{
	goLang:         `import "github.com/sesshook/sesshook/abi/guest", which exports it`,
	tinyGo:         `import "github.com/sesshook/sesshook/abi/guest", which exports it`,
	rust:           "export! of the crate sesshook-guest makes it; by hand: static BUFFER, and #[no_mangle] pub extern \"C\" fn event_buffer() -> i64 with its address << 32 | capacity, 512 bytes or more",
	zig:            "var buffer: [4096]u8 = undefined; export fn event_buffer() i64 { return @as(i64, @intCast(@intFromPtr(&buffer))) << 32 | buffer.len; }",
	assemblyScript: "export function event_buffer(): i64 { return (<i64>memory.data(4096)) << 32 | 4096 } in the entry file",
	cPlusPlus:      "SH_EVENT_BUFFER(4096) of sesshook.h makes it; by hand: int64_t event_buffer(void), address << 32 | capacity, 512 bytes or more",
	unknown:        "export event_buffer as (func (result i64)): address << 32 | capacity, 512 bytes or more; the SDKs have it: Go's import of abi/guest, Rust export!, C and C++ SH_EVENT_BUFFER(4096), AssemblyScript export { event_buffer } from \"sesshook-guest\"",
}

// stackHint: a smaller memory. A stack is the usual reason of a large one.
var stackHint = hint{
	goLang:         "large global arrays are in it",
	tinyGo:         "a smaller stack, -stack-size=16KB",
	rust:           "a smaller stack, -C link-arg=-zstack-size=65536",
	zig:            "a smaller stack, --stack 65536",
	assemblyScript: "--initialMemory 1; large StaticArrays are in it",
	cPlusPlus:      "a smaller stack, -Wl,-z,stack-size=65536; large static arrays are in it",
	unknown:        "a smaller stack: C and C++ -Wl,-z,stack-size=65536; Rust -C link-arg=-zstack-size=65536; Zig --stack 65536; TinyGo -stack-size=16KB; AssemblyScript --initialMemory 1; or smaller static arrays",
}

// maximumHint: a memory that has a maximum.
var maximumHint = hint{
	goLang:         "Go has no option for it; the sidecar's memory limits it",
	tinyGo:         "leave it to the sidecar's memory",
	rust:           "-C link-arg=--max-memory=BYTES, or leave it to the sidecar's memory",
	zig:            "--max-memory=BYTES, or leave it to the sidecar's memory",
	assemblyScript: "--maximumMemory PAGES, or leave it to the sidecar's memory",
	cPlusPlus:      "-Wl,--max-memory=BYTES, or leave it to the sidecar's memory",
	unknown:        `C and C++ -Wl,--max-memory=BYTES; Rust -C link-arg=--max-memory=BYTES; Zig --max-memory=BYTES; AssemblyScript --maximumMemory PAGES; WAT (memory (export "memory") 1 16); or leave it to the sidecar's memory`,
}

// memoryHint: a memory that is exported.
var memoryHint = hint{
	goLang:         "GOOS=wasip1 exports it: build so, with -buildmode=c-shared",
	zig:            "zig build-exe without --import-memory, or with --export-memory",
	assemblyScript: "build without --noExportMemory",
	unknown:        `export it as "memory": C, C++, Rust and Zig do so, unless --import-memory is given; Go with GOOS=wasip1; AssemblyScript without --noExportMemory; WAT (memory (export "memory") 1)`,
}

// ownMemoryHint: a memory that is defined, not imported.
var ownMemoryHint = hint{
	rust:           "link without --import-memory, in RUSTFLAGS and .cargo/config.toml",
	zig:            "zig build-exe without --import-memory",
	assemblyScript: "build without --importMemory",
	cPlusPlus:      "link without -Wl,--import-memory",
	unknown:        `C, C++, Rust and Zig: link without --import-memory; AssemblyScript: without --importMemory; WAT (memory (export "memory") 1)`,
}

// undefinedHint: no imports but those of the ABI.
var undefinedHint = hint{
	goLang:         "//go:wasmimport asks for it: " + goLang.imports("tls_session_v1", "NAME") + " are the host's",
	tinyGo:         "//go:wasmimport, //export or a missing body asks for it: " + tinyGo.imports("tls_session_v1", "NAME") + " are the host's",
	rust:           `an extern "C" block asks for it: define it, link its library, or name the host's module, #[link(wasm_import_module = "tls_session_v1")]`,
	zig:            `an extern fn asks for it: define it, link its library, or name the host's module, extern "tls_session_v1" fn`,
	assemblyScript: `a declare function asks for it: @external("tls_session_v1", "NAME") are the host's`,
	cPlusPlus:      "the linker makes such imports of undefined functions: define it, link its library, or do without -Wl,--allow-undefined",
	unknown:        "the linker makes such imports of undefined functions, C's without a header and Rust's and Zig's extern: define it, link its library, or do without --allow-undefined; Go: //go:wasmimport, AssemblyScript: declare, WAT: import asks for it",
}

// libcHint: the C library is linked, or not needed.
var libcHint = hint{
	rust:    "link it, or do without the C code that calls it",
	unknown: "link it: --target=wasm32-wasi -mexec-model=reactor without -nostdlib; memcpy, memset and memmove are instructions with -mbulk-memory",
}

// componentHint: a core module instead of a component.
var componentHint = hint{
	goLang:  "build for WASI preview 1: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared",
	tinyGo:  "build for WASI preview 1 or none: tinygo build -target=wasm-unknown -gc=conservative -scheduler=none",
	rust:    "build for wasm32-unknown-unknown or wasm32-wasip1, not wasm32-wasip2, and without cargo component",
	unknown: "build for WASI preview 1 or none: Rust wasm32-wasip1 or wasm32-unknown-unknown, TinyGo -target=wasip1 or wasm-unknown",
}

// browserHint: a Go program for no browser.
var browserHint = hint{
	tinyGo:  "build with tinygo build -target=wasm-unknown -gc=conservative -scheduler=none",
	unknown: "build for WASI: GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared",
}

const emscriptenHint = "build with emcc -sSTANDALONE_WASM --no-entry -fno-exceptions, or with clang --target=wasm32-wasi -mexec-model=reactor"

// constructorHint: constructors that run once, before everything else.
var constructorHint = hint{
	rust:      "build for wasm32-unknown-unknown; or, for WASI, link its start file: -C link-arg=crt1-reactor.o -C link-arg=--export=_initialize",
	zig:       "-mexec-model=reactor",
	cPlusPlus: "-mexec-model=reactor instead of -nostartfiles; without a libc, export an _initialize that calls __wasm_call_ctors",
	unknown:   "C and C++ -mexec-model=reactor; Rust -C link-arg=crt1-reactor.o -C link-arg=--export=_initialize; or export an _initialize that calls __wasm_call_ctors",
}

// allocatorHint: no export of malloc and its like.
var allocatorHint = hint{
	rust:           "leave the #[no_mangle] function out: it is of no use, and stays in the module for its export",
	zig:            "leave the export fn out: it is of no use, and stays in the module for its export",
	assemblyScript: "build without --exportRuntime and --bindings",
	cPlusPlus:      "build without -Wl,--export=malloc and the like, and without -Wl,--export-all",
	unknown:        "leave the exports out: they are of no use, and keep an allocator in the module",
}

// debugHint: no debug information, and the functions' names kept.
var debugHint = hint{
	tinyGo:         "-no-debug",
	rust:           `strip = "debuginfo" under [profile.release] in Cargo.toml: it keeps the functions' names, which a trap shows`,
	zig:            "-O ReleaseSmall, which leaves the functions' names out as well (-fno-strip keeps both)",
	assemblyScript: "build without --sourceMap; --debug keeps the functions' names, which a trap shows",
	cPlusPlus:      "-Wl,--strip-debug (a libc brings its own): it keeps the functions' names, which a trap shows",
	unknown:        `C and C++ -Wl,--strip-debug; Rust strip = "debuginfo"; Zig -O ReleaseSmall; TinyGo -no-debug; AssemblyScript without --sourceMap`,
}

// namesHint: functions have names in the stack of a trap.
var namesHint = hint{
	goLang:         "build without -s in -ldflags",
	tinyGo:         "build without -no-debug",
	rust:           `strip = "debuginfo" under [profile.release] in Cargo.toml`,
	zig:            "-fno-strip",
	assemblyScript: "--debug",
	cPlusPlus:      "-Wl,--strip-debug instead of -Wl,--strip-all and -s",
	unknown:        `Go without -s; TinyGo without -no-debug; Rust strip = "debuginfo"; C and C++ -Wl,--strip-debug instead of --strip-all; Zig -fno-strip; AssemblyScript --debug; WAT wat2wasm --debug-names`,
}

// exceptionHint: no exceptions of WebAssembly, nor calls of a runtime for them.
var exceptionHint = hint{
	rust:      `panic = "abort" under [profile.release] in Cargo.toml`,
	cPlusPlus: "-fno-exceptions, and no throw, try and catch",
	unknown:   `build without them: C++ -fno-exceptions, Rust panic = "abort"`,
}

// threadHint: one thread.
var threadHint = hint{
	rust:           "build for wasm32-unknown-unknown or wasm32-wasip1, not wasm32-wasip1-threads, and without -C target-feature=+atomics",
	zig:            "-fsingle-threaded, and without -mcpu=…+atomics and --shared-memory",
	assemblyScript: "build without --enable threads and --sharedMemory",
	cPlusPlus:      "build for one thread: without -pthread, -matomics and --target=wasm32-wasi-threads",
	unknown:        "build for one thread: no -pthread, no -matomics; Rust: not wasm32-wasip1-threads, no +atomics",
}

// asyncifyHint: no code that can be suspended.
var asyncifyHint = hint{
	tinyGo:    "-scheduler=none",
	cPlusPlus: "emcc without -sASYNCIFY, wasm-opt without --asyncify",
	unknown:   "TinyGo: -scheduler=none; others: wasm-opt without --asyncify",
}

// filesHint: nothing that a plugin does not have.
var filesHint = hint{
	rust:      "do without std::fs, std::net and std::env; built for wasm32-unknown-unknown, a plugin cannot import what they need",
	zig:       "do without std.fs, std.net and std.process; built for wasm32-freestanding, a plugin cannot import what they need",
	cPlusPlus: "do without fopen and its like, sockets and getenv; settings are in config_get, values in kv_get",
	unknown:   "settings are in config_get, values in kv_get",
}

// mismatchHint: a function that is declared as what it is.
var mismatchHint = hint{
	rust:      "declare it in its extern block with the types of its definition, to the bit width",
	cPlusPlus: "include the header that declares it, in its own file too: where a declaration is missing or differs, wasm-ld links a trap, and warns",
	unknown:   "declare it everywhere with the types of its definition",
}

// mangledHint: an export under the name that stands in the source.
func mangledHint(name string) string {
	return `declare it extern "C": extern "C" __attribute__((export_name("` + name + `"))); the macros of sesshook.h do`
}

// runtimeHint: an AssemblyScript runtime that frees memory.
const runtimeHint = "--runtime incremental"
