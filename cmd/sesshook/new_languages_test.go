//go:build languages

package main

import "testing"

func TestNewC(t *testing.T) { tryNew(t, "c", "", "cc", "clang-19", "wasm-ld-19", "curl") }

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
