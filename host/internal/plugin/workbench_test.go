package plugin

import (
	"iter"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// atRest waits until the plugin is so.
func (r *rig) atRest(name string, want Rest) {
	r.tb.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	late := time.After(20 * time.Second)
	for r.m.Rest(name) != want {
		select {
		case <-ticker.C:
		case <-late:
			r.tb.Fatalf("rest is %d, not %d; status %+v", r.m.Rest(name), want, r.status(name))
		}
	}
}

func TestRestIsWhenNothingIsLeftToDo(t *testing.T) {
	r, bus := farmRig(t, "")
	if got := r.m.Rest("nobody"); got != Absent {
		t.Errorf("a plugin that is not there: %d", got)
	}
	r.atRest("talker", Idle)
	r.insert(1, 'p')
	r.atRest("talker", Idle)
	if st := r.status("talker"); st.Values["result"].Value != int64(abi.OK) || len(bus.published) != 1 {
		t.Errorf("at rest before it was done: %+v", st)
	}
	// A replay is over when all of it is delivered.
	for n := range uint32(50) {
		r.insert(100+n, 'a')
	}
	r.atRest("talker", Idle)
	before := results(r.status("talker"), "on_session_insert")["ok"]
	r.insert(2, 'y')
	r.atRest("talker", Idle)
	if n := results(r.status("talker"), "on_session_insert")["ok"] - before; n != 1+52 {
		t.Errorf("%d inserts, of 52 sessions that were replayed", n)
	}
}

// A waitingStore goes over its sessions once it may.
type waitingStore struct {
	Store
	going chan struct{}
}

func (s waitingStore) All() iter.Seq[*session.Session] {
	<-s.going
	return s.Store.All()
}

func TestAReplayThatWaitsIsARest(t *testing.T) {
	going := make(chan struct{})
	r, _ := farmRig(t, "", func(c *Config) { c.Store = waitingStore{c.Store, going} })
	r.insert(1, 'y')
	r.atRest("talker", Replaying)
	close(going)
	r.atRest("talker", Idle)
}

func TestAPluginThatIsLeftAloneGoesOnOnceAbsolved(t *testing.T) {
	r := newRig(t)
	r.load("moody", "")
	for n := range uint32(faultsToQuarantine) {
		r.insert(n, 0xfe)
	}
	r.insert(9, 1)
	r.atRest("moody", Down)
	r.m.Absolve("moody")
	r.m.Absolve("nobody")
	r.atRest("moody", Idle)
	if n := metric(r.status("moody"), "calls"); n != faultsToQuarantine+1 {
		t.Errorf("%d calls", n)
	}
}

func TestTicksAndLossesAreMadeByHand(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "instances = 2")
	r.m.Lose("sequencer", 7)
	r.m.Lose("nobody", 7)
	r.m.Tick("sequencer") // which it does not export
	st := r.idle("sequencer")
	if metric(st, "lost") != 7 || results(st, "on_events_lost")["ok"] != 1 || st.EventsLost != 7 {
		t.Errorf("%+v", st)
	}
}

func TestEveryInstanceTicks(t *testing.T) {
	r := newRig(t)
	r.put("hello.toml", []byte("instances = 3\n"))
	r.put("hello.wasm", exampleModule(t, "hello"))
	r.scan()
	r.m.Tick("hello")
	if st := r.status("hello"); results(st, "on_tick")["ok"] != 3 {
		t.Errorf("%+v", st.Calls)
	}
}

func TestMessagesAreDeliveredWithoutASubscription(t *testing.T) {
	r, _ := farmRig(t, "")
	r.m.Deliver("talker", session.Event{Kind: abi.Message, Message: &session.Message{Topic: "elsewhere", Key: "k", Data: []byte("out of the blue")}})
	r.m.Deliver("nobody", session.Event{Kind: abi.Message, Message: &session.Message{}})
	r.counted("messages", 1)
}

func TestOneMoreInstanceIsMadeAndGone(t *testing.T) {
	r := newRig(t)
	r.load("moody", "")
	took, err := r.m.Instantiate("moody")
	if err != nil || took <= 0 {
		t.Error(took, err)
	}
	if st := r.status("moody"); st.MemoryBytes != 64<<10 || st.MemoryPeak != 2*64<<10 {
		t.Errorf("%d bytes, at most %d", st.MemoryBytes, st.MemoryPeak)
	}
	if _, err := r.m.Instantiate("nobody"); err == nil {
		t.Error("no error for a plugin that is not there")
	}
}

func TestPluginsAreKnownByTheirNumber(t *testing.T) {
	r := newRig(t)
	r.load("moody", "")
	r.load("prober", "")
	for number, want := range map[uint32]string{0: "", 1: "moody", 2: "prober", 3: ""} {
		if got := r.m.NameOf(number); got != want {
			t.Errorf("%d is %q, want %q", number, got, want)
		}
	}
}
