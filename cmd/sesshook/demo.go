package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/broker"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/demo"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/suggest"
	"github.com/sesshook/sesshook/testdata/farm"
)

// Limits of the demo. A node is a process of some 50 MB.
const (
	minDemoNodes, maxDemoNodes     = 2, 20
	minDemoClients, maxDemoClients = 2, 5000
	maxDemoTime                    = 24 * time.Hour
)

// nodeOfDemo is the first argument of the processes that are the demo's nodes.
// It is nothing for people, and not in the help.
const nodeOfDemo = "node"

func demoHelp() string {
	return `Shows a farm on this machine, in half a minute: nodes behind a balancer that sends each connection to
the next of them, and TLS clients that come back again and again. While they do, the plugin
share.wasm is copied into the nodes' modules directories, then replaced by a newer one, and then a
node is killed and started again. It ends with a table of these phases. Nothing has to be installed;
everything is on loopback, and in a temporary directory that is removed at the end.

  --nodes N         processes of sesshook serve, 2 to 20 (default 3)
  --clients N       that come back two or three times a second each, half of them with TLS 1.2, half
                    with 1.3 (default 96, which two processors bear)
  --duration TIME   of all phases, 5s or more (default 20s)
  --mode MODE       how share.wasm shares sessions: push sends each to all nodes ahead, pull asks the
                    node that a session is from, both does both (default push)
  --json            write one JSON document at the end, and the rest to standard error

With NO_COLOR in the environment there are no colours. Where the output is not a terminal it is a
line a second.

In JSON, "phases" has an element for each phase that was completed, "phase": "no_plugin", "plugin",
"newer_plugin", "node_killed", "node_back", with the time after the change has taken effect:

  resumption_share          of the handshakes of clients that came with a session, 0 to 1; also
                            ..._tls12, ..._tls13
  full_per_second, resumed_per_second
                            handshakes, of all nodes
  cpu_ms_per_handshake      CPU time of the nodes, for all that they did
  p50_ms, p99_ms            of clients, from TCP connect to the end of the handshake
  messages_per_second       that the nodes sent to each other
  failed, cut               visits without an answer in all of the phase: those whose node was killed
                            meanwhile are cut, all others failed
  handshakes, seconds       that all this was measured over
  begun, below              seconds: since the first phase began; with less than 99% resumed, before
                            the change took effect
  changed                   seconds, handshakes and resumption_share until the change took effect

Beside it stand version, complete (false where it ended early), nodes, clients, mode, seconds, cpus,
certificate, plugin_sha256, newer_plugin_sha256, and failed and cut of all phases. What is not known
is null.
`
}

func runDemo(ctx context.Context, args []string, std stdio) error {
	if len(args) > 0 && args[0] == nodeOfDemo {
		return serveUntilEOF(ctx, args[1:], std)
	}
	cfg, asJSON, err := demoConfig(args)
	if err != nil {
		return usageUnlessHelp(err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once

	out := std.out
	if asJSON {
		out = std.err
	}
	display, restore := demo.NewDisplay(out, os.Getenv)
	defer restore()
	cfg.Display = display
	report, err := demo.Run(ctx, cfg)
	restore()
	if asJSON {
		err = errors.Join(err, report.WriteJSON(std.out))
	} else {
		err = errors.Join(err, report.WriteSummary(std.out))
	}
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// serveUntilEOF is one node: sesshook serve, until standard input ends, as it
// does with the process that holds its other end, whatever becomes of that.
func serveUntilEOF(ctx context.Context, args []string, std stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, std.in)
		cancel()
		time.AfterFunc(demo.StopTime, func() { os.Exit(exitFailed) })
	}()
	return serve(ctx, args, std)
}

// demoConfig reads the flags.
func demoConfig(args []string) (cfg demo.Config, asJSON bool, err error) {
	fs := pflag.NewFlagSet("demo", pflag.ContinueOnError)
	nodes := fs.String("nodes", "3", "")
	clients := fs.String("clients", "96", "")
	duration := fs.String("duration", "20s", "")
	mode := fs.String("mode", "push", "")
	fs.BoolVar(&asJSON, "json", false, "")
	if err := options.ParseFlags(fs, args); err != nil {
		return cfg, false, err
	}
	if fs.NArg() > 0 {
		return cfg, false, fmt.Errorf("demo takes flags only, and got %q", fs.Arg(0))
	}
	if cfg.Nodes, err = demoCount("nodes", *nodes, minDemoNodes, maxDemoNodes); err != nil {
		return cfg, false, err
	}
	if cfg.Clients, err = demoCount("clients", *clients, minDemoClients, maxDemoClients); err != nil {
		return cfg, false, err
	}
	if cfg.Duration, err = demoDuration(*duration); err != nil {
		return cfg, false, err
	}
	if cfg.Mode, err = demoMode(*mode); err != nil {
		return cfg, false, err
	}
	cfg.Module, cfg.Sidecar, cfg.Version, cfg.StartBroker = farm.Module, farm.Sidecar, programVersion(), demoBroker
	cfg.Command, err = demoCommand()
	return cfg, asJSON, err
}

func demoCount(flag, text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("--%s: %q is not a number: write one from %d to %d", flag, text, least, most)
	case n < least:
		return 0, fmt.Errorf("--%s: %d is too small: write a number from %d to %d", flag, n, least, most)
	case n > most:
		return 0, fmt.Errorf("--%s: %d is too large for one machine: write a number from %d to %d", flag, n, least, most)
	}
	return n, nil
}

func demoDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("--duration: %q is not a duration: write a number with its unit, for example 20s or 2m", text)
	case d < demo.MinDuration:
		return 0, fmt.Errorf("--duration: %s is too short for five phases: write %s or more", text, demo.MinDuration)
	case d > maxDemoTime:
		return 0, fmt.Errorf("--duration: %s is too long: write 24h or less", text)
	}
	return d, nil
}

var demoModes = []string{"push", "pull", "both"}

func demoMode(text string) (string, error) {
	for _, mode := range demoModes {
		if text == mode {
			return mode, nil
		}
	}
	hint := suggest.Hint(text, "", demoModes)
	if hint == "" {
		hint = ": write push, pull or both"
	}
	return "", fmt.Errorf("--mode: %q is not a mode%s", text, hint)
}

// demoCommand is this program, as a node of the demo.
func demoCommand() ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program does not know where its file is: %w", err)
	}
	return []string{self, "demo", nodeOfDemo}, nil
}

// demoBroker starts the farm's NATS in this process, for nodes on this machine.
func demoBroker() (url string, stop func(), err error) {
	b, err := broker.Start(broker.Config{Name: "demo"}) // on loopback, for who has its password
	if err != nil {
		return "", nil, err
	}
	return b.URL(), func() { _ = b.Close() }, nil
}
