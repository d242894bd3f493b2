//go:build languages

package assemblyscript

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// root is the module's folder, seen from here.
const root = "../.."

// require tells whether the tools are there. In CI they have to be.
func require(t *testing.T, tools ...string) bool {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: README.md says what to install", tool)
			}
			t.Logf("nothing is tested: %s is not installed", tool)
			return false
		}
	}
	return true
}

var testedBlock = regexp.MustCompile("(?ms)^<!-- test: ([a-z]+) -->\n```[a-z]+\n(.*?)^```$")

// commands returns what a README has in its blocks of that kind, all in one.
func commands(t *testing.T, readme, kind string) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, m := range testedBlock.FindAllStringSubmatch(string(text), -1) {
		if m[1] == kind {
			all.WriteString(m[2])
		}
	}
	if all.Len() == 0 {
		t.Fatalf("%s has no block <!-- test: %s -->", readme, kind)
	}
	return all.String()
}

// bash types commands in a folder, and returns what they print.
func bash(t *testing.T, folder, commands string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it may start a server
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = end
	out, err := cmd.CombinedOutput()
	if err != nil {
		_ = end() // what it has started, if there is anything left of it
		t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
	return string(out)
}

// built are the files and folders that are in none of the copies that tests make.
var built = []string{"node_modules", ".zig-cache"}

// workspace returns a copy of these folders, seen from the root, without what was
// built there.
func workspace(t *testing.T, folders ...string) string {
	t.Helper()
	at := t.TempDir()
	for _, f := range folders {
		to := filepath.Join(at, f)
		if err := os.MkdirAll(to, 0o777); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !slices.Contains(built, e.Name()) && filepath.Ext(e.Name()) != ".wasm" {
				duplicate(t, filepath.Join(root, f, e.Name()), filepath.Join(to, e.Name()))
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

// TestREADME takes the author's way in each language: from an empty folder beside a
// clone to a plugin that runs. The ports are free ones in the place of the default's.
func TestREADME(t *testing.T) {
	clone, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []struct{ name, tool string }{{"assemblyscript", "npm"}, {"wat", "wat2wasm"}, {"zig", "npm"}} {
		t.Run(language.name, func(t *testing.T) {
			if !require(t, "bash", "curl", language.tool) {
				return
			}
			folder := t.TempDir()
			if err := os.Symlink(clone, filepath.Join(folder, "sesshook")); err != nil {
				t.Fatal(err)
			}
			listen, admin := freePort(t), freePort(t)
			typed := strings.NewReplacer(
				"sesshook serve", "sesshook serve --listen "+listen+" --admin "+admin,
				"127.0.0.1:8443", listen, "127.0.0.1:9180", admin,
			).Replace(commands(t, filepath.Join("..", language.name, "README.md"), "author"))
			t.Log(bash(t, folder, typed+"wait\n")) // for the server
		})
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// TestNode runs the SDK's own tests.
func TestNode(t *testing.T) {
	if !require(t, "bash", "npm", "node") {
		return
	}
	at := filepath.Join(workspace(t, "abi/assemblyscript"), "abi/assemblyscript")
	t.Log(bash(t, at, "npm ci\nnpm test\n"))
}
