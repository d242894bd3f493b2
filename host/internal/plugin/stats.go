package plugin

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A Result is how a call into a guest ended.
type Result uint8

// The results of a call.
const (
	ResultOK      Result = iota
	ResultRefused        // on_session_resume returned 1
	ResultError          // the plugin returned something else than 0
	ResultTrap           // the guest trapped
	ResultFuel           // the guest used up its budget of instructions
	ResultPointer        // the guest gave a host function a pointer outside of its memory
	ResultPanic          // a host function panicked: a bug of the host
	ResultBusy           // the instance was not free within the deadline, or the plugin is paused; no call was made
	resultCount
)

var resultNames = [resultCount]string{"ok", "refused", "error", "trap", "fuel", "pointer", "panic", "busy"}

func (r Result) String() string { return resultNames[r] }

// Buckets is the number of buckets of a Histogram: bucket i counts calls that
// took less than 2^i ns, the last one all others too.
const Buckets = 36

// A Histogram counts durations in buckets of powers of two. It is safe for
// concurrent use and costs two uncontended atomic additions.
type Histogram struct {
	buckets [Buckets]atomic.Uint64
	sum     atomic.Int64
}

func (h *Histogram) observe(d time.Duration) {
	h.buckets[min(bits.Len64(uint64(max(d, 0))), Buckets-1)].Add(1)
	h.sum.Add(int64(d))
}

// calls counts the calls of one hook.
type calls struct {
	byResult [resultCount]atomic.Uint64
	seconds  Histogram
}

// counters are a plugin's, for as long as its name is there.
type counters struct {
	hooks       [hookCount]calls
	fuel        atomic.Uint64 // instructions that all calls have used
	lost        atomic.Uint64
	loaded      atomic.Uint64
	loadFailed  atomic.Uint64
	linesLost   atomic.Uint64
	faults      atomic.Uint64
	lastFaultAt atomic.Int64
}
