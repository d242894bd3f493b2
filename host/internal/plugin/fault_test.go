package plugin

import (
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// calls sums up what the status says of one hook.
func results(st Status, hook string) map[string]uint64 {
	for _, c := range st.Calls {
		if c.Hook == hook {
			return c.Results
		}
	}
	return nil
}

func TestFaultDiscardsTheInstanceAndKeepsTheQueue(t *testing.T) {
	tests := map[string]struct {
		last   byte
		result string
		faults uint64
	}{
		"a loop without end": {0xff, "deadline", 1},
		"a trap":             {0xfe, "trap", 1},
		"an error":           {0xfd, "error", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.load("moody", "event_deadline = \"20ms\"\n")
			for n := range uint32(10) {
				r.insert(n, 1)
			}
			r.insert(10, tt.last)
			for n := range uint32(10) {
				r.insert(20+n, 1)
			}
			st := r.eventually("moody", "all delivered", func(st Status) bool { return metric(st, "calls") == 21 && st.Queue == 0 })
			got := results(st, "on_session_insert")
			if got["ok"] != 20 || got[tt.result] != 1 || st.Faults != tt.faults || st.EventsLost != 0 {
				t.Errorf("results %v, %d faults, %d lost; want 20 ok, 1 %s, %d faults, 0 lost", got, st.Faults, st.EventsLost, tt.result, tt.faults)
			}
		})
	}
}

func TestResumeHook(t *testing.T) {
	tests := map[string]struct {
		last  byte
		fail  string
		allow bool
	}{
		"allows":                         {0, "open", true},
		"refuses":                        {0xfc, "open", false},
		"error fails open":               {0xfd, "open", true},
		"trap fails open":                {0xfe, "open", true},
		"loop fails open":                {0xff, "open", true},
		"error fails closed where asked": {0xfd, "closed", false},
		"trap fails closed where asked":  {0xfe, "closed", false},
		"loop fails closed where asked":  {0xff, "closed", false},
		"closed allows what is allowed":  {0, "closed", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.load("moody", "resume_fail = \""+tt.fail+"\"\nresume_deadline = \"20ms\"\n")
			if got := r.m.Resume(t.Context(), r.session(1, tt.last)); got != tt.allow {
				t.Errorf("allowed: %v, want %v; log:\n%s", got, tt.allow, r.log)
			}
			// The instance that follows a fault works.
			r.eventually("moody", "a fresh instance", func(Status) bool { return !r.m.Resume(t.Context(), r.session(2, 0xfc)) })
		})
	}
}

func TestMissStopsAtItsDeadline(t *testing.T) {
	r := newRig(t)
	r.load("moody", "miss_deadline = \"20ms\"\n")
	s := r.session(1, 0xff)
	r.m.Miss(t.Context(), s.ID, session.Node{9})
	if got := results(r.status("moody"), "on_session_miss"); got["deadline"] != 1 {
		t.Errorf("results %v; want one deadline", got)
	}
}

func TestOverflowIsToldInItsPlace(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "queue = 100\n")
	s := r.m.plugins["sequencer"].slotOf("x")
	s.acquire() // the worker is kept from taking anything
	for n := range uint32(150) {
		r.insert(n, 1)
	}
	s.release()
	st := r.eventually("sequencer", "told of the loss", func(st Status) bool { return metric(st, "lost") > 0 && st.Queue == 0 })
	if metric(st, "events")+metric(st, "lost") != 150 || st.EventsLost != uint64(metric(st, "lost")) || metric(st, "disorder") != 0 {
		t.Errorf("%d delivered, %d told as lost, %d counted as lost of 150", metric(st, "events"), metric(st, "lost"), st.EventsLost)
	}
}

func TestPluginIsNotToldOfWhatItCaused(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "")
	own := r.m.plugins["sequencer"].source()
	if err := r.store.Insert(r.session(1, 1), 0, own); err != nil {
		t.Fatal(err)
	}
	other := session.Source{Origin: abi.FromPlugin, Plugin: own.Plugin + 1}
	if err := r.store.Insert(r.session(2, 1), 0, other); err != nil {
		t.Fatal(err)
	}
	st := r.eventually("sequencer", "the other's event", func(st Status) bool { return metric(st, "events") > 0 && st.Queue == 0 })
	if metric(st, "events") != 1 {
		t.Errorf("%d events, want the other's alone", metric(st, "events"))
	}
}

func TestReplayDeliversEverySessionThroughASmallQueue(t *testing.T) {
	r := newRig(t)
	for n := range uint32(5000) {
		r.insert(n, byte(n))
	}
	r.load("sequencer", "queue = 16\n")
	if n := r.m.plugins["sequencer"].replay.start(); n != 5000 {
		t.Errorf("replay of %d sessions announced", n)
	}
	st := r.eventually("sequencer", "all replayed", func(st Status) bool { return metric(st, "events") >= 5000 })
	if metric(st, "events") != 5000 || st.EventsLost != 0 {
		t.Errorf("%d events, %d lost; want 5000, 0", metric(st, "events"), st.EventsLost)
	}
}

func TestCloseDeliversWhatIsQueued(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "")
	p := r.m.plugins["sequencer"]
	for n := range uint32(20_000) {
		r.insert(n, byte(n))
	}
	if err := r.m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := p.status(); metric(st, "events") != 20_000 {
		t.Errorf("%d of 20000 events delivered", metric(st, "events"))
	}
}
