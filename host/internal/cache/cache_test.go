package cache

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A clock is a time that tests move by hand.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() int64       { return c.ns.Load() }
func (c *clock) advance(ns int64) { c.ns.Add(ns) }

// A rig is a cache with its clock and the events that it has made.
type rig struct {
	*Cache
	clock  *clock
	events []session.Event
}

// newRig returns a cache of one shard, so that its order is exact.
func newRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	r := &rig{clock: &clock{}}
	r.clock.advance(1_000_000)
	cfg.Now = r.clock.now
	cfg.Notify = func(ev session.Event) { r.events = append(r.events, ev) }
	r.Cache = newSharded(cfg.withDefaults(), 1)
	t.Cleanup(r.Close)
	return r
}

// insert stores a session of a life of ttl ns and fails the test if it can't.
func (r *rig) insert(t *testing.T, id string, ttl int64) *session.Session {
	t.Helper()
	s := r.session(id, ttl)
	if err := r.Insert(s, 0, client); err != nil {
		t.Fatalf("insert %q: %v", id, err)
	}
	return s
}

func (r *rig) session(id string, ttl int64) *session.Session {
	return &session.Session{ID: session.ID(id), Meta: session.Meta{Expires: r.clock.now() + ttl}, Sealed: []byte("sealed " + id)}
}

// took returns the events since the last call, in words.
func (r *rig) took() []string {
	var words []string
	for _, ev := range r.events {
		words = append(words, inWords(ev))
	}
	r.events = nil
	return words
}

func inWords(ev session.Event) string {
	w := fmt.Sprintf("%v %s %v", ev.Kind, ev.Session.ID, ev.Source.Origin)
	if ev.Reason != abi.NoReason {
		w += " " + ev.Reason.String()
	}
	if ev.Flags&abi.Replaced != 0 {
		w += " REPLACED"
	}
	if ev.Flags&abi.Existing != 0 {
		w += " EXISTING"
	}
	return w
}

