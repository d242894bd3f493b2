package lint

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// headerSize is the length of magic number and version.
const headerSize = 8

var magic = []byte("\x00asm")

// notModule says what b is where it is no binary module of version 1, and nil
// where its header is right.
func notModule(b []byte) *formatError {
	switch {
	case len(b) == 0:
		return &formatError{text: "is empty: it holds 0 bytes", hint: "the build or the copy has not finished: do it again"}
	case bytes.HasPrefix(b, magic):
		return badVersion(b)
	case bytes.HasPrefix(magic, b):
		return truncated(fmt.Sprintf("holds %d bytes, and the header alone is %d", len(b), headerSize))
	}
	if f := foreignFormat(b); f != nil {
		return f
	}
	if f := text(b); f != nil {
		return f
	}
	if len(bytes.Trim(b, "\x00")) == 0 {
		return &formatError{text: fmt.Sprintf("holds %d bytes, all of them zero", len(b)), hint: "the copy has not finished, or the file system lost it: copy it again"}
	}
	return &formatError{
		text: fmt.Sprintf("is not WebAssembly: it starts with % x, and a module starts with 00 61 73 6d", b[:min(4, len(b))]),
		hint: "give the .wasm file that the compiler wrote",
	}
}

func badVersion(b []byte) *formatError {
	if len(b) < headerSize {
		return truncated(fmt.Sprintf("holds %d bytes, and the header alone is %d", len(b), headerSize))
	}
	version, layer := uint(b[4])|uint(b[5])<<8, uint(b[6])|uint(b[7])<<8
	switch {
	case layer == 1:
		return &formatError{
			text: "is a component of the component model, not a core module",
			hint: "build a core module: Rust --target wasm32-unknown-unknown or wasm32-wasip1 (not wasip2) without cargo-component, TinyGo -target=wasm-unknown (not wasip2), no `wasm-tools component new` and no `jco componentize`",
		}
	case version != 1 || layer != 0:
		return &formatError{
			text: fmt.Sprintf("is WebAssembly of version %d, layer %d; this host reads version 1, layer 0", version, layer),
			hint: "build it with a current compiler, or copy it again: these bytes may be damaged",
		}
	}
	return nil
}

var foreign = []struct {
	magic, what, hint string
	at                int
}{
	{magic: "\x1f\x8b", what: "compressed with gzip", hint: "unpack it: gunzip"},
	{magic: "PK\x03\x04", what: "a zip archive", hint: "unpack it: unzip"},
	{magic: "\x28\xb5\x2f\xfd", what: "compressed with zstd", hint: "unpack it: unzstd"},
	{magic: "\xfd7zXZ\x00", what: "compressed with xz", hint: "unpack it: unxz"},
	{magic: "BZh", what: "compressed with bzip2", hint: "unpack it: bunzip2"},
	{magic: "ustar", what: "a tar archive", hint: "unpack it: tar -xf", at: 257},
	{magic: "\x7fELF", what: "a native program (ELF), not WebAssembly", hint: "build it for WebAssembly: the target is wasm32, not this machine"},
	{magic: "MZ", what: "a native program (Windows PE), not WebAssembly", hint: "build it for WebAssembly: the target is wasm32, not this machine"},
	{magic: "\xcf\xfa\xed\xfe", what: "a native program (Mach-O), not WebAssembly", hint: "build it for WebAssembly: the target is wasm32, not this machine"},
	{magic: "\xca\xfe\xba\xbe", what: "a native program (Mach-O) or Java class, not WebAssembly", hint: "build it for WebAssembly: the target is wasm32, not this machine"},
	{magic: "!<arch>\n", what: "a static library", hint: "link it: a library has to become a module (wasm-ld --no-entry; Rust crate-type = [\"cdylib\"], not staticlib)"},
	{magic: "BC\xc0\xde", what: "LLVM bitcode", hint: "compile and link it: clang --target=wasm32-wasi -mexec-model=reactor"},
}

func foreignFormat(b []byte) *formatError {
	for _, f := range foreign {
		if len(b) > f.at && bytes.HasPrefix(b[f.at:], []byte(f.magic)) {
			return &formatError{text: "is " + f.what, hint: f.hint}
		}
	}
	return nil
}

// text says what kind of text b is, nil where it is none.
func text(b []byte) *formatError {
	head := b[:min(len(b), 1024)]
	for i := 0; i < utf8.UTFMax && !utf8.Valid(head) && len(head) > 0; i++ {
		head = head[:len(head)-1] // a character may be cut in two
	}
	if !utf8.Valid(head) || bytes.ContainsAny(head, "\x00\x01\x02\x03\x04\x05\x06\x07") {
		return nil
	}
	start := bytes.ToLower(bytes.TrimLeft(head, " \t\r\n\ufeff"))
	has := func(prefix string) bool { return bytes.HasPrefix(start, []byte(prefix)) }
	switch {
	case has("(module"), has("(;"), has(";;"), has("(func"), has("(component"):
		return &formatError{text: "is WebAssembly text, not a binary module", hint: "build it with wat2wasm: wat2wasm NAME.wat -o NAME.wasm"}
	case has("<!doctype"), has("<html"), has("<?xml"):
		return &formatError{text: "is an HTML page", hint: "a download got an error or a login page instead of the module: fetch it again and look at the answer (curl --fail --location)"}
	case has("#!"):
		return &formatError{text: "is a script", hint: "build a module from a language that compiles to WebAssembly"}
	case has("version https://git-lfs"):
		return &formatError{text: "is a pointer of Git LFS, not the module that it stands for", hint: "fetch the module: git lfs pull"}
	case has("agfzbq"):
		return &formatError{text: "is a module in base64", hint: "decode it: base64 -d"}
	}
	return &formatError{text: "is a text file, not WebAssembly", hint: "build it with the compiler of its language, and give the .wasm file that this writes"}
}
