package cache

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestTombstoneLastsAsLongAsTheSessionWouldHave(t *testing.T) {
	r := newRig(t, Config{})
	r.insert(t, "a", 10)
	wantErr(t, "remove", r.Remove("a", abi.Explicit, client), nil)
	r.clock.advance(9)
	wantErr(t, "insert before the end", r.Insert(r.session("a", 10), 0, client), session.ErrRemoved)
	r.clock.advance(1)
	wantErr(t, "insert at the end", r.Insert(r.session("a", 10), 0, client), nil)
}

func TestReviveClearsTheTombstone(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 1})
	r.insert(t, "a", 100)
	wantErr(t, "remove", r.Remove("a", abi.Explicit, client), nil)
	wantErr(t, "revive", r.Insert(r.session("a", 10), abi.Revive, client), nil)
	if n := r.Stats().Tombstones; n != 0 {
		t.Errorf("%d tombstones after revive", n)
	}
	r.insert(t, "b", 10) // evicts a
	wantErr(t, "insert after revive and eviction", r.Insert(r.session("a", 10), 0, client), nil)
}

func TestExpiryAndEvictionLeaveNoTombstone(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 1})
	r.insert(t, "a", 10)
	r.insert(t, "b", 10)
	r.clock.advance(10)
	r.Expire()
	if n := r.Stats().Tombstones; n != 0 {
		t.Errorf("%d tombstones", n)
	}
	r.insert(t, "a", 10)
	r.insert(t, "b", 10)
}

func TestTombstonesExpireWithoutBeingAsked(t *testing.T) {
	r := newRig(t, Config{})
	const n = 2*sweepBatch + 1
	for i := range n {
		r.insert(t, fmt.Sprint(i), 10)
		wantErr(t, "remove", r.Remove(session.ID(fmt.Sprint(i)), abi.Explicit, client), nil)
	}
	r.Expire()
	if got := r.Stats().Tombstones; got != n {
		t.Errorf("%d tombstones of %d before their time", got, n)
	}
	r.clock.advance(10)
	r.Expire()
	if st := r.Stats(); st.Tombstones != 0 || st.TombstonesDropped != 0 {
		t.Errorf("%d tombstones left, %d dropped", st.Tombstones, st.TombstonesDropped)
	}
}

func TestTombstonesAreBounded(t *testing.T) {
	r := newRig(t, Config{MaxTombstones: 2})
	for i, ttl := range []int64{30, 10, 20} {
		r.insert(t, fmt.Sprint(i), ttl)
		wantErr(t, "remove", r.Remove(session.ID(fmt.Sprint(i)), abi.Explicit, client), nil)
	}
	st := r.Stats()
	if st.Tombstones != 2 || st.TombstonesDropped != 1 {
		t.Errorf("%d tombstones, %d dropped", st.Tombstones, st.TombstonesDropped)
	}
	wantErr(t, "the one that ends first has gone", r.Insert(r.session("1", 5), 0, client), nil)
	wantErr(t, "the others stay", r.Insert(r.session("0", 5), 0, client), session.ErrRemoved)
	wantErr(t, "the others stay", r.Insert(r.session("2", 5), 0, client), session.ErrRemoved)
}

func TestExpiredTombstoneMakesRoomWithoutBeingCountedAsDropped(t *testing.T) {
	r := newRig(t, Config{MaxTombstones: 1})
	wantErr(t, "bury", r.Bury("a", r.clock.now()+5), nil)
	r.clock.advance(5)
	wantErr(t, "bury", r.Bury("b", r.clock.now()+5), nil)
	if st := r.Stats(); st.Tombstones != 1 || st.TombstonesDropped != 0 {
		t.Errorf("%d tombstones, %d dropped", st.Tombstones, st.TombstonesDropped)
	}
}

