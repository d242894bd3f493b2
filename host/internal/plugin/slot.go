package plugin

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A slot is one queue, the goroutine that drains it, and the instance that it
// feeds. Whoever enters the instance has the slot's turn first: the worker, a
// handshake (Miss, Resume), a reload.
type slot struct {
	plugin *Plugin
	index  int
	ring   ring

	turn    chan struct{} // capacity 1: full while somebody has the turn
	waiting atomic.Int32  // how many wait for the turn

	// Owned by whoever has the turn.
	inst    *instance
	ready   bool // plugin_ready is due
	retired bool // another slot has taken over: the worker ends
	batch   []session.Event
	next    int           // of batch
	lost    uint64        // events lost after batch
	retryAt time.Time     // no instance before then
	fails   int           // attempts in a row to make an instance
	failed  bool          // there is no instance for now; the worker's own
	drained time.Duration // when the worker's last batch ended, by clock; the worker's own

	stop chan struct{} // closed: end once the queue is empty
	quit chan struct{} // closed: end now
	done chan struct{} // closed by the worker
}

func newSlot(p *Plugin, index int, queue room) *slot {
	s := &slot{
		plugin: p, index: index, turn: make(chan struct{}, 1),
		stop: make(chan struct{}), quit: make(chan struct{}), done: make(chan struct{}),
	}
	s.ring.init(queue.events, queue.bytes)
	return s
}

// acquire waits for the turn. The worker gives it up before its next event.
func (s *slot) acquire() {
	select {
	case s.turn <- struct{}{}:
	default:
		s.waiting.Add(1)
		s.turn <- struct{}{}
		s.waiting.Add(-1)
	}
}

func (s *slot) release() { <-s.turn }

// idle reports whether nobody has the turn, and the worker has nothing to do.
func (s *slot) idle() bool {
	select {
	case s.turn <- struct{}{}:
		defer s.release()
	default:
		return false
	}
	return s.ring.len() == 0 && s.lost == 0 && !s.ready && s.inst != nil
}

// acquireWithin is acquire for a handshake, which does not wait for longer
// than limit. The worker lets it in before its next event.
func (s *slot) acquireWithin(limit time.Duration) bool {
	select {
	case s.turn <- struct{}{}:
		return true
	default:
	}
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case s.turn <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

// yield lets those go first who wait for the turn, and reports whether there were any.
// The turn is a channel, so they come in the order in which they began to wait,
// before us.
func (s *slot) yield() bool {
	if s.waiting.Load() == 0 {
		return false
	}
	s.release()
	s.acquire()
	return true
}

// run is the worker: it drains the queue until the slot is stopped.
func (s *slot) run() {
	defer close(s.done)
	var tick timerChan
	defer tick.stop()
	for {
		s.acquire()
		if s.retired {
			s.release()
			return
		}
		tick.set(s.plugin.tick())
		worked := s.work(tick.due())
		wait := s.retryAt
		s.failed = s.retryAt.After(time.Now())
		s.release()
		if s.ended(worked) {
			return
		}
		if worked {
			s.drained = clock()
		} else {
			s.park(&tick, wait)
		}
	}
}

// ended reports whether the worker is to end: now, or because it was asked to
// and has nothing left to do.
func (s *slot) ended(worked bool) bool {
	select {
	case <-s.quit:
		return true
	case <-s.stop:
		// Without an instance there is a pause after faults, which may be long:
		// what waits is given up.
		return !worked && (s.ring.len() == 0 || s.failed)
	default:
		return false
	}
}

// park waits for something to do: an event, a tick, the time to try again.
func (s *slot) park(tick *timerChan, retryAt time.Time) {
	var retry <-chan time.Time
	wake := s.ring.wake
	if wait := time.Until(retryAt); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		retry = timer.C
	}
	select {
	case <-wake:
		s.gather()
	case <-tick.c():
		tick.fired = true
	case <-retry:
	case <-s.stop:
	case <-s.quit:
	}
}

// gather waits until the sidecar's gather has passed since the worker's last
// batch.
func (s *slot) gather() {
	rest := s.plugin.gather() - (clock() - s.drained)
	if rest <= 0 {
		return
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stop:
	case <-s.quit:
	}
}

// work delivers one batch, with the turn; false means that there was none, or
// that there is no instance to deliver it to.
func (s *slot) work(tick bool) bool {
	if !s.ensure() {
		return false
	}
	if tick && s.inst.hooks[onTick] != nil {
		s.enter(onTick, uint64(s.plugin.manager.cfg.Now()))
	}
	if s.next == len(s.batch) && s.lost == 0 {
		s.batch, s.lost = s.ring.take()
		s.next = 0
		if len(s.batch) == 0 && s.lost == 0 {
			return false
		}
	}
	return s.drain()
}

