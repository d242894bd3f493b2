package conformance

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/sesshook/sesshook/abi"
)

// A Session is one that a row needs: in the cache, in a trigger, or in the
// guest's hands.
type Session struct {
	ID   string // 1 to 256 bytes
	Data string // in clear
	TTL  time.Duration
	// Foreign asks for an envelope under a key that the host does not have.
	Foreign bool

	ServerName  string
	ALPN        string
	Version     uint16
	CipherSuite uint16
	Format      abi.Format
	ClientCert  bool
	Resumed     bool
}

// A Host is what a row needs to know of the host that it runs on.
type Host struct {
	// Seal returns the envelope of s, as the host's cache holds it. A Case asks
	// once for each session. Where s.TTL is negative, it has expired.
	Seal func(s Session) []byte
	// Node is the host's node id.
	Node string
	// Peer is the id of the farm's other node, which the runner plays. It is not
	// the host's.
	Peer string
}

// A Trigger is something that the runner does.
type Trigger string

// The triggers.
const (
	DoInsert    Trigger = "insert"    // a client's handshake stores Session
	DoOverwrite Trigger = "overwrite" // the same, over a present session
	DoRemove    Trigger = "remove"    // the admin endpoint removes Session, with reason EXPLICIT
	DoConsume   Trigger = "consume"   // a client's handshake removes Session, with reason CONSUMED
	DoExpire    Trigger = "expire"    // time passes until the host has removed Session
	DoGet       Trigger = "get"       // a client's request fetches Session
	DoMiss      Trigger = "miss"      // a client presents Session's id, whose home is this host, and which is not here
	DoResume    Trigger = "resume"    // a client is about to resume Session; see Step.Refused
	DoTick      Trigger = "tick"      // the next on_tick after this step began has returned
	DoReload    Trigger = "reload"    // the configuration becomes Step.Config; see Step.Refused
	DoUnload    Trigger = "unload"    // the module is taken away in good order

	// Of rows with a farm.
	DoMessage Trigger = "message" // the other node publishes Messages, one after the other
	DoRequest Trigger = "request" // the other node asks this one, by Messages[0], and waits; see Step.Reply
	DoLose    Trigger = "lose"    // Lost becomes known
	DoPut     Trigger = "put"     // the plugin of the same name there puts a value: Messages[0], Key and Data
	DoPart    Trigger = "part"    // the farm is lost: nothing can be sent, no request and no kv_* is answered
	DoRejoin  Trigger = "rejoin"  // it is there again
)

// A FarmMessage is one that a node of the farm sends.
type FarmMessage struct {
	Topic string
	Key   string // empty is none
	Data  string
}

// LostMessages are messages of the other node that did not arrive.
type LostMessages struct {
	Topic string
	Count uint64
	Heard int64 // ns since the Unix epoch: when the last one before them arrived; 0 is never
}

// An Answer is what the other node replies to a request of the guest.
type Answer struct {
	Topic string
	To    string // the node that it is for, Host.Peer; empty is any
	Data  string
	Reply *string // nil is that it gets no reply
}

// A Step is one thing that the runner does, and what must come of it at once.
type Step struct {
	Do      Trigger
	Session Sealed // of the triggers that name one
	Config  []byte // of DoReload
	// Refused: the resumption must be refused, the reload must fail and leave
	// the old module running. Otherwise both must succeed.
	Refused bool

	Messages []FarmMessage
	Lost     LostMessages
	// Reply is what must have come of a DoRequest when the step is over, once;
	// nil is that no reply may have come.
	Reply *string
	// Gone: the other node is no longer there when the reply to its DoRequest is
	// given, so that message_reply is UNAVAILABLE.
	Gone bool
}

// Sealed is a session with its envelope.
type Sealed struct {
	Session
	Sealed []byte
}

// A LogLine is a line that the host must have logged for the plugin.
type LogLine struct {
	Level abi.Level
	Text  string
}

