package replica

import (
	"strconv"

	"github.com/sesshook/sesshook/abi"
)

// joining is the search for a node that gives everything.
type joining struct {
	on     bool
	began  int64
	next   int64
	pause  int64
	failed int
}

const (
	joinPause   = 250 * millisecond
	joinLongest = 8 * second
	// joinEnd is for how long it is tried. What others have lost of this node,
	// and this one of others, they tell each other anyway.
	joinEnd = minute
	// whoTimeout is how long any node's answer is waited for.
	whoTimeout = 100
	// whoAge is how old an instance is that gives everything: one that has only
	// just been started has nothing.
	whoAge = 3 * second
)

func (j *joining) begin(now int64) {
	if !j.on {
		*j = joining{on: true, began: now, next: now}
	}
}

// tickJoin looks for somebody to ask for everything.
func (r *Replica) tickJoin(now int64) {
	j := &r.join
	if !j.on || now < j.next {
		return
	}
	if node := r.anybody(); node != "" {
		j.on = false
		r.want(node, wish{any: true, all: true, sessions: true}, now)
		return
	}
	j.failed++
	j.pause = min(max(2*j.pause, joinPause), joinLongest)
	j.next = now + j.pause
	if now-j.began > joinEnd {
		j.on = false
		r.host.Log(abi.Info, "no other node has answered for "+strconv.FormatInt(joinEnd/second, 10)+" s: alone until one is heard")
	}
}

// anybody returns a node that has been there for a while, or "".
func (r *Replica) anybody() string {
	var room [64]byte
	r.message = begin(r.message, msgWho)
	reply, code := r.host.Request(room[:0], r.topicSync, nil, r.message, whoTimeout)
	if code < 0 {
		return ""
	}
	kind, node, ok := kindOf(reply)
	if !ok || kind != msgWho || !validNode(node) {
		r.count(Malformed)
		return ""
	}
	return string(node)
}

// who answers a WHO, if this instance has been there for a while.
func (r *Replica) who(body []byte) bool {
	if len(body) != 0 {
		return false
	}
	if r.born == 0 || r.host.Now()-r.born < whoAge {
		return true
	}
	r.message = append(begin(r.message, msgWho), r.node...)
	r.host.Reply(r.message)
	return true
}
