package cache

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A history records what Notify was told, per id, in the order in which it was
// told. The entry's lock keeps two events of one id from coming at once; the
// lists rely on it, so that the race detector reports where it does not hold.
type history struct {
	ids map[session.ID]*[]session.Event // filled before the test starts
}

func newHistory(ids []session.ID) *history {
	h := &history{ids: map[session.ID]*[]session.Event{}}
	for _, id := range ids {
		h.ids[id] = new([]session.Event)
	}
	return h
}

func (h *history) notify(ev session.Event) {
	list := h.ids[ev.Session.ID]
	*list = append(*list, ev)
}

// replay checks that the events of one id are a legal history, and returns the
// session that is present after it (nil if none).
func replay(events []session.Event) (present *session.Session, err error) {
	var seq uint64
	for i, ev := range events {
		fail := func(why string) (*session.Session, error) {
			return nil, fmt.Errorf("event %d of %d (%s, number %d): %s", i, len(events), inWords(ev), ev.Seq, why)
		}
		if ev.Seq <= seq {
			return fail("the sequence number does not rise")
		}
		seq = ev.Seq
		switch ev.Kind {
		case abi.Insert:
			if replaced := ev.Flags&abi.Replaced != 0; replaced != (present != nil) {
				return fail(fmt.Sprintf("REPLACED is %v but present is %v", replaced, present != nil))
			}
			if ev.Time >= ev.Session.Expires {
				return fail("inserted after its life had ended")
			}
			present = ev.Session
		case abi.Remove:
			if present != ev.Session {
				return fail("what was removed was not there")
			}
			if expired := ev.Reason == abi.Expired; expired != (ev.Time >= ev.Session.Expires) {
				return fail("expired is not what the clock says")
			}
			if own := ev.Reason == abi.Expired || ev.Reason == abi.Evicted; own != (ev.Source.Origin == abi.FromHost) {
				return fail("the source does not fit the reason")
			}
			present = nil
		case abi.Get:
			if present != ev.Session {
				return fail("what was fetched was not there")
			}
			if ev.Time >= ev.Session.Expires {
				return fail("fetched after its life had ended")
			}
		default:
			return fail("no such event")
		}
	}
	return present, nil
}

// TestReplayFindsIllegalHistories tests the judge.
func TestReplayFindsIllegalHistories(t *testing.T) {
	a := &session.Session{ID: "a", Meta: session.Meta{Expires: 10}}
	b := &session.Session{ID: "a", Meta: session.Meta{Expires: 10}}
	insert := session.Event{Kind: abi.Insert, Seq: 1, Session: a}
	remove := session.Event{Kind: abi.Remove, Seq: 2, Session: a, Reason: abi.Explicit, Source: client}
	with := func(ev session.Event, change func(*session.Event)) session.Event { change(&ev); return ev }
	if _, err := replay([]session.Event{insert, remove}); err != nil {
		t.Fatalf("a legal history: %v", err)
	}
	for name, events := range map[string][]session.Event{
		"remove of nothing":          {remove},
		"number that stays":          {insert, with(remove, func(ev *session.Event) { ev.Seq = 1 })},
		"insert twice":               {insert, with(insert, func(ev *session.Event) { ev.Seq = 2 })},
		"replaced nothing":           {with(insert, func(ev *session.Event) { ev.Flags = abi.Replaced })},
		"remove of another":          {insert, with(remove, func(ev *session.Event) { ev.Session = b })},
		"get after remove":           {insert, remove, {Kind: abi.Get, Seq: 3, Session: a}},
		"explicit though expired":    {insert, with(remove, func(ev *session.Event) { ev.Time = 10 })},
		"evicted by somebody":        {insert, with(remove, func(ev *session.Event) { ev.Reason = abi.Evicted })},
		"get of what has run out":    {insert, {Kind: abi.Get, Seq: 2, Time: 10, Session: a}},
		"insert of what has run out": {with(insert, func(ev *session.Event) { ev.Time = 10 })},
	} {
		if _, err := replay(events); err == nil {
			t.Errorf("%s: found legal", name)
		}
	}
}

// tally counts what callers were told.
type tally struct {
	inserted, removed, consumed, hits, misses atomic.Uint64
	refused                                   [-abi.Invalid + 1]atomic.Uint64
}

