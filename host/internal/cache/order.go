package cache

// usesToProtect is the number of fetches that makes a session protected. Not
// one: a TLS 1.3 client fetches a session once and goes on with the next
// ticket, so that the first fetch is rather the end of a session's use. A
// second fetch means a client that uses its session over and over (TLS 1.2).
const usesToProtect = 2

// An order says which session of a shard is evicted next: the least recently
// used of those in probation, and only where there are none, of the protected
// ones. A session enters probation, and is protected from its second fetch on;
// the protected ones are at most half of the shard, and the least recently used
// of them goes back into probation. So a flood of new sessions, which anyone can
// cause who can shake hands, does not push out those that are in use.
// BenchmarkHitRatio compares this with others.
type order struct {
	probation segment
	protected segment
}

// add puts a new entry where it is evicted last among those in probation.
func (o *order) add(e *entry) { o.probation.pushFront(e) }

// remove takes e out.
func (o *order) remove(e *entry) { o.segmentOf(e).remove(e) }

// touch notes a fetch of e.
func (o *order) touch(e *entry) {
	o.remove(e)
	if !e.protected {
		e.uses++
		e.protected = e.uses >= usesToProtect
	}
	o.segmentOf(e).pushFront(e)
	if o.protected.n > (o.protected.n+o.probation.n)/2 {
		o.demote(o.protected.back)
	}
}

// demote puts e back into probation. One more fetch protects it again.
func (o *order) demote(e *entry) {
	o.protected.remove(e)
	e.protected = false
	e.uses = usesToProtect - 1
	o.probation.pushFront(e)
}

// victim returns the entry to evict next; nil if there is none.
func (o *order) victim() *entry {
	if o.probation.back != nil {
		return o.probation.back
	}
	return o.protected.back
}

func (o *order) segmentOf(e *entry) *segment {
	if e.protected {
		return &o.protected
	}
	return &o.probation
}

// A segment is a doubly linked list of entries through their own links, the
// most recently used in front.
type segment struct {
	front, back *entry
	n           int
}

func (s *segment) pushFront(e *entry) {
	e.prev, e.next = nil, s.front
	if s.front == nil {
		s.back = e
	} else {
		s.front.prev = e
	}
	s.front = e
	s.n++
}

func (s *segment) remove(e *entry) {
	if e.prev == nil {
		s.front = e.next
	} else {
		e.prev.next = e.next
	}
	if e.next == nil {
		s.back = e.prev
	} else {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
	s.n--
}
