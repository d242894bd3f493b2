package replica

import "github.com/sesshook/sesshook/abi"

// Inserted is for on_session_insert: the session under id was stored at that
// time, in ns since the Unix epoch. home is its home node, or empty.
func (r *Replica) Inserted(id, home []byte, origin abi.Origin, flags abi.Flags, at int64) {
	if flags&abi.Existing != 0 {
		r.collect(entrySession, id, home, at)
		return
	}
	r.latest = at
	if !r.cfg.Mode.pushes() || origin == abi.FromHost {
		return
	}
	message, code := r.host.Get(begin(r.message, msgInsert), id)
	if code < 0 {
		return // gone already, and its REMOVE follows
	}
	r.message = message
	r.changed(id, at, SentInserts)
}

// Removed is for on_session_remove: the session under id was removed at that
// time.
func (r *Replica) Removed(id []byte, reason abi.Reason, flags abi.Flags, at int64) {
	if reason != abi.Explicit && reason != abi.Consumed {
		return // its life was over, or there was no room: no other node's business
	}
	if flags&abi.Existing != 0 {
		r.collect(entryTombstone, id, nil, at)
		return
	}
	r.latest = at
	r.message = begin(r.message, msgRemove)
	r.changed(id, at, SentRemoves)
}

// changed publishes the message of a change, and counts it as c. What the farm
// could not take, the others are told that they miss; what the host did not
// hand to it, they are not.
func (r *Replica) changed(id []byte, at int64, c Counter) {
	switch r.publish(id, r.message) {
	case abi.OK:
		r.count(c)
	case abi.Limit:
		r.owed.add(at-Margin, true)
	}
}

// EventsLost is for on_events_lost: that many changes were never published.
// They came after the last one that was handled.
func (r *Replica) EventsLost(count int64) {
	r.counts.total[EventsLost] += count
	since := int64(0)
	if r.latest > 0 {
		since = r.latest - Margin
	}
	r.owed.add(since, true)
}

func (r *Replica) applyInsert(id, sealed []byte) bool {
	if len(id) == 0 || len(sealed) == 0 {
		return false
	}
	switch r.host.Insert(id, sealed) {
	case abi.OK:
		r.count(AppliedInserts)
	case abi.Exists:
		r.count(Known)
	case abi.Removed:
		r.count(RefusedRemoved)
	default:
		r.count(Refused)
	}
	return true
}

func (r *Replica) applyRemove(id []byte) bool {
	if len(id) == 0 {
		return false
	}
	switch r.host.Remove(id) {
	case abi.OK:
		r.count(AppliedRemoves)
	case abi.NotFound:
		r.count(Buried)
	default:
		r.count(Refused)
	}
	return true
}

// applyBatch applies what it can of a batch. Only a whole one is acknowledged.
func (r *Replica) applyBatch(from, body []byte) bool {
	n, rest, ok := parseNumber(body)
	if !ok || !validNode(from) {
		return false
	}
	for len(rest) > 0 {
		var e entry
		if e, rest, ok = parseEntry(rest); !ok {
			return false
		}
		if e.kind == entryTombstone {
			ok = r.applyRemove(e.id)
		} else {
			ok = r.applyInsert(e.id, e.sealed)
		}
		if !ok {
			return false
		}
	}
	if n.transfer != 0 {
		r.message = n.append(begin(r.message, msgAck))
		r.send(string(from), nil, r.message)
	}
	return true
}
