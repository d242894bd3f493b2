package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A typist is somebody who types what a page says, in a folder of their own. The
// shell is bash, which stops at the first command that fails.
type typist struct {
	*testing.T
	dir     string
	env     []string
	prelude string // before all commands: functions of the shell

	server    *background       // the last that was started
	addresses *strings.Replacer // of the text, to those that it really has
}

// typing is how long the commands of one block may take: compilers are among them.
const typing = 9 * time.Minute

// newTypist returns a typist who sits in dir, and who has sesshook in PATH, as
// TestMain has put it there. It returns nil where one of the programs is missing,
// which in CI is a failure.
func newTypist(t *testing.T, dir string, programs ...string) *typist {
	t.Helper()
	for _, p := range append([]string{"bash"}, programs...) {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: install its Debian package", p)
			}
			t.Logf("not typed: %s is not installed", p)
			return nil
		}
	}
	// What the author's machine decides is not this one's.
	env := append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "GORACE=atexit_sleep_ms=0")
	return &typist{T: t, dir: dir, env: env, addresses: strings.NewReplacer()}
}

// block types commands and returns what they print. A line that starts a server
// in the foreground is the last one: it runs until the test ends, on ports of its
// own.
func (y *typist) block(commands string) string {
	y.Helper()
	var typed strings.Builder
	for line := range strings.Lines(commands) {
		if !strings.HasPrefix(line, "sesshook serve") || strings.HasSuffix(line, "&\n") {
			typed.WriteString(line)
			continue
		}
		out := y.bash(typed.String())
		y.serve(strings.Fields(line)[2:])
		return out
	}
	return y.bash(typed.String())
}

// bash runs commands where the last ones have left off.
func (y *typist) bash(commands string) string {
	y.Helper()
	if commands == "" {
		return ""
	}
	y.Logf("> %s", commands)
	ctx, cancel := context.WithTimeout(y.Context(), typing)
	defer cancel()
	where := filepath.Join(y.TempDir(), "where")
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", y.prelude+"\n"+y.addresses.Replace(commands)+"\npwd > \"$TYPIST\"")
	cmd.Dir, cmd.Env, cmd.WaitDelay = y.dir, append(y.env, "TYPIST="+where), time.Second
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	y.Logf("%s%s", out, &stderr)
	if err != nil {
		y.Fatal(errors.Join(err, ctx.Err()))
	}
	dir, err := os.ReadFile(where)
	if err != nil {
		y.Fatal(err)
	}
	y.dir = strings.TrimSpace(string(dir))
	return string(out)
}

// serve runs a server until the test ends. Its addresses take the places of the
// default's in what is typed after it.
func (y *typist) serve(args []string) {
	y.Helper()
	program, err := exec.LookPath("sesshook")
	if err != nil {
		y.Fatal(err)
	}
	y.Logf("> sesshook serve %s", strings.Join(args, " "))
	b := &background{}
	if err := b.launch(program, y.dir, y.env, args...); err != nil {
		y.Fatal(err)
	}
	y.Cleanup(func() {
		_ = b.cmd.Process.Kill()
		<-b.exited
		y.Logf("[log]\n%s", b.log())
	})
	ready, err := b.ready()
	if err != nil {
		y.Fatal(err)
	}
	y.server = b
	y.addresses = strings.NewReplacer("127.0.0.1:8443", ready["LISTEN"], "127.0.0.1:9180", ready["ADMIN"])
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// shellBlocks returns the blocks of commands in a page.
func shellBlocks(page string) (blocks []string) {
	for _, m := range shellBlock.FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}
