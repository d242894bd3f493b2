package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
)

func recordHelp() string {
	return `Takes down what happens on a running server, as lines that sesshook run --events plays: what is
stored, fetched, resumed, missed and removed, with its sessions sealed. Messages between nodes are
not among it.

  --admin URL     the server's admin endpoint (default http://127.0.0.1:9180)
  --for TIME      how long (default 10s); 0s is until it is interrupted
  --max N         end after so many events
  --out FILE      where to (default -, standard output)

Who has the recording knows ids, times and server names of the connections, and who has the farm
keys as well can decrypt them. What the server had no time to write is counted: the recording says
where it is missing.
`
}

// recordFlags are the flags of record.
type recordFlags struct {
	admin, out string
	during     time.Duration
	most       uint64
}

func parseRecord(args []string) (f recordFlags, err error) {
	fs := pflag.NewFlagSet("record", pflag.ContinueOnError)
	fs.StringVar(&f.admin, "admin", "http://127.0.0.1:9180", "")
	fs.StringVar(&f.out, "out", "-", "")
	fs.DurationVar(&f.during, "for", 10*time.Second, "")
	fs.Uint64Var(&f.most, "max", 0, "")
	if err := options.ParseFlags(fs, args); err != nil {
		return f, usageUnlessHelp(err)
	}
	if fs.NArg() != 0 {
		return f, usageError{fmt.Errorf("record takes no arguments, and got %q", fs.Arg(0))}
	}
	if f.during < 0 {
		return f, usageError{fmt.Errorf("--for: %v is too short", f.during)}
	}
	f.admin, err = eventsURL(f.admin)
	return f, err
}

// eventsURL returns where the events of an admin endpoint are.
func eventsURL(admin string) (string, error) {
	if !strings.Contains(admin, "://") {
		admin = "http://" + admin
	}
	u, err := url.Parse(admin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", usageError{fmt.Errorf("--admin: %q is not the URL of an admin endpoint: write http://HOST:PORT", admin)}
	}
	return u.JoinPath("events").String(), nil
}

func record(ctx context.Context, args []string, std stdio) (err error) {
	f, err := parseRecord(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The time begins to run with the first line.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	body, err := listenTo(ctx, f.admin)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	defer body.Close()
	out, closeOut, err := openOut(f.out, std)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	r := &recorder{out: out, most: f.most, begin: func() {
		if f.during > 0 {
			time.AfterFunc(f.during, cancel)
		}
	}}
	err = r.copy(ctx, body)
	if err = errors.Join(err, closeOut()); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return r.report(std.err)
}

// listenTo asks for the events, which come until ctx ends.
func listenTo(ctx context.Context, where string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: is sesshook serve running, with its --admin there?", err)
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	problem := struct {
		Error string `json:"error"`
	}{strings.TrimSpace(string(said))}
	_ = json.Unmarshal(said, &problem)
	switch res.StatusCode {
	case http.StatusNotFound:
		problem.Error = "there are no events: is this the admin endpoint, of this version?"
	case http.StatusBadRequest: // of a port that speaks TLS
		problem.Error += ": is this the admin endpoint, and not where clients connect? sesshook serve --admin says where that is"
	}
	return nil, fmt.Errorf("%s: %s: %s", where, res.Status, problem.Error)
}

func openOut(name string, std stdio) (io.Writer, func() error, error) {
	if name == "-" {
		return std.out, func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// A recorder copies lines and counts them.
type recorder struct {
	out             io.Writer
	most            uint64 // events; 0 is no limit
	begin           func() // called with the first line
	events, dropped uint64
	begun           bool
}

// copy takes lines until there are enough of them, ctx ends or the server does.
func (r *recorder) copy(ctx context.Context, from io.Reader) error {
	in := bufio.NewReaderSize(from, 64<<10)
	for r.most == 0 || r.events < r.most {
		line, err := in.ReadBytes('\n')
		switch {
		case err != nil && (ctx.Err() != nil || errors.Is(err, io.EOF)):
			return nil // what is left of a line is no event
		case err != nil:
			return err
		}
		if err := r.line(line); err != nil {
			return err
		}
	}
	return nil
}

func (r *recorder) line(line []byte) error {
	if _, err := r.out.Write(line); err != nil {
		return err
	}
	if !r.begun {
		r.begun = true
		r.begin()
	}
	var e struct {
		Event string `json:"event"`
		Count uint64 `json:"count"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("the server writes no events: %w", err)
	}
	switch e.Event {
	case "host":
	case "dropped":
		r.dropped += e.Count
	default:
		r.events++
	}
	return nil
}

func (r *recorder) report(to io.Writer) error {
	missing := ""
	if r.dropped > 0 {
		missing = fmt.Sprintf("; %s more came too fast, and are missing", plural(int(r.dropped), "event"))
	}
	_, err := fmt.Fprintf(to, "recorded %s%s\n", plural(int(r.events), "event"), missing)
	return err
}
