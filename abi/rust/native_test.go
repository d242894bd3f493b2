//go:build languages

package rust

import (
	"path/filepath"
	"testing"
)

// TestNative runs the tests of the SDK and of the examples, with every warning an
// error, rustdoc's too.
func TestNative(t *testing.T) {
	if !require(t, append(toolchain, "bash")...) {
		return
	}
	at := workspace(t)
	for _, c := range []struct{ name, folder, command string }{
		{"sdk", "abi/rust", "cargo test --offline"},
		{"sdk with alloc", "abi/rust", "cargo test --offline --all-features"},
		{"documentation", "abi/rust", "cargo doc --offline --all-features --no-deps"},
		{"share-rust", "guest-examples/share-rust", commands(t, filepath.Join(root, "guest-examples/share-rust/README.md"), "native")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Log(bash(t, filepath.Join(at, c.folder), "export RUSTFLAGS='-D warnings' RUSTDOCFLAGS='-D warnings'\n"+c.command))
		})
	}
}
