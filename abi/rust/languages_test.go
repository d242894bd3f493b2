//go:build languages

package rust

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

// toolchain is what README.md says that Debian's packages are.
var toolchain = []string{"/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/rustdoc", "wasm-ld-19", "cc"}

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

// build is where cargo keeps what several tests need: the standard library takes a
// minute. Where CARGO_BUILD_BUILD_DIR is set, other packages' tests have it too.
var build = os.Getenv("CARGO_BUILD_BUILD_DIR")

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if build != "" {
			return m.Run()
		}
		var err error
		if build, err = os.MkdirTemp("", "rust"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(build)
		return m.Run()
	}())
}

// bash types commands in a folder, with Debian's cargo, and returns what they print.
func bash(t *testing.T, folder, commands string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = folder
	cmd.Env = append(environment(), "PATH=/usr/bin:"+os.Getenv("PATH"), "CARGO_BUILD_BUILD_DIR="+build, "CARGO_TERM_COLOR=never")
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

// environment returns the environment without what decides how cargo builds.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "CARGO") || strings.HasPrefix(v, "RUST")
	})
}

// TestREADME takes the author's way: from an empty folder beside a clone to a plugin
// that runs. The ports are free ones in the place of the default's.
func TestREADME(t *testing.T) {
	if !require(t, append(toolchain, "bash", "curl")...) {
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

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}
