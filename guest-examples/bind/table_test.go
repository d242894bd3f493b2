package main

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"testing"
)

// checkTable checks that the parts of a table agree with each other.
func checkTable(t testing.TB, tb *table) {
	t.Helper()
	free := 0
	for i := tb.free; i != none; i = tb.records[i].next {
		free++
		if r := tb.records[i]; r != (record{place: none, next: r.next}) {
			t.Errorf("a free record holds %+v", r)
		}
	}
	chained := 0
	for _, i := range tb.heads {
		for ; i != none; i = tb.records[i].next {
			chained++
		}
	}
	if tb.len() != chained || tb.len() > tb.max || tb.len()+free != len(tb.records) {
		t.Errorf("%d in heaps, %d in chains, %d records, %d free, at most %d", tb.len(), chained, len(tb.records), free, tb.max)
	}
	counting := 0
	for _, h := range []*heap{&tb.counts, &tb.removals} {
		for i, slot := range h.slots {
			r := &tb.records[slot]
			if r.place != int32(i) || r.removed != (h == &tb.removals) || tb.find(&r.id) != r {
				t.Errorf("record %d is in place %d, says %d; removed is %v", slot, i, r.place, r.removed)
			}
			if i > 0 && r.expires < tb.records[h.slots[(i-1)/2]].expires {
				t.Errorf("place %d ends before the one above it", i)
			}
			counting += checkCounters(t, tb, r)
		}
	}
	spare := 0
	for c := tb.spare; c != none; c = tb.counters[c].next {
		spare++
	}
	if counting != tb.counting || counting+spare != len(tb.counters) {
		t.Errorf("%d counters in use, says %d; %d spare of %d", counting, tb.counting, spare, len(tb.counters))
	}
}

// checkCounters checks that the counters of r add up, and returns how many there are.
func checkCounters(t testing.TB, tb *table, r *record) (n int) {
	t.Helper()
	total := uint64(r.own)
	for c := r.others; c != none; c = tb.counters[c].next {
		total += uint64(tb.counters[c].n)
		n++
	}
	if uint32(min(total, uint64(^uint32(0)))) != r.total {
		t.Errorf("a total of %d is %d", total, r.total)
	}
	return n
}

func TestTheFirstToEndIsForgotten(t *testing.T) {
	tb := newTable(3, 7)
	for i, expires := range []int64{50, 10, 40, 30} {
		tb.add(key(sid(i)), expires, 1)
	}
	if tb.find(key(sid(1))) != nil || tb.len() != 3 || tb.forgotten != 1 {
		t.Errorf("%d records, %d forgotten", tb.len(), tb.forgotten)
	}
	tb.add(key(sid(3)), 60, 1) // is now the last to end
	tb.add(key(sid(5)), 70, 45)
	if tb.find(key(sid(2))) != nil || tb.forgotten != 1 {
		t.Errorf("what has ended is kept, or counted as forgotten: %d", tb.forgotten)
	}
	tb.expire(50, 10)
	if tb.len() != 2 || tb.find(key(sid(0))) != nil {
		t.Errorf("%d records after the end of one", tb.len())
	}
	checkTable(t, tb)
}

func TestWhatWasRemovedIsForgottenLast(t *testing.T) {
	tb := newTable(3, 7)
	for i, expires := range []int64{10, 20, 30} {
		tb.remove(tb.add(key(sid(i)), expires, 1), 9)
	}
	tb.add(key(sid(3)), 90, 1) // there is room for nothing else
	if tb.find(key(sid(0))) != nil || tb.find(key(sid(1))) == nil || tb.forgotten != 1 || tb.ofRemoved != 1 {
		t.Errorf("not the first to end: %d forgotten, %d of what was removed", tb.forgotten, tb.ofRemoved)
	}
	tb.remove(tb.add(key(sid(4)), 15, 1), 9)
	if tb.find(key(sid(3))) != nil || tb.find(key(sid(1))) == nil || tb.forgotten != 2 || tb.ofRemoved != 1 {
		t.Errorf("a removal is forgotten before a count: %d forgotten, %d of what was removed", tb.forgotten, tb.ofRemoved)
	}
	tb.add(key(sid(5)), 90, 16) // sid(4) has ended
	if tb.find(key(sid(1))) == nil || tb.find(key(sid(2))) == nil || tb.forgotten != 2 {
		t.Error("what has not ended is dropped before what has")
	}
	checkTable(t, tb)
}

func TestCountersAreBounded(t *testing.T) {
	tb := newTable(10, 7)
	for i := range 1000 {
		r := tb.add(key(sid(i%3)), 100+int64(i%3), 1)
		tb.count(r, uint64(i), 1)
		checkTable(t, tb)
		if tb.counting > countersPerID*tb.max+1 {
			t.Fatalf("%d counters", tb.counting)
		}
	}
}

func TestOldNewsChangesNothing(t *testing.T) {
	tb := newTable(10, 7)
	r := tb.add(&id{1}, 100, 1)
	tb.count(r, 1, 5)
	tb.count(r, 1, 3)
	tb.count(r, 2, ^uint32(0))
	r.countOwn(4)
	r.countOwn(2)
	if r.total != ^uint32(0) || r.own != 4 {
		t.Errorf("%+v", r)
	}
	tb.remove(r, 9)
	if r.total != 0 || r.own != 0 || tb.counting != 0 || !r.removed {
		t.Errorf("%+v, %d counters", r, tb.counting)
	}
}

func TestTableUnderRandomUse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tb := newTable(50, 7)
	now := int64(1)
	for range 20_000 {
		r := tb.add(key(sid(random.IntN(100))), now+random.Int64N(100), now)
		switch random.IntN(4) {
		case 0:
			r.countOwn(r.own + 1)
		case 1:
			tb.count(r, uint64(random.IntN(8)), uint32(random.IntN(100)))
		case 2:
			tb.remove(r, 1)
		case 3:
			now += random.Int64N(4)
			tb.expire(now, 10)
		}
	}
	checkTable(t, tb)
}

// What a batch of news costs must not depend on how full the table is.
func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{100, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			tb := newTable(n, 7)
			var k id
			b.ReportAllocs()
			for i := uint64(0); b.Loop(); i++ {
				binary.LittleEndian.PutUint64(k[:], i*0x9e3779b97f4a7c15)
				tb.count(tb.add(&k, int64(i+1000), 1), i%4, 1)
			}
		})
	}
}
