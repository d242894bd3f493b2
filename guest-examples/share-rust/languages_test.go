//go:build languages

package sharerust

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// more is how many traces are followed beside those in testdata.
const more = 100

// TestTheRustPluginFollows makes many traces and has the Rust plugin's tests follow
// them.
func TestTheRustPluginFollows(t *testing.T) {
	if _, err := exec.LookPath("cargo"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cargo is missing: README.md says what to install")
		}
		t.Log("nothing is tested: cargo is not installed")
		return
	}
	folder := t.TempDir()
	for seed := range uint64(more) {
		file := filepath.Join(folder, fmt.Sprintf("%d.trace", seed))
		if err := os.WriteFile(file, []byte(trace(1000+seed, 40, true)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("cargo", "test", "--offline", "it_does_what_the_go_plugin_does", "--", "--nocapture")
	cmd.Env = append(os.Environ(), "SHARE_TRACES="+folder, "CARGO_TARGET_DIR="+t.TempDir(), "CARGO_TERM_COLOR=never")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
