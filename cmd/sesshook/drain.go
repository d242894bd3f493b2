package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// sameSignal is how long after a signal another counts as the same one: a
// supervisor often signals a process and its group (timeout does), and nobody
// who wants to hurry us along is that quick.
const sameSignal = 250 * time.Millisecond

// drain ends the server in good order, within --drain-timeout. A second signal
// ends the program without waiting.
func (s *server) drain(cause string, signals <-chan os.Signal) error {
	s.host.Drain() // no longer ready, from before the log says so
	s.log.Info("draining: no new connections", "cause", cause, "timeout", s.opts.DrainTimeout)
	begun := time.Now()
	done := make(chan error, 1)
	go func() { done <- s.shutdown() }()
	for {
		select {
		case err := <-done:
			return err
		case sig := <-signals:
			if sig != syscall.SIGHUP && time.Since(begun) > sameSignal {
				return fmt.Errorf("stopped at once by a second signal, %s", sig)
			}
		}
	}
}

// maxReserve is how much of the time to drain is kept for plugins, where
// connections would take it all.
const maxReserve = 5 * time.Second

func (s *server) shutdown() error {
	end := time.Now().Add(s.opts.DrainTimeout)
	ctx, cancel := context.WithDeadline(context.Background(), end.Add(-min(s.opts.DrainTimeout/4, maxReserve)))
	if err := s.front.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("connections were cut off: they did not finish in time")
	} else if err != nil {
		s.log.Warn("clients' listener did not close in order", "err", err)
	}
	cancel()

	ctx, cancel = context.WithDeadline(context.Background(), end)
	defer cancel()
	err := s.host.Close(ctx)
	if s.admin != nil {
		s.admin.close()
	}
	if s.broker != nil {
		err = errors.Join(err, s.broker.Close())
	}
	if err == nil {
		s.log.Info("stopped")
	}
	return err
}
