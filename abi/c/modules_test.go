//go:build languages

package c

import (
	"path/filepath"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// modules are what is built of C and C++.
var modules = []toolchain.Module{
	{Folder: "abi/conformance/guests/c", Built: "../c.wasm", Kept: "abi/conformance/guests/c.wasm"},
	{Folder: "abi/conformance/guests/cpp", Built: "../cpp.wasm", Kept: "abi/conformance/guests/cpp.wasm"},
	{Folder: "guest-examples/hello-cpp", Built: "hello-cpp.wasm", Kept: "testdata/languages/hello-cpp.wasm"},
	{Folder: "guest-examples/ratelimit", Built: "ratelimit.wasm", Kept: "testdata/languages/ratelimit.wasm"},
}

// workspace returns a copy of the folders that building and testing them takes.
func workspace(t *testing.T) string {
	t.Helper()
	return toolchain.Copy(t, "abi/c", "abi/conformance/guests/c", "abi/conformance/guests/cpp", "guest-examples/hello-cpp", "guest-examples/ratelimit")
}

func TestModulesAreWhatTheirSourceMakes(t *testing.T) {
	if !toolchain.Require(t, "bash", "clang-19", "clang++-19", "wasm-ld-19") {
		return
	}
	at := workspace(t)
	for _, m := range modules {
		m.Toolchain, m.Versions = "Debian's clang-19 19.1.7", "clang-19 --version"
		t.Run(filepath.Base(m.Folder), func(t *testing.T) { shell.Rebuild(t, at, m) })
	}
}
