package plugin

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/linear"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A Plugin is one name of the modules directory, for as long as it is there.
type Plugin struct {
	manager *Manager
	name    string
	number  uint32 // session.Source.Plugin
	seed    maphash.Seed

	gen      atomic.Pointer[generation] // the one that runs
	hooks    atomic.Uint32              // its hookSet; 0 while none runs
	slots    atomic.Pointer[[]*slot]
	memory   linear.Account // of all instances
	kv       kvStore
	values   values
	lines    lines
	counters counters
	replay   replay
	inbox    inbox

	// Owned by whoever scans the directory: under Manager.mu.
	acted     sighting // what was last acted upon
	stopping  bool
	unstarted []*slot // new slots whose workers have not begun

	mu        sync.Mutex // guards what follows
	lastError string
	failedSum string // the content that did not load, so that it is not tried again
}

func newPlugin(m *Manager, name string, number uint32) *Plugin {
	p := &Plugin{manager: m, name: name, number: number, seed: maphash.MakeSeed()}
	p.kv.now = m.cfg.Now
	p.lines.log = m.cfg.Log.With("plugin", name)
	p.lines.lost = &p.counters.linesLost
	defaults := sidecar.Default()
	p.limit(&defaults)
	p.replay.init(p)
	p.inbox.init(p)
	p.slots.Store(&[]*slot{})
	return p
}

// source is what the changes that the plugin causes are marked with.
func (p *Plugin) source() session.Source {
	return session.Source{Origin: abi.FromPlugin, Plugin: p.number}
}

// wants tells whether ev is to be queued for the plugin.
func (p *Plugin) wants(ev *session.Event) bool {
	return hookSet(p.hooks.Load()).has(hookOf(ev.Kind)) && ev.Source.Plugin != p.number
}

// slotOf returns the slot of a session id, or of a message's key.
func (p *Plugin) slotOf(id session.ID) *slot { return p.pick(*p.slots.Load(), id) }

// subject returns what decides which slot ev goes to.
func subject(ev *session.Event) session.ID {
	if ev.Message != nil {
		return session.ID(ev.Message.Key)
	}
	return ev.Session.ID
}

func (p *Plugin) pick(slots []*slot, id session.ID) *slot {
	switch len(slots) {
	case 0:
		return nil
	case 1:
		return slots[0]
	}
	return slots[maphash.String(p.seed, string(id))%uint64(len(slots))]
}

// push queues ev. It never blocks: only while a reload moves what is queued to
// another number of slots does it wait, for as long as copying takes. With ifRoom
// it leaves half of the queue to others: see ring.pushIfRoom.
func (p *Plugin) push(ev *session.Event, ifRoom bool) pushed {
	for {
		s := p.slotOf(subject(ev))
		if s == nil {
			return overflow // no generation has run yet
		}
		r := moved
		if ifRoom {
			r = s.ring.pushIfRoom(ev)
		} else {
			r = s.ring.push(ev)
		}
		if r != moved {
			return r
		}
		runtime.Gosched()
	}
}

// enqueue is push for an event that happens now.
func (p *Plugin) enqueue(ev *session.Event) {
	if p.push(ev, false) == overflow {
		p.counters.lost.Add(1)
	}
}

// file returns the path of the plugin's module.
func (p *Plugin) file() string { return filepath.Join(p.manager.cfg.Dir, p.name+moduleSuffix) }

// tick returns the interval of on_tick, 0 where there is none.
func (p *Plugin) tick() time.Duration {
	if gen := p.gen.Load(); gen != nil && gen.hooks.has(onTick) {
		return gen.side.Tick
	}
	return 0
}

// gather is how long a busy worker lets events gather.
func (p *Plugin) gather() time.Duration {
	if gen := p.gen.Load(); gen != nil {
		return gen.side.Gather
	}
	return 0
}

func (p *Plugin) queueLimit() int {
	if gen := p.gen.Load(); gen != nil {
		return gen.side.Queue
	}
	return 0
}

func (p *Plugin) noteError(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastError = err.Error()
}

// lastFault is what the last fault was, for messages.
func (p *Plugin) lastFault() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastError
}

func (p *Plugin) noteFault(f *fault) {
	p.counters.lastFaultAt.Store(p.manager.cfg.Now())
	p.noteError(f)
}