// TestEventsAreALegalHistory has 64 goroutines do everything at once to a few
// ids in a cache that is too small for them, while lives are short and the
// clock moves; then every id's events must be a legal history that ends in what
// the cache holds, and every caller must have been told what happened.
func TestEventsAreALegalHistory(t *testing.T) {
	const writers, steps = 64, 2000
	for _, shape := range []struct {
		name   string
		cfg    Config
		shards int
		ids    int
	}{
		{"one shard, limit by sessions", Config{MaxSessions: 5, MaxTombstones: 4}, 1, 12},
		{"one shard, limit by bytes", Config{MaxBytes: 6 * (overhead + 60), MaxTombstones: 1000}, 1, 12},
		{"four shards, both limits", Config{MaxSessions: 16, MaxBytes: 14 * (overhead + 60), MaxTombstones: 8}, 4, 40},
		{"one id", Config{MaxSessions: 1}, 1, 1},
	} {
		t.Run(shape.name, func(t *testing.T) {
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			ids := make([]session.ID, shape.ids)
			for i := range ids {
				ids[i] = session.ID(fmt.Sprintf("id %d", i))
			}
			h := newHistory(ids)
			var now clock
			now.advance(1)
			cfg := shape.cfg
			cfg.Now, cfg.Notify = now.now, h.notify
			c := newSharded(cfg.withDefaults(), shape.shards)
			defer c.Close()

			var told tally
			var wg sync.WaitGroup
			for w := range writers {
				random := rand.New(rand.NewPCG(seed, uint64(w)))
				wg.Go(func() {
					for range steps {
						step(t, c, &told, &now, random, ids)
					}
				})
			}
			wg.Wait()
			checkHistory(t, c, h, &told)
		})
	}
}

// step does one random thing.
func step(t *testing.T, c *Cache, told *tally, now *clock, random *rand.Rand, ids []session.ID) {
	id := ids[random.IntN(len(ids))]
	start := now.now()
	switch n := random.IntN(100); {
	case n < 40:
		s := &session.Session{ID: id, Meta: session.Meta{Expires: start + 1 + random.Int64N(60)}, Sealed: make([]byte, random.IntN(200))}
		note(t, told, c.Insert(s, uint32(random.IntN(4)), client), &told.inserted)
	case n < 65:
		s, err := c.Fetch(id, client)
		switch {
		case err != nil:
			told.misses.Add(1)
		case s.ID != id || s.Expires <= start:
			t.Errorf("Fetch of %q at %d returned %q that expired at %d", id, start, s.ID, s.Expires)
		default:
			told.hits.Add(1)
		}
	case n < 75:
		if s, err := c.Get(id); err == nil && (s.ID != id || s.Expires <= start) {
			t.Errorf("Get of %q at %d returned %q that expired at %d", id, start, s.ID, s.Expires)
		}
	case n < 82:
		note(t, told, c.Remove(id, abi.Explicit, client), &told.removed)
	case n < 89:
		note(t, told, c.Remove(id, abi.Consumed, client), &told.consumed)
	case n < 91:
		note(t, told, c.Bury(id, start+random.Int64N(20)), new(atomic.Uint64))
	case n < 92:
		c.Announce(id, func(ev session.Event) {
			if ev.Session.ID != id || ev.Time >= ev.Session.Expires {
				t.Errorf("Announce of %q delivered %+v", id, ev)
			}
		})
	case n < 93:
		c.AnnounceRemoved(id, func(ev session.Event) {
			if ev.Session.ID != id || ev.Time >= ev.Session.Expires || ev.Session.Expires <= start {
				t.Errorf("AnnounceRemoved of %q at %d delivered %+v", id, start, ev)
			}
		})
	case n < 94:
		for range c.All() {
		}
		for ts := range c.Tombstones() {
			if ts.Removed >= ts.Until || ts.Until <= start || ts.Reason != abi.Explicit && ts.Reason != abi.Consumed {
				t.Errorf("at %d a tombstone %+v", start, ts)
			}
		}
	case n < 95:
		c.Stats()
	case n < 97:
		c.Expire()
	default:
		now.advance(random.Int64N(8))
	}
}

