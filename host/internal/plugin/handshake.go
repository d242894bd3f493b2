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
	gen, s := p.gen.Load(), p.slotOf(ev.Session.ID)
	if gen == nil || s == nil {
		return ResultBusy, false
	}
	closed = gen.side.ResumeFailClosed
	limit := deadline(gen.side)
	if gen.paused() || !s.acquireWithin(limit/2) {
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
	code, f := s.inst.deliver(ev)
	result = s.account(h, clock()-start, code, f)
	if f != nil {
		signal(s.ring.wake)
	}
	return result, closed
}
