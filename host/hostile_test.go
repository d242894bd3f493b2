package host

import (
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
)

// TestHostile loads every hostile module into a live server, one after the
// other: a host under handshakes, beside a plugin that has to see every event.
// Each has to come to the end that its text announces; no handshake may fail;
// the other plugin may lose nothing; and in the end nothing may have grown.
func TestHostile(t *testing.T) {
	s := newStage(t)
	s.load.start()
	s.r.eventually("the cache holds as much as it will", func() bool { return s.r.host.cache.Len() >= stageSessions/2 })
	all := corpus(t)
	for _, h := range all { // once, before anything is measured
		if slices.Contains([]string{"trap-in-every-hook", "log-garbage", "stdout-flood", "memory-grow-and-trap"}, h.name) {
			warm := *h
			// Another content, because quarantine goes by that.
			warm.module = func() []byte { return withSection(h.module(), "warm", "up") }
			s.play(t, &warm)
		}
	}
	s.load.end()
	s.settle()
	before := measure(t)
	s.load.start()
	for n, h := range all {
		// The race detector looks at how the host's parts meet, which every
		// module shows; without it each of them has its turn.
		if underRace && n%5 != 0 {
			continue
		}
		t.Run(h.name, func(t *testing.T) { s.play(t, h) })
	}
	s.load.end()
	s.settle()
	s.compare(before)
}

const (
	stageSessions = 256
	outcomeLimit  = 20 * time.Second
)

// A stage is a live server on which hostile modules appear.
type stage struct {
	t    *testing.T
	r    *rig
	log  *watchedLog
	load *load

	refused map[abi.Code]uint64 // before the module that is on
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, log: &watchedLog{}}
	var key [32]byte
	_, _ = rand.Read(key[:])
	keys := filepath.Join(t.TempDir(), "farm.keys")
	if err := os.WriteFile(keys, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.r = newRig(t, Config{
		FarmKeyFile: keys, MaxSessions: stageSessions, MaxBytes: 4 << 20, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}, sequencer)
	sibling := newRig(t, Config{FarmKeyFile: keys, MaxSessions: stageSessions})
	s.load = newLoad(s.r, sibling)
	return s
}

// play has a module come, do its worst, and go.
func (s *stage) play(t *testing.T, h *hostile) {
	s.load.during(h.name)
	s.log.reset()
	s.load.since()
	s.refused = s.r.host.plugins.Refusals()
	began := time.Now()
	all := h.replicas()
	for _, r := range all {
		s.put(r)
	}
	s.reload(t)
	loaded := time.Since(began)
	for _, r := range all {
		var before sight
		if h.reload != "" {
			s.until(t, r, func(now sight) string { return answers(h, now, sight{}) })
			before = s.see(r.name)
			s.put(h.reloaded(r))
			s.reload(t)
		}
		end := s.until(t, r, func(now sight) string { return outcomes[h.kind()](h, now, before) })
		if n := len(end.LastError); n > maxLogLine {
			t.Errorf("the error that is shown for it has %d bytes", n)
		}
	}
	for _, r := range all {
		s.remove(t, r)
	}
	s.reload(t)
	bytes, unfit := s.log.reset()
	if unfit != "" {
		t.Errorf("the log has %s", unfit)
	}
	slowest, handshakes, resumed := s.load.since()
	t.Logf("%s: %v in all, %v to load; %d handshakes, %d resumed, the slowest %v; %d bytes logged",
		h.outcome, time.Since(began).Round(time.Millisecond), loaded.Round(time.Millisecond), handshakes, resumed, slowest.Round(time.Millisecond), bytes)
}

func (s *stage) put(r replica) {
	s.r.put(r.name+".toml", []byte(r.sidecar))
	s.r.put(r.name+".wasm", r.module)
}

func (s *stage) remove(t *testing.T, r replica) {
	for _, suffix := range []string{".wasm", ".toml"} {
		if err := os.Remove(filepath.Join(s.r.dir, r.name+suffix)); err != nil {
			t.Error(err)
		}
	}
}

func (s *stage) reload(t *testing.T) {
	t.Helper()
	if err := s.r.host.Reload(); err != nil {
		t.Fatal(err)
	}
}

// see returns what is to be seen of a plugin now.
func (s *stage) see(name string) sight {
	now := sight{log: s.log.of(name), refusals: s.r.host.plugins.Refusals()}
	for code := range now.refusals {
		now.refusals[code] -= s.refused[code]
	}
	for _, st := range s.r.host.plugins.Status() {
		if st.Name == name {
			now.Status, now.known = st, true
		}
	}
	return now
}

// until waits until nothing is missing any more.
func (s *stage) until(t *testing.T, r replica, missing func(sight) string) sight {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(outcomeLimit)
	for {
		now := s.see(r.name)
		left := missing(now)
		if left == "" {
			return now
		}
		select {
		case <-ticker.C:
		case <-timeout:
			t.Errorf("%s%s\nstate %s, generation %d, %d faults, %d lines and %d events lost, %d bytes of memory, values %v\nlast error %.2000s\ncalls %s\nlog %.4000s",
				r.name, left, now.State, now.Generation, now.Faults, now.LinesLost, now.EventsLost, now.MemoryBytes, now.Values, now.LastError, calls(now), now.log)
			return now
		}
	}
}

func calls(s sight) string {
	var b strings.Builder
	for _, c := range s.Calls {
		b.WriteString(c.Hook + ":")
		for result, n := range c.Results {
			if n > 0 {
				b.WriteString(" " + result)
			}
		}
		b.WriteString(" ")
	}
	return b.String()
}

// settle waits until nothing is under way, with the load ended.
func (s *stage) settle() {
	s.r.eventually("idle", s.r.host.plugins.Idle)
}

// compare holds the end of the test against its beginning.
func (s *stage) compare(before footprint) {
	s.t.Helper()
	for _, failure := range s.load.failures {
		s.t.Errorf("a handshake failed during %s", failure)
	}
	// What goes away takes its time to do so.
	s.eventuallyNotGrown(before)
	stats := s.r.host.cache.Stats()
	caused := stats.Inserts + stats.Hits + total(stats.Removals)
	seen := s.see("sequencer")
	if got := uint64(seen.Values["events"].Value); got != caused || seen.EventsLost != 0 || seen.Faults != 0 || seen.Generation != 1 {
		s.t.Errorf("the plugin beside saw %d of %d events, with %d lost and %d faults, in generation %d", got, caused, seen.EventsLost, seen.Faults, seen.Generation)
	}
	s.t.Logf("%d events; footprint before %+v, after %+v", caused, before, measure(s.t))
}

func (s *stage) eventuallyNotGrown(before footprint) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(5 * time.Second)
	for {
		grown := measure(s.t).grownFrom(before)
		if len(grown) == 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-timeout:
			s.t.Errorf("grew for good: %s", strings.Join(grown, "; "))
			return
		}
	}
}
