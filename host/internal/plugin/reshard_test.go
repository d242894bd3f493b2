package plugin

import (
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// hold takes the turn of the talker's slot n, so that what comes waits, until
// release is called.
func (r *rig) hold(n int) (release func()) {
	s := (*r.m.plugins["talker"].slots.Load())[n]
	s.acquire()
	return s.release
}

// reshard gives the talker another number of instances. The slots that it lets
// go, the first ones, are held until the reload waits for each of them, so that
// it comes before what is queued there.
func (r *rig) reshard(sidecar string, release ...func()) {
	r.tb.Helper()
	old := *r.m.plugins["talker"].slots.Load()
	r.put("talker.toml", []byte(sidecar))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.scan()
	}()
	for n, f := range release {
		r.eventually("talker", "the worker and the reload wait for a turn", func(Status) bool { return old[n].waiting.Load() > 1 })
		f()
	}
	<-done
}

func TestAReplayGoesOnWithAnotherNumberOfInstances(t *testing.T) {
	const tombstones = 200
	for _, instances := range []struct{ name, before, after string }{
		{"more", "instances = 1\nqueue = 64", "instances = 3\nqueue = 64"},
		{"fewer", "instances = 3\nqueue = 192", "instances = 1\nqueue = 64"},
	} {
		t.Run(instances.name, func(t *testing.T) {
			r, _ := farmRig(t, instances.before)
			for n := range uint32(tombstones) {
				s := r.insert(100+n, 0)
				if err := r.store.Remove(s.ID, abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
					t.Fatal(err)
				}
				r.idle("talker") // else the queue overflows, which is not what this is about
			}
			var held []func()
			for n := range *r.m.plugins["talker"].slots.Load() {
				held = append(held, r.hold(n))
			}
			p := r.m.plugins["talker"]
			p.replay.start()
			r.eventually("talker", "the replay waits for room", func(Status) bool {
				for _, s := range *p.slots.Load() {
					s.ring.mu.Lock()
					waits := s.ring.room
					s.ring.mu.Unlock()
					if waits {
						return true
					}
				}
				return false
			})
			r.reshard(instances.after, held...)
			r.counted("buried", tombstones)
			r.eventually("talker", "the replay's end", func(Status) bool {
				p.replay.mu.Lock()
				defer p.replay.mu.Unlock()
				return !p.replay.running
			})
		})
	}
}

// A message for every instance waits in each of two slots, another one in the
// first alone, when their number changes.
func TestWhatIsForEveryInstanceReachesThemOnceOverAReload(t *testing.T) {
	for _, tt := range []struct {
		name, after string
		want        int64
	}{
		// The second instance had the first message; its heir gets the second
		// one, and all others get both.
		{"more", "instances = 4", 1 + 2 + 1 + 2 + 2},
		{"fewer", "instances = 1", 1 + 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, bus := farmRig(t, "instances = 2")
			first := r.hold(0)
			bus.send("", "one", nil)
			r.counted("messages", 1)
			second := r.hold(1)
			bus.send("", "two", nil)
			r.reshard(tt.after, first, second)
			r.idle("talker")
			r.counted("messages", tt.want)
		})
	}
}

func TestTheNewsOfALossGoesToTheFirstInstanceOverAReload(t *testing.T) {
	r, bus := farmRig(t, "instances = 2")
	first := r.hold(0)
	bus.lose(7)
	r.reshard("instances = 5", first)
	r.counted("lost", 7)
}