func (r *rig) wantEvents(t *testing.T, want ...string) {
	t.Helper()
	if got := r.took(); !slices.Equal(got, want) {
		t.Errorf("events\n got %q\nwant %q", got, want)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) || (want == nil && got != nil) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

var (
	client = session.Source{Origin: abi.FromClient}
	plugin = session.Source{Origin: abi.FromPlugin, Plugin: 7}
)

func TestInsert(t *testing.T) {
	const now = 1_000_000
	valid := func() *session.Session {
		return &session.Session{ID: "new", Meta: session.Meta{Expires: now + 10}, Sealed: []byte("x")}
	}
	with := func(change func(*session.Session)) *session.Session {
		s := valid()
		change(s)
		return s
	}
	tests := []struct {
		name   string
		s      *session.Session
		flags  uint32
		want   error
		events []string
	}{
		{"a new id is stored", valid(), 0, nil, []string{"INSERT new CLIENT"}},
		{"overwrite of an absent id is an ordinary insert", valid(), abi.Overwrite, nil, []string{"INSERT new CLIENT"}},
		{"revive of an id without a tombstone is an ordinary insert", valid(), abi.Revive, nil, []string{"INSERT new CLIENT"}},
		{"a present id exists", with(func(s *session.Session) { s.ID = "here" }), 0, session.ErrExists, nil},
		{"revive does not overwrite", with(func(s *session.Session) { s.ID = "here" }), abi.Revive, session.ErrExists, nil},
		{"overwrite replaces without a REMOVE", with(func(s *session.Session) { s.ID = "here" }), abi.Overwrite, nil, []string{"INSERT here CLIENT REPLACED"}},
		{"a removed id is refused", with(func(s *session.Session) { s.ID = "gone" }), 0, session.ErrRemoved, nil},
		{"overwrite does not revive", with(func(s *session.Session) { s.ID = "gone" }), abi.Overwrite, session.ErrRemoved, nil},
		{"revive accepts a removed id", with(func(s *session.Session) { s.ID = "gone" }), abi.Revive, nil, []string{"INSERT gone CLIENT"}},
		{"a consumed id is refused", with(func(s *session.Session) { s.ID = "used" }), 0, session.ErrRemoved, nil},
		{"no session at all", nil, 0, session.ErrInvalid, nil},
		{"an empty id", with(func(s *session.Session) { s.ID = "" }), 0, session.ErrInvalid, nil},
		{"the longest id", with(func(s *session.Session) { s.ID = session.ID(strings.Repeat("i", abi.MaxID)) }), 0, nil,
			[]string{"INSERT " + strings.Repeat("i", abi.MaxID) + " CLIENT"}},
		{"too long an id", with(func(s *session.Session) { s.ID = session.ID(strings.Repeat("i", abi.MaxID+1)) }), 0, session.ErrInvalid, nil},
		{"a life that ends now", with(func(s *session.Session) { s.Expires = now }), 0, session.ErrInvalid, nil},
		{"no life", with(func(s *session.Session) { s.Expires = 0 }), 0, session.ErrInvalid, nil},
		{"a life in the distant past", with(func(s *session.Session) { s.Expires = math.MinInt64 }), 0, session.ErrInvalid, nil},
		{"a life without end", with(func(s *session.Session) { s.Expires = math.MaxInt64 }), 0, nil, []string{"INSERT new CLIENT"}},
		{"a server name that no event can carry", with(func(s *session.Session) { s.ServerName = strings.Repeat("n", 1<<16) }), 0, session.ErrInvalid, nil},
		{"an ALPN that no event can carry", with(func(s *session.Session) { s.ALPN = strings.Repeat("n", 1<<8) }), 0, session.ErrInvalid, nil},
		{"the longest session", with(func(s *session.Session) { s.Sealed = make([]byte, maxUnnamed) }), 0, nil, []string{"INSERT new CLIENT"}},
		{"too long a session", with(func(s *session.Session) { s.Sealed = make([]byte, maxUnnamed+1) }), 0, session.ErrTooLarge, nil},
		{"an empty session is the caller's business", with(func(s *session.Session) { s.Sealed = nil }), 0, nil, []string{"INSERT new CLIENT"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Config{})
			old := r.insert(t, "here", 10)
			r.insert(t, "gone", 10)
			r.insert(t, "used", 10)
			wantErr(t, "remove", r.Remove("gone", abi.Explicit, client), nil)
			wantErr(t, "consume", r.Remove("used", abi.Consumed, client), nil)
			r.took()

			err := r.Insert(test.s, test.flags, client)
			wantErr(t, "insert", err, test.want)
			r.wantEvents(t, test.events...)
			if err == nil {
				if got, err := r.Get(test.s.ID); err != nil || got != test.s {
					t.Errorf("Get after insert: %v, %v", got, err)
				}
				return
			}
			if got, _ := r.Get("here"); got != old {
				t.Error("a refused insert changed the session that was there")
			}
			if n := r.Stats().Refusals[session.Code(err)]; n != 1 {
				t.Errorf("refusal counted %d times", n)
			}
		})
	}
}

func TestGetIsQuiet(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 2})
	r.insert(t, "a", 10)
	r.insert(t, "b", 10)
	r.took()
	for range 5 {
		if s, err := r.Get("a"); err != nil || s.ID != "a" {
			t.Fatalf("Get: %v, %v", s, err)
		}
	}
	_, err := r.Get("absent")
	wantErr(t, "Get of an absent id", err, session.ErrNotFound)
	r.wantEvents(t)
	if st := r.Stats(); st.Hits != 0 || st.Misses != 0 {
		t.Errorf("Get counted as hits %d, misses %d", st.Hits, st.Misses)
	}
	r.insert(t, "c", 10)
	r.wantEvents(t, "REMOVE a HOST EVICTED", "INSERT c CLIENT") // as if nobody had looked
}

