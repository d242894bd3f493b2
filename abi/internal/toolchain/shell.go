//go:build languages

package toolchain

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Root is the repository, seen from a package folder below abi.
const Root = "../.."

// patience is for a build of a standard library on a busy machine.
const patience = 9 * time.Minute

// Require tells whether tools are there. In CI they have to be.
func Require(t *testing.T, tools ...string) bool {
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

// Commands returns what a README has in its blocks below <!-- test: KIND -->, all in
// one.
func Commands(t *testing.T, readme, kind string) string {
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

// A Shell types commands in an environment; nil is that of the test.
type Shell struct{ Env []string }

// Bash types commands in a folder, and returns what they print. One that fails fails
// the test.
func (s Shell) Bash(t *testing.T, folder, commands string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir, cmd.Env = folder, s.Env
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

// Author takes the author's way, the blocks <!-- test: author --> of a README: from an
// empty folder beside a clone to a plugin that runs. The ports are free ones in the
// place of the default's.
func (s Shell) Author(t *testing.T, readme string) {
	t.Helper()
	clone, err := filepath.Abs(Root)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(clone, filepath.Join(folder, "sesshook")); err != nil {
		t.Fatal(err)
	}
	listen, admin := FreePort(t), FreePort(t)
	typed := strings.NewReplacer(
		"sesshook serve", "sesshook serve --listen "+listen+" --admin "+admin,
		"127.0.0.1:8443", listen, "127.0.0.1:9180", admin,
	).Replace(Commands(t, readme, "author"))
	t.Log(s.Bash(t, folder, typed+"wait\n")) // for the server
}

// FreePort returns an address of this machine where nothing listens.
func FreePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
