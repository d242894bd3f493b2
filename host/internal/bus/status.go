package bus

import (
	"bytes"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A Refusal is why a Farm did not take what came from its Transport.
type Refusal string

// The refusals.
const (
	Forged    Refusal = "forged"    // no key opens it: another farm's, altered, or of somebody without a key
	Stale     Refusal = "stale"     // sent more than MaxSkew from now by the clock here, or by a run of its sender that has ended
	Duplicate Refusal = "duplicate" // delivered before, or reported lost before
	Malformed Refusal = "malformed" // genuine, but not what this version writes
	Expired   Refusal = "expired"   // a reply to a request whose time was up
	Own       Refusal = "own"       // of this node's id: an echo, or another node with the same id
	Crowded   Refusal = "crowded"   // of one node more than a Farm remembers
)

var refusals = [...]Refusal{Forged, Stale, Duplicate, Malformed, Expired, Own, Crowded}

// A Result is how a request ended that was made here.
type Result string

// The results.
const (
	Answered    Result = "answered"
	Nobody      Result = "nobody"      // no node is subscribed to the topic
	Unanswered  Result = "unanswered"  // its time was up
	Unreachable Result = "unreachable" // there was no connection
)

var results = [...]Result{Answered, Nobody, Unanswered, Unreachable}

// A Status is what a Farm has to say of itself. The counters start at 0 when it
// is made, and only rise.
type Status struct {
	Name  string
	Node  session.Node
	Link  Link
	Peers []Peer // heard lately, by node

	Sent     Traffic
	Received Traffic
	Waiting  int // bytes of messages in the outgoing buffer

	Lost     uint64             // messages of others that did not arrive, as subscribers were told
	Unsent   uint64             // messages of this node that were given up before they were sent
	Requests map[Result]uint64  // made here; every Result is there
	Served   uint64             // replies given here
	Refused  map[Refusal]uint64 // every Refusal is there
}

// Traffic counts one direction.
type Traffic struct {
	Messages uint64 // of topics; requests and replies are none
	Bytes    uint64 // of everything, as the Transport carries it
}

// A Peer is another node of the farm.
type Peer struct {
	Node  session.Node
	Heard time.Time // when something new of it came last
}

// counters are what Status tells, but for what it looks up.
type counters struct {
	sentMessages, sentBytes         atomic.Uint64
	receivedMessages, receivedBytes atomic.Uint64
	lost, unsent, served            atomic.Uint64
	refused                         [len(refusals)]atomic.Uint64
	requests                        [len(results)]atomic.Uint64
}

func (c *counters) refuse(why Refusal) { c.refused[slices.Index(refusals[:], why)].Add(1) }

func (c *counters) result(r Result) { c.requests[slices.Index(results[:], r)].Add(1) }

// Status returns how the Farm is. It may be called after Close.
func (f *Farm) Status() Status {
	s := Status{
		Name: f.name, Node: f.self.node, Link: f.transport.Link(), Peers: f.livePeers(),
		Sent:     Traffic{f.counters.sentMessages.Load(), f.counters.sentBytes.Load()},
		Received: Traffic{f.counters.receivedMessages.Load(), f.counters.receivedBytes.Load()},
		Waiting:  f.out.waiting(),
		Lost:     f.counters.lost.Load(), Unsent: f.counters.unsent.Load(), Served: f.counters.served.Load(),
		Requests: map[Result]uint64{}, Refused: map[Refusal]uint64{},
	}
	for i, r := range results {
		s.Requests[r] = f.counters.requests[i].Load()
	}
	for i, r := range refusals {
		s.Refused[r] = f.counters.refused[i].Load()
	}
	return s
}

func (f *Farm) livePeers() (live []Peer) {
	now, patience := f.now(), int64(f.patience())
	f.mu.Lock()
	for node, p := range f.peers {
		if now-p.run.heard < patience {
			live = append(live, Peer{node, time.Unix(0, p.run.heard)})
		}
	}
	f.mu.Unlock()
	slices.SortFunc(live, func(a, b Peer) int { return bytes.Compare(a.Node[:], b.Node[:]) })
	return live
}
