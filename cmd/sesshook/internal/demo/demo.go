// Package demo shows what a farm with plugins is for, on one machine: nodes that
// are processes of this program, a balancer that sends each connection to the
// next of them, and TLS clients that come back again and again. While they do,
// it copies a plugin into the nodes' modules directories, replaces it, kills a
// node and brings it back, and measures each of these phases.
//
// It measures what clients see and what the nodes' own metrics say; it is no
// benchmark: clients, balancer and broker share the machine with the nodes.
// Everything listens on loopback, and everything that it writes is in a
// temporary directory, which is removed at the end. Nodes end with the process
// that started them, however that ends: see process.
//
// One Run at a time; what goroutines share says so where it is.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Config says what to show. All fields are needed.
type Config struct {
	Nodes    int           // 2 or more
	Clients  int           // 1 or more
	Duration time.Duration // of all phases together, about; MinDuration or more
	Mode     string        // of the plugin: goes into the [config] of its sidecar

	Module, Sidecar []byte   // share.wasm and share.toml
	Command         []string // what runs a node, before its flags; it has to end when its standard input does
	Version         string   // of this program, for the report

	// StartBroker starts the NATS server of the farm, on loopback.
	StartBroker func() (url string, stop func(), err error)

	Display Display
}

// MinDuration is the shortest time in which the phases still mean something.
const MinDuration = 5 * time.Second

// A Display shows a view, a few times a second. Run calls it from one goroutine.
type Display interface{ Show(v *View) }

// Run shows everything, and returns what was measured. Where it ends early it
// returns the phases that were complete, with the error.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	d := &director{cfg: cfg, plan: plan(cfg), now: time.Now}
	d.view = newView(cfg, d.plan)
	err := d.open(ctx)
	if err == nil {
		err = d.perform(ctx)
	}
	d.say("stopping")
	d.close()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = ErrInterrupted
	}
	d.view.Over = true
	d.view.Note = ""
	cfg.Display.Show(d.view)
	return d.report(err == nil), err
}

// ErrInterrupted is returned by Run when its context was cancelled.
var ErrInterrupted = errors.New("interrupted")

// open starts the farm, and then the clients.
func (d *director) open(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "sesshook-demo-")
	if err != nil {
		return noSpace(err)
	}
	d.closers = append(d.closers, func() { _ = os.RemoveAll(dir) })

	d.say("starting a NATS server in this process")
	url, stop, err := d.cfg.StartBroker()
	if err != nil {
		return fmt.Errorf("the NATS server does not start: %w", err)
	}
	d.closers = append(d.closers, stop)

	f, err := newFarm(d.cfg, dir, url)
	if err != nil {
		return err
	}
	d.closers = append(d.closers, f.close)
	if err := f.start(ctx, d.say); err != nil {
		return err
	}
	d.farm, d.view.Balancer = f, f.balancer.addr()

	crowd := newCrowd(d.cfg.Clients, f.balancer, f.authority)
	d.visits = crowd
	d.closers = append(d.closers, crowd.start())
	return nil
}

// close undoes what open did, last first.
func (d *director) close() {
	for i := len(d.closers) - 1; i >= 0; i-- {
		d.closers[i]()
	}
}

// noSpace says what to do where the temporary directory can't be written.
func noSpace(err error) error {
	return fmt.Errorf("can't write temporary files: %w: make room in %s, or name another directory in the environment (TMPDIR; TEMP on Windows)", err, os.TempDir())
}
