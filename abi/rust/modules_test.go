//go:build languages

package rust

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// modules are what is built of Rust: a folder whose README.md says how, the file
// that this makes, seen from that folder, and where that is kept; all but the second
// are seen from the root.
var modules = []struct{ folder, built, kept string }{
	{"abi/conformance/guests/rust", "../rust.wasm", "abi/conformance/guests/rust.wasm"},
	{"guest-examples/share-rust", "share-rust.wasm", "testdata/farm/share-rust.wasm"},
}

// sources are the folders that building them takes.
var sources = []string{"abi/rust", "abi/conformance/guests/rust", "guest-examples/share-rust"}

// workspace returns a copy of the sources: the bytes of a module don't depend on
// the folder.
func workspace(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, s := range sources {
		if err := os.CopyFS(filepath.Join(folder, s), os.DirFS(filepath.Join(root, s))); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(folder, s, "target")); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestModulesAreWhatTheirSourceMakes types what each README says, and compares.
func TestModulesAreWhatTheirSourceMakes(t *testing.T) {
	if !require(t, append(toolchain, "bash")...) {
		return
	}
	at := workspace(t)
	for _, m := range modules {
		t.Run(filepath.Base(m.folder), func(t *testing.T) {
			folder := filepath.Join(at, m.folder)
			bash(t, folder, commands(t, filepath.Join(folder, "README.md"), "build"))
			got, err := os.ReadFile(filepath.Join(folder, m.built))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(root, m.kept))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s, of %d bytes, is not what its source makes, of %d bytes: build it as README.md there says, with Debian's rustc-web 1.96.0 and lld-19 19.1.7\n%s",
					m.kept, len(want), len(got), bash(t, folder, "rustc --version; wasm-ld-19 --version"))
			}
		})
	}
}
