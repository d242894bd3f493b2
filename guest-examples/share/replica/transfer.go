package replica

import (
	"encoding/binary"

	"github.com/sesshook/sesshook/abi"
)

// A transfer sends to one node, or to everybody, what exists here: the ids as
// they come from a replay, the sessions as they are acknowledged.
type transfer struct {
	to     string // a node; empty is everybody
	ask    ask
	number number // of the batch that was sent last

	phase phase
	still int // ticks in a row without anything of a replay
	ids   list
	seen  seen // what has ever been in ids

	inFlight bool
	behind   place // the place behind the batch that is in flight
	sentAt   int64
	tries    int
	stateAt  int64 // when the asker was told last how it is going
}

type phase uint8

const (
	waiting    phase = iota // for a replay of its own
	collecting              // the replay is under way
	sending                 // the replay is over
	finished                // all is sent; what a replay that had stalled still brings is sent too
)

const (
	// stillTicks is for how many ticks a replay brings nothing before it is taken
	// to be over. Who has been told by Replayed does not wait for them.
	stillTicks = 4
	// lingerTicks is for how many a transfer that is finished is kept.
	lingerTicks = 40
	// maxTransfers bounds how many are kept. Who asks beyond that asks again.
	maxTransfers = 64
	// maxListed bounds the memory of their lists, in bytes: a million ids.
	maxListed = 48 << 20
	// maxTries is how often a batch is sent before the transfer is given up.
	maxTries = 4
	// ackTimeout is how long the first acknowledgement is waited for; each
	// further try waits twice as long.
	ackTimeout = second
	// stateEvery is how often the asker is told that the transfer goes on.
	stateEvery = second
	// burst is how many ids are waited for before a batch is sent, and
	// maxEntries how many one has: the receiver's host does work for each.
	burst      = 128
	maxEntries = 1000
	// burstsPerTick is how many batches go to everybody with one tick: there is
	// nobody to acknowledge them.
	burstsPerTick = 16
	// batchesPerTick is how many go to all the nodes that wait for one, or for
	// the same again, with one tick: a call has only so much fuel, however many
	// nodes join at once. What follows goes with acknowledgements.
	batchesPerTick = 8
)

// asked takes an ASK.
func (r *Replica) asked(from, body []byte) bool {
	a, ok := parseAsk(body)
	if !ok || !validNode(from) || string(from) == r.node {
		return false
	}
	t := r.transferFor(string(from), a.nonce)
	if t == nil {
		r.owed.add(a.since, a.flags&askSessions != 0) // everybody is more than one, and no more to remember
		return true
	}
	*t = transfer{to: string(from), ask: a}
	r.state(t, stateBegun)
	r.missedBy(t.to, a.since)
	return true
}

// transferFor returns what to use for a transfer to that node and that instance
// of it; nil where there are too many.
func (r *Replica) transferFor(node string, nonce uint64) *transfer {
	for _, t := range r.transfers {
		if t.to == node && t.ask.nonce == nonce {
			return t
		}
	}
	if len(r.transfers) >= maxTransfers {
		r.forget(func(t *transfer) bool { return t.phase == finished })
	}
	if len(r.transfers) >= maxTransfers {
		return nil
	}
	t := new(transfer)
	r.transfers = append(r.transfers, t)
	return t
}

func (r *Replica) forget(gone func(*transfer) bool) {
	kept := r.transfers[:0]
	for _, t := range r.transfers {
		if !gone(t) {
			kept = append(kept, t)
		}
	}
	clear(r.transfers[len(kept):])
	r.transfers = kept
}

// collect takes one session or tombstone of a replay, for the transfers that
// need it.
func (r *Replica) collect(kind byte, id, home []byte, at int64) {
	r.replayed = true
	ours := len(home) == 0 || string(home) == r.node
	sent := false // one batch, and those of the others with what comes next
	for _, t := range r.transfers {
		if t.phase == waiting || !t.needs(kind, ours, at) || !t.seen.add(r.cfg.Nonce, kind, id) {
			continue
		}
		t.ids.add(kind, id)
		if t.phase == finished {
			t.phase = sending
			r.state(t, stateBegun)
		}
		if !sent && t.ids.n >= burst && !t.inFlight && t.to != "" {
			r.sendBatch(t)
			sent = true
		}
	}
}

// needs reports whether the asker wants a session of ours, or a tombstone, of
// that time.
func (t *transfer) needs(kind byte, ours bool, at int64) bool {
	if kind == entrySession && t.ask.flags&askSessions == 0 {
		return false
	}
	if t.ask.flags&askAll != 0 {
		return true
	}
	return at >= t.ask.since && (kind == entryTombstone || ours)
}

// Replayed may be called when a host says that a replay is over.
func (r *Replica) Replayed() {
	for _, t := range r.transfers {
		if t.phase == collecting {
			t.phase = sending
		}
	}
}

func (r *Replica) tickTransfers(now int64) {
	busy := r.tickReplay()
	r.payDebt(now)
	if !busy {
		r.startReplay()
	}
	batches := batchesPerTick
	for _, t := range r.transfers {
		r.tickTransfer(t, now, &batches)
	}
	r.forget(func(t *transfer) bool {
		return t.phase == finished && t.still > lingerTicks || t.tries > maxTries
	})
}

// tickReplay sees which replays are over, and reports whether one is not.
func (r *Replica) tickReplay() (busy bool) {
	for _, t := range r.transfers {
		t.still++
		if r.replayed {
			t.still = 0
		}
		if t.phase == collecting && t.still >= stillTicks {
			t.phase = sending
		}
		busy = busy || t.phase == collecting
	}
	r.replayed = false
	return busy
}