func TestBury(t *testing.T) {
	r := newRig(t, Config{})
	r.insert(t, "here", 10)
	r.took()
	now := r.clock.now()
	wantErr(t, "bury what is here", r.Bury("here", now+10), session.ErrExists)
	wantErr(t, "bury no id", r.Bury("", now+10), session.ErrInvalid)
	wantErr(t, "bury until now", r.Bury("a", now), session.ErrInvalid)
	wantErr(t, "bury", r.Bury("a", now+10), nil)
	wantErr(t, "bury for less", r.Bury("a", now+5), nil)
	r.wantEvents(t)
	r.clock.advance(5)
	wantErr(t, "the later end stays", r.Insert(r.session("a", 10), 0, client), session.ErrRemoved)
	wantErr(t, "bury for longer", r.Bury("a", now+20), nil)
	r.clock.advance(10)
	wantErr(t, "a later end counts", r.Insert(r.session("a", 10), 0, client), session.ErrRemoved)
	r.clock.advance(5)
	wantErr(t, "at the end", r.Insert(r.session("a", 10), 0, client), nil)
	if n := r.Stats().Tombstones; n > 1 {
		t.Errorf("%d tombstones for one id", n)
	}
}

func TestRemoveAgainLeavesOneTombstone(t *testing.T) {
	r := newRig(t, Config{})
	for range 100 {
		wantErr(t, "insert", r.Insert(r.session("a", 10), abi.Revive, client), nil)
		wantErr(t, "remove", r.Remove("a", abi.Explicit, client), nil)
	}
	g := &r.shards[0].graves
	if g.len() != 1 || len(g.due.slots) != 1 {
		t.Errorf("%d tombstones, %d deadlines", g.len(), len(g.due.slots))
	}
}

func TestTombstonesOfAllKindsOfIDs(t *testing.T) {
	zeros := strings.Repeat("\x00", plainID)
	ids := []string{
		"a", zeros, zeros[1:], zeros + "\x00", strings.Repeat("x", plainID), strings.Repeat("x", plainID+1),
		strings.Repeat("x", abi.MaxID), "x", "\x00",
	}
	r := newRig(t, Config{})
	for i, id := range ids {
		for _, other := range ids[i:] {
			if !r.insertable(other) {
				t.Errorf("%x cannot be inserted after the removal of %x", other, ids[:i])
			}
		}
		wantErr(t, "bury", r.Bury(session.ID(id), r.clock.now()+10), nil)
		if r.insertable(id) {
			t.Errorf("%x can be inserted after its removal", id)
		}
	}
	if n := len(slices.Collect(r.Tombstones())); n != len(ids) {
		t.Errorf("%d tombstones of %d", n, len(ids))
	}
	for _, id := range ids {
		wantErr(t, "revive", r.Insert(r.session(id, 10), abi.Revive, client), nil)
	}
	if g := &r.shards[0].graves; g.len() != 0 || len(g.odd) != 0 || slices.Collect(r.Tombstones()) != nil {
		t.Errorf("%d tombstones left, %d odd", g.len(), len(g.odd))
	}
	if r.AnnounceRemoved("", func(session.Event) {}) {
		t.Error("the empty id has a tombstone")
	}
}

// insertable reports whether no tombstone stands against id, and leaves nothing.
func (r *rig) insertable(id string) bool {
	err := r.Insert(r.session(id, 1), 0, client)
	if err == nil {
		r.shards[0].unlink(r.shards[0].entries[session.ID(id)])
	}
	return err == nil
}

