package replica

// A peer is a node that this instance has asked for what it has missed, or is
// to ask.
type peer struct {
	node string

	wanted wish // what is to be asked for
	asked  wish // what has been asked for, until all of it came

	token   uint64 // of what has been asked
	askedAt int64
	heardAt int64 // when the peer last said how that is going
	begun   int   // instances of the peer that have begun,
	done    int   // and that have finished
	again   bool  // something of it may have been lost
	retry   bool  // it is silent, and asked again after the pause

	pause  int64 // between askedAt and the next
	called bool  // it has been asked once more because it may have missed an appeal
	silent int   // asks in a row that were not answered
}

// A wish is what an ASK asks for. The zero wish is none.
type wish struct {
	any      bool
	all      bool
	since    int64
	sessions bool // not only removals
}

func (w *wish) add(v wish) {
	switch {
	case !v.any:
	case !w.any:
		*w = v
	default:
		w.all = w.all || v.all
		w.sessions = w.sessions || v.sessions
		w.since = min(w.since, v.since)
	}
}

const (
	// maxPeers bounds how many are remembered.
	maxPeers = 1024
	// unheard is how long a peer may be silent about what it was asked for, and
	// unbegun how long before its first word.
	unheard = 5 * second
	unbegun = 2 * second
	// settled is how long it has to be after all of its instances have finished:
	// others may not have begun.
	settled = 2 * second
	// longest bounds the pause before a peer that does not answer is asked again.
	longest = minute
)

// MessagesLost is for on_messages_lost: count messages of node on topic did not
// arrive; the last one before them came at the time heard, 0 where none ever
// came. node is empty where it is not known.
func (r *Replica) MessagesLost(node, topic []byte, count, heard int64) {
	now := r.host.Now()
	switch string(topic) {
	case r.cfg.Topic:
		r.counts.total[MessagesLost] += count
		w := wish{any: true, since: r.since(heard, now), sessions: true}
		if !validNode(node) {
			r.appeal.make(w.since, true)
			return
		}
		r.want(string(node), w, now)
	case r.topicSelf:
		// It may have been the news of a transfer. Who has sent a batch or wants
		// something sends it again.
		if p := r.peer(string(node)); p != nil && p.asked.any && (heard != 0 || p.begun > 0) {
			p.again = true
		}
	}
}

// since returns how far back a node has to be asked that was last heard then.
func (r *Replica) since(heard, now int64) int64 {
	if heard == 0 {
		return 0
	}
	return max(r.pause.sent(heard, now)-Margin, 0)
}

// want notes that a node is to be asked, and asks it if that may be now.
func (r *Replica) want(node string, w wish, now int64) {
	if node == r.node {
		return
	}
	p := r.peer(node)
	if p == nil {
		if p = r.newPeer(node); p == nil {
			r.appeal.make(w.since, w.sessions) // more than can be remembered
			return
		}
	}
	p.wanted.add(w)
	if p.silent > 0 { // it is back
		p.silent, p.pause = 0, 0
	}
	r.tickPeer(p, now)
	r.tellBehind()
}

func (r *Replica) peer(node string) *peer {
	for i := range r.peers {
		if r.peers[i].node == node {
			return &r.peers[i]
		}
	}
	return nil
}

// newPeer returns a new peer, in the place of one that there is nothing to ask
// any more where there are too many; nil if there is none.
func (r *Replica) newPeer(node string) *peer {
	if len(r.peers) < maxPeers {
		r.peers = append(r.peers, peer{node: node})
		return &r.peers[len(r.peers)-1]
	}
	for i := range r.peers {
		if p := &r.peers[i]; !p.asked.any && !p.wanted.any {
			*p = peer{node: node}
			return p
		}
	}
	return nil
}

func (r *Replica) tickPeers(now int64) {
	for i := range r.peers {
		r.tickPeer(&r.peers[i], now)
	}
	r.tellBehind()
}

// tickPeer finds out whether what was asked for has come, or is to be asked for
// again, and asks.
func (r *Replica) tickPeer(p *peer, now int64) {
	switch {
	case !p.asked.any || p.retry:
	case p.begun > 0 && p.done >= p.begun && now-p.heardAt >= settled:
		p.answered()
	case p.begun == 0 && now-p.askedAt >= unbegun, now-max(p.heardAt, p.askedAt) >= unheard:
		r.unanswered(p)
	}
	due := p.retry || p.wanted.any && !p.asked.any
	if due && (p.askedAt == 0 || now-p.askedAt >= p.pause) {
		r.ask(p, now)
	}
}

func (p *peer) answered() {
	if p.again {
		p.wanted.add(p.asked)
	}
	p.asked, p.again = wish{}, false
}

// unanswered has everything asked for again. A node that is gone is asked ever
// more rarely; where it was to give everything, another one is looked for.
func (r *Replica) unanswered(p *peer) {
	p.retry = true
	p.pause = min(unbegun<<min(p.silent, 8), longest)
	p.silent++
	if p.asked.all && p.begun == 0 {
		p.asked.all = false
		r.join.begin(r.host.Now())
	}
}

// ask sends an ASK for all that is wanted of p.
func (r *Replica) ask(p *peer, now int64) {
	if p.silent == 0 {
		p.pause = nextPause(p.pause, r.cfg.ResyncPause, now-p.askedAt)
	}
	p.wanted.add(p.asked) // where that did not come
	p.asked, p.wanted = p.wanted, wish{}
	p.again, p.retry = false, false
	p.token = r.number()
	p.askedAt, p.heardAt, p.begun, p.done = now, 0, 0, 0
	r.message = r.askFor(p.asked, p.token)
	r.send(p.node, nil, r.message)
	r.count(Asks)
}

func (r *Replica) askFor(w wish, token uint64) []byte {
	a := ask{nonce: r.cfg.Nonce, token: token, since: w.since}
	if w.sessions {
		a.flags = r.sessions()
	}
	if w.all {
		a.flags |= askAll
		a.since = 0
	}
	return a.append(begin(r.message, msgAsk))
}

// stateOf takes what a peer says about what it was asked for. Every instance of
// this node is given it; the one that has asked knows the token.
func (r *Replica) stateOf(from, body []byte) bool {
	phase, token, ok := parseState(body)
	if !ok || phase < stateBegun || phase > stateDone {
		return false
	}
	p := r.peer(string(from))
	if p == nil || p.token != token || !p.asked.any {
		return true
	}
	p.heardAt, p.silent, p.retry = r.host.Now(), 0, false
	switch phase {
	case stateBegun:
		p.begun++
		// An instance that was so late may have begun the others' replays anew,
		// after they had taken theirs to be over.
		p.again = p.again || p.heardAt-p.askedAt > unheard
	case stateDone:
		p.done++
	}
	return true
}

// Behind returns how many nodes this instance has not heard all of.
func (r *Replica) Behind() int {
	n := 0
	for i := range r.peers {
		if r.peers[i].asked.any || r.peers[i].wanted.any {
			n++
		}
	}
	return n
}

// tellBehind sets the gauge where it has changed here. The other instances,
// which are not told of losses, leave it alone.
func (r *Replica) tellBehind() {
	if n := r.Behind(); n != r.behind {
		r.behind = n
		r.host.Set("behind", int64(n))
	}
}
