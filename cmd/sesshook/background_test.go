package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what should come at once.
const patience = 2 * time.Minute

type backgroundKey struct{}

// backgrounds are the sesshook serve of one script, by the name that its
// command node gives them.
type backgrounds struct {
	all     map[string]*background
	current string
}

func newBackgrounds() *backgrounds {
	return &backgrounds{all: map[string]*background{"": {}}}
}

// background is one sesshook serve.
type background struct {
	cmd    *exec.Cmd
	exited chan struct{}     // closed once cmd has ended and its log is complete
	env    map[string]string // what a script knows of it

	mu    sync.Mutex
	lines []string
	seen  int           // lines that waitlog has passed
	more  chan struct{} // closed and replaced with each line
}

func current(ts *testscript.TestScript) *background {
	b := ts.Value(backgroundKey{}).(*backgrounds)
	return b.all[b.current]
}

// cmdNode has the commands that follow be about another sesshook serve.
func cmdNode(ts *testscript.TestScript, args []string) error {
	b := ts.Value(backgroundKey{}).(*backgrounds)
	b.current = args[0]
	if b.all[b.current] == nil {
		b.all[b.current] = &background{}
	}
	for name, value := range current(ts).env {
		ts.Setenv(name, value)
	}
	return nil
}

// cmdServe starts the program, and sees to it that it ends with the script.
func cmdServe(ts *testscript.TestScript, args []string) error {
	b := current(ts)
	program, err := lookPath(ts.Getenv("PATH"), "sesshook")
	if err != nil {
		return err
	}
	env := []string{}
	for _, name := range []string{"HOME", "TMPDIR", "PATH", "SSL_CERT_FILE"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	if err := b.launch(program, ts.MkAbs("."), env, args...); err != nil {
		return err
	}
	process, exited := b.cmd.Process, b.exited
	ts.Defer(func() {
		_ = process.Kill()
		<-exited
		ts.Logf("[log]\n%s", b.log())
	})
	ready, err := b.ready()
	if err != nil {
		return err
	}
	b.env = ready
	for name, value := range ready {
		ts.Setenv(name, value)
	}
	return nil
}

// launch starts program's serve on free ports, in the directory dir.
func (b *background) launch(program, dir string, env []string, args ...string) error {
	b.cmd = exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--compile-cache", ""}, args...)...)
	b.cmd.Dir, b.cmd.Env = dir, env
	stderr, err := b.cmd.StderrPipe()
	if err != nil {
		return err
	}
	b.lines, b.seen, b.more, b.exited = nil, 0, make(chan struct{}), make(chan struct{})
	if err := b.cmd.Start(); err != nil {
		return err
	}
	go b.read(stderr)
	return nil
}

// ready waits until it says that it is, and returns where it listens.
func (b *background) ready() (env map[string]string, err error) {
	line, err := b.wait(regexp.MustCompile(`"?msg"?[=:]"?ready\b`))
	if err != nil {
		return nil, err
	}
	env = map[string]string{}
	for _, name := range []string{"listen", "admin", "nats_listen"} {
		if m := regexp.MustCompile(`\b` + name + `"?[=:]"?([^" ]+)`).FindStringSubmatch(line); m != nil {
			env[strings.ToUpper(name)] = m[1]
		}
	}
	return env, nil
}

func lookPath(path, name string) (string, error) {
	for _, dir := range strings.Split(path, string(os.PathListSeparator)) {
		file := dir + string(os.PathSeparator) + name
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", errors.New("no sesshook in the script's PATH")
}

func (b *background) read(stderr io.Reader) {
	defer close(b.exited)
	for s := bufio.NewScanner(stderr); s.Scan(); {
		b.mu.Lock()
		b.lines = append(b.lines, s.Text())
		close(b.more)
		b.more = make(chan struct{})
		b.mu.Unlock()
	}
	_ = b.cmd.Wait() // its status is in ProcessState
}

func (b *background) log() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "\n")
}

// next looks through the lines that are there, and returns a channel that is
// closed when there are more.
func (b *background) next(want *regexp.Regexp) (line string, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.seen < len(b.lines) {
		line := b.lines[b.seen]
		b.seen++
		if want.MatchString(line) {
			return line, nil
		}
	}
	return "", b.more
}

func (b *background) wait(want *regexp.Regexp) (string, error) {
	late := time.After(patience)
	for exited := b.exited; ; {
		line, more := b.next(want)
		if more == nil {
			return line, nil
		}
		select {
		case <-more:
		case <-exited:
			exited = nil // once more: lines that came with the end
			if line, more = b.next(want); more == nil {
				return line, nil
			}
			return "", fmt.Errorf("sesshook has exited without a line like %s:\n%s", want, b.log())
		case <-late:
			return "", fmt.Errorf("no line like %s:\n%s", want, b.log())
		}
	}
}

func cmdWaitlog(ts *testscript.TestScript, args []string) error {
	want, err := regexp.Compile(args[0])
	if err != nil {
		return err
	}
	line, err := current(ts).wait(want)
	if err == nil {
		_, _ = fmt.Fprintln(ts.Stdout(), line)
	}
	return err
}

func cmdSignal(ts *testscript.TestScript, args []string) error {
	signals := map[string]os.Signal{"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "TERM": syscall.SIGTERM}
	return current(ts).cmd.Process.Signal(signals[args[0]])
}

func cmdStopped(ts *testscript.TestScript, args []string) error {
	b := current(ts)
	select {
	case <-b.exited:
	case <-time.After(patience):
		return fmt.Errorf("sesshook has not exited:\n%s", b.log())
	}
	if got := b.cmd.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		return fmt.Errorf("exit status is %d, want %s:\n%s", got, args[0], b.log())
	}
	_, _ = fmt.Fprintln(ts.Stdout(), b.log())
	return nil
}
