package admin

import (
	"math/bits"
	"time"
)

// Buckets is the number of buckets of a Histogram.
const Buckets = 65

// The buckets that are exposed, as exponents of 2 ns: 128 ns, which is about
// what a small hook takes, to 1.07 s.
// What is faster counts in the first, what is slower only in the total.
const (
	firstBucket = 7
	lastBucket  = 30
)

// A Histogram counts durations in buckets whose bounds are powers of two, so
// that finding the bucket takes one instruction. It has no lock: whoever counts
// keeps an atomic array of the same layout (see Bucket), and copies it here.
type Histogram struct {
	// Counts[i] counts the durations d for which Bucket(d) is i: those of at
	// least 2^(i-1) ns and less than 2^i ns.
	Counts [Buckets]uint64
	// Sum of all the durations.
	Sum time.Duration
}

// Bucket returns the index in Counts for a duration. Less than 0 counts as 0,
// which a clock that was set back can make of it.
func Bucket(d time.Duration) int { return bits.Len64(uint64(max(d, 0))) }

// Observe counts d. It is for tests, and for counting under a lock.
func (h *Histogram) Observe(d time.Duration) {
	h.Counts[Bucket(d)]++
	h.Sum += max(d, 0)
}

// cumulative returns h as Prometheus wants it: the count of all durations, and
// for each exposed bound in seconds the count of those up to it.
func (h *Histogram) cumulative() (total uint64, upTo map[float64]uint64) {
	upTo = make(map[float64]uint64, lastBucket-firstBucket+1)
	for i, n := range h.Counts {
		total += n
		if i >= firstBucket && i <= lastBucket {
			upTo[float64(uint64(1)<<i)/1e9] = total
		}
	}
	return total, upTo
}
