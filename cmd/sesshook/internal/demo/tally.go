package demo

import (
	"crypto/tls"
	"slices"
	"sync"
	"time"
)

// A visit is how one connection of a client went.
type visit struct {
	version  uint16        // of TLS; 0: the handshake was not completed
	returned bool          // it came with a session
	resumed  bool          // and that was accepted
	took     time.Duration // from the start of the TCP connection to the end of the handshake
	err      error         // why there was no answer
	cut      bool          // because the node was killed
}

// A tally counts visits.
type tally struct {
	handshakes int
	resumed    int
	returned   [2]int // handshakes of clients that came with a session, by tls12 and tls13
	accepted   [2]int // of those, resumed
	failed     int    // visits without an answer, but for those that were
	cut        int    // cut off because their node was killed
	times      []time.Duration
}

// Indexes by version.
const tls12, tls13 = 0, 1

func (t *tally) count(v visit) {
	if v.version != 0 {
		t.handshakes++
		t.times = append(t.times, v.took)
		i := tls13
		if v.version == tls.VersionTLS12 {
			i = tls12
		}
		if v.returned {
			t.returned[i]++
		}
		if v.resumed {
			t.resumed++
			t.accepted[i]++
		}
	}
	switch {
	case v.cut:
		t.cut++
	case v.err != nil:
		t.failed++
	}
}

func (t *tally) add(o *tally) {
	t.handshakes += o.handshakes
	t.resumed += o.resumed
	for i := range t.returned {
		t.returned[i] += o.returned[i]
		t.accepted[i] += o.accepted[i]
	}
	t.failed += o.failed
	t.cut += o.cut
	t.times = append(t.times, o.times...)
}

// comebacks is how many handshakes were of clients that came with a session.
func (t *tally) comebacks() int { return t.returned[tls12] + t.returned[tls13] }

// share is the part of them that resumed it; unknown where there were none.
func (t *tally) share() number { return quotient(t.accepted[tls12]+t.accepted[tls13], t.comebacks()) }

func (t *tally) shareOf(version int) number {
	return quotient(t.accepted[version], t.returned[version])
}

// quantile returns the time within which the part q of the handshakes was done,
// in milliseconds.
func (t *tally) quantile(q float64) number {
	if len(t.times) == 0 {
		return unknown
	}
	sorted := slices.Sorted(slices.Values(t.times))
	return number(sorted[int(q*float64(len(sorted)-1))].Seconds() * 1e3)
}

// A recorder collects visits from all clients. It is safe for concurrent use.
type recorder struct {
	mu  sync.Mutex
	now tally
}

func (r *recorder) record(v visit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now.count(v)
}

// take returns what was recorded since it was called last.
func (r *recorder) take() tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.now
	r.now = tally{}
	return t
}
