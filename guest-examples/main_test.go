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
// of testdata/modules where the tool is the one that made them.
func TestBuiltModulesAreUpToDate(t *testing.T) {
	names, err := examples()
	if err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(filepath.Join(modules, toolchain))
	if err != nil {
		t.Fatal(err)
	}
	sameGo := strings.TrimSpace(string(made)) == runtime.Version()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			isWAT := wat(name) != ""
			if isWAT && !has(t, "wat2wasm") {
				return
			}
			out := filepath.Join(t.TempDir(), name+".wasm")
			if err := build(name, out); err != nil {
				t.Fatal(err)
			}
			if isWAT || sameGo {
				same(t, out, filepath.Join(modules, name+".wasm"))
			} else {
				t.Logf("it builds; the bytes are not compared, because %s made the one that is kept", bytes.TrimSpace(made))
			}
		})
	}
}

func TestSidecarsAreUpToDate(t *testing.T) {
	sidecars, err := filepath.Glob("*/*.toml")
	if err != nil || len(sidecars) == 0 {
		t.Fatal("no sidecars: ", err)
	}
	for _, s := range sidecars {
		same(t, s, filepath.Join(modules, filepath.Base(s)))
	}
}

// TestEveryBuiltModuleHasItsExample finds what an example that is gone has left
// behind.
func TestEveryBuiltModuleHasItsExample(t *testing.T) {
	built, err := filepath.Glob(filepath.Join(modules, "*.wasm"))
	if err != nil || len(built) == 0 {
		t.Fatal("no modules: ", err)
	}
	for _, b := range built {
		name := strings.TrimSuffix(filepath.Base(b), ".wasm")
		if _, err := os.Stat(filepath.Join(name, "README.md")); err != nil {
			t.Errorf("%s has no example: %v", b, err)
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