// load makes a generation of c and puts it in the place of the running one. On
// an error the running one goes on, untouched.
func (p *Plugin) load(ctx context.Context, c content) error {
	gen, err := p.build(ctx, c)
	if err != nil {
		return err
	}
	p.limit(c.side)
	fresh := make([]*instance, 0, c.side.Instances)
	for range c.side.Instances {
		inst, err := gen.instantiate()
		if err != nil {
			closeAll(fresh)
			gen.close()
			return err
		}
		fresh = append(fresh, inst)
	}
	if err := p.swap(gen, fresh); err != nil {
		closeAll(fresh)
		gen.close()
		return err
	}
	return nil
}

// limit puts the sidecar's limits in force. What is over them already stays, so
// that a module that is refused afterwards has done no harm.
func (p *Plugin) limit(side *sidecar.Sidecar) {
	p.kv.limit(side.KVKeys, int(side.KVBytes))
	p.values.max.Store(int64(side.MetricNames))
	p.lines.limit(side.LogLines, int(side.LogLine))
	p.inbox.rate.limit(side.MessageRate)
}

func closeAll(instances []*instance) {
	for _, i := range instances {
		if i != nil {
			i.close()
		}
	}
}

// swap lets gen take over: with the turn of every slot, so that no call is
// under way, it hands over the state, replaces the instances, and closes the
// old ones.
func (p *Plugin) swap(gen *generation, fresh []*instance) error {
	slots := *p.slots.Load()
	for _, s := range slots {
		s.acquire()
	}
	defer func() {
		for _, s := range slots {
			s.release()
		}
	}()
	if err := p.handOver(slots, fresh); err != nil {
		return err
	}
	old := p.gen.Load()
	if old != nil {
		gen.number = old.number
		if !old.failing.Load() && old.content.key() != gen.content.key() {
			before := old.content
			gen.before = &before
		}
	}
	gen.number++
	gen.loadedAt = time.Now()
	for _, s := range slots {
		s.retire()
	}
	p.gen.Store(gen)
	room := room{max(gen.side.Queue/len(fresh), 1), max(int64(gen.side.QueueBytes)/int64(len(fresh)), 2*abi.MaxMessage)}
	if len(slots) == len(fresh) {
		for n, s := range slots {
			s.take(fresh[n], room)
		}
	} else {
		p.reshard(slots, fresh, room)
	}
	p.hooks.Store(uint32(gen.hooks))
	p.inbox.subscribe(gen)
	if old != nil {
		old.close()
	}
	return nil
}

// handOver gives each new instance the state of the old one with its index. A
// state that can't be saved is lost, and said to be: a plugin whose plugin_save
// fails could not be replaced otherwise. One that is not taken is an error.
func (p *Plugin) handOver(slots []*slot, fresh []*instance) error {
	for n, s := range slots {
		if s.inst == nil || s.inst.hooks[pluginSave] == nil {
			continue
		}
		if n >= len(fresh) {
			p.lines.note(warn, "the state of an instance is dropped: there are fewer instances now", "instance", n)
			continue
		}
		if fresh[n].hooks[pluginRestore] == nil {
			continue
		}
		state, err := s.inst.save()
		if err != nil {
			p.lines.note(warn, "the state of an instance could not be saved and is lost", "instance", n, "err", err)
			if f := (*fault)(nil); errors.As(err, &f) {
				s.discard(f)
			}
			continue
		}
		if err := fresh[n].restore(state); err != nil {
			return err
		}
	}
	return nil
}

// retire ends the slot's instance in good order. The caller has the turn.
func (s *slot) retire() {
	if s.inst == nil {
		return
	}
	if s.inst.hooks[pluginStop] != nil {
		if _, f := s.inst.call(pluginStop, 0); f != nil {
			s.plugin.lines.note(warn, "the plugin did not stop in good order", "instance", s.index, "err", f)
		}
	}
	s.inst.close()
	s.inst = nil
}

// A room is how much may wait in one slot.
type room struct {
	events int
	bytes  int64
}

