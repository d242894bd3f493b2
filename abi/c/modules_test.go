//go:build languages

package c

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// modules are what is built of C and C++: a folder whose README.md says how, the
// file that this makes, seen from that folder, and where that is kept; all but the
// second are seen from the root.
var modules = []struct{ folder, built, kept string }{
	{"abi/conformance/guests/c", "../c.wasm", "abi/conformance/guests/c.wasm"},
	{"abi/conformance/guests/cpp", "../cpp.wasm", "abi/conformance/guests/cpp.wasm"},
	{"guest-examples/hello-cpp", "hello-cpp.wasm", "testdata/languages/hello-cpp.wasm"},
	{"guest-examples/ratelimit", "ratelimit.wasm", "testdata/languages/ratelimit.wasm"},
}

// sources are the folders that building them takes.
var sources = []string{"abi/c", "abi/conformance/guests/c", "abi/conformance/guests/cpp", "guest-examples/hello-cpp", "guest-examples/ratelimit"}

// workspace returns a copy of the sources.
func workspace(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, s := range sources {
		if err := os.CopyFS(filepath.Join(folder, s), os.DirFS(filepath.Join(root, s))); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestModulesAreWhatTheirSourceMakes types what each README says, and compares.
func TestModulesAreWhatTheirSourceMakes(t *testing.T) {
	if !require(t, "bash", "clang-19", "clang++-19", "wasm-ld-19") {
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
				t.Errorf("%s, of %d bytes, is not what its source makes, of %d bytes: build it as README.md there says, with Debian's clang-19 19.1.7\n%s",
					m.kept, len(want), len(got), bash(t, folder, "clang-19 --version"))
			}
		})
	}
}
