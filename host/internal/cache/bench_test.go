package cache

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// testSession returns the i-th of many sessions: an id of 32 bytes of its own,
// a sealed part of the given size, and a life without end.
func testSession(i, size int) *session.Session {
	var id [32]byte
	binary.LittleEndian.PutUint64(id[:], uint64(i)*0x9e3779b97f4a7c15)
	return &session.Session{ID: session.ID(id[:]), Meta: session.Meta{Expires: math.MaxInt64}, Sealed: make([]byte, size)}
}

func testSessions(from, n int) []*session.Session {
	all := make([]*session.Session, n)
	for i := range all {
		all[i] = testSession(from+i, 200)
	}
	return all
}

// A store is what the benchmarks compare: this cache, and one on otter.
type store interface {
	Fetch(session.ID, session.Source) (*session.Session, error)
	Insert(*session.Session, uint32, session.Source) error
	Remove(session.ID, abi.Reason, session.Source) error
	Get(session.ID) (*session.Session, error)
	Len() int
	Close()
}

var stores = []struct {
	name string
	make func(Config) store
}{
	{"ours", func(cfg Config) store { return New(cfg) }},
	{"otter", func(cfg Config) store { return newOtterStore(cfg) }},
}

func benchSizes() []int {
	if testing.Short() {
		return []int{10_000}
	}
	return []int{10_000, 1_000_000}
}

// forEachStore runs f on every store filled with n sessions. There is room for
// half as many again, so that nothing is evicted.
func forEachStore(b *testing.B, f func(b *testing.B, s store, held []*session.Session)) {
	for _, n := range benchSizes() {
		held := testSessions(0, n)
		for _, st := range stores {
			b.Run(fmt.Sprintf("n=%d/%s", n, st.name), func(b *testing.B) {
				s := st.make(Config{MaxSessions: n * 3 / 2, MaxBytes: 2 << 30, Notify: func(session.Event) {}})
				defer s.Close()
				for _, x := range held {
					if err := s.Insert(x, 0, client); err != nil {
						b.Fatal(err)
					}
				}
				runtime.GC()
				b.ReportAllocs()
				b.ResetTimer()
				f(b, s, held)
			})
		}
		held = nil
		runtime.GC()
	}
}

// serial and parallel run op b.N times with numbers that don't repeat soon.
func serial(b *testing.B, op func(i int)) {
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			op(i)
		}
	})
}

func parallel(b *testing.B, op func(i int)) {
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		var worker atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for i := int(worker.Add(1)) * 7919; pb.Next(); i++ {
				op(i)
			}
		})
	})
}

// scatter maps 0, 1, 2, … to places far from each other, each below n once in a
// round, for n that is no multiple of the prime.
func scatter(i, n int) int { return i * 514_229 % n }

func BenchmarkFetch(b *testing.B) {
	forEachStore(b, func(b *testing.B, s store, held []*session.Session) {
		op := func(i int) {
			if _, err := s.Fetch(held[scatter(i, len(held))].ID, client); err != nil {
				panic(err)
			}
		}
		serial(b, op)
		parallel(b, op)
	})
}

func BenchmarkGet(b *testing.B) {
	forEachStore(b, func(b *testing.B, s store, held []*session.Session) {
		op := func(i int) {
			if _, err := s.Get(held[scatter(i, len(held))].ID); err != nil {
				panic(err)
			}
		}
		serial(b, op)
		parallel(b, op)
	})
}

// BenchmarkInsertFull inserts into a full cache: each insert evicts one. The
// session itself is made before.
func BenchmarkInsertFull(b *testing.B) {
	const fresh = 1 << 17
	for _, n := range benchSizes() {
		held, more := testSessions(0, n), testSessions(n, n+fresh)
		for _, st := range stores {
			b.Run(fmt.Sprintf("n=%d/%s", n, st.name), func(b *testing.B) {
				s := st.make(Config{MaxSessions: n, MaxBytes: 2 << 30, Notify: func(session.Event) {}})
				defer s.Close()
				for _, x := range held {
					s.Insert(x, 0, client)
				}
				// One series for all runs: by the time that a session comes
				// again, it has been evicted.
				var next atomic.Int64
				op := func(int) { s.Insert(more[int(next.Add(1))%len(more)], abi.Overwrite, client) }
				serial(b, op)
				parallel(b, op)
			})
		}
		held, more = nil, nil
		runtime.GC()
	}
}

// BenchmarkRemoveInsert removes a session and inserts it again with REVIVE, so
// that the tombstone is made and cleared: ns for both.
func BenchmarkRemoveInsert(b *testing.B) {
	forEachStore(b, func(b *testing.B, s store, held []*session.Session) {
		op := func(i int) {
			x := held[scatter(i, len(held))]
			s.Remove(x.ID, abi.Explicit, client)
			s.Insert(x, abi.Revive, client)
		}
		serial(b, op)
		parallel(b, op)
	})
}

// BenchmarkFill fills an empty cache and reports the time for an insert that
// evicts nothing, and what a session of 200 sealed bytes and an id of 32 takes
// of the heap, all told: "B/session", and "B/session-beside" without the
// session itself, which is what the cache adds.
func BenchmarkFill(b *testing.B) {
	for _, n := range benchSizes() {
		for _, st := range stores {
			b.Run(fmt.Sprintf("n=%d/%s", n, st.name), func(b *testing.B) {
				var all, beside float64
				for b.Loop() {
					b.StopTimer()
					before := heap()
					held := testSessions(0, n)
					sessions := heap() - before - float64(8*n) // without the slice
					s := st.make(Config{MaxSessions: n * 5 / 4, MaxBytes: 2 << 30, Notify: func(session.Event) {}})
					b.StartTimer()
					for _, x := range held {
						s.Insert(x, 0, client)
					}
					b.StopTimer()
					if s.Len() != n {
						b.Fatalf("%d of %d sessions", s.Len(), n)
					}
					all = heap() - before - float64(8*n)
					beside = all - sessions
					runtime.KeepAlive(held)
					s.Close()
					b.StartTimer()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/insert")
				b.ReportMetric(all/float64(n), "B/session")
				b.ReportMetric(beside/float64(n), "B/session-beside")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// BenchmarkTombstones reports the bytes that one of a million takes, and the time
// to list it.
func BenchmarkTombstones(b *testing.B) {
	const n = 1_000_000
	var each float64
	var listing time.Duration
	for b.Loop() {
		b.StopTimer()
		c := New(Config{})
		before := heap()
		b.StartTimer()
		for i := range n {
			if err := c.Bury(testSession(i, 0).ID, math.MaxInt64-int64(i)); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		each = (heap() - before) / n
		start := time.Now()
		for range c.Tombstones() {
		}
		listing = time.Since(start)
		c.Close()
		b.StartTimer()
	}
	b.ReportMetric(each, "B/tombstone")
	b.ReportMetric(float64(listing.Nanoseconds())/n, "ns/listed")
}