func note(t *testing.T, told *tally, err error, success *atomic.Uint64) {
	switch code := session.Code(err); {
	case err == nil:
		success.Add(1)
	case !errors.Is(err, session.ErrInvalid) && code == abi.Invalid:
		t.Errorf("unknown error %v", err)
	default:
		told.refused[-code].Add(1)
	}
}

// checkHistory compares the events with what the cache holds, what it counted,
// and what its callers were told.
func checkHistory(t *testing.T, c *Cache, h *history, told *tally) {
	t.Helper()
	var inserts, overwrites, gets uint64
	removals := map[abi.Reason]uint64{}
	present := map[session.ID]*session.Session{}
	var bytes int64
	var numbers []uint64
	for id, events := range h.ids {
		s, err := replay(*events)
		if err != nil {
			t.Errorf("%q: %v", id, err)
		}
		if s != nil {
			present[id] = s
			bytes += Cost(s)
		}
		for _, ev := range *events {
			numbers = append(numbers, ev.Seq)
			switch ev.Kind {
			case abi.Insert:
				inserts++
				if ev.Flags&abi.Replaced != 0 {
					overwrites++
				}
			case abi.Remove:
				removals[ev.Reason]++
			case abi.Get:
				gets++
			}
		}
	}
	slices.Sort(numbers)
	if len(slices.Compact(numbers)) != len(numbers) {
		t.Error("two events have one sequence number")
	}

	held := map[session.ID]*session.Session{}
	for i := range c.shards { // not All, which leaves out the expired
		for id, e := range c.shards[i].entries {
			held[id] = e.session
		}
		checkShard(t, &c.shards[i])
	}
	if len(held) != len(present) {
		t.Errorf("the events leave %d sessions, the cache holds %d", len(present), len(held))
	}
	for id, s := range present {
		if held[id] != s {
			t.Errorf("%q: the events leave %p, the cache holds %p", id, s, held[id])
		}
	}

	st := c.Stats()
	same := func(what string, numbers ...uint64) {
		t.Helper()
		for _, n := range numbers {
			if n != numbers[0] {
				t.Errorf("%s: %v", what, numbers)
				return
			}
		}
	}
	same("inserts by events, Stats, callers", inserts, st.Inserts, told.inserted.Load())
	same("overwrites by events, Stats", overwrites, st.Overwrites)
	same("hits by events, Stats, callers", gets, st.Hits, told.hits.Load())
	same("misses by Stats, callers", st.Misses, told.misses.Load())
	same("removed by events, Stats, callers", removals[abi.Explicit], st.Removals[abi.Explicit], told.removed.Load())
	same("consumed by events, Stats, callers", removals[abi.Consumed], st.Removals[abi.Consumed], told.consumed.Load())
	same("expired by events, Stats", removals[abi.Expired], st.Removals[abi.Expired])
	same("evicted by events, Stats", removals[abi.Evicted], st.Removals[abi.Evicted])
	same("sessions by events, Stats", uint64(len(present)), uint64(st.Sessions))
	same("bytes by events, Stats", uint64(bytes), uint64(st.Bytes))
	for code := abi.NotFound; code >= abi.Invalid; code-- {
		same("refusals by Stats, callers: "+code.String(), st.Refusals[code], told.refused[-code].Load())
	}
	t.Logf("%d inserts, %d overwrites, %d gets, removals %v, refusals %v, %d tombstones dropped",
		inserts, overwrites, gets, removals, st.Refusals, st.TombstonesDropped)
}

// checkShard checks that the parts of a shard agree with each other and with
// its limits.
func checkShard(t *testing.T, sh *shard) {
	t.Helper()
	if n := len(sh.entries); n != sh.order.probation.n+sh.order.protected.n || n != len(sh.due.slots) || n > sh.max.sessions {
		t.Errorf("shard of %d (at most %d) has %d in order, %d due", n, sh.max.sessions, sh.order.probation.n+sh.order.protected.n, len(sh.due.slots))
	}
	var bytes int64
	for _, e := range sh.entries {
		bytes += Cost(e.session)
	}
	if bytes != sh.bytes || bytes > sh.max.bytes {
		t.Errorf("shard of %d bytes says %d (at most %d)", bytes, sh.bytes, sh.max.bytes)
	}
	for _, err := range sh.graves.faults() {
		t.Error(err)
	}
}
