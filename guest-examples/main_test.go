package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestBuiltModulesAreUpToDate rebuilds every example. The bytes have to be those
// that are kept where the tool is the one that made them.
func TestBuiltModulesAreUpToDate(t *testing.T) {
	names, err := examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !builtHere(name) {
			continue // the tests of its language's SDK build it
		}
		t.Run(name, func(t *testing.T) {
			isWAT := wat(name) != ""
			if isWAT && !has(t, "wat2wasm") {
				return
			}
			out := filepath.Join(t.TempDir(), name+".wasm")
			if err := build(name, out); err != nil {
				t.Fatal(err)
			}
			if made := madeBy(t, output(name)); isWAT || made == runtime.Version() {
				same(t, out, filepath.Join(output(name), name+".wasm"))
			} else {
				t.Logf("it builds; the bytes are not compared, because %s made the one that is kept", made)
			}
		})
	}
}

// madeBy returns the version of Go that made the modules in a folder.
func madeBy(t *testing.T, folder string) string {
	t.Helper()
	made, err := os.ReadFile(filepath.Join(folder, toolchain))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(made))
}

func TestSidecarsAreUpToDate(t *testing.T) {
	sidecars, err := filepath.Glob("*/*.toml")
	if err != nil || len(sidecars) == 0 {
		t.Fatal("no sidecars: ", err)
	}
	for _, s := range sidecars {
		if filepath.Base(s) != filepath.Dir(s)+".toml" {
			continue // the settings of a tool
		}
		same(t, s, filepath.Join(output(filepath.Dir(s)), filepath.Base(s)))
	}
}

// TestEveryBuiltModuleHasItsExample finds what an example that is gone, or is
// kept elsewhere now, has left behind.
func TestEveryBuiltModuleHasItsExample(t *testing.T) {
	for _, folder := range []string{modules, farm, others} {
		built, err := filepath.Glob(filepath.Join(folder, "*.wasm"))
		if err != nil || len(built) == 0 {
			t.Fatalf("no modules in %s: %v", folder, err)
		}
		for _, b := range built {
			name := strings.TrimSuffix(filepath.Base(b), ".wasm")
			if _, err := os.Stat(filepath.Join(name, "README.md")); err != nil || output(name) != folder {
				t.Errorf("%s has no example: %v", b, err)
			}
		}
	}
}

// has reports whether a tool is there. In CI it has to be.
func has(t *testing.T, tool string) bool {
	t.Helper()
	_, err := exec.LookPath(tool)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install package wabt", tool)
	}
	if err != nil {
		t.Logf("%s is missing, so the module is not rebuilt: install package wabt", tool)
	}
	return err == nil
}

func same(t *testing.T, made, kept string) {
	t.Helper()
	a, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Errorf("%s is not up to date: run go generate ./guest-examples/... and commit what changes", filepath.Base(kept))
	}
}
