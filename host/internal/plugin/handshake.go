package plugin

import (
	"context"
	"log/slog"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
	"github.com/sesshook/sesshook/host/internal/session"
)

const warn = slog.LevelWarn

// Miss asks the plugins, one after the other, for a session that is not here,
// until one of them has inserted it. It returns within the sum of their
// deadlines, whatever they do.
func (m *Manager) Miss(_ context.Context, id session.ID, home session.Node) {
	ev := session.Event{
		Kind: abi.Miss, Source: session.Source{Origin: abi.FromClient}, Time: m.cfg.Now(),
		Session: &session.Session{ID: id, Meta: session.Meta{Home: home}},
	}
	for _, p := range *m.table.Load() {
		if !hookSet(p.hooks.Load()).has(onMiss) {
			continue
		}
		p.ask(&ev, missDeadline)
		if _, err := m.cfg.Store.Get(id); err == nil {
			return
		}
	}
}

// Resume asks every plugin whether a client may resume s, and returns false
// once one of them refuses. It returns within the sum of their deadlines.
func (m *Manager) Resume(_ context.Context, s *session.Session) bool {
	var ev session.Event
	for _, p := range *m.table.Load() {
		if !hookSet(p.hooks.Load()).has(onResume) {
			continue
		}
		if ev.Kind == 0 {
			ev = session.Event{Kind: abi.Resume, Source: session.Source{Origin: abi.FromClient}, Time: m.cfg.Now(), Session: s}
		}
		switch result, closed := p.ask(&ev, resumeDeadline); {
		case result == ResultOK:
		case result == ResultRefused, closed:
			return false
		}
	}
	return true
}

func missDeadline(s *sidecar.Sidecar) time.Duration   { return s.MissDeadline }
func resumeDeadline(s *sidecar.Sidecar) time.Duration { return s.ResumeDeadline }

// ask calls a hook of the handshake path, within its deadline: half of it to wait
// for the instance, and the call's budget for the rest (see budgetOf). closed
// tells that the operator wants a failure to be a refusal.
func (p *Plugin) ask(ev *session.Event, deadline func(*sidecar.Sidecar) time.Duration) (result Result, closed bool) {
	start, h := clock(), hookOf(ev.Kind)
	gen, slots := p.gen.Load(), *p.slots.Load()
	if gen == nil || len(slots) == 0 {
		return ResultBusy, false
	}
	closed = gen.side.ResumeFailClosed
	limit := deadline(gen.side)
	var s *slot
	if !gen.paused() {
		s = p.enter(slots, ev, limit/2)
	}
	if s == nil {
		p.counters.hooks[h].byResult[ResultBusy].Add(1)
		return ResultBusy, closed
	}
	defer s.release()
	switch {
	case s.inst == nil:
		// Its worker makes a new one; a handshake does not wait for that.
		signal(s.ring.wake)
		p.counters.hooks[h].byResult[ResultBusy].Add(1)
		return ResultBusy, closed
	case s.inst.hooks[h] == nil: // a reload has just taken it away
		return ResultOK, closed
	}
	s.inst.until = start + limit
	code, f := s.inst.deliver(ev)
	result = s.account(h, clock()-start, code, f)
	if f != nil {
		signal(s.ring.wake)
	}
	return result, closed
}

// enter returns a slot for a hook of the handshake path, with its turn, or nil
// after limit. A RESUME goes to the instance that has the other events of its
// id. A MISS goes to any that is free but the first: it may wait for another
// node, and the first one answers the other nodes' requests, so that two nodes
// that ask each other never wait for one another.
func (p *Plugin) enter(slots []*slot, ev *session.Event, limit time.Duration) *slot {
	s := p.pick(slots, ev.Session.ID)
	if ev.Kind == abi.Miss && len(slots) > 1 {
		others := slots[1:]
		if s = tryAny(others); s != nil {
			return s
		}
		s = p.pick(others, ev.Session.ID)
	}
	if !s.acquireWithin(limit) {
		return nil
	}
	return s
}

// tryAny returns the first of slots whose turn is free, with it, or nil.
func tryAny(slots []*slot) *slot {
	for _, s := range slots {
		select {
		case s.turn <- struct{}{}:
			return s
		default:
		}
	}
	return nil
}
