//go:build languages

package toolchain

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A Module is built by a tool, and kept in the repository.
type Module struct {
	Folder    string // whose README.md says how, in its blocks <!-- test: build -->; seen from Root
	Built     string // the file that this makes, seen from Folder
	Kept      string // where that is kept, seen from Root
	Toolchain string // that the bytes are of, with its version
	Versions  string // what to type to see what version is there; empty is nothing
}

// Rebuild builds m in a copy, which Copy made, and fails unless the bytes are those
// that are kept.
func (s Shell) Rebuild(t *testing.T, at string, m Module) {
	t.Helper()
	folder := filepath.Join(at, m.Folder)
	s.Bash(t, folder, Commands(t, filepath.Join(folder, "README.md"), "build"))
	got, err := os.ReadFile(filepath.Join(folder, m.Built))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(Root, m.Kept))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s, of %d bytes, is not what its source makes, of %d bytes: build it as README.md there says, with %s\n%s",
			m.Kept, len(want), len(got), m.Toolchain, s.Bash(t, folder, m.Versions))
	}
}

// made are folders that tools leave behind.
var made = []string{"node_modules", ".zig-cache", "target"}

// Copy returns a folder with copies of folders, seen from Root, without what was
// built there: the bytes of a module don't depend on where it is built.
func Copy(t *testing.T, folders ...string) string {
	t.Helper()
	at := t.TempDir()
	for _, f := range folders {
		to := filepath.Join(at, f)
		if err := os.MkdirAll(to, 0o777); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(Root, f))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains(made, e.Name()) && filepath.Ext(e.Name()) != ".wasm" {
				duplicate(t, filepath.Join(Root, f, e.Name()), filepath.Join(to, e.Name()))
			}
		}
	}
	return at
}

// duplicate copies a file or a folder.
func duplicate(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else {
		var b []byte
		if b, err = os.ReadFile(from); err == nil {
			err = os.WriteFile(to, b, 0o666)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
