package workbench

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/host/internal/plugin"
)

// start is when a run begins whose events say no time.
var start = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// A clock stands still until it is moved. It is safe for concurrent use.
type clock struct{ ns atomic.Int64 }

func newClock(at int64) *clock {
	c := &clock{}
	c.ns.Store(at)
	return c
}

// now returns the time in ns since the Unix epoch.
func (c *clock) now() int64 { return c.ns.Load() }

// move sets the clock, which does not go back.
func (c *clock) move(to int64) {
	if to > c.now() {
		c.ns.Store(to)
	}
}

// newWorld returns randomness and a monotonic clock that are the same in every
// run. The clock goes on by a microsecond whenever it is read: who waits for it
// must not wait for good.
func newWorld() *plugin.World {
	var mu sync.Mutex
	random := rand.NewChaCha8([32]byte([]byte("the same in every run, no secret")))
	var read atomic.Int64
	return &plugin.World{
		Random: func(p []byte) {
			mu.Lock()
			defer mu.Unlock()
			_, _ = random.Read(p) // it never fails
		},
		Nanotime: func() int64 { return read.Add(int64(time.Microsecond)) },
	}
}
