package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
)

func serveHelp() string {
	return `Terminates TLS 1.2 and 1.3 and passes what clients send on to an upstream. Sessions are kept in a
cache, clients resume them, and the modules in the modules directory are called for what happens
there. The addresses in use are in the log line "ready".

` + options.Help() + `
SIGTERM and SIGINT drain: no new connections, requests finish, plugins handle what is queued; a
second one exits at once. SIGHUP reads certificate, farm keys and modules again.
`
}

func serve(ctx context.Context, args []string, std stdio) error {
	opts, err := options.Parse(args)
	if err != nil {
		return usageUnlessHelp(err)
	}
	// From here on: a signal during the start is dealt with after it.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	handler := logHandler(opts, std)
	s, err := start(opts, slog.New(handler))
	if err != nil {
		return err
	}
	s.announce(handler)
	return s.wait(ctx, signals)
}

func logHandler(opts *options.Options, std stdio) slog.Handler {
	how := &slog.HandlerOptions{Level: opts.LogLevel}
	if opts.LogFormat == "json" {
		return slog.NewJSONHandler(std.err, how)
	}
	return slog.NewTextHandler(std.err, how)
}

// wait serves until ctx ends, a signal says so, or a listener fails, and then
// drains.
func (s *server) wait(ctx context.Context, signals <-chan os.Signal) error {
	for {
		select {
		case sig := <-signals:
			if sig == syscall.SIGHUP {
				s.reload()
				continue
			}
			return s.drain(sig.String(), signals)
		case <-ctx.Done():
			return s.drain("the caller", signals)
		case err := <-s.failed:
			s.log.Error("serving failed", "err", err)
			return errors.Join(err, s.drain("an error", signals))
		}
	}
}
