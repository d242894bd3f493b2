package replica

import "github.com/sesshook/sesshook/abi"

// maxReply is the capacity for a reply to a FETCH: a session, its envelope, and
// what is around them. A longer reply would be lost.
const maxReply = abi.MaxSession + 2048

// Missed is for on_session_miss: a client waits for the session under id, whose
// home node is home, or not known where that is empty.
func (r *Replica) Missed(id, home []byte) {
	if r.cfg.Mode.pulls() && !r.pull(id, home) {
		r.count(PullMissed)
	}
}

// pull reports whether anybody had the session.
//
// Whoever waits for an answer that does not come keeps an instance from others
// that would get one, and a node has few instances; old sessions that nobody has
// any more, and nodes that hang, are nothing unusual. So what was just asked in
// vain is not asked again at once: an id that nobody had (absences), a home node
// that did not answer (silents), and any node whatever (search).
func (r *Replica) pull(id, home []byte) bool {
	hash := seenHash(r.cfg.Nonce, msgFetch, id)
	if r.absences.has(hash, r.host.Now()) {
		r.count(PullSpared)
		return false
	}
	gone := true
	// Of its own sessions, a node that was restarted has none.
	if validNode(home) && string(home) != r.node {
		switch r.fetchHome(id, home) {
		case found:
			return true
		case silence:
			gone = false // it may have it still
		}
	}
	return r.cfg.Any && r.search(id, hash, gone)
}

// fetchHome asks the home node, unless it has just kept this instance waiting.
func (r *Replica) fetchHome(id, home []byte) fetched {
	if r.silents.rests(home, r.host.Now(), r.cfg.PullTimeout) {
		r.count(PullSpared)
		return silence
	}
	got := r.fetch(id, home, 0, r.cfg.PullTimeout)
	switch got {
	case found:
		r.silents.remove(home)
	case absent:
		r.silents.remove(home)
		r.count(PullAbsent)
	case nobody:
		r.count(PullUnavailable)
	case silence:
		r.silents.add(home, r.host.Now())
		r.count(PullUnavailable)
	}
	return got
}

// search asks all others at once, the home node among them. gone says that this
// one is known not to have the session.
//
// That it has not is no reason to ask nobody else. It may have been restarted, or
// had no room, and what others pulled or were pushed while it had it, they have
// still: that is promised. It can't tell these sessions from those that nobody has
// any more, because they were removed or their life is over: a cache says of all
// that it has none. But a search in vain takes all of its timeout, as who has
// nothing keeps silent. So after one there is none for twice as long, and they take
// a third of the time at most, however many ids nobody has.
func (r *Replica) search(id []byte, hash uint64, gone bool) bool {
	if within(r.host.Now(), r.searched, 2*r.cfg.AnyTimeout) {
		r.count(PullSpared)
		return false
	}
	got := r.fetch(id, nil, fetchAny, r.cfg.AnyTimeout)
	if got == found {
		return true
	}
	r.searched = r.host.Now()
	if gone && got == silence {
		r.absences.add(hash, r.searched)
	}
	return false
}

// within reports whether it is less than d since a time, which is 0 where there
// was none. A clock that was set back begins anew.
func within(now, since, d int64) bool { return since != 0 && now >= since && now-since < d }

type fetched uint8

const (
	found   fetched = iota
	absent          // it was answered: not here
	nobody          // no answer that counts, which took no time
	silence         // no answer, and it was waited for
)

// fetch asks one node, or any, and inserts what comes.
func (r *Replica) fetch(id, node []byte, flags byte, timeout int64) fetched {
	r.message = append(append(begin(r.message, msgFetch), flags), id...)
	asked := r.host.Now()
	reply, code := r.host.Request(r.reply[:0], r.topicPull, node, r.message, uint32(max(timeout/millisecond, 1)))
	if code < 0 {
		// The host says at once that nobody is there, or that the farm is not; and it
		// waits less where the hook's own deadline is near, which is no node's fault.
		if r.host.Now()-asked < timeout/2 {
			return nobody
		}
		return silence
	}
	kind, body, ok := kindOf(reply)
	if !ok || kind != msgFetch || len(body) < 1 {
		r.count(Malformed)
		return nobody
	}
	return r.take(id, body[0] != 0, body[1:])
}

// take inserts what was answered.
func (r *Replica) take(id []byte, has bool, sealed []byte) fetched {
	if !has || len(sealed) == 0 {
		return absent
	}
	switch r.host.Insert(id, sealed) {
	case abi.OK:
		r.count(Pulled)
	case abi.Exists:
		r.count(Known) // it was pushed meanwhile
	case abi.Removed:
		r.count(RefusedRemoved) // and nobody else's would be taken
	default:
		r.count(Refused)
		return absent
	}
	return found
}

// serve answers a FETCH. One that was sent to any node is answered only with a
// session: the first answer is the one that counts.
func (r *Replica) serve(body []byte) bool {
	flags, id, ok := parseFetch(body)
	if !ok {
		return false
	}
	reply, code := r.host.Get(append(begin(r.message, msgFetch), 1), id)
	if code >= 0 {
		r.message = reply
		r.count(PullServed)
		r.host.Reply(reply)
	} else if flags&fetchAny == 0 {
		r.message = append(begin(r.message, msgFetch), 0)
		r.host.Reply(r.message)
	}
	return true
}
