package cache

import (
	"fmt"
	"hash/maphash"
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

func TestGraveKeysDiffer(t *testing.T) {
	g := graves{seed: maphash.MakeSeed()}
	if g.key("a", 1) == g.key("b", 1) || g.key("a", 1) == g.key("a", 2) {
		t.Error("keys of different ids are equal")
	}
}
