package replica

// An appeal is an ASK to all nodes at once, for what is no older than since. It
// is for when it is not known whom to ask. Nobody keeps count of who answers; but
// a node that has missed it has missed a message of this one, is told so, and
// asks this one: then it is asked in turn.
type appeal struct {
	due   bool
	since int64
	// sessions is false where only removals are asked for.
	sessions bool
	at       int64 // when it was published
}

func (a *appeal) make(since int64, sessions bool) {
	if a.at == 0 && !a.due || since < a.since { // one that was missed counts still
		a.since = since
	}
	a.due, a.sessions = true, a.sessions || sessions
}

// tickAppeal publishes the appeal that is due.
func (r *Replica) tickAppeal(now int64) {
	a := &r.appeal
	if !a.due || a.at != 0 && now-a.at < r.cfg.ResyncPause {
		return
	}
	r.message = r.askFor(wish{any: true, since: a.since, sessions: a.sessions}, r.number())
	if r.publish(nil, r.message) < 0 {
		return
	}
	a.due, a.at = false, now
	for i := range r.peers {
		r.peers[i].called = false
	}
	r.count(Asks)
}

// missedBy is called when a node asks for what this one has published since
// then: an appeal may have been among it.
func (r *Replica) missedBy(node string, since int64) {
	now := r.host.Now()
	if r.appeal.at == 0 || r.appeal.at < since || now-r.appeal.at > Lookback {
		return
	}
	if p := r.peer(node); p != nil && p.called {
		return
	}
	r.want(node, wish{any: true, since: r.appeal.since, sessions: r.appeal.sessions}, now)
	if p := r.peer(node); p != nil {
		p.called = true
	}
}
