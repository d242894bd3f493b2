package session

import (
	"sync/atomic"
	"time"
)

// A Clock is the wall clock for those who read it per event. It adds the
// monotonic clock to an offset, which costs half of what time.Now does, so
// somebody has to call Resync from time to time: a wall clock that is set shows
// after that only. It is safe for concurrent use.
type Clock struct {
	began  time.Time
	offset atomic.Int64 // ns since the Unix epoch when it began
}

// NewClock returns a clock that is right now.
func NewClock() *Clock {
	c := &Clock{began: time.Now()}
	c.Resync()
	return c
}

// Now returns the time in ns since the Unix epoch.
func (c *Clock) Now() int64 { return c.offset.Load() + int64(time.Since(c.began)) }

// Resync follows the wall clock.
func (c *Clock) Resync() {
	now := time.Now()
	c.offset.Store(now.UnixNano() - int64(now.Sub(c.began)))
}
