package plugin

import (
	"strings"
	"sync/atomic"
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
		"a loop without end": {0xff, "fuel", 1},
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

// A bug of the host within a host function is the instance's end, and no more.
func TestPanicInAHostFunctionIsCaught(t *testing.T) {
	r := newRig(t)
	var bug atomic.Bool
	bug.Store(true)
	r.store.beforeGet = func() {
		if bug.Load() {
			panic("a bug of the cache")
		}
	}
	r.load("prober", "")
	r.insert(1, 1)
	st := r.eventually("prober", "the fault", func(st Status) bool { return st.Faults == 1 })
	if got := results(st, "on_session_insert"); got["panic"] != 1 {
		t.Errorf("results %v", got)
	}
	r.logged("a bug of the cache", "which is a bug of the host", "on_session_insert")
	bug.Store(false)
	r.insert(2, 2)
	r.eventually("prober", "a fresh instance goes on", func(st Status) bool { return results(st, "on_session_insert")["ok"] == 1 })
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

func TestMissStopsAtItsBudget(t *testing.T) {
	r := newRig(t)
	r.load("moody", "miss_deadline = \"20ms\"\n")
	s := r.session(1, 0xff)
	r.m.Miss(t.Context(), s.ID, session.Node{9})
	if got := results(r.status("moody"), "on_session_miss"); got["fuel"] != 1 {
		t.Errorf("results %v; want one that used up its fuel", got)
	}
}

func TestFaultsInARowQuarantineTheContent(t *testing.T) {
	r := newRig(t)
	r.load("moody", "")
	for n := range uint32(10) {
		r.insert(n, 0xfe)
	}
	st := r.eventually("moody", "quarantined", func(st Status) bool { return st.State == "quarantined" && st.Faults == faultsToQuarantine })
	if st.Queue == 0 || st.PausedUntil.IsZero() {
		t.Errorf("%d faults, %d events queued, paused until %v", st.Faults, st.Queue, st.PausedUntil)
	}
	if !r.m.Resume(t.Context(), r.session(99, 0xfc)) {
		t.Error("a quarantined plugin still refuses")
	}
	// The same content under another name is no other content.
	r.put("other.wasm", guest(t, "moody"))
	r.scan()
	if st := r.status("other"); st.State != "quarantined" {
		t.Errorf("a copy is %s", st.State)
	}
	// By hand: the rest of the queue is delivered, with three more faults.
	if ok, err := r.m.Enable(t.Context(), "moody"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	r.eventually("moody", "quarantined again", func(st Status) bool { return st.State == "quarantined" && st.Faults == 2*faultsToQuarantine })
	if ok, _ := r.m.Enable(t.Context(), "nobody"); ok {
		t.Error("enabled a plugin that is not there")
	}
	// Another content is not quarantined, and takes the queue over.
	r.put("moody.wasm", guest(t, "sequencer"))
	r.scan()
	r.eventually("moody", "the new content has it all", func(st Status) bool { return st.State == "running" && metric(st, "events") == 4 })
}

func TestFaultsAfterAReloadBringTheLastGoodContentBack(t *testing.T) {
	r := newRig(t)
	r.put("p.wasm", guest(t, "sequencer"))
	r.scan()
	r.insert(1, 1)
	r.idle("p")
	good := r.status("p").SHA256
	r.put("p.wasm", guest(t, "moody"))
	r.scan()
	for n := range uint32(faultsToQuarantine) {
		r.insert(n, 0xfe)
	}
	st := r.eventually("p", "rolled back", func(st Status) bool { return strings.Contains(st.LastError, "rolled back") })
	if st.Generation != 3 || st.State != "running" || st.SHA256 != good {
		t.Errorf("generation %d, last error %q", st.Generation, st.LastError)
	}
	r.logged("rolled back", "generation 3 goes on")
	r.scan() // the bad content is still in the directory, and stays refused
	if st := r.status("p"); st.SHA256 != good {
		t.Error("the content that failed was loaded again")
	}
	r.insert(7, 7)
	r.eventually("p", "events go on", func(st Status) bool { return metric(st, "events") > 1 })
	if _, err := r.m.Enable(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	if st := r.status("p"); st.SHA256 == good || st.Generation != 4 {
		t.Errorf("enabled by hand, and generation %d runs %s", st.Generation, st.SHA256)
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
