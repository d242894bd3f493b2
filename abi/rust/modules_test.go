//go:build languages

package rust

import (
	"path/filepath"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// modules are what is built of Rust.
var modules = []toolchain.Module{
	{Folder: "abi/conformance/guests/rust", Built: "../rust.wasm", Kept: "abi/conformance/guests/rust.wasm"},
	{Folder: "guest-examples/share-rust", Built: "share-rust.wasm", Kept: "testdata/farm/share-rust.wasm"},
}

// workspace returns a copy of the folders that building and testing them takes.
func workspace(t *testing.T) string {
	t.Helper()
	return toolchain.Copy(t, "abi/rust", "abi/conformance/guests/rust", "guest-examples/share-rust")
}

func TestModulesAreWhatTheirSourceMakes(t *testing.T) {
	if !toolchain.Require(t, tools...) {
		return
	}
	at := workspace(t)
	for _, m := range modules {
		m.Toolchain, m.Versions = "Debian's rustc-web 1.96.0 and lld-19 19.1.7", "rustc --version; wasm-ld-19 --version"
		t.Run(filepath.Base(m.Folder), func(t *testing.T) { shell.Rebuild(t, at, m) })
	}
}