func TestTombstonesSay(t *testing.T) {
	r := newRig(t, Config{})
	start := r.clock.now()
	r.insert(t, "explicit", 100)
	r.insert(t, "consumed", 200)
	r.insert(t, "expired", 5)
	r.insert(t, "kept", 100)
	r.clock.advance(10)
	wantErr(t, "remove", r.Remove("explicit", abi.Explicit, client), nil)
	r.clock.advance(1)
	wantErr(t, "remove", r.Remove("consumed", abi.Consumed, client), nil)
	wantErr(t, "bury", r.Bury("buried", start+50), nil)
	r.clock.advance(1)
	wantErr(t, "bury for longer", r.Bury("buried", start+60), nil)
	wantErr(t, "bury for longer", r.Bury("consumed", start+300), nil)
	wantErr(t, "bury for less", r.Bury("explicit", start+20), nil)

	want := []Tombstone{
		{"buried", start + 11, start + 60, abi.Explicit},
		{"consumed", start + 11, start + 300, abi.Consumed},
		{"explicit", start + 10, start + 100, abi.Explicit},
	}
	got := slices.Collect(r.Tombstones())
	slices.SortFunc(got, func(a, b Tombstone) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if !slices.Equal(got, want) {
		t.Errorf("tombstones\n%v\nwant\n%v", got, want)
	}

	r.clock.advance(48) // start+60
	r.Bury("later", start+1000)
	got = slices.Collect(r.Tombstones()) // nobody has swept
	if len(got) != 3 || slices.ContainsFunc(got, func(ts Tombstone) bool { return ts.ID == "buried" }) {
		t.Errorf("after the end of one: %v", got)
	}
	wantErr(t, "bury after its end", r.Bury("buried", start+70), nil)
	i := r.shards[0].graves.find("buried", maphash.String(r.seed, "buried"))
	if ts := r.shards[0].graves.get(i); ts.Removed != start+60 {
		t.Errorf("a tombstone that had ended lends its time to the next: %v", ts)
	}
}

func TestAnnounceRemoved(t *testing.T) {
	r := newRig(t, Config{})
	start := r.clock.now()
	r.insert(t, "a", 100)
	r.clock.advance(10)
	wantErr(t, "remove", r.Remove("a", abi.Consumed, client), nil)
	r.clock.advance(10)
	r.insert(t, "here", 100)
	before := r.NextSeq()
	r.took()

	var got []session.Event
	deliver := func(ev session.Event) { got = append(got, ev) }
	if !r.AnnounceRemoved("a", deliver) {
		t.Fatal("no tombstone")
	}
	if r.AnnounceRemoved("here", deliver) || r.AnnounceRemoved("never", deliver) {
		t.Error("a tombstone of what was not removed")
	}
	ev := got[0]
	if w := inWords(ev); len(got) != 1 || w != "REMOVE a HOST CONSUMED EXISTING" {
		t.Errorf("%d events, the first %s", len(got), w)
	}
	if ev.Time != start+10 || ev.Seq <= before {
		t.Errorf("time %d, want %d; number %d after %d", ev.Time, start+10, ev.Seq, before)
	}
	if s := ev.Session; s.Expires != start+100 || s.Sealed != nil || s.Created != 0 || s.Home != (session.Node{}) {
		t.Errorf("session %+v", s)
	}
	r.wantEvents(t) // nobody else was told

	r.clock.advance(80) // start+100
	if r.AnnounceRemoved("a", deliver) {
		t.Error("announced after the tombstone's end")
	}
	wantErr(t, "revive", r.Insert(r.session("a", 10), 0, client), nil)
	if r.AnnounceRemoved("a", deliver) {
		t.Error("announced what is here")
	}
}

// Tombstones that stay are yielded once each, however many come, go, and are
// buried again meanwhile, in a body that calls the cache.
func TestTombstonesWhileTheyChange(t *testing.T) {
	const stay = 5 * sweepBatch
	name := func(kind string, i int) session.ID {
		return session.ID(fmt.Sprintf("%-*s", plainID-i%2, fmt.Sprint(kind, i))) // every other is odd
	}
	r := newRig(t, Config{MaxSessions: 1 << 20})
	until := r.clock.now() + 1000
	for i := range stay {
		wantErr(t, "bury", r.Bury(name("stays", i), until), nil)
		wantErr(t, "bury", r.Bury(name("goes", i), until), nil)
	}
	seen := map[session.ID]int{}
	n := 0
	for ts := range r.Tombstones() {
		seen[ts.ID]++
		if n < stay {
			wantErr(t, "bury another", r.Bury(name("comes", n), until), nil)
			wantErr(t, "revive", r.Insert(&session.Session{ID: name("goes", n), Meta: session.Meta{Expires: until}}, abi.Revive, client), nil)
			wantErr(t, "bury again", r.Bury(name("stays", n), until+int64(n)), nil)
		}
		n++
	}
	for i := range stay {
		if n := seen[name("stays", i)]; n != 1 {
			t.Errorf("%s was yielded %d times", name("stays", i), n)
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was yielded %d times", id, n)
		}
	}
	if got, want := r.Stats().Tombstones, 2*stay; got != want {
		t.Errorf("%d tombstones of %d", got, want)
	}
	for range r.Tombstones() {
		break // which is allowed
	}
}

// faults says where the parts of graves do not agree with each other.
func (g *graves) faults() (errs []error) {
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("tombstones: "+format, args...)) }
	if g.n > g.max || g.n != len(g.due.slots) || g.n > len(g.slots) {
		fault("%d of %d at most, %d due, %d slots", g.n, g.max, len(g.due.slots), len(g.slots))
	}
	used, odd := 0, 0
	for i := range g.slots {
		s := &g.slots[i]
		if s.place == noGrave {
			if *s != (grave{next: s.next, place: noGrave}) {
				fault("slot %d is free and holds %+v", i, *s)
			}
			continue
		}
		used++
		if g.mark(int32(i)).slot != int32(i) {
			fault("slot %d is due as slot %d", i, g.mark(int32(i)).slot)
		}
		if g.mark(int32(i)).odd {
			odd++
		}
		if id := g.get(int32(i)).ID; g.find(id, maphash.String(g.seed, string(id))) != int32(i) {
			fault("slot %d is not found by its id %x", i, id)
		}
	}
	free := 0
	for i := g.free; i != noGrave && free <= len(g.slots); i = g.slots[i].next {
		free++
	}
	if used != g.n || used+free != len(g.slots) || odd != len(g.odd) {
		fault("%d used of %d, %d free, %d slots, %d odd of %d", used, g.n, free, len(g.slots), odd, len(g.odd))
	}
	return errs
}