// drain delivers the rest of the batch. It ends early without an instance, and
// where the slot was retired meanwhile.
func (s *slot) drain() bool {
	at := clock()
	for s.next < len(s.batch) {
		if s.yield() {
			at = clock()
		}
		if s.retired || !s.ensure() || s.quitting() {
			return false
		}
		ev := &s.batch[s.next]
		s.next++
		at = s.deliver(ev, at)
	}
	if s.lost > 0 {
		if !s.ensure() {
			return false
		}
		lost := s.lost
		s.lost = 0
		s.tellLost(lost)
	}
	s.ring.done(s.batch)
	s.batch, s.next = nil, 0
	s.plugin.inbox.tellMissed()
	return true
}

func (s *slot) quitting() bool {
	select {
	case <-s.quit:
		return true
	default:
		return false
	}
}

// deliver calls the hook of ev, if this generation has it. It takes and
// returns the time, so that a batch reads the clock once per event.
func (s *slot) deliver(ev *session.Event, start time.Duration) (end time.Duration) {
	h := hookOf(ev.Kind)
	if s.inst.hooks[h] == nil {
		return start
	}
	code, f := s.inst.deliver(ev)
	end = clock()
	s.account(h, end-start, code, f)
	return end
}

// tellLost calls on_events_lost. The events come between those that were
// delivered and those that follow.
func (s *slot) tellLost(n uint64) {
	s.plugin.lines.note(slog.LevelWarn, "events were lost: the queue was full", "events", n, "queue", s.plugin.queueLimit())
	if s.inst.hooks[onLost] != nil {
		s.enter(onLost, n)
	}
}

// enter calls a hook that is given no event.
func (s *slot) enter(h hook, arg uint64) {
	start := clock()
	code, f := s.inst.call(h, arg)
	s.account(h, clock()-start, int32(code), f)
}

// clock is the time since the process began, for durations: it costs half of
// what time.Now does.
func clock() time.Duration { return time.Since(began) }

var began = time.Now()

// account counts one call, and discards the instance if the call was a fault.
func (s *slot) account(h hook, took time.Duration, code int32, f *fault) Result {
	result := ResultOK
	switch {
	case f != nil:
		result = f.result
	case h == onResume && code == 1:
		result = ResultRefused
	case code != 0:
		result = ResultError
	}
	c := &s.plugin.counters.hooks[h]
	c.byResult[result].Add(1)
	c.seconds.observe(took)
	switch {
	case f != nil:
		s.discard(f)
		return result
	case result == ResultError:
		s.plugin.lines.note(slog.LevelWarn, "the plugin reported an error", "hook", h.String(), "result", code)
	}
	if s.inst.gen.failing.Load() {
		s.inst.gen.returned()
	}
	return result
}

// discard closes the instance. The next call makes a fresh one of the same
// generation, unless there were too many faults.
func (s *slot) discard(f *fault) {
	gen := s.inst.gen
	s.inst.close()
	s.inst = nil
	s.plugin.counters.faults.Add(1)
	s.plugin.lines.note(slog.LevelError, "the plugin's instance was discarded", "instance", s.index, "err", f)
	s.plugin.noteFault(f)
	gen.faulted()
}

// ensure makes an instance if there is none, and calls plugin_ready where it is
// due: once per generation, on instance 0 only. After a failure it waits for a
// growing while, in which events are queued.
func (s *slot) ensure() bool {
	if gen := s.plugin.gen.Load(); gen != nil && gen.paused() {
		s.retryAt = gen.quarantine.pausedUntil(time.Now())
		return false
	}
	if s.inst == nil && !s.renew() {
		return false
	}
	if !s.ready {
		return true
	}
	s.ready = false
	if s.inst.hooks[pluginReady] != nil {
		s.enter(pluginReady, 0)
	}
	return s.inst != nil || s.renew()
}

func (s *slot) renew() bool {
	gen := s.plugin.gen.Load()
	if gen == nil || time.Now().Before(s.retryAt) {
		return false
	}
	inst, err := gen.instantiate()
	if err != nil {
		gen.faulted()
		pause := min(time.Second<<min(s.fails, 8), 5*time.Minute)
		s.fails++
		s.retryAt = time.Now().Add(pause)
		s.plugin.noteError(err)
		s.plugin.lines.note(slog.LevelError, "no new instance of the plugin could be made", "instance", s.index, "err", err, "next_try_in", pause)
		return false
	}
	s.inst, s.fails, s.retryAt = inst, 0, time.Time{}
	s.plugin.inbox.subscribe(gen) // it may have chosen other topics
	return true
}
