package demo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.ReplaceAll(string(want), "\r\n", "\n") {
		t.Errorf("not as in %s (go test -update writes it):\n%s", file, got)
	}
}

// A fakeStage is a farm, and the clients of it, in fake time: 40 come in each
// tick, and resume as well as they would.
type fakeStage struct {
	installing time.Duration // takes this long
	starting   time.Duration
	useless    bool // the plugin does nothing
	broken     error
	deaths     chan error

	mu        sync.Mutex
	first     bool // everybody has come
	installed string
	killed    time.Time
	down      bool
	life      *process
	visits    float64
}

func newFakeStage() *fakeStage {
	return &fakeStage{installing: 700 * time.Millisecond, starting: 400 * time.Millisecond, deaths: make(chan error, 1), life: &process{}}
}

func (s *fakeStage) install(ctx context.Context, module []byte, say func(string)) error {
	say("share.wasm is copied into node-1/modules, and loads while clients go on")
	select {
	case <-time.After(s.installing):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.installed = hashOf(module)
	return s.broken
}

func (s *fakeStage) kill(int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down, s.killed = true, time.Now()
}

func (s *fakeStage) restart(_ context.Context, _ int, module []byte) error {
	time.Sleep(s.starting) // of the bubble's time
	s.mu.Lock()
	defer s.mu.Unlock()
	if hashOf(module) != s.installed {
		return fmt.Errorf("it starts with another module")
	}
	s.down = false
	return nil
}

func (s *fakeStage) usage(context.Context) []usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	cpu := s.visits / 500
	if s.installed != "" && !s.useless {
		cpu = s.visits / 2000
	}
	return []usage{{node: 0, life: s.life, at: time.Now(), cpu: cpu, handshakes: s.visits, messages: s.visits / 2}}
}

func (s *fakeStage) failed() <-chan error { return s.deaths }

func (s *fakeStage) up() []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []bool{true, !s.down, true}
}

func (s *fakeStage) served() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	third := int(s.visits / 3)
	return []int{third, third, third}
}

func (s *fakeStage) take() (t tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const each = 40
	resume := 13
	switch {
	case s.installed != "" && !s.useless && s.down && time.Since(s.killed) < time.Second/2:
		resume = 30 // they pull from the one that is gone
	case s.installed != "" && !s.useless:
		resume = each
	}
	for i := range each {
		v := visit{version: tls.VersionTLS12, took: time.Duration(i+1) * 100 * time.Microsecond, returned: s.first, resumed: s.first && i < resume}
		if i%2 == 0 {
			v.version = tls.VersionTLS13
		}
		t.count(v)
	}
	if s.down && time.Since(s.killed) <= tick {
		t.count(visit{cut: true, err: errors.New("reset")})
	}
	s.first = true
	s.visits += each
	return t
}

func testConfig() Config {
	return Config{Nodes: 3, Clients: 96, Duration: 20 * time.Second, Mode: "push", Module: []byte("\x00asm\x01\x00\x00\x00"), Version: "1.2.3"}
}

// direct goes through the phases with a fake stage.
func direct(t *testing.T, s *fakeStage, display Display) (*Report, error) {
	t.Helper()
	cfg := testConfig()
	cfg.Display = display
	d := &director{cfg: cfg, plan: plan(cfg), now: time.Now, farm: s, visits: s}
	d.view = newView(cfg, d.plan)
	d.view.Balancer = "127.0.0.1:40001"
	err := d.perform(t.Context())
	d.view.Over = true
	d.cfg.Display.Show(d.view)
	r := d.report(err == nil)
	r.CPUs = 2
	return r, err
}

func TestPhases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown bytes.Buffer
		begun := time.Now()
		r, err := direct(t, newFakeStage(), NewLines(&shown))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < 19*time.Second || took > 21*time.Second {
			t.Errorf("it took %v", took)
		}
		golden(t, "lines.golden", shown.String())
		var document, summary bytes.Buffer
		if err := errors.Join(r.WriteJSON(&document), r.WriteSummary(&summary)); err != nil {
			t.Fatal(err)
		}
		golden(t, "report.json.golden", document.String())
		golden(t, "summary.golden", summary.String())
	})
}

// A plugin that does nothing is waited for, and then shown for what it is.
func TestPhasesWithAUselessPlugin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeStage()
		s.useless = true
		var shown strings.Builder
		r, err := direct(t, s, NewLines(&shown))
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Phases[1]; p.Share > 0.4 || p.Below < 5 || p.Below > 6.5 {
			t.Errorf("%+v", p)
		}
		if want := "share.wasm runs on all nodes; but after 5s only 32.5 % of those who come back resume"; !strings.Contains(shown.String(), want) {
			t.Error(shown.String())
		}
		if got := r.delays(); got != "Less than 99 % resumed on the whole (share.wasm added, newer share.wasm, node-2 killed, node-2 back)." {
			t.Error(got)
		}
	})
}

// A slow machine makes the demo longer, and no phase goes unmeasured.
func TestPhasesWithASlowPlugin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newFakeStage()
		s.installing = 30 * time.Second
		r, err := direct(t, s, displayFunc(func(*View) {}))
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Phases[1]; p.Share != 1 || p.Below < 30 || p.Seconds < 1.5 || p.Changed.Share > 0.4 {
			t.Errorf("%+v", p)
		}
	})
}

func TestPhasesEndWithAnError(t *testing.T) {
	for behaviour, spoil := range map[string]func(*fakeStage){
		"a plugin that does not load":    func(s *fakeStage) { s.broken = errors.New("spoilt") },
		"a node that dies in some phase": func(s *fakeStage) { time.AfterFunc(7*time.Second, func() { s.deaths <- errors.New("spoilt") }) },
	} {
		t.Run(behaviour, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newFakeStage()
				spoil(s)
				r, err := direct(t, s, displayFunc(func(*View) {}))
				if err == nil || err.Error() != "spoilt" || r.Complete || len(r.Phases) != 1 {
					t.Errorf("%v, %+v", err, r)
				}
			})
		})
	}
}

// Who has measured one phase, or none, says only what is known.
func TestSummaryOfWhatEndedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := direct(t, newFakeStage(), displayFunc(func(*View) {}))
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []int{0, 3, 5} {
			r.Phases = r.Phases[:n]
			if got := len(r.sentences()); got != want {
				t.Errorf("%d sentences about %d phases", got, n)
			}
			r.Phases = r.Phases[:5]
		}
	})
}
