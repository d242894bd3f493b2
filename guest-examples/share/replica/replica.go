package replica

import "github.com/sesshook/sesshook/abi"

// A Replica is one instance's part in keeping the sessions of the farm. Its
// methods are what the hooks of a plugin call. Slices that they are given may be
// changed once they have returned.
type Replica struct {
	cfg       Config
	host      Host
	node      string
	topicSync string // WHO
	topicPull string // FETCH
	topicSelf string // what is for this node alone
	counts    counters

	message []byte // reused: the one that is built
	reply   []byte // reused: the reply that is waited for
	direct  topicOf

	unique    uint64 // of the numbers that were given out
	ticks     int
	now       int64 // of the last tick
	born      int64 // when the first instance of this line began
	inherited bool  // it knows what it is to know: the first one of all, or the heir of one
	latest    int64 // time of the last event of this node that was handled
	spoke     bool  // something was published on the topic since the last tick
	spokeAt   int64
	pause     stillness

	peers     []peer // whom this instance has asked, or is to ask
	behind    int    // how many of them have not finished, as the host was told
	join      joining
	appeal    appeal
	transfers []*transfer // to whom this instance is sending
	replayed  bool        // something of a replay came since the last tick
	owed      debt

	absences absences // what pulls have learned; each instance learns for itself
	silents  silents
	searched int64 // when the last search that found nothing ended
}

// New returns a Replica that has not done anything.
func New(h Host, cfg Config) *Replica {
	node := h.Node()
	r := &Replica{
		cfg: cfg, host: h, node: node,
		topicSync: cfg.Topic + ".sync", topicPull: cfg.Topic + ".pull", topicSelf: cfg.Topic + "." + node,
		direct: topicOf{prefix: cfg.Topic + "."},
	}
	if cfg.Mode.pulls() {
		r.reply = make([]byte, 0, maxReply)
		r.absences = make(absences, absencesKept)
	}
	return r
}

// Topics returns what the plugin is to subscribe to.
func (r *Replica) Topics() []string {
	return []string{r.cfg.Topic, r.topicSelf, r.topicSync, r.topicPull}
}

// Ready is for plugin_ready: it begins to look for a node to ask for what
// exists, unless a predecessor has done so. Tick goes on with it.
func (r *Replica) Ready() {
	if !r.inherited {
		r.inherited = true
		r.join.begin(r.host.Now())
	}
}

// Tick is for on_tick.
func (r *Replica) Tick(now int64) {
	r.pause.tick(now)
	r.now = now
	r.ticks++
	if r.born == 0 {
		r.born = now
	}
	if r.ticks == 2 && !r.inherited {
		r.orphaned(now)
	}
	r.tickTransfers(now)
	r.tickJoin(now)
	r.tickAppeal(now)
	r.tickPeers(now)
	r.tickBeat(now)
	r.counts.tell(r.host)
}

// Tell hands the host what was counted since the last tick.
func (r *Replica) Tell() { r.counts.tell(r.host) }

// orphaned is called in an instance that nobody has told what came before it:
// after a fault, or beside the first one of a plugin that was just loaded. It
// may have been about to tell the others something, and to ask them. So it
// does both for what is recent, with everybody. (It announces removals only:
// whoever misses a session pays a full handshake, and this is also what each
// instance but the first does in a plugin that was just loaded.)
func (r *Replica) orphaned(now int64) {
	r.inherited = true
	r.owed.add(now-Lookback, false)
	r.appeal.make(now-Lookback, true)
}

// Message is for on_message. request says that the sender waits for a reply.
func (r *Replica) Message(from, topic, key, data []byte, request bool) {
	kind, body, ok := kindOf(data)
	if !ok || !r.handle(kind, from, key, body, request) {
		r.count(Malformed)
	}
}

// handle returns false for what is malformed.
func (r *Replica) handle(kind byte, from, key, body []byte, request bool) bool {
	if request {
		switch kind {
		case msgWho:
			return r.who(body)
		case msgFetch:
			return r.serve(body)
		}
		return false
	}
	switch kind {
	case msgInsert:
		return r.applyInsert(key, body)
	case msgRemove:
		return len(body) == 0 && r.applyRemove(key)
	case msgBatch:
		return r.applyBatch(from, body)
	case msgAck:
		return r.acknowledged(from, body)
	case msgAsk:
		return r.asked(from, body)
	case msgState:
		return r.stateOf(from, body)
	case msgBeat:
		return len(body) == 0
	}
	return false
}

// number returns a number that no other instance of the farm gives out, by all
// likelihood, and that is not 0 (splitmix64, begun at the nonce).
func (r *Replica) number() uint64 {
	r.unique++
	z := r.cfg.Nonce + r.unique*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return max(z^z>>31, 1)
}

// publish sends to everybody, and reports whether the farm took it.
func (r *Replica) publish(key, data []byte) abi.Code {
	code := r.host.Publish(r.cfg.Topic, key, data)
	switch {
	case code >= 0:
		r.spoke = true
	case code == abi.Unavailable:
		r.count(Unavailable) // the others will be told that something is missing
	default:
		r.count(Unsent)
	}
	return code
}

// send sends to one node, and reports whether the farm took it.
func (r *Replica) send(node string, key, data []byte) bool {
	code := r.host.Publish(r.direct.topic(node), key, data)
	if code == abi.Unavailable {
		r.count(Unavailable)
	} else if code < 0 {
		r.count(Unsent)
	}
	return code >= 0
}

// tickBeat says something if this instance has not for a while, so that whoever
// is cut off for longer than that is told afterwards.
func (r *Replica) tickBeat(now int64) {
	if r.spoke || r.spokeAt == 0 {
		r.spoke, r.spokeAt = false, now
		return
	}
	if now-r.spokeAt < r.cfg.Beat {
		return
	}
	r.message = begin(r.message, msgBeat)
	r.publish([]byte(r.node), r.message)
	r.spoke, r.spokeAt = false, now
}

// validNode reports whether b can be a node id; it does not look at the digits.
func validNode(b []byte) bool { return len(b) == abi.NodeIDSize }

// A topicOf makes the topics of nodes, and keeps the last.
type topicOf struct{ prefix, node, last string }

func (t *topicOf) topic(node string) string {
	if t.node != node {
		t.node, t.last = node, t.prefix+node
	}
	return t.last
}

// A stillness notices that this process stood still: what arrived right after
// that was sent long before it.
type stillness struct {
	ticked      int64
	began, over int64
}

// stood is what a pause between two ticks has to be to be one.
const stood = 30 * second

func (s *stillness) tick(now int64) {
	if s.ticked != 0 && now-s.ticked > stood {
		if now-s.over > minute { // else the one before goes on
			s.began = s.ticked
		}
		s.over = now
	}
	s.ticked = now
}

// sent returns when, at the earliest, a message was sent that arrived at the
// time heard.
func (s *stillness) sent(heard, now int64) int64 {
	s.tick(now)
	if s.over != 0 && heard > s.began && now-s.over < Lookback {
		return s.began
	}
	return heard
}