// take puts an instance of a new generation into the slot. The caller has the
// turn.
func (s *slot) take(inst *instance, queue room) {
	s.inst = inst
	s.ready = s.index == 0
	s.fails, s.retryAt = 0, time.Time{}
	s.ring.mu.Lock()
	s.ring.limit, s.ring.most = queue.events, queue.bytes
	s.ring.parked = false
	s.ring.mu.Unlock()
	signal(s.ring.wake)
}

// reshard moves everything that is queued to as many slots as there are fresh
// instances. An id's events were all in one slot, in order, and are so again.
// What is for every instance stays with the heir of the one that it waited for;
// see everyone. The caller has the turn of every old slot, and calls begin.
func (p *Plugin) reshard(old []*slot, fresh []*instance, perSlot room) {
	next := make([]*slot, len(fresh))
	for n, inst := range fresh {
		next[n] = newSlot(p, n, perSlot)
		next[n].take(inst, perSlot)
	}
	p.inbox.spreading.Lock()
	defer p.inbox.spreading.Unlock()
	waiting := make([][]session.Event, len(old))
	for n, s := range old {
		queued, lost := s.ring.close()
		waiting[n] = append(slices.Clone(s.batch[s.next:]), queued...)
		next[0].ring.lost += lost + s.lost
		s.batch, s.next, s.lost, s.retired = nil, 0, 0, true
		signal(s.ring.wake)
	}
	heirs := everyone(waiting, len(next))
	for n, events := range waiting {
		for _, ev := range events {
			switch {
			case forEveryone(&ev):
				for _, heir := range heirs[n] {
					next[heir].ring.inherit(ev)
				}
			case ev.Kind == abi.Lost:
				next[0].ring.inherit(ev)
			default:
				p.pick(next, subject(&ev)).ring.inherit(ev)
			}
		}
	}
	p.slots.Store(&next)
	p.unstarted = next
}

// everyone returns, for each old slot, which of n new ones are given what it
// has for every instance: the one of its number, if there still is one. Those
// that are new get what the slot has that is furthest behind; the others have
// the end of that, since all had the same in the same order.
func everyone(waiting [][]session.Event, n int) [][]int {
	heirs := make([][]int, len(waiting))
	behind, most := 0, -1
	for i, events := range waiting {
		if i < n {
			heirs[i] = []int{i}
		}
		count := 0
		for _, ev := range events {
			if forEveryone(&ev) {
				count++
			}
		}
		if count > most {
			behind, most = i, count
		}
	}
	if len(waiting) > 0 {
		for i := len(waiting); i < n; i++ {
			heirs[behind] = append(heirs[behind], i)
		}
	}
	return heirs
}

// begin starts the workers of new slots, and with them plugin_ready: once the
// plugin hears of events and messages, so that a replay that it asks for and
// what happens after it leave nothing out.
func (p *Plugin) begin() {
	for _, s := range p.unstarted {
		go s.run()
	}
	p.unstarted = nil
}

// revive makes a plugin that was shut down ready to be loaded again.
func (p *Plugin) revive() {
	p.stopping = false
	p.slots.Store(&[]*slot{})
	p.replay.init(p)
	p.inbox.init(p)
}

// shutdown ends the plugin: what is queued is delivered, plugin_stop is called,
// everything is released. When ctx ends first, what is left is counted as lost.
// The manager has taken the plugin out of its table before.
func (p *Plugin) shutdown(ctx context.Context) error {
	p.replay.stop()
	p.inbox.close()
	slots := *p.slots.Load()
	for _, s := range slots {
		close(s.stop)
	}
	var left int
	failed := false
	for _, s := range slots {
		select {
		case <-s.done:
		case <-ctx.Done():
			p.inbox.giveUp()
			close(s.quit)
			<-s.done
		}
		s.acquire() // a handshake may still be inside
		left += s.ring.len() - s.next
		failed = failed || s.failed
		s.retire()
		s.retired = true
		s.release()
	}
	p.hooks.Store(0)
	if gen := p.gen.Swap(nil); gen != nil {
		gen.close()
	}
	if left == 0 {
		return nil
	}
	p.counters.lost.Add(uint64(left))
	if failed {
		p.lines.log.Warn("events are given up: the plugin had failed too often", "events", left)
		return nil
	}
	return fmt.Errorf("plugin %s: %d events were not delivered in time", p.name, left)
}
