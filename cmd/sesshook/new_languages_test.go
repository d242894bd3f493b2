//go:build languages

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestNewC(t *testing.T) { tryNew(t, "c", "", "cc", "clang-19", "wasm-ld-19", "curl") }

// counterInCPP is the template's plugin in C++, on sesshook.hpp.
const counterInCPP = `#include "sesshook.hpp"

SH_EVENT_BUFFER(1024)

namespace shop {
// After a session was stored.
sesshook::Result<void> count(const sesshook::Event &event) {
  return sesshook::metric_add("sessions", event.server_name().empty() ? 0 : 1);
}
}  // namespace shop

SESSHOOK_ON_SESSION_INSERT(event) { return shop::count(event); }
`

// TestNewCPlusPlusTraps: C++ has no template, but C's holds its SDK, and abi/c/README.md
// says how to build. The name in the stack is as it is in the source, and not mangled.
func TestNewCPlusPlusTraps(t *testing.T) {
	y := newTypist(t, t.TempDir(), "clang++-19", "wasm-ld-19", "curl")
	if y == nil {
		return
	}
	page, err := os.ReadFile("../../abi/c/README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^clang\+\+-19 .* -o count\.wasm count\.cpp$`).FindString(string(page))
	if command == "" {
		t.Fatal("abi/c/README.md does not say how C++ is built")
	}
	build := strings.ReplaceAll(command, "-o count.wasm count.cpp", "-Isdk/c -o a-plugin.wasm a-plugin.cpp") + "\n"
	y.block("sesshook new --lang c a-plugin\ncd a-plugin\n")
	if err := os.WriteFile(filepath.Join(y.dir, "a-plugin.cpp"), []byte(counterInCPP), 0o600); err != nil {
		t.Fatal(err)
	}
	y.block(build + "sesshook run --events events.jsonl a-plugin.wasm\nmkdir modules\ncp a-plugin.wasm a-plugin.toml modules\nsesshook serve --modules modules\n")
	y.trap(overboard{"a-plugin.cpp", []string{
		"// After a session was stored.\n",
		"__attribute__((noinline)) void overboard(std::size_t at) { if (at) __builtin_trap(); }\n\n// After a session was stored.\n",
		"event) {\n  return ",
		"event) {\n  overboard(event.server_name().size() + 1);\n  return ",
	}}, build)
	if out := y.block("! sesshook run --events events.jsonl a-plugin.wasm\n"); !strings.Contains(out, "shop::overboard(unsigned long)") {
		t.Errorf("the name is not as in the source:\n%s", out)
	}
}

// debianCargo are functions of the shell that have Debian's packages in the place
// of rustup, whose servers CI does not reach: abi/rust/debian.toml says how.
const debianCargo = `
rustup() { [[ $* == "target add wasm32-unknown-unknown" ]]; }
cargo() {
  case "$*" in
  *--target*) RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo "$@" --offline --config sdk/rust/debian.toml ;;
  *) RUSTC=/usr/bin/rustc /usr/bin/cargo "$@" --offline ;;
  esac
}`

func TestNewRust(t *testing.T) {
	tryNew(t, "rust", debianCargo, "/usr/bin/cargo", "/usr/bin/rustc", "wasm-ld-19", "cc", "curl")
}

// TestNewAssemblyScript has npm bring the compiler.
func TestNewAssemblyScript(t *testing.T) {
	tryNew(t, "assemblyscript", "", "npm", "node", "curl")
}
