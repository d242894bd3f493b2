//go:build languages

package assemblyscript

import (
	"path/filepath"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// modules are what is built of AssemblyScript and Zig. Those that are tested say how
// in README.md, too.
var modules = []struct {
	toolchain.Module
	tested bool
}{
	{toolchain.Module{
		Folder: "abi/conformance/guests/assemblyscript", Built: "../assemblyscript.wasm", Kept: "abi/conformance/guests/assemblyscript.wasm",
		Toolchain: "assemblyscript, as package-lock.json has it",
	}, false},
	{toolchain.Module{
		Folder: "guest-examples/watch", Built: "watch.wasm", Kept: "testdata/languages/watch.wasm",
		Toolchain: "assemblyscript, as package-lock.json has it",
	}, true},
	{toolchain.Module{
		Folder: "guest-examples/hello-zig", Built: "hello-zig.wasm", Kept: "testdata/languages/hello-zig.wasm",
		Toolchain: "Zig, as package-lock.json has it",
	}, true},
}

func TestModulesAreWhatTheirSourceMakes(t *testing.T) {
	if !toolchain.Require(t, "bash", "npm", "node") {
		return
	}
	at := toolchain.Copy(t, "abi/assemblyscript", "abi/conformance/guests/assemblyscript", "guest-examples/watch", "guest-examples/hello-zig")
	for _, m := range modules {
		t.Run(filepath.Base(m.Folder), func(t *testing.T) {
			shell.Rebuild(t, at, m.Module)
			if m.tested {
				folder := filepath.Join(at, m.Folder)
				t.Log(shell.Bash(t, folder, toolchain.Commands(t, filepath.Join(folder, "README.md"), "native")))
			}
			if m.Folder == "guest-examples/hello-zig" {
				zigTraps(t, filepath.Join(at, m.Folder)) // here, where there is a Zig
			}
		})
	}
}
