//go:build languages

package assemblyscript

import (
	"path/filepath"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

var shell toolchain.Shell

// TestREADME takes the author's way in AssemblyScript, and in the languages that have
// a page in the place of an SDK.
func TestREADME(t *testing.T) {
	for _, language := range []struct{ name, tool string }{{"assemblyscript", "npm"}, {"wat", "wat2wasm"}, {"zig", "npm"}} {
		t.Run(language.name, func(t *testing.T) {
			if toolchain.Require(t, "bash", "curl", language.tool) {
				shell.Author(t, filepath.Join("..", language.name, "README.md"))
			}
		})
	}
}

// TestNode runs the SDK's own tests.
func TestNode(t *testing.T) {
	if !toolchain.Require(t, "bash", "npm", "node") {
		return
	}
	at := filepath.Join(toolchain.Copy(t, "abi/assemblyscript"), "abi/assemblyscript")
	t.Log(shell.Bash(t, at, "npm ci\nnpm test\n"))
}
