package plugin

import (
	"context"
	"sync"
	"unsafe"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A ring is the bounded queue of one slot. Producers push under a lock of the
// cache, so push never blocks for longer than a copy: a full ring counts the
// event as lost. The worker takes everything that waits at once.
type ring struct {
	mu     sync.Mutex
	events []session.Event
	spare  []session.Event // the previous batch's memory, for the next one
	limit  int             // events that may wait, those of the batch under way included
	taken  int             // events of the batch under way
	bytes  int64           // of the payloads of all these
	most   int64           // bytes that may wait
	lost   uint64          // since the last take
	parked bool            // the worker waits for wake
	closed bool            // replaced: push somewhere else
	room   bool            // somebody is in awaitRoom

	wake  chan struct{} // to the worker, capacity 1
	freed chan struct{} // to whoever waits for room, capacity 1
}

func (r *ring) init(limit int, most int64) {
	r.limit, r.most = limit, most
	r.wake = make(chan struct{}, 1)
	r.freed = make(chan struct{}, 1)
}

// pushed is the result of a push.
type pushed int

const (
	queued pushed = iota
	overflow
	moved // the ring was closed: look for its successor
)

// push queues ev.
func (r *ring) push(ev *session.Event) pushed {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return moved
	}
	payload := payload(ev)
	if len(r.events)+r.taken >= r.limit || r.bytes+payload > r.most {
		if ev.Message == nil {
			r.lost++ // of messages, it is known whose they were: see missed
		}
		r.mu.Unlock()
		return overflow
	}
	r.bytes += payload
	r.events = append(r.events, *ev)
	wake := r.parked
	r.parked = false
	r.mu.Unlock()
	if wake {
		signal(r.wake)
	}
	return queued
}

// payload returns what ev keeps alive that is nobody else's, in bytes: sessions
// are the cache's.
func payload(ev *session.Event) int64 {
	if ev.Message == nil {
		return 0
	}
	return int64(len(ev.Message.Key) + len(ev.Message.Data))
}

// pushIfRoom queues ev if at least half of the ring is free. Otherwise it
// counts nothing as lost.
func (r *ring) pushIfRoom(ev *session.Event) pushed {
	r.mu.Lock()
	full := !r.closed && !r.halfFree()
	r.mu.Unlock()
	if full {
		return overflow
	}
	return r.push(ev)
}

// halfFree reports whether half of the ring is free, with the lock.
func (r *ring) halfFree() bool { return len(r.events)+r.taken < r.limit/2 }

// awaitRoom waits until half of the ring is free, or the ring was closed: then
// there may be room in its successor. It returns false if ctx ends first. One
// goroutine at a time may wait.
func (r *ring) awaitRoom(ctx context.Context) bool {
	r.mu.Lock()
	wait := !r.closed && !r.halfFree()
	r.room = wait
	r.mu.Unlock()
	if !wait {
		return ctx.Err() == nil
	}
	select {
	case <-r.freed:
		return true
	case <-ctx.Done():
		return false
	}
}

// take hands the worker all that waits, and the number of events that were
// lost after the last of them. With nothing there it marks the worker as
// parked: the next push will signal wake.
func (r *ring) take() (batch []session.Event, lost uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 && r.lost == 0 {
		r.parked = true
		return nil, 0
	}
	batch, lost = r.events, r.lost
	r.events, r.spare = r.spare[:0], nil
	r.lost = 0
	r.taken = len(batch)
	return batch, lost
}

// done returns a batch's memory once all of it has been delivered.
func (r *ring) done(batch []session.Event) {
	var freed int64
	for n := range batch {
		freed += payload(&batch[n])
	}
	clear(batch) // sessions must not be kept alive by an idle ring
	r.mu.Lock()
	r.taken = 0
	r.bytes -= freed
	if cap(batch) <= maxSpare {
		r.spare = batch[:0]
	}
	r.letIn()
	r.mu.Unlock()
}

// letIn ends awaitRoom, with the lock.
func (r *ring) letIn() {
	if r.room {
		r.room = false
		signal(r.freed)
	}
}

// maxSpare bounds the memory that an idle ring keeps, in events of some 40
// bytes.
const maxSpare = 1 << 14

// close marks the ring as replaced, and returns what waited in it.
func (r *ring) close() (waiting []session.Event, lost uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.letIn()
	waiting, lost = r.events, r.lost
	r.events, r.lost = nil, 0
	return waiting, lost
}

// inherit queues what waited in a ring that was replaced, whatever the limits:
// it was accepted. Nobody else uses the ring yet.
func (r *ring) inherit(ev session.Event) {
	r.events = append(r.events, ev)
	r.bytes += payload(&ev)
}

// len returns the number of events that have not been delivered.
func (r *ring) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events) + r.taken
}

// memory returns what the ring itself takes, in bytes; sessions are the cache's.
func (r *ring) memory() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes + int64(cap(r.events)+cap(r.spare)+r.taken)*int64(unsafe.Sizeof(session.Event{}))
}

// signal makes a channel of capacity 1 readable.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
