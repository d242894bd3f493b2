package main

// A queue is ids that something is to be done about off the handshake path. It
// is bounded, and what has no room is left undone: what it is for is a help to
// others, who go by what they hear anyway.
type queue struct{ waiting []waiting }

type waiting struct {
	id  id
	due int64 // ns since the Unix epoch
}

const (
	maxQueue = 10_000
	// batch bounds how many ids are dealt with at a time.
	batch = 50
)

// push adds an id. Ids become due in the order in which they are added.
func (q *queue) push(k id, due int64) {
	if len(q.waiting) < maxQueue {
		q.waiting = append(q.waiting, waiting{k, due})
	}
}

// take returns some of the ids that are due, the first first, and forgets them.
func (q *queue) take(now int64) (ids []id) {
	n := 0
	for n < min(len(q.waiting), batch) && q.waiting[n].due <= now {
		ids = append(ids, q.waiting[n].id)
		n++
	}
	if q.waiting = q.waiting[n:]; len(q.waiting) == 0 {
		q.waiting = nil
	}
	return ids
}
