package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// StopTime is how long a node may take to end in good order, once its standard
// input has ended.
const StopTime = 3 * time.Second

// A process is one sesshook serve, from its start to its end.
//
// Its standard input is a pipe that only we hold. It ends in good order when
// the pipe is closed, which the operating system does for us where we are
// killed: the one way to tie a child to its parent that works everywhere. It is
// in a process group of its own, so that a ^C is for us and not for it.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.Closer
	log    *tail
	exited chan struct{} // closed when it has ended and its log is complete

	listen, admin string // where it really listens
}

// startProcess runs command, and returns when it is ready.
func startProcess(ctx context.Context, name string, command []string) (*process, error) {
	p := &process{name: name, log: newTail(), exited: make(chan struct{})}
	p.cmd = exec.Command(command[0], command[1:]...)
	ownGroup(p.cmd)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s does not start: %w", name, err)
	}
	go p.follow(stderr)
	if err := p.awaitReady(ctx); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

func (p *process) follow(stderr io.Reader) {
	defer close(p.exited)
	p.log.read(stderr)
	_ = p.cmd.Wait() // its status is in ProcessState
}

func (p *process) awaitReady(ctx context.Context) error {
	select {
	case line := <-p.log.ready:
		p.listen, _ = line["listen"].(string)
		p.admin, _ = line["admin"].(string)
		if p.listen == "" || p.admin == "" {
			return p.failed("has not said where it listens")
		}
		return nil
	case <-p.exited:
		return p.failed("did not start")
	case <-time.After(time.Minute):
		return p.failed("was not ready within a minute")
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failed is an error with what the process said last.
func (p *process) failed(what string) error {
	status := ""
	select {
	case <-p.exited:
		status = " (" + p.cmd.ProcessState.String() + ")"
	default:
	}
	return fmt.Errorf("%s %s%s; its log ended with:\n%s", p.name, what, status, p.log)
}

// kill ends it as SIGKILL does, and waits until it has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// stop ends it in good order, if it can be had.
func (p *process) stop() {
	_ = p.stdin.Close()
	select {
	case <-p.exited:
	case <-time.After(StopTime):
		p.kill()
	}
}

// tailLines is how much of a log is kept for an error.
const tailLines = 8

// A tail keeps the last lines of a log in JSON. It is safe for concurrent use.
type tail struct {
	ready chan map[string]any // takes the line "ready"

	mu    sync.Mutex
	lines []string
}

func newTail() *tail { return &tail{ready: make(chan map[string]any, 1)} }

// read follows a log until its end.
func (t *tail) read(r io.Reader) {
	for s := bufio.NewReader(r); ; {
		text, err := s.ReadString('\n')
		if text = strings.TrimRight(text, "\r\n"); text != "" {
			t.add(text)
		}
		if err != nil {
			return
		}
	}
}

func (t *tail) add(text string) {
	line := map[string]any{}
	if json.Unmarshal([]byte(text), &line) == nil {
		if line["msg"] == "ready" {
			select {
			case t.ready <- line:
			default:
			}
		}
		text = forPeople(line)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, text)
	t.lines = t.lines[max(0, len(t.lines)-tailLines):]
}

// forPeople writes a line of slog's without its time.
func forPeople(line map[string]any) string {
	text := fmt.Sprintf("%v %v", line["level"], line["msg"])
	for _, key := range slices.Sorted(maps.Keys(line)) {
		if key != "time" && key != "level" && key != "msg" {
			text += fmt.Sprintf(" %s=%v", key, line[key])
		}
	}
	return text
}

// String returns the last lines, indented.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 {
		return "  (nothing)"
	}
	return "  " + strings.Join(t.lines, "\n  ")
}
