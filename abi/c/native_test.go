//go:build languages

package c

import (
	"path/filepath"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// sanitized are the flags of the native tests: what a compiler can find, it has to.
const sanitized = "-Wall -Wextra -Wpedantic -Werror -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"

// TestNative runs the unit tests of both headers with the host in memory.
func TestNative(t *testing.T) {
	if !toolchain.Require(t, "bash", "cc", "c++") {
		return
	}
	at := filepath.Join(workspace(t), "abi/c/tests")
	t.Run("c", func(t *testing.T) {
		t.Log(shell.Bash(t, at, "cc -std=c11 "+sanitized+" -o c_test sesshook_test.c ../fake/sesshook_fake.c && ./c_test"))
	})
	for _, std := range []string{"c++17", "c++20"} {
		t.Run(std, func(t *testing.T) {
			t.Log(shell.Bash(t, at, "cc -std=c11 "+sanitized+" -c -o fake.o ../fake/sesshook_fake.c && c++ -std="+std+" "+sanitized+" -o cpp_test sesshook_test.cpp fake.o && ./cpp_test"))
		})
	}
}

// TestExamples runs the unit tests of the examples, as their READMEs say and with
// what finds more.
func TestExamples(t *testing.T) {
	if !toolchain.Require(t, "bash", "cc") {
		return
	}
	at := filepath.Join(workspace(t), "guest-examples/ratelimit")
	t.Log(shell.Bash(t, at, toolchain.Commands(t, filepath.Join(at, "README.md"), "native")))
	t.Log(shell.Bash(t, at, "cc -std=c11 "+sanitized+" -I../../abi/c -o sanitized_test ratelimit_test.c ../../abi/c/fake/sesshook_fake.c && ./sanitized_test"))
}

// TestHeaderNeedsNoLibrary compiles the header, with every function of it used, for
// a machine that has none.
func TestHeaderNeedsNoLibrary(t *testing.T) {
	if !toolchain.Require(t, "bash", "clang-19", "wasm-ld-19") {
		return
	}
	at := filepath.Join(workspace(t), "abi/c/tests")
	for _, optimize := range []string{"-O0", "-O1", "-O2", "-O3", "-Os", "-Oz"} {
		shell.Bash(t, at, "clang-19 --target=wasm32-unknown-unknown -std=c11 -Wall -Wextra -Wpedantic -Werror "+optimize+
			" -mbulk-memory -ffreestanding -nostdlib -Wl,--no-entry -I.. -o all.wasm all.c")
	}
}
