//go:build languages

package c

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

// root is the module's folder, seen from here.
const root = "../.."

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

// bash types commands in a folder, and returns what they print.
func bash(t *testing.T, folder, commands string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
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

// TestREADME takes the author's way: from an empty folder beside a clone to a plugin
// that runs. The ports are free ones in the place of the default's.
func TestREADME(t *testing.T) {
	if !require(t, "bash", "clang-19", "clang++-19", "wasm-ld-19", "cc", "c++", "curl") {
		return
	}
	clone, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(clone, filepath.Join(folder, "sesshook")); err != nil {
		t.Fatal(err)
	}
	listen, admin := freePort(t), freePort(t)
	typed := strings.NewReplacer(
		"sesshook serve", "sesshook serve --listen "+listen+" --admin "+admin,
		"127.0.0.1:8443", listen, "127.0.0.1:9180", admin,
	).Replace(commands(t, "README.md", "author"))
	t.Log(bash(t, folder, typed+"wait\n")) // for the server
}

// TestRatelimitRefuses tries what its README says, on a server: the second client is
// not let resume.
func TestRatelimitRefuses(t *testing.T) {
	if !require(t, "bash", "curl", "openssl") {
		return
	}
	folder := t.TempDir()
	listen, admin := freePort(t), freePort(t)
	bash(t, root, "go build -o "+folder+" ./cmd/sesshook && cp testdata/languages/ratelimit.wasm "+folder)
	try := strings.NewReplacer("127.0.0.1:8443", listen, "127.0.0.1:9180", admin).Replace(commands(t, "../../guest-examples/ratelimit/README.md", "serve"))
	out := bash(t, folder, `mkdir modules
./sesshook serve --listen `+listen+` --admin `+admin+` --modules modules 2> log & server=$!
until curl -sk https://`+listen+`/ > page.json; do sleep 0.1; done
`+try+`kill $server
wait
`)
	if n := strings.Count(out, ":New"); n != 2 || strings.Contains(out, ":Reused") {
		t.Errorf("%d of 2 handshakes are full ones:\n%s", n, out)
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
