package replica

import "github.com/sesshook/sesshook/abi"

// maxReply is the capacity for a reply to a FETCH: a session, its envelope, and
// what is around them. A longer reply would be lost.
const maxReply = abi.MaxSession + 2048

// Missed is for on_session_miss: a client waits for the session under id, whose
// home node is home, or not known where that is empty.
func (r *Replica) Missed(id, home []byte) {
	if !r.cfg.Mode.pulls() {
		return
	}
	// Of its own sessions, a node that was restarted has none.
	if validNode(home) && string(home) != r.node {
		switch r.fetch(id, home, 0, r.cfg.PullTimeout) {
		case found:
			return
		case absent:
			r.count(PullAbsent)
		case silence:
			r.count(PullUnavailable)
		}
	}
	// Others may have pulled it, or had it pushed, while it was there.
	if !r.cfg.Any || r.fetch(id, nil, fetchAny, r.cfg.AnyTimeout) != found {
		r.count(PullMissed)
	}
}

type fetched uint8

const (
	found   fetched = iota
	absent          // it was answered: not here
	silence         // nobody answered in time
)

// fetch asks one node, or any, and inserts what comes.
func (r *Replica) fetch(id, node []byte, flags byte, timeout int64) fetched {
	r.message = append(append(begin(r.message, msgFetch), flags), id...)
	reply, code := r.host.Request(r.reply[:0], r.topicPull, node, r.message, uint32(max(timeout/millisecond, 1)))
	if code < 0 {
		return silence
	}
	kind, body, ok := kindOf(reply)
	if !ok || kind != msgFetch || len(body) < 1 {
		r.count(Malformed)
		return silence
	}
	sealed := body[1:]
	if body[0] == 0 || len(sealed) == 0 {
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
