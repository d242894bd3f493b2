package main

// A queue is ids that something is to be done about off the handshake path. It
// is bounded: what has no room is left undone, and counted.
type queue struct {
	waiting []waiting
	most    int
	dropped int64
}

type waiting struct {
	id  id
	due int64 // ns since the Unix epoch
}

// push adds an id, and reports whether there was room. Ids become due in the
// order in which they are added, later rather than earlier.
func (q *queue) push(k id, due int64) bool {
	if len(q.waiting) >= q.most {
		q.dropped++
		return false
	}
	q.waiting = append(q.waiting, waiting{k, due})
	return true
}

// take returns up to most of the ids that are due, the first first, and forgets
// them.
func (q *queue) take(now int64, most int) (ids []id) {
	n := 0
	for n < min(len(q.waiting), most) && q.waiting[n].due <= now {
		ids = append(ids, q.waiting[n].id)
		n++
	}
	if q.waiting = q.waiting[n:]; len(q.waiting) == 0 {
		q.waiting = nil
	}
	return ids
}
