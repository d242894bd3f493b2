package plugin

import (
	"fmt"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// What follows is for the workbench, which drives one plugin by hand: a host
// that serves has no use for it. All of it may be called concurrently, and does
// nothing for a name that is not there.

// A Rest says whether a plugin is at rest.
type Rest uint8

// The states of rest.
const (
	Busy      Rest = iota // it is in a call, or has something to do
	Idle                  // it has nothing to do: no call, no event, no request, no replay
	Replaying             // it has nothing to do but a replay
	Down                  // it has no instance, and waits before it makes another: see Absolve
	Absent                // nothing runs under the name
)

// Rest returns whether the plugin called name is at rest. Idle is true of one
// moment: until somebody gives it something to do, the plugin stays so.
func (m *Manager) Rest(name string) Rest {
	p := m.running(name)
	if p == nil {
		return Absent
	}
	// A replay is begun by a call and queues events, and an event makes calls. So
	// it has to be found ended between two looks at everything else, and to have
	// been the same one.
	begun, _ := p.replay.state()
	for range 2 {
		if rest := p.rest(); rest != Idle {
			return rest
		}
		switch again, ended := p.replay.state(); {
		case !ended:
			return Replaying
		case again != begun:
			return Busy
		}
	}
	return Idle
}

// rest is Rest but for the replay.
func (p *Plugin) rest() Rest {
	if len(p.inbox.asked) > 0 {
		return Busy
	}
	for _, s := range *p.slots.Load() {
		if rest := s.rest(); rest != Idle {
			return rest
		}
	}
	if len(p.inbox.asked) > 0 || p.inbox.missed.any.Load() {
		return Busy
	}
	return Idle
}

func (s *slot) rest() Rest {
	select {
	case s.turn <- struct{}{}:
		defer s.release()
	default:
		return Busy
	}
	switch now := time.Now(); {
	case s.inst == nil && (now.Before(s.retryAt) || now.Before(s.plugin.pausedUntil(now))):
		return Down
	case s.inst == nil || s.ready || s.lost > 0 || s.ring.busy():
		return Busy
	}
	return Idle
}

// busy reports whether there is anything in the ring, or was and has not been
// told.
func (r *ring) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)+r.taken > 0 || r.lost > 0
}

// pausedUntil returns until when what runs is quarantined.
func (p *Plugin) pausedUntil(now time.Time) time.Time {
	if gen := p.gen.Load(); gen != nil {
		return gen.quarantine.pausedUntil(now)
	}
	return time.Time{}
}

// state returns how many replays there have been, and whether they have ended.
func (r *replay) state() (begun int, ended bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun, !r.running
}

// Absolve forgets the faults of what runs, so that it goes on at once.
func (m *Manager) Absolve(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.plugins[name]; p != nil {
		p.absolve()
	}
}

// Tick calls on_tick on every instance, as a tick of the sidecar does, and
// returns once it has returned.
func (m *Manager) Tick(name string) {
	m.each(name, func(s *slot) {
		if s.inst.hooks[onTick] != nil {
			s.enter(onTick, uint64(m.cfg.Now()))
		}
	})
}

// Lose tells the first instance that n events were lost, as if its queue had
// been full, and returns once on_events_lost has.
func (m *Manager) Lose(name string, n uint64) {
	first := true
	m.each(name, func(s *slot) {
		if first {
			s.plugin.counters.lost.Add(n)
			s.tellLost(n)
		}
		first = false
	})
}

// each does something with every instance of a plugin, with its turn.
func (m *Manager) each(name string, do func(*slot)) {
	p := m.running(name)
	if p == nil {
		return
	}
	for _, s := range *p.slots.Load() {
		s.acquire()
		if !s.retired && s.ensure() {
			do(s)
		}
		s.release()
		signal(s.ring.wake)
	}
}

// Deliver hands a MESSAGE or LOST to a plugin, whatever it has subscribed to.
// It does not wait for the hook.
func (m *Manager) Deliver(name string, ev session.Event) {
	if p := m.running(name); p != nil {
		p.inbox.receive(ev)
	}
}

// Instantiate makes one more instance of what runs, closes it, and returns how
// long it took to make.
func (m *Manager) Instantiate(name string) (time.Duration, error) {
	m.mu.Lock() // what runs can't be replaced meanwhile
	defer m.mu.Unlock()
	p := m.plugins[name]
	if p == nil || p.gen.Load() == nil {
		return 0, fmt.Errorf("no plugin %q runs", name)
	}
	start := clock()
	inst, err := p.gen.Load().instantiate()
	if err != nil {
		return 0, err
	}
	took := clock() - start
	inst.close()
	return took, nil
}

// NameOf returns the name of the plugin with this number, which is
// session.Source's; "" where it is none, or not there any more.
func (m *Manager) NameOf(number uint32) string {
	if number == 0 {
		return ""
	}
	for _, p := range *m.known.Load() {
		if p.number == number {
			return p.name
		}
	}
	return ""
}

// running returns the plugin called name, nil where nothing runs under it.
func (m *Manager) running(name string) *Plugin {
	for _, p := range *m.table.Load() {
		if p.name == name {
			return p
		}
	}
	return nil
}