func TestFetch(t *testing.T) {
	r := newRig(t, Config{})
	s := r.insert(t, "a", 10)
	r.took()
	front := session.Source{Origin: abi.FromFront}
	if got, err := r.Fetch("a", front); err != nil || got != s {
		t.Fatalf("Fetch: %v, %v", got, err)
	}
	_, err := r.Fetch("absent", front)
	wantErr(t, "Fetch of an absent id", err, session.ErrNotFound)
	_, err = r.Fetch("", front)
	wantErr(t, "Fetch of no id", err, session.ErrNotFound)
	r.insert(t, "removed", 10)
	if err := r.Remove("removed", abi.Explicit, front); err != nil {
		t.Fatal(err)
	}
	_, err = r.Fetch("removed", front)
	wantErr(t, "Fetch of what was removed", err, session.ErrRemoved)
	r.wantEvents(t, "GET a FRONT", "INSERT removed CLIENT", "REMOVE removed FRONT EXPLICIT")
	if st := r.Stats(); st.Hits != 1 || st.Misses != 3 {
		t.Errorf("hits %d, misses %d", st.Hits, st.Misses)
	}
}

func TestRemove(t *testing.T) {
	tests := []struct {
		reason abi.Reason
		event  string
	}{
		{abi.Explicit, "REMOVE a PLUGIN EXPLICIT"},
		{abi.Consumed, "REMOVE a PLUGIN CONSUMED"},
		{abi.Evicted, "REMOVE a PLUGIN EXPLICIT"},
		{abi.NoReason, "REMOVE a PLUGIN EXPLICIT"},
		{200, "REMOVE a PLUGIN EXPLICIT"},
	}
	for _, test := range tests {
		t.Run(test.reason.String(), func(t *testing.T) {
			r := newRig(t, Config{})
			s := r.insert(t, "a", 10)
			r.took()
			wantErr(t, "remove", r.Remove("a", test.reason, plugin), nil)
			if ev := r.events[0]; ev.Session != s || ev.Source != plugin || ev.Time != r.clock.now() {
				t.Errorf("event %+v", ev)
			}
			r.wantEvents(t, test.event)
			wantErr(t, "second remove", r.Remove("a", test.reason, plugin), session.ErrNotFound)
			wantErr(t, "remove of an unknown id", r.Remove("b", test.reason, plugin), session.ErrNotFound)
			wantErr(t, "insert after remove", r.Insert(s, 0, client), session.ErrRemoved)
			wantErr(t, "insert after a remove that found nothing", r.Insert(r.session("b", 10), 0, client), nil)
			r.wantEvents(t, "INSERT b CLIENT")
		})
	}
}

func TestAnnounce(t *testing.T) {
	r := newRig(t, Config{})
	s := r.insert(t, "a", 10)
	r.took()
	before := r.NextSeq()
	var got []session.Event
	deliver := func(ev session.Event) { got = append(got, ev) }
	if !r.Announce("a", deliver) {
		t.Fatal("a present session was not announced")
	}
	if r.Announce("b", deliver) {
		t.Error("an absent session was announced")
	}
	r.clock.advance(10)
	if r.Announce("a", deliver) {
		t.Error("an expired session was announced")
	}
	if len(got) != 1 || inWords(got[0]) != "INSERT a HOST EXISTING" || got[0].Session != s || got[0].Seq != before+1 {
		t.Errorf("announced %+v", got)
	}
	r.wantEvents(t, "REMOVE a HOST EXPIRED")
}

func TestAnnounceSaysWhenTheSessionWasStored(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 2})
	announced := func(id session.ID) (at int64) {
		t.Helper()
		if !r.Announce(id, func(ev session.Event) { at = ev.Time }) {
			t.Fatalf("%s is not here", id)
		}
		return at
	}
	start := r.clock.now()
	small := r.insert(t, "a", 100)
	r.clock.advance(1)
	r.insert(t, "b", 50)
	r.clock.advance(1)
	r.Fetch("a", client)
	if a, b := announced("a"), announced("b"); a != start || b != start+1 {
		t.Errorf("stored at %d and %d, announced %d and %d", start, start+1, a, b)
	}
	wantErr(t, "overwrite by the same", r.Insert(small, abi.Overwrite, client), nil)
	if a := announced("a"); a != start+2 {
		t.Errorf("overwritten at %d, announced %d", start+2, a)
	}
	r.clock.advance(1)
	big := r.session("a", 10)
	big.Sealed = make([]byte, 1000)
	wantErr(t, "overwrite by a larger one", r.Insert(big, abi.Overwrite, client), nil)
	if a, b := announced("a"), announced("b"); a != start+3 || b != start+1 {
		t.Errorf("stored at %d and %d, announced %d and %d", start+3, start+1, a, b)
	}
}

