//go:build interop

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// chromium is a browser with one page, driven by the Chrome DevTools Protocol:
// JSON messages, each with a zero byte after it, over two pipes.
// Not safe for concurrent use.
type chromium struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer // of a process that is still there: see log
	to     *os.File
	from   *bufio.Reader
	answer *os.File // what from reads

	asked   int    // id of the last message
	session string // of the page; empty: the browser itself
}

// chromiumFlags make a browser that shows nothing, talks to nobody but us, and
// accepts a self-signed certificate. It runs as root, which its sandbox can't.
var chromiumFlags = []string{
	"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
	"--ignore-certificate-errors", "--remote-debugging-pipe",
}

// preferences keep the browser from connecting ahead of what it is asked for: a
// connection in store has made its full handshake before there is a session.
const preferences = `{"net": {"network_prediction_options": 2}}`

// message is one of the protocol, either way.
type message struct {
	ID        int             `json:"id,omitempty"`
	Session   string          `json:"sessionId,omitempty"`
	Method    string          `json:"method,omitempty"`
	Params    any             `json:"params,omitempty"`
	Result    json.RawMessage `json:"result,omitempty"`
	ErrorText json.RawMessage `json:"error,omitempty"`
}

// startChromium starts a browser with an empty page and a new profile in dir,
// which ends with ctx at the latest.
func startChromium(ctx context.Context, dir string, flags ...string) (*chromium, error) {
	profile, err := newProfile(dir)
	if err != nil {
		return nil, err
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		_ = ourOut.Close()
		return nil, err
	}
	defer theirOut.Close()
	b := &chromium{to: ourOut, answer: ourIn, from: bufio.NewReader(ourIn)}
	b.cmd = exec.CommandContext(ctx, "chromium", append(append(chromiumFlags, "--user-data-dir="+profile), flags...)...)
	b.cmd.Env = append(os.Environ(), "HOME="+profile, "XDG_CONFIG_HOME="+profile, "XDG_CACHE_HOME="+profile)
	b.cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4, as --remote-debugging-pipe has it
	b.cmd.Stderr = &b.stderr
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has many processes
	b.cmd.Cancel = func() error { return syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) }
	if err := b.cmd.Start(); err != nil {
		b.close()
		return nil, err
	}
	if err := b.open(); err != nil {
		b.stop()
		return nil, fmt.Errorf("chromium does not start: %w\n%s", err, b.log())
	}
	return b, nil
}

func newProfile(dir string) (string, error) {
	profile, err := os.MkdirTemp(dir, "profile-*")
	if err != nil {
		return "", err
	}
	inner := filepath.Join(profile, "Default")
	return profile, errors.Join(os.Mkdir(inner, 0o700), os.WriteFile(filepath.Join(inner, "Preferences"), []byte(preferences), 0o600))
}

// open makes the page.
func (b *chromium) open() error {
	var target struct {
		TargetID string `json:"targetId"`
	}
	if err := b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target); err != nil {
		return err
	}
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	if err := b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return err
	}
	b.session = attached.SessionID
	return b.call("Page.enable", nil, nil)
}

// load goes to url and returns the title and the text of what is there.
func (b *chromium) load(url string) (string, error) {
	var gone struct {
		ErrorText string `json:"errorText"`
	}
	if err := b.call("Page.navigate", map[string]any{"url": url}, &gone); err != nil {
		return "", err
	}
	if gone.ErrorText != "" {
		return "", fmt.Errorf("%s: %s", url, gone.ErrorText)
	}
	if err := b.await("Page.loadEventFired"); err != nil {
		return "", err
	}
	var value struct {
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
	}
	err := b.call("Runtime.evaluate", map[string]any{"expression": `document.title + "\n" + document.body.innerText`}, &value)
	return value.Result.Value, err
}

// call has method done. Events that come meanwhile are passed over.
func (b *chromium) call(method string, params, result any) error {
	b.asked++
	if err := b.send(message{ID: b.asked, Session: b.session, Method: method, Params: params}); err != nil {
		return err
	}
	for {
		m, err := b.receive()
		switch {
		case err != nil:
			return err
		case m.ID != b.asked:
			continue
		case m.ErrorText != nil:
			return fmt.Errorf("%s: %s", method, m.ErrorText)
		case result == nil:
			return nil
		}
		return json.Unmarshal(m.Result, result)
	}
}

// await waits for an event of the page.
func (b *chromium) await(event string) error {
	for {
		m, err := b.receive()
		if err != nil {
			return err
		}
		if m.Method == event && m.Session == b.session {
			return nil
		}
	}
}

func (b *chromium) send(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = b.to.Write(append(text, 0))
	return err
}

func (b *chromium) receive() (m message, err error) {
	text, err := b.from.ReadBytes(0)
	if errors.Is(err, io.EOF) {
		return m, errors.New("the browser has gone")
	}
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &m)
}

// stop ends the browser, and waits until it has.
func (b *chromium) stop() {
	_ = b.cmd.Cancel()
	_ = b.cmd.Wait()
	b.close()
}

func (b *chromium) close() {
	_ = b.to.Close()
	_ = b.answer.Close()
}

// log ends the browser and returns what it said.
func (b *chromium) log() string {
	b.stop()
	return b.stderr.String()
}
