//go:build interop

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestREADME types what README.md says, in a copy of the repository, with
// README's first serve command running there. A block is tested where the line
// above it says so:
//
//	<!-- test: serve -->
//	```sh
//	curl -sk https://127.0.0.1:8443/
//	```
//
// Blocks run in the order of the text, each by bash -euo pipefail, and have to
// end with status 0. Where a block without a language follows at once, it is
// exactly what they print. The addresses of the default ports stand for those
// that the server really has.
func TestREADME(t *testing.T) {
	require(t, "bash", "curl", "openssl", "git")
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := readBlocks(string(text))
	if err != nil {
		t.Fatal(err)
	}
	serve := regexp.MustCompile(`(?m)^go run ./cmd/sesshook serve\b.*$`).FindString(string(text))
	if serve == "" || len(blocks) == 0 {
		t.Fatal("README.md has no serve command, or no block that is tested")
	}
	r := newReader(t)
	r.serve(serve)
	for _, b := range blocks {
		r.run(b)
	}
}

// A block is commands that a reader types.
type block struct {
	commands string
	prints   string // exactly; empty: anything
}

var testedBlock = regexp.MustCompile("(?ms)^<!-- test: serve -->\n```sh\n(.*?)^```\n(?:\n+```\n(.*?)^```\n)?")

// readBlocks returns the blocks of a text that are to be tested.
func readBlocks(text string) ([]block, error) {
	var blocks []block
	for _, m := range testedBlock.FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, block{commands: m[1], prints: m[2]})
	}
	if strings.Count(text, "<!-- test") != len(blocks) {
		return nil, errors.New("README.md has a comment <!-- test that is not understood: write <!-- test: serve --> in the line above ```sh")
	}
	return blocks, nil
}

// reader is somebody who has cloned the repository.
type reader struct {
	*testing.T
	dir string
	env []string

	addresses *strings.Replacer // of the text, to those in use
}

func newReader(t *testing.T) *reader {
	r := &reader{T: t, dir: filepath.Join(t.TempDir(), "sesshook")}
	if err := os.CopyFS(r.dir, os.DirFS("../..")); err != nil {
		t.Fatal(err)
	}
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	// Without compiled modules, as on a fresh machine; but with compiled packages.
	r.env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "GOCACHE="+strings.TrimSpace(string(goCache)))
	return r
}

// command returns bash for commands. It ends, with all that it started, with ctx.
func (r *reader) command(ctx context.Context, commands string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir, cmd.Env = r.dir, r.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// serve runs the server until the test ends.
func (r *reader) serve(command string) {
	command = strings.Replace(command, " serve", " serve --listen 127.0.0.1:0 --admin 127.0.0.1:0", 1)
	r.Logf("> %s", command)
	ctx, cancel := context.WithCancel(context.Background())
	b := &background{cmd: r.command(ctx, command), more: make(chan struct{}), exited: make(chan struct{})}
	stderr, err := b.cmd.StderrPipe()
	if err == nil {
		err = b.cmd.Start()
	}
	if err != nil {
		cancel()
		r.Fatal(err)
	}
	go b.read(stderr)
	r.Cleanup(func() {
		cancel()
		<-b.exited
		r.Logf("[log]\n%s", b.log())
	})
	ready, err := b.wait(regexp.MustCompile(`msg=ready `))
	if err != nil {
		r.Fatal(err)
	}
	address := regexp.MustCompile(`listen=(\S+) admin=(\S+)`).FindStringSubmatch(ready)
	r.addresses = strings.NewReplacer("127.0.0.1:8443", address[1], "127.0.0.1:9180", address[2])
}

func (r *reader) run(b block) {
	ctx, cancel := context.WithTimeout(context.Background(), browserPatience)
	defer cancel()
	r.Logf("> %s", b.commands)
	var stdout, stderr bytes.Buffer
	cmd := r.command(ctx, r.addresses.Replace(b.commands))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r.Logf("%s%s", &stdout, &stderr)
	if err != nil {
		r.Fatal(errors.Join(err, ctx.Err()))
	}
	if b.prints != "" && stdout.String() != r.addresses.Replace(b.prints) {
		r.Errorf("README.md says that it prints\n%s", b.prints)
	}
}