func TestSequenceRisesOverAllEvents(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 3})
	for i := range 20 {
		id := fmt.Sprint(i % 5)
		r.Insert(r.session(id, 10), abi.Overwrite|abi.Revive, client)
		r.Fetch(session.ID(id), client)
		if i%3 == 0 {
			r.Remove(session.ID(id), abi.Explicit, client)
		}
	}
	for i, ev := range r.events {
		if ev.Seq != uint64(i+1) {
			t.Fatalf("event %d (%s) has number %d", i, inWords(ev), ev.Seq)
		}
	}
}

func TestAllYieldsWhatIsPresent(t *testing.T) {
	c := newSharded(Config{MaxSessions: 1000}.withDefaults(), 8)
	defer c.Close()
	want := map[session.ID]bool{}
	for i := range 500 {
		s := testSession(i, 10)
		wantErr(t, "insert", c.Insert(s, 0, client), nil)
		want[s.ID] = true
	}
	seen := map[session.ID]bool{}
	for s := range c.All() {
		if seen[s.ID] {
			t.Fatalf("%s came twice", s.ID.Hex())
		}
		seen[s.ID] = true
		wantErr(t, "remove while iterating", c.Remove(s.ID, abi.Explicit, client), nil)
	}
	if len(seen) != len(want) || c.Len() != 0 {
		t.Errorf("saw %d of %d, %d left", len(seen), len(want), c.Len())
	}
	for range c.All() {
		t.Error("an empty cache yielded a session")
	}
}

func TestAllStopsWhenToldTo(t *testing.T) {
	r := newRig(t, Config{})
	r.insert(t, "a", 10)
	r.insert(t, "b", 10)
	n := 0
	for range r.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("yielded %d", n)
	}
}

func TestAllLeavesOutExpired(t *testing.T) {
	r := newRig(t, Config{})
	r.insert(t, "a", 10)
	r.insert(t, "b", 20)
	r.clock.advance(10)
	for s := range r.All() {
		if s.ID != "b" {
			t.Errorf("yielded %q", s.ID)
		}
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	r := newRig(t, Config{})
	r.Cache.feed.notify = func(session.Event) {}
	r.insert(t, "a", 1000)
	tests := map[string]func(){
		"Get":    func() { r.Get("a") },
		"Fetch":  func() { r.Fetch("a", client) },
		"miss":   func() { r.Fetch("absent", client) },
		"exists": func() { r.Remove("absent", abi.Explicit, client) },
	}
	for name, f := range tests {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func TestStatsAddUp(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 3})
	for i := range 5 {
		r.insert(t, fmt.Sprint(i), 10)
	}
	r.Insert(r.session("4", 20), abi.Overwrite, client)
	r.Insert(r.session("4", 20), 0, client)
	r.Fetch("4", client)
	r.Fetch("0", client)
	r.Remove("3", abi.Explicit, client)
	r.Remove("4", abi.Consumed, client)
	r.Insert(r.session("3", 20), 0, client)
	r.clock.advance(10)
	r.Expire()
	got := fmt.Sprintf("%+v", r.Stats())
	want := fmt.Sprintf("%+v", Stats{
		Tombstones: 1, // of 4; that of 3 has expired with it
		Inserts:    6, Overwrites: 1, Hits: 1, Misses: 1,
		Removals: map[abi.Reason]uint64{abi.Explicit: 1, abi.Expired: 1, abi.Evicted: 2, abi.Consumed: 1},
		Refusals: map[abi.Code]uint64{abi.NotFound: 0, abi.Exists: 1, abi.Removed: 1, abi.TooLarge: 0, abi.Invalid: 0},
	})
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
