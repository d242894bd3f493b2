//go:build languages

package assemblyscript

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// modules are what is built of AssemblyScript and Zig: a folder whose README.md says
// how, the file that this makes, seen from that folder, and where that is kept; all
// but the second are seen from the root. Those that are tested say how in README.md,
// too.
var modules = []struct {
	folder, built, kept string
	tested              bool
	toolchain           string // that the bytes are of
}{
	{"abi/conformance/guests/assemblyscript", "../assemblyscript.wasm", "abi/conformance/guests/assemblyscript.wasm", false, "assemblyscript, as package-lock.json has it"},
	{"guest-examples/watch", "watch.wasm", "testdata/languages/watch.wasm", true, "assemblyscript, as package-lock.json has it"},
	{"guest-examples/hello-zig", "hello-zig.wasm", "testdata/languages/hello-zig.wasm", true, "Zig, as package-lock.json has it"},
}

// TestModulesAreWhatTheirSourceMakes types what each README says, and compares.
func TestModulesAreWhatTheirSourceMakes(t *testing.T) {
	if !require(t, "bash", "npm", "node") {
		return
	}
	at := workspace(t, "abi/assemblyscript", "abi/conformance/guests/assemblyscript", "guest-examples/watch", "guest-examples/hello-zig")
	for _, m := range modules {
		t.Run(filepath.Base(m.folder), func(t *testing.T) {
			folder := filepath.Join(at, m.folder)
			readme := filepath.Join(folder, "README.md")
			bash(t, folder, commands(t, readme, "build"))
			got, err := os.ReadFile(filepath.Join(folder, m.built))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(root, m.kept))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s, of %d bytes, is not what its source makes, of %d bytes: build it as README.md there says, with %s", m.kept, len(want), len(got), m.toolchain)
			}
			if m.tested {
				t.Log(bash(t, folder, commands(t, readme, "native")))
			}
		})
	}
}
