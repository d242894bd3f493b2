package replica

// A debt is what this instance has not published, and is to announce to
// everybody: what was removed, and stored by this node's clients, since then.
type debt struct {
	any      bool
	since    int64
	sessions bool // not only removals
	paidAt   int64
	pause    int64
}

func (d *debt) add(since int64, sessions bool) {
	if !d.any || since < d.since {
		d.since = since
	}
	d.any, d.sessions = true, d.sessions || sessions
}

// payDebt begins to announce what is owed, if there is no announcement under
// way, and the last one is long enough ago.
func (r *Replica) payDebt(now int64) {
	d := &r.owed
	if !d.any || d.paidAt != 0 && now-d.paidAt < d.pause {
		return
	}
	for _, t := range r.transfers {
		if t.to == "" && t.phase != finished {
			return
		}
	}
	d.pause = nextPause(d.pause, r.cfg.ResyncPause, now-d.paidAt)
	t := &transfer{ask: ask{since: d.since}}
	if d.sessions {
		t.ask.flags = r.sessions()
	}
	r.transfers = append(r.transfers, t)
	d.any, d.sessions, d.paidAt = false, false, now
	r.count(Resyncs)
}

// sessions returns the flag of an ask by which a node says whether it keeps
// sessions that it did not ask for one by one.
func (r *Replica) sessions() byte {
	if r.cfg.Mode.pushes() {
		return askSessions
	}
	return 0
}

// announce sends what t has to everybody. What the farm does not take now waits
// for the next tick.
func (r *Replica) announce(t *transfer) {
	for range burstsPerTick {
		key, behind := r.batch(t)
		if key != nil {
			if r.publish(key, r.message) < 0 {
				return
			}
		}
		t.behind = behind
		r.sent(t)
		if t.ids.n == 0 {
			return
		}
	}
}

// maxPause is how many times the ResyncPause a pause grows to.
const maxPause = 32

// nextPause returns the pause before the next repetition: twice the last one
// where that is not long ago, else the least.
func nextPause(last, least, ago int64) int64 {
	if last == 0 || ago > 8*last {
		return least
	}
	return min(2*last, maxPause*least)
}
