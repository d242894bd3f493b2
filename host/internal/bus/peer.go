package bus

import "time"

// A peer is what is known of another node, whatever the topic. Farm.mu guards
// it.
type peer struct {
	run    run
	window *window // numbers of its requests; nil where there were none
}

// forgetAfter is how long a node that is silent is remembered. It has to be
// longer than twice MaxSkew: what is replayed to somebody who has forgotten
// must be stale by then, even if it came from a clock that was ahead.
const forgetAfter = 10 * time.Minute

// fresh reports whether h is of another node and was sent about now. Nothing
// that is older than MaxSkew gets in, so no more than that has to be remembered
// to refuse replays.
func (f *Farm) fresh(h header, now int64) bool {
	if h.node == f.self.node {
		f.ownNode(h)
		return false
	}
	if skew := now - h.time; skew > int64(MaxSkew) || skew < -int64(MaxSkew) {
		f.refuse(Stale)
		f.log.say(gripeStale, "a message of the farm was sent at another time than now: the clocks of the nodes differ, or it is a replay", "farm", f.name, "node", h.node.String(), "age", time.Duration(skew))
		return false
	}
	return true
}

// ownNode is told of what came under this node's own id.
func (f *Farm) ownNode(h header) {
	f.refuse(Own)
	if h.epoch != f.self.epoch {
		f.log.say(gripeOwn, "another node of the farm has the id of this one: give each its own name, else they do not hear each other", "farm", f.name, "node", h.node.String())
	}
}

// meet returns the peer that h comes from, and what its run is; nil where it is
// one too many. It is called with mu.
func (f *Farm) meet(h header, now int64) (*peer, admission) {
	p := f.peers[h.node]
	if p == nil {
		if len(f.peers) >= maxPeers {
			f.refuse(Crowded)
			f.log.say(gripeCrowded, "the farm has more nodes than a node remembers", "farm", f.name, "nodes", maxPeers)
			return nil, ended
		}
		p = new(peer)
		f.peers[h.node] = p
	}
	verdict := p.run.admit(h, now)
	if verdict == beginning {
		p.window = nil
	}
	return p, verdict
}

// onControl takes the sign of life of another node, or its hello.
func (f *Farm) onControl(d Delivery) {
	plain, ok := f.open(f.keeper.ad, &d)
	if !ok {
		return
	}
	h, flags, ok := parseControl(plain)
	if !ok {
		f.refuse(Malformed)
		return
	}
	now := f.now()
	if !f.fresh(h, now) {
		return
	}
	f.mu.Lock()
	p, verdict := f.meet(h, now)
	f.mu.Unlock()
	switch {
	case p == nil:
	case verdict == ended:
		f.refuse(Stale)
	case flags&flagHello != 0:
		f.keeper.greeted()
	}
}

// forget drops what is known of nodes that are gone, and of topics that nobody
// has been subscribed to. It is called with mu.
func (f *Farm) forget(now int64) {
	for node, p := range f.peers {
		if now-p.run.heard > int64(forgetAfter) {
			delete(f.peers, node)
		}
	}
	for name, t := range f.topics {
		for node, s := range t.streams {
			if now-s.run.heard > int64(forgetAfter) && len(s.holes) == 0 && !f.continues(t, s) {
				delete(t.streams, node)
			}
		}
		if len(t.subscribers) == 0 && len(t.streams) == 0 {
			delete(f.topics, name)
		}
	}
}

// continues reports whether s may be silent only because its node has so many
// topics that the turn of this one is yet to come. Its next head would be that
// of a new stream, and all that had come before would be lost. It is called
// with mu.
func (f *Farm) continues(t *topic, s *stream) bool {
	p := f.peers[s.from]
	return p != nil && p.run.epoch == s.run.epoch && len(t.subscribers) > 0
}

// peerCount returns how many nodes are remembered.
func (f *Farm) peerCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.peers)
}