// A Case is a row for one host: plain data. See the package's doc for what to
// do with it.
type Case struct {
	Name    string
	Config  []byte // JSON
	Grants  []abi.Grant
	Tick    bool // on_tick must be called
	Loops   bool // a hook loops until its deadline stops it
	Refused bool // the module must not load
	// Buffer: a script has a block for event_buffer. A guest whose SDK does not
	// let it export its own can't run the row.
	Buffer bool
	// Farm: the host is on a farm with one other node.
	Farm bool
	// Sidecar are keys of the sidecar (SPEC.md, "The sidecar") that the row
	// needs; nil is none.
	Sidecar map[string]int64

	Before  []Sealed
	Answers []Answer
	Steps   []Step

	Want    map[string]int64
	Unset   []string
	Logs    []LogLine
	Present []string // session ids
	Absent  []string
	// Published are the messages that the other node has received from the
	// guest: these, in this order.
	Published []FarmMessage
	// AnyPublished: what it has received does not matter, nor how much.
	AnyPublished bool
	// Stored is what the plugin of the same name on the other node has under
	// keys of kv_*.
	Stored map[string]string
}

// A Row is one check, for any host.
type Row struct {
	Name string
	// Covers are the pairs of host function and code that the row checks, as
	// "session_get NOT_FOUND".
	Covers []string

	script  *Script
	grants  []abi.Grant
	loops   bool
	refused bool
	before  []Session
	steps   []step
	unset   []string
	logs    []LogLine
	present []Session
	absent  []Session

	farm         bool
	sidecar      map[string]int64
	answers      []answer
	published    []FarmMessage
	anyPublished bool
	stored       map[string]string
}

type step struct {
	do       Trigger
	session  Session
	script   *Script
	refused  bool
	messages []FarmMessage
	lost     LostMessages
	reply    *string
	gone     bool
}

// An answer is an Answer before it is known what the other node is called.
type answer struct {
	topic  string
	toPeer bool
	data   string
	reply  *string
}

func (a answer) of(h Host) Answer {
	full := Answer{Topic: a.topic, Data: a.data, Reply: a.reply}
	if a.toPeer {
		full.To = h.Peer
	}
	return full
}

// Farm tells whether the row is for a host on a farm with one other node. Every
// other row is for a host without a farm.
func (r Row) Farm() bool { return r.farm }

// Buffer reports whether a script has a block for event_buffer: see Case.Buffer.
func (r Row) Buffer() bool {
	return r.script.handles(Buffer) || slices.ContainsFunc(r.steps, func(s step) bool { return s.script != nil && s.script.handles(Buffer) })
}

// Case makes the row ready to be run on h. It calls h.Seal, once for each
// session.
func (r Row) Case(h Host) Case {
	seals := sealer{host: h, sealed: make(map[Session][]byte)}
	want := make(map[string]int64)
	c := Case{
		Name: r.Name, Grants: slices.Clone(r.grants), Loops: r.loops, Refused: r.refused,
		Config: r.script.config(&seals, want), Tick: r.script.handles(Tick),
		Want: want, Unset: slices.Clone(r.unset), Logs: slices.Clone(r.logs),
		Present: ids(r.present), Absent: ids(r.absent), Buffer: r.Buffer(),
		Farm: r.farm, Sidecar: maps.Clone(r.sidecar), Published: slices.Clone(r.published), AnyPublished: r.anyPublished, Stored: maps.Clone(r.stored),
	}
	for _, a := range r.answers {
		c.Answers = append(c.Answers, a.of(h))
	}
	for _, s := range r.before {
		c.Before = append(c.Before, seals.session(s))
	}
	for _, s := range r.steps {
		next := Step{Do: s.do, Refused: s.refused, Messages: slices.Clone(s.messages), Lost: s.lost, Reply: s.reply, Gone: s.gone}
		if s.session.ID != "" {
			next.Session = seals.session(s.session)
		}
		if s.script != nil {
			next.Config = s.script.config(&seals, want)
			c.Tick = c.Tick || s.script.handles(Tick)
		}
		c.Steps = append(c.Steps, next)
	}
	return c
}

func ids(sessions []Session) []string {
	var all []string
	for _, s := range sessions {
		all = append(all, s.ID)
	}
	return all
}

// A sealer asks the host for each envelope once, because no two are equal.
type sealer struct {
	host   Host
	sealed map[Session][]byte
}

func (s *sealer) session(of Session) Sealed { return Sealed{of, s.seal(of)} }

func (s *sealer) seal(of Session) []byte {
	if b, ok := s.sealed[of]; ok {
		return b
	}
	b := s.host.Seal(of)
	s.sealed[of] = b
	return b
}

// config compiles the script, and adds what it expects to want.
func (s *Script) config(seals *sealer, want map[string]int64) []byte {
	code := s.compile(seals, want)
	b, err := json.Marshal(map[string]string{"script": hex.EncodeToString(code)})
	if err != nil {
		panic(err) // a map of strings always encodes
	}
	return b
}