// A map of ids is what graves are, but for what it costs.
func FuzzGraves(f *testing.F) {
	f.Add([]byte("dig and clear"), uint8(3))
	f.Add(bytes.Repeat([]byte{0, 7, 1, 9, 2, 8}, 40), uint8(200))
	f.Add([]byte{0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 1, 1, 0, 6, 3, 200, 0, 1}, uint8(3))
	f.Fuzz(func(t *testing.T, ops []byte, most uint8) {
		var g graves
		g.init(int(most)+1, maphash.MakeSeed())
		model := map[session.ID]Tombstone{}
		now := int64(1)
		ops = ops[:min(len(ops), 2000)]
		for len(ops) >= 2 {
			op, arg := ops[0], ops[1]
			ops = ops[2:]
			id := session.ID(bytes.Repeat([]byte{arg}, []int{plainID, 3, plainID + 1}[arg%3]))
			h := maphash.String(g.seed, string(id))
			switch op % 4 {
			case 0:
				until, reason := now+1+int64(arg)*int64(op)/4, abi.Explicit
				if op&4 != 0 {
					reason = abi.Consumed
				}
				g.dig(id, h, until, now, reason)
				ts := Tombstone{id, now, until, reason}
				if was, ok := model[id]; ok && was.Until > now {
					ts.Removed, ts.Reason, ts.Until = was.Removed, was.Reason, max(until, was.Until)
				}
				model[id] = ts
				if len(model) > g.max {
					for id, ts := range model { // which of several that end at once goes is open
						if g.find(id, maphash.String(g.seed, string(id))) == noGrave {
							for other := range model {
								if model[other].Until < ts.Until {
									t.Fatalf("%v went before %v", ts, model[other])
								}
							}
							delete(model, id)
						}
					}
				}
			case 1:
				if i := g.find(id, h); i != noGrave {
					g.clear(i, h)
				}
				delete(model, id)
			case 2:
				now += int64(arg)
			case 3:
				for g.expire(now, 1+int(arg)) {
				}
				maps.DeleteFunc(model, func(_ session.ID, ts Tombstone) bool { return ts.Until <= now })
			}
		}
		for _, err := range g.faults() {
			t.Error(err)
		}
		if g.len() != len(model) {
			t.Errorf("%d tombstones, want %d", g.len(), len(model))
		}
		for id, ts := range model {
			h := maphash.String(g.seed, string(id))
			if i := g.find(id, h); i == noGrave || g.get(i) != ts || g.has(id, h, now) != (ts.Until > now) {
				t.Errorf("%x is in slot %d, want %+v", id, i, ts)
			}
		}
		var got []Tombstone
		for from := int32(0); from != noGrave; {
			got, from = g.appendSome(got, from, 2, now)
		}
		for _, ts := range got {
			if model[ts.ID] != ts || ts.Until <= now {
				t.Errorf("lists %+v, want %+v", ts, model[ts.ID])
			}
			delete(model, ts.ID)
		}
		for _, ts := range model {
			if ts.Until > now {
				t.Errorf("does not list %+v", ts)
			}
		}
	})
}
