package cache

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestSessionsAreBounded(t *testing.T) {
	for _, max := range []int{1, 2, 3, 10} {
		r := newRig(t, Config{MaxSessions: max})
		for i := range 50 {
			r.insert(t, fmt.Sprint(i), 100)
			if n := r.Len(); n != min(i+1, max) {
				t.Fatalf("%d of %d sessions after %d inserts", n, max, i+1)
			}
			if _, err := r.Get(session.ID(fmt.Sprint(i))); err != nil {
				t.Fatal("an insert evicted what it had inserted")
			}
		}
		if n := r.Stats().Removals[abi.Evicted]; n != uint64(50-max) {
			t.Errorf("%d evictions of %d", n, 50-max)
		}
	}
}

func TestBytesAreBounded(t *testing.T) {
	const max = 10_000
	r := newRig(t, Config{MaxBytes: max})
	random := rand.New(rand.NewPCG(1, 1))
	var sum int64
	sizes := map[session.ID]int64{}
	for i := range 1000 {
		s := r.session(fmt.Sprint(i%40), 100)
		s.Sealed = make([]byte, random.IntN(3000))
		s.ServerName, s.ALPN = "name.example", "h2"
		wantErr(t, "insert", r.Insert(s, abi.Overwrite, client), nil)
		for _, ev := range r.events {
			if ev.Kind == abi.Remove || ev.Flags&abi.Replaced != 0 {
				sum -= sizes[ev.Session.ID]
			}
			if ev.Kind == abi.Insert {
				sizes[ev.Session.ID] = Cost(ev.Session)
				sum += Cost(ev.Session)
			}
			if sum > max {
				t.Fatalf("%d bytes of %d in between", sum, max)
			}
		}
		r.events = nil
		if b := r.Stats().Bytes; b != sum {
			t.Fatalf("Stats says %d bytes, the events %d", b, sum)
		}
	}
	if sum < max-3000-overhead-100 {
		t.Errorf("%d bytes of %d: more was evicted than needed", sum, max)
	}
}

func TestTooLargeForTheCache(t *testing.T) {
	r := newRig(t, Config{MaxBytes: 1000})
	small := r.insert(t, "small", 10)
	r.took()
	s := r.session("big", 10)
	s.Sealed = make([]byte, 1000-overhead-len(s.ID)+1)
	wantErr(t, "one byte too many", r.Insert(s, 0, client), session.ErrTooLarge)
	if got, _ := r.Get("small"); got != small {
		t.Error("a session was evicted for one that cannot be stored")
	}
	big := *s
	big.Sealed = s.Sealed[1:]
	wantErr(t, "all of the bytes", r.Insert(&big, 0, client), nil)
	r.wantEvents(t, "REMOVE small HOST EVICTED", "INSERT big CLIENT")
}

func TestExpiredGoBeforeLiveOnesAreEvicted(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 2})
	r.insert(t, "old", 100)
	r.insert(t, "short", 10)
	r.took()
	r.clock.advance(10)
	r.insert(t, "new", 100)
	r.wantEvents(t, "REMOVE short HOST EXPIRED", "INSERT new CLIENT")
}

func TestOverwriteNeedsNoRoomOfItsOwn(t *testing.T) {
	r := newRig(t, Config{MaxSessions: 2})
	r.insert(t, "a", 10)
	r.insert(t, "b", 10)
	r.took()
	wantErr(t, "overwrite", r.Insert(r.session("a", 10), abi.Overwrite, client), nil)
	r.wantEvents(t, "INSERT a CLIENT REPLACED")
}

func TestShares(t *testing.T) {
	for _, total := range []int64{1, 7, 8, 1000, 1<<20 + 3} {
		for _, n := range []int{1, 2, 8, 256} {
			var sum int64
			for i := range n {
				sum += share(total, n, i)
			}
			if sum != total {
				t.Errorf("%d shares of %d add up to %d", n, total, sum)
			}
		}
	}
}

func TestShardsFor(t *testing.T) {
	tests := []struct {
		cfg  Config
		want int
	}{
		{Config{}, 256},
		{Config{MaxSessions: 1}, 1},
		{Config{MaxSessions: 8191}, 1},
		{Config{MaxSessions: 8192}, 2},
		{Config{MaxSessions: 100_000}, 16},
		{Config{MaxSessions: math.MaxInt, MaxBytes: math.MaxInt64}, 256},
		{Config{MaxBytes: 1}, 1},
		{Config{MaxBytes: 100 << 20}, 16},
		{Config{MaxTombstones: 1}, 1},
		{Config{MaxSessions: -1, MaxBytes: -1, MaxTombstones: -1}, 256},
	}
	for _, test := range tests {
		if got := shardsFor(test.cfg.withDefaults()); got != test.want {
			t.Errorf("%+v: %d shards, want %d", test.cfg, got, test.want)
		}
	}
}

// TestShardedLimits fills a cache of many shards to twice its limit: it must
// never hold more, and hold nearly as much.
func TestShardedLimits(t *testing.T) {
	const max = 64 << 10 // 16 shards
	c := New(Config{MaxSessions: max})
	defer c.Close()
	if len(c.shards) != 16 {
		t.Fatalf("%d shards", len(c.shards))
	}
	evictedAt := 0
	for i := range 2 * max {
		wantErr(t, "insert", c.Insert(testSession(i, 0), 0, client), nil)
		if i == max-1 {
			evictedAt = c.Len()
		}
	}
	// The standard deviation of a shard's load is 64 of 4096.
	if evictedAt < max*98/100 {
		t.Errorf("%d of %d sessions kept when as many had been inserted", evictedAt, max)
	}
	t.Logf("%d of %d sessions kept when as many had been inserted", evictedAt, max)
	if n := c.Len(); n != max {
		t.Errorf("%d of %d sessions", n, max)
	}
}

// TestCostAgreesWithTheHeap fills a cache and compares what it says with what
// the heap has grown by.
func TestCostAgreesWithTheHeap(t *testing.T) {
	for _, size := range []int{100, 250, 2000} {
		const n = 50_000
		c := New(Config{})
		before := heap()
		for i := range n {
			wantErr(t, "insert", c.Insert(testSession(i, size), 0, client), nil)
		}
		grown := heap() - before
		said := float64(c.Stats().Bytes)
		if off := said/grown - 1; math.Abs(off) > 0.25 {
			t.Errorf("sealed %d: Cost says %.0f bytes a session, the heap %.0f", size, said/n, grown/n)
		} else {
			t.Logf("sealed %d: Cost says %.0f bytes a session, the heap %.0f", size, said/n, grown/n)
		}
		c.Close()
		runtime.KeepAlive(c)
	}
}

// heap returns the bytes that are reachable.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
