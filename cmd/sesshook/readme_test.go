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
//
// Blocks below <!-- test: farm --> need no server: all of them are one script,
// which a shell runs from the first to the last, with what it has started in the
// background.
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

// TestREADMEFarm types what README.md says of a farm.
func TestREADMEFarm(t *testing.T) {
	require(t, "bash", "curl", "openssl", "nats-server")
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, m := range farmBlock.FindAllStringSubmatch(string(text), -1) {
		script.WriteString(m[1])
	}
	if script.Len() == 0 {
		t.Fatal("README.md has no commands for a farm")
	}
	r := newReader(t)
	r.addresses = strings.NewReplacer()
	t.Cleanup(func() {
		for _, name := range []string{"node-1.log", "node-2.log", "node-3.log", "nats.log"} {
			log, _ := os.ReadFile(filepath.Join(r.dir, name))
			t.Logf("[%s]\n%s", name, log)
		}
	})
	out := r.run(block{commands: "trap 'kill $(jobs -p)' EXIT\n" + script.String()})
	for word, want := range map[string]int{"farm: default, 2 other nodes": 3, "\"server_name\"": 1} {
		if got := strings.Count(out, word); got != want {
			t.Errorf("%q stands there %d times, want %d", word, got, want)
		}
	}
	// The first visit, the returns to the two others, and to all three once the
	// session was removed.
	handshakes := regexp.MustCompile(`(?m)^(New|Reused), `).FindAllString(out, -1)
	if got, want := strings.Join(handshakes, ""), "New, Reused, Reused, New, New, New, "; got != want {
		t.Errorf("the handshakes are %q, want %q", got, want)
	}
}

var farmBlock = regexp.MustCompile("(?ms)^<!-- test: farm -->\n```sh\n(.*?)^```\n")

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
	if strings.Count(text, "<!-- test") != len(blocks)+len(farmBlock.FindAllString(text, -1)) {
		return nil, errors.New("README.md has a comment <!-- test that is not understood: write <!-- test: serve --> or <!-- test: farm --> in the line above ```sh")
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

// run runs a block and returns what it prints.
func (r *reader) run(b block) string {
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
	return stdout.String()
}
