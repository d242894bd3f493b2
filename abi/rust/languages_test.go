//go:build languages

package rust

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// tools is what README.md says that Debian's packages are.
var tools = []string{"/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/rustdoc", "wasm-ld-19", "cc", "bash"}

// shell types with Debian's cargo, which keeps what several tests need in one place:
// the standard library takes a minute. Where CARGO_BUILD_BUILD_DIR is set, other
// packages' tests have it too.
var shell toolchain.Shell

func TestMain(m *testing.M) {
	os.Exit(func() int {
		build := os.Getenv("CARGO_BUILD_BUILD_DIR")
		if build == "" {
			var err error
			if build, err = os.MkdirTemp("", "rust"); err != nil {
				panic(err)
			}
			defer os.RemoveAll(build)
		}
		// Nothing else of the environment decides how cargo builds.
		shell.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
			return strings.HasPrefix(v, "CARGO") || strings.HasPrefix(v, "RUST")
		}), "PATH=/usr/bin:"+os.Getenv("PATH"), "CARGO_BUILD_BUILD_DIR="+build, "CARGO_TERM_COLOR=never")
		return m.Run()
	}())
}

// TestREADME takes the author's way.
func TestREADME(t *testing.T) {
	if toolchain.Require(t, append(tools, "curl")...) {
		shell.Author(t, "README.md")
	}
}