// startReplay has the host replay for all that wait. One at a time: a replay
// that is asked for during another begins anew, and all who collect get
// everything twice. Those that are finished would, too.
func (r *Replica) startReplay() {
	any := false
	for _, t := range r.transfers {
		any = any || t.phase == waiting
	}
	if !any {
		return
	}
	if code := r.host.Replay(); code < 0 {
		r.host.Log(abi.Error, "session_replay failed: "+code.String())
		return
	}
	r.forget(func(t *transfer) bool { return t.phase == finished })
	for _, t := range r.transfers {
		if t.phase == waiting {
			t.phase, t.still = collecting, 0
		}
	}
}

// tickTransfer goes on with t, with at most so many batches.
func (r *Replica) tickTransfer(t *transfer, now int64, batches *int) {
	if r.listed() > maxListed {
		r.giveUp(t, "there are more sessions than an instance can list: raise instances in share.toml")
		return
	}
	switch {
	case t.phase == waiting:
	case t.to == "":
		r.announce(t)
	case t.inFlight && now-t.sentAt < ackTimeout<<t.tries:
	case t.ids.n > 0 && *batches == 0: // with the next tick
	case t.inFlight:
		*batches--
		r.resend(t)
	case t.ids.n > 0:
		*batches--
		r.sendBatch(t)
	}
	switch {
	case t.tries > maxTries: // given up
	case t.phase == sending && !t.inFlight && t.ids.n == 0:
		r.finish(t)
	case t.phase != finished && now-t.stateAt >= stateEvery:
		r.state(t, stateGoingOn)
	}
}

// sendBatch sends the next batch of t, if there is anything to send.
func (r *Replica) sendBatch(t *transfer) {
	if t.number.transfer == 0 {
		t.number.transfer = r.number()
	}
	t.number.batch++
	r.sendNumbered(t)
}

// resend sends the batch in flight once more.
func (r *Replica) resend(t *transfer) {
	t.inFlight = false
	if t.tries++; t.tries > maxTries {
		r.giveUp(t, "no acknowledgement")
		return
	}
	r.count(Resent)
	r.sendNumbered(t)
}

func (r *Replica) sendNumbered(t *transfer) {
	key, behind := r.batch(t)
	if key == nil {
		t.ids.drop(behind) // whatever was there is gone
		return
	}
	// If the farm does not take it, it is as good as lost.
	r.send(t.to, key, r.message)
	t.inFlight, t.behind, t.sentAt = true, behind, r.host.Now()
}

// batch builds the message with the first ids of t, and returns the first one of
// them, nil if none of their sessions is here any more, and the place behind
// the last.
func (r *Replica) batch(t *transfer) (key []byte, behind place) {
	b := t.number.append(begin(r.message, msgBatch))
	behind = t.ids.first()
	for n := 0; n < maxEntries; n++ {
		kind, id, next, ok := t.ids.next(behind)
		if !ok {
			break
		}
		before := len(b)
		b = r.appendEntry(b, kind, id)
		if len(b) > r.cfg.Batch && key != nil {
			b = b[:before]
			break
		}
		if key == nil && len(b) > before {
			key = id
		}
		behind = next
	}
	r.message = b
	return key, behind
}

// appendEntry appends an entry, but for a session that is gone.
func (r *Replica) appendEntry(b []byte, kind byte, id []byte) []byte {
	before := len(b)
	b = beginEntry(b, kind, id)
	if kind == entryTombstone {
		return b
	}
	size := len(b)
	b, code := r.host.Get(append(b, 0, 0, 0, 0), id)
	if code < 0 {
		return b[:before]
	}
	binary.LittleEndian.PutUint32(b[size:], uint32(len(b)-size-4))
	return b
}

// acknowledged takes an ACK, which every instance of this node is given: the
// one that sent the batch goes on. It has to be of the node that the batch was
// sent to: others can hear its number.
func (r *Replica) acknowledged(from, body []byte) bool {
	n, rest, ok := parseNumber(body)
	if !ok || len(rest) > 0 {
		return false
	}
	for _, t := range r.transfers {
		if !t.inFlight || t.number != n || t.to != string(from) {
			continue
		}
		r.sent(t)
		t.inFlight, t.tries = false, 0
		r.sendBatch(t)
		break
	}
	return true
}

// sent counts the batch of t that has arrived, and drops it.
func (r *Replica) sent(t *transfer) {
	sessions, tombstones := t.ids.drop(t.behind)
	r.counts.total[TransferSessions] += int64(sessions)
	r.counts.total[TransferRemoves] += int64(tombstones)
}

func (r *Replica) finish(t *transfer) {
	t.phase, t.still, t.ids = finished, 0, list{}
	r.count(TransfersSent)
	r.state(t, stateDone)
}

// giveUp ends a transfer. The asker notices that it hears no more of it.
func (r *Replica) giveUp(t *transfer, why string) {
	t.ids, t.seen, t.inFlight, t.tries = list{}, seen{}, false, maxTries+1
	r.count(TransfersFailed)
	r.host.Log(abi.Warn, "a transfer was given up: to "+name(t.to)+": "+why)
}

func name(node string) string {
	if node == "" {
		return "all nodes"
	}
	return "node " + node
}

// state tells the asker how its transfer is going.
func (r *Replica) state(t *transfer, phase byte) {
	t.stateAt = r.host.Now()
	if t.to == "" {
		return
	}
	r.message = binary.LittleEndian.AppendUint64(append(begin(r.message, msgState), phase), t.ask.token)
	r.send(t.to, nil, r.message)
}

func (r *Replica) listed() (size int) {
	for _, t := range r.transfers {
		size += t.ids.size() + t.seen.bytes
	}
	return size
}
