package demo

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestRunWithRealProcesses has everything but sesshook serve and the plugin.
func TestRunWithRealProcesses(t *testing.T) {
	cfg := fakeConfig(t, "works")
	r, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	left(t)
	if !r.Complete || len(r.Phases) != 5 || r.Failed > 0 {
		t.Fatalf("%+v", r)
	}
	if share := r.Phases[0].Share; share > 0.9 { // a third, of not many
		t.Errorf("without the plugin, the share is %v", share)
	}
	for _, p := range r.Phases[1:] {
		if p.Share < goal || p.ShareTLS12 < goal || p.ShareTLS13 < goal {
			t.Errorf("%s: shares are %v, %v, %v", p.Name, p.Share, p.ShareTLS12, p.ShareTLS13)
		}
	}
	for _, p := range r.Phases {
		if p.CPU.text(3) != "1.000" || !(p.Messages > 0) || p.P50 > p.P99 || p.Handshakes == 0 || !p.Full.known() {
			t.Errorf("%s: %+v", p.Name, p.Figures)
		}
	}
}

func TestRunSaysWhyItFails(t *testing.T) {
	for _, tt := range []struct {
		behaviour, how, want string
	}{
		{"a node that does not start", "refuses", "did not start (exit status 1); its log ended with:\n  ERROR can't go on err=node-"},
		{"a module that does not run", "breaks", "node-1: share.wasm does not run: it is broken"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			r, err := Run(t.Context(), fakeConfig(t, tt.how))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v\nwant %s", err, tt.want)
			}
			if r == nil || r.Complete {
				t.Errorf("report is %+v", r)
			}
			left(t)
		})
	}
}

func TestRunFailsWithoutABroker(t *testing.T) {
	cfg := fakeConfig(t, "works")
	cfg.StartBroker = func() (string, func(), error) { return "", nil, errors.New("no port") }
	if _, err := Run(t.Context(), cfg); err == nil || err.Error() != "the NATS server does not start: no port" {
		t.Error(err)
	}
	left(t)
}

func TestRunFailsWithoutRoomForFiles(t *testing.T) {
	cfg := fakeConfig(t, "works")
	t.Setenv("TMPDIR", "/nowhere/at/all")
	if _, err := Run(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "make room in /nowhere/at/all, or name another directory") {
		t.Error(err)
	}
}

// A displayFunc is a Display.
type displayFunc func(v *View)

func (f displayFunc) Show(v *View) { f(v) }

// Ended at any moment, it leaves nothing behind.
func TestRunCanBeInterruptedAnywhere(t *testing.T) {
	for _, note := range []string{"starting a NATS", "starting 3 nodes", "no plugin", "is copied into node-2", "is killed", "starts again"} {
		t.Run(note, func(t *testing.T) {
			cfg := fakeConfig(t, "works")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cfg.Display = displayFunc(func(v *View) {
				if strings.Contains(v.Note, note) {
					cancel()
				}
			})
			begun := time.Now()
			r, err := Run(ctx, cfg)
			if !errors.Is(err, ErrInterrupted) || r.Complete {
				t.Errorf("%v, %+v", err, r)
			}
			if d := time.Since(begun); d > 20*time.Second {
				t.Errorf("it took %v", d)
			}
			left(t)
		})
	}
}

// A node that ends by itself ends the demo.
func TestRunEndsWithANodeThatDies(t *testing.T) {
	cfg := fakeConfig(t, "works")
	d := &director{cfg: cfg, plan: plan(cfg), now: time.Now}
	d.view = newView(cfg, d.plan)
	defer d.close()
	if err := d.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := d.farm.(*farm).node(2)
	_ = p.stdin.Close()
	err := d.perform(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "node-3 has ended by itself (exit status 0); its log ended with:\n  INFO ready admin=127.0.0.1:") {
		t.Error(err)
	}
}
