//go:build languages

package assemblyscript

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/toolchain"
)

// zigTraps builds hello-zig, in a folder where Zig is installed, as abi/zig/README.md
// says and with a mistake in a function, and expects its name in the stack that
// sesshook run prints.
func zigTraps(t *testing.T, folder string) {
	t.Helper()
	var build string
	for line := range strings.Lines(toolchain.Commands(t, "../zig/README.md", "author")) {
		if strings.HasPrefix(line, "npx zig build-exe count.zig ") {
			build = strings.Replace(line, "count.zig", "overboard.zig", 1)
		}
	}
	source, err := os.ReadFile(filepath.Join(folder, "hello-zig.zig"))
	if err != nil {
		t.Fatal(err)
	}
	const hook = "export fn on_session_insert(_: u32) i32 {\n"
	if build == "" || strings.Count(string(source), hook) != 1 {
		t.Fatal("the page does not say how a module is built, or the module has no such hook")
	}
	mistake := "noinline fn overboard(at: usize) void {\n    if (at > 0) @trap();\n}\n\n" + hook + "    overboard(id().len);\n"
	text := strings.Replace(string(source), hook, mistake, 1)
	if err := os.WriteFile(filepath.Join(folder, "overboard.zig"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	shell.Bash(t, folder, build)
	out := shell.Bash(t, toolchain.Root, "! go run ./cmd/sesshook run "+filepath.Join(folder, "overboard.wasm"))
	if !strings.Contains(out, "trap: unreachable") || !strings.Contains(out, ".overboard(") {
		t.Errorf("run does not say where it was:\n%s", out)
	}
}
