//go:build languages

package rust

import (
	"path/filepath"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// TestNative runs the tests of the SDK and of the examples, with every warning an
// error, rustdoc's too.
func TestNative(t *testing.T) {
	if !toolchain.Require(t, tools...) {
		return
	}
	at := workspace(t)
	for _, c := range []struct{ name, folder, command string }{
		{"sdk", "abi/rust", "cargo test --offline"},
		{"sdk with alloc", "abi/rust", "cargo test --offline --all-features"},
		{"documentation", "abi/rust", "cargo doc --offline --all-features --no-deps"},
		{"share-rust", "guest-examples/share-rust", toolchain.Commands(t, filepath.Join(toolchain.Root, "guest-examples/share-rust/README.md"), "native")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Log(shell.Bash(t, filepath.Join(at, c.folder), "export RUSTFLAGS='-D warnings' RUSTDOCFLAGS='-D warnings'\n"+c.command))
		})
	}
}
