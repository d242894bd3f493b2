package plugin

import (
	"sync"
	"time"
)

const (
	// faultsToQuarantine in a row, with no call between them that returned,
	// pause the plugin.
	faultsToQuarantine = 3
	// faultsPerWindow within faultWindow do so as well, whatever returned
	// between them.
	faultsPerWindow = 20
	faultWindow     = 10 * time.Second

	firstPause = time.Second
	maxPause   = 5 * time.Minute
	// calmAfter is how long after its last fault a content has its first pause
	// again.
	calmAfter = 10 * time.Minute
)

// A quarantine is what is known of the faults of one content, by its hash: it
// outlives reloads and removals of the module, and ends with another content or
// by hand. It is safe for concurrent use.
type quarantine struct {
	mu      sync.Mutex
	row     int // faults since the last call that returned
	window  time.Time
	inside  int // faults since window
	pauses  int // so far
	until   time.Time
	last    time.Time // fault
	retried bool      // the pause is over, and no call has returned since
}

// fault counts one fault, and returns how long the content is to be left alone;
// 0 is not at all.
func (q *quarantine) fault(now time.Time) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.last) > calmAfter {
		q.pauses = 0
	}
	q.last = now
	if now.Sub(q.window) > faultWindow {
		q.window, q.inside = now, 0
	}
	q.row++
	q.inside++
	if q.row < faultsToQuarantine && q.inside < faultsPerWindow && !q.retried {
		return 0
	}
	pause := min(firstPause<<min(q.pauses, 20), maxPause)
	q.pauses++
	q.until, q.row, q.inside, q.retried = now.Add(pause), 0, 0, true
	return pause
}

// returned notes that a call came back in good order.
func (q *quarantine) returned() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.row, q.retried = 0, false
}

// end lets the content run again at once, as if it had never failed.
func (q *quarantine) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.row, q.inside, q.pauses, q.retried = 0, 0, 0, false
	q.until = time.Time{}
}

// pausedUntil returns until when the content is left alone; the zero time is
// not at all.
func (q *quarantine) pausedUntil(now time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Before(q.until) {
		return q.until
	}
	return time.Time{}
}

// quarantines are those of all contents that have failed, by hash.
type quarantines struct {
	mu    sync.Mutex
	bySum map[string]*quarantine
}

// maxQuarantines bounds what is remembered of contents that are long gone.
const maxQuarantines = 1024

// of returns the quarantine of a content, made new if need be.
func (q *quarantines) of(sum string) *quarantine {
	q.mu.Lock()
	defer q.mu.Unlock()
	if known, ok := q.bySum[sum]; ok {
		return known
	}
	if q.bySum == nil || len(q.bySum) >= maxQuarantines {
		q.bySum = map[string]*quarantine{}
	}
	fresh := &quarantine{}
	q.bySum[sum] = fresh
	return fresh
}
