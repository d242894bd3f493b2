package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/host"
)

func runHelp() string {
	return `Runs a module on a private cache, without a server and without TLS, and shows step by step what it
does: calls, results, fuel, host calls with their arguments, log lines, metrics, faults. The sidecar
NAME.toml beside NAME.wasm holds. The exit status is 1 where the module does not load, where a call
did not return, and where a hook returned an error.

  --events FILE        the events to play, as lines of JSON; - is standard input. Without it, a set
                       that is made up, and shows every hook that the module exports
  --save-events FILE   write the events that were played, as lines for --events
  --config KEY=VALUE   set a value of the sidecar's [config]; may be given more than once
  --grant GRANT,...    run it with these grants, instead of the sidecar's
  --farm-key-file FILE farm keys, for events with sealed sessions that the plugin opens or inserts
  --json               write a line of JSON for each step; the same run writes the same lines
  --timings            with --json: also how long each call took

An events file has one JSON object a line; empty lines, and those that begin with #, say nothing:

  {"event":"insert", "id":"a", "server_name":"www.example.org", "tls_version":"1.3"}
  {"event":"get", "id":"a"}
  {"event":"wait", "at":"+25h"}

  insert, get, resume, miss, remove    id; server_name, alpn, tls_version, cipher_suite, format,
                                       client_cert, resumed, home, created, expires; data (in clear)
                                       or session (sealed, base64); origin; insert: overwrite;
                                       remove: reason (explicit, consumed, expired, evicted)
  message, request, lost               topic; node; key and data; lost: count, heard
  tick, events_lost                    events_lost: count
  reload                               config
  wait                                 at
  answer, farm                         what other nodes reply from now on: topic, node, reply;
                                       whether they can be reached: up
  host, dropped                        what sesshook record writes

Each may have "at", a time (2026-01-31T12:00:00Z) or one after the event before (+1.5s; by itself,
+1ms), and "reply", what other nodes reply to requests that the plugin makes meanwhile. The clock
stands still otherwise; as it moves, sessions expire, and the sidecar's tick comes. Bytes (id, key,
data, reply) are text, or hex:c0ffee, or base64:wP/u. guest-examples/EVENTS.md says more.
`
}

// runFlags are the flags of run.
type runFlags struct {
	events, save, farmKeys string
	set                    []string
	grants                 []abi.Grant
	json, timings          bool
}

func parseRun(args []string) (path string, f runFlags, err error) {
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	fs.StringVar(&f.events, "events", "", "")
	fs.StringVar(&f.save, "save-events", "", "")
	fs.StringVar(&f.farmKeys, "farm-key-file", "", "")
	fs.StringArrayVar(&f.set, "config", nil, "")
	fs.Var(options.Grants(&f.grants), "grant", "")
	fs.BoolVar(&f.json, "json", false, "")
	fs.BoolVar(&f.timings, "timings", false, "")
	if err := options.ParseFlags(fs, args); err != nil {
		return "", f, usageUnlessHelp(err)
	}
	if err := checkSettings(f.set); err != nil {
		return "", f, err
	}
	switch {
	case fs.NArg() != 1:
		return "", f, usageError{fmt.Errorf("run takes one module, and got %d%s", fs.NArg(), eventsHint(fs.Args(), f.events))}
	case f.timings && !f.json:
		return "", f, usageError{errors.New("--timings is for --json: what is written for people has them")}
	}
	return fs.Arg(0), f, nil
}

// checkSettings refuses values of --config that are no settings.
func checkSettings(set []string) error {
	for _, s := range set {
		if key, _, ok := strings.Cut(s, "="); !ok || key == "" {
			return usageError{fmt.Errorf("--config: %q is not a setting: write KEY=VALUE", s)}
		}
	}
	return nil
}

// eventsHint says how a file of events is given, where one is among the modules.
func eventsHint(args []string, events string) string {
	if len(args) != 2 || events != "" {
		return ""
	}
	for _, arg := range args {
		if ext := strings.ToLower(filepath.Ext(arg)); ext == ".jsonl" || ext == ".json" || ext == ".ndjson" {
			return ": events are given by --events " + arg
		}
	}
	return ""
}

func runModule(ctx context.Context, args []string, std stdio) (err error) {
	path, f, err := parseRun(args)
	if err != nil {
		return err
	}
	ctx, stop := orderly(ctx)
	defer stop()
	cfg := host.RunConfig{Module: path, Set: f.set, Grants: f.grants, FarmKeyFile: f.farmKeys}
	closeEvents, err := openEvents(&cfg, f, std)
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	defer func() {
		if closing := closeEvents(); err == nil && closing != nil {
			err = fmt.Errorf("run: %w", closing)
		}
	}()
	show := runText(std.out)
	if f.json {
		show = runJSON(std.out, f.timings)
	}
	end, err := host.Run(ctx, cfg, show.step)
	if err != nil {
		return failed("run", err)
	}
	if err := show.end(end); err != nil {
		return err
	}
	if !end.OK() {
		return errSaid
	}
	return nil
}

// orderly returns a context that a signal ends, so that what works on files of
// its own leaves none behind: on an interrupt, and where nobody reads its output
// any more.
func orderly(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
}

// failed is err of a command that was orderly. That its reader has gone is
// nothing to tell.
func failed(command string, err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return errSaid
	}
	return fmt.Errorf("%s: %w", command, err)
}

// openEvents opens the files that events come from and go to.
func openEvents(cfg *host.RunConfig, f runFlags, std stdio) (closeAll func() error, err error) {
	var files []*os.File
	closeAll = func() (err error) {
		for _, file := range files {
			err = errors.Join(err, file.Close())
		}
		return err
	}
	switch f.events {
	case "":
	case "-":
		cfg.Events, cfg.EventsName = std.in, "standard input"
	default:
		file, err := os.Open(f.events)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return nil, errors.Join(fmt.Errorf("--events: %s is a directory, and not a file of events", f.events), closeAll())
		}
		cfg.Events, cfg.EventsName = file, f.events
	}
	if f.save != "" {
		file, err := os.OpenFile(f.save, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, errors.Join(err, closeAll())
		}
		files = append(files, file)
		cfg.Played = func(line []byte) error {
			_, err := file.Write(line)
			return err
		}
	}
	return closeAll, nil
}

// A runView is one way to write a run.
type runView struct {
	step func(*host.RunStep) error
	end  func(*host.RunEnd) error
}

// runJSON writes a line of JSON for each step, and one for the end.
func runJSON(out io.Writer, timings bool) runView {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return runView{
		step: func(s *host.RunStep) error {
			if !timings {
				for i := range s.Calls {
					s.Calls[i].Took = 0
				}
			}
			return enc.Encode(s)
		},
		end: func(e *host.RunEnd) error {
			return enc.Encode(struct {
				End *host.RunEnd `json:"end"`
			}{e})
		},
	}
}
