package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/scaffold"
)

// TestNewGo and its like make a plugin, and then type what its README says, which
// is what sesshook new prints: they test, build, inspect, run, measure and serve
// it, without a network. At last they make a mistake in it.
func TestNewGo(t *testing.T) { tryNew(t, "go", "", "go", "curl") }

func TestNewWAT(t *testing.T) { tryNew(t, "wat", "", "wat2wasm", "curl") }

// TestNewGoBelowAGoWork types what README.md says about that, beside the commands.
func TestNewGoBelowAGoWork(t *testing.T) {
	for _, command := range []string{"go work use .", "export GOWORK=off"} {
		t.Run(command, func(t *testing.T) {
			dir := t.TempDir()
			y := newTypist(t, dir, "go")
			if y == nil {
				return
			}
			y.env = append(y.env, "GOWORK=")
			y.block("go work init\nsesshook new --lang go a-plugin\ncd a-plugin\n! go test .\n")
			readme, err := os.ReadFile(filepath.Join(dir, "a-plugin", "README.md"))
			if err != nil || !strings.Contains(string(readme), "`"+command+"`") {
				t.Fatalf("README.md does not say %q: %v", command, err)
			}
			y.block(command + "\ngo test .\nGOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o a-plugin.wasm .\n")
		})
	}
}

// tryNew tries the template of a language, for which these programs are needed.
func tryNew(t *testing.T, language, prelude string, programs ...string) {
	dir := t.TempDir()
	y := newTypist(t, dir, programs...)
	if y == nil {
		return
	}
	y.prelude = prelude
	// What others have above the plugin's folder is not its own: cargo looks there.
	if err := os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte("[workspace]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "a-plugin")
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"new", "--lang", language, folder}, strings.NewReader(""), &out, &errs); status != exitOK {
		t.Fatalf("status %d\n%s", status, &errs)
	}
	readme, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlocks(string(readme))
	if got, want := printedCommands(out.String())+blocks[len(blocks)-1], "cd "+folder+"\n"+strings.Join(blocks, ""); got != want {
		t.Errorf("new prints\n%s\nand README.md says\n%s", got, want)
	}
	y.dir = folder
	var all strings.Builder
	for _, b := range blocks {
		all.WriteString(y.block(b))
	}
	for _, want := range []string{
		"\nwould load\n",
		"\n  metric sessions_www_example_org: 1 -> 2\n",
		"\n    sessions_unnamed 1\n",
		"\n  nothing went wrong\n",
		"\non_session_insert  ",
		`sesshook_plugin_value{name="sessions_other",plugin="a-plugin"} 0`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not in what was printed", want)
		}
	}
	if strings.Contains(all.String(), "sessions_health_example") {
		t.Error("the name that the sidecar ignores is counted")
	}
	// Go has no option for a maximum of memory; that is all there is to say.
	_, warnings, warned := strings.Cut(all.String(), "\nwarnings\n")
	if warned && (language != "go" || strings.Contains(warnings, "\n  2. ")) {
		t.Errorf("warns: %s", warnings)
	}
	y.trap(overboards[language], building(blocks))
}

// printedCommands are the lines of what new prints that are to be typed.
func printedCommands(out string) string {
	var commands strings.Builder
	for line := range strings.Lines(out) {
		if c, ok := strings.CutPrefix(line, "  "); ok && !strings.HasPrefix(c, "#") {
			commands.WriteString(c)
		}
	}
	return commands.String()
}

// tried are the languages that have a test here, or behind the tag languages.
var tried = map[string]bool{"go": true, "wat": true, "c": true, "rust": true, "assemblyscript": true}

// TestEveryTemplateIsTried finds a language that nobody has written a test for.
func TestEveryTemplateIsTried(t *testing.T) {
	all := scaffold.Languages()
	for _, l := range all {
		if !tried[l.Name] {
			t.Errorf("no test tries %s", l.Name)
		}
	}
	if len(tried) != len(all) {
		t.Errorf("there are templates for %d of %v", len(all), tried)
	}
}
