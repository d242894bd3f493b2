package conformance

import (
	"encoding/hex"
	"encoding/json"
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
)

// A Step is one thing that the runner does, and what must come of it at once.
type Step struct {
	Do      Trigger
	Session Sealed // of the triggers that name one
	Config  []byte // of DoReload
	// Refused: the resumption must be refused, the reload must fail and leave
	// the old module running. Otherwise both must succeed.
	Refused bool
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

	Before []Sealed
	Steps  []Step

	Want    map[string]int64
	Unset   []string
	Logs    []LogLine
	Present []string // session ids
	Absent  []string
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
}

type step struct {
	do      Trigger
	session Session
	script  *Script
	refused bool
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
		Present: ids(r.present), Absent: ids(r.absent),
	}
	for _, s := range r.before {
		c.Before = append(c.Before, seals.session(s))
	}
	for _, s := range r.steps {
		next := Step{Do: s.do, Refused: s.refused}
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
