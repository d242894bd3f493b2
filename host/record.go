package host

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/admin"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/workbench/eventfile"
)

const (
	// maxTaps is how many may record at a time.
	maxTaps = 4
	// tapBuffer is how many events may wait until they are written. Each keeps
	// its session alive, of some 1.5 KB.
	tapBuffer = 8192
	// tapBatch is about how many bytes are written at once.
	tapBatch = 64 << 10
)

// taps hand what happens to whoever records it: nobody, mostly. Then an event
// costs one load.
type taps struct {
	all atomic.Pointer[[]*tap] // nil where nobody records
	mu  sync.Mutex             // held to change all
}

// A tap is one recording.
type tap struct {
	events chan heard
	missed atomic.Uint64 // events in a row for which there was no room
}

// A heard is an event, and how many there was no room for before it.
type heard struct {
	ev     session.Event
	missed uint64
}

// open reports whether anybody records.
func (t *taps) open() bool { return t.all.Load() != nil }

// hear passes an event on. It does not block.
func (t *taps) hear(ev session.Event) {
	all := t.all.Load()
	if all == nil { // not any more
		return
	}
	for _, one := range *all {
		one.hear(ev)
	}
}

func (t *tap) hear(ev session.Event) {
	missed := t.missed.Swap(0)
	select {
	case t.events <- heard{ev, missed}:
	default:
		t.missed.Add(missed + 1)
	}
}

// add begins a recording; false is that there are too many.
func (t *taps) add() (*tap, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []*tap
	if now := t.all.Load(); now != nil {
		all = slices.Clone(*now)
	}
	if len(all) == maxTaps {
		return nil, false
	}
	one := &tap{events: make(chan heard, tapBuffer)}
	all = append(all, one)
	t.all.Store(&all)
	return one, true
}

// remove ends a recording.
func (t *taps) remove(one *tap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(*t.all.Load()), func(other *tap) bool { return other == one })
	if len(all) == 0 {
		t.all.Store(nil)
		return
	}
	t.all.Store(&all)
}

// Events implements admin.Source.
func (a adminSource) Events(ctx context.Context, write func(lines []byte) error) error {
	one, ok := a.h.taps.add()
	if !ok {
		return admin.ErrBusy
	}
	defer a.h.taps.remove(one)
	if err := write(eventfile.Append(nil, eventfile.OfNode(a.h.node, a.h.clock.Now()))); err != nil {
		return err
	}
	idle := time.NewTicker(time.Second)
	defer idle.Stop()
	var lines []byte
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.h.closed:
			return nil
		case first := <-one.events:
			lines = a.gather(lines[:0], one, first)
		case <-idle.C:
			// What was missed last, where nothing has come since.
			if lines = lines[:0]; len(one.events) == 0 {
				lines = appendDropped(lines, one.missed.Swap(0))
			}
		}
		if len(lines) == 0 {
			continue
		}
		if err := write(lines); err != nil {
			return err
		}
	}
}

// gather appends the lines of an event, and of those that wait behind it, as far
// as they are written at once.
func (a adminSource) gather(lines []byte, one *tap, next heard) []byte {
	for {
		lines = a.line(lines, next)
		if len(lines) > tapBatch {
			return lines
		}
		select {
		case next = <-one.events:
		default:
			return lines
		}
	}
}

func (a adminSource) line(lines []byte, h heard) []byte {
	lines = appendDropped(lines, h.missed)
	by := ""
	if a.h.plugins != nil {
		by = a.h.plugins.NameOf(h.ev.Source.Plugin)
	}
	if e, ok := eventfile.Of(&h.ev, by); ok {
		lines = eventfile.Append(lines, e)
	}
	return lines
}

func appendDropped(lines []byte, count uint64) []byte {
	if count == 0 {
		return lines
	}
	return eventfile.Append(lines, eventfile.OfDropped(count))
}

// hooks are the plugins on the path of a handshake, and who records what they
// are asked.
type hooks struct{ h *Host }

// Miss implements tlsbind.Hooks.
func (k hooks) Miss(ctx context.Context, id session.ID, home session.Node) {
	k.hear(abi.Miss, &session.Session{ID: id, Meta: session.Meta{Home: home}})
	k.h.plugins.Miss(ctx, id, home)
}

// Resume implements tlsbind.Hooks.
func (k hooks) Resume(ctx context.Context, s *session.Session) bool {
	k.hear(abi.Resume, s)
	return k.h.plugins.Resume(ctx, s)
}

func (k hooks) hear(kind abi.Kind, s *session.Session) {
	if k.h.taps.open() {
		k.h.taps.hear(session.Event{Kind: kind, Source: session.Source{Origin: abi.FromClient}, Time: k.h.clock.Now(), Session: s})
	}
}
