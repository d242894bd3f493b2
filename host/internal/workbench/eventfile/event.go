package eventfile

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A Kind is the name of an event.
type Kind string

// The events. The first are the hooks', the rest is what is done to the plugin,
// and to the world around it.
const (
	Insert     Kind = "insert"      // a session is stored
	Get        Kind = "get"         // a client's request fetches one
	Resume     Kind = "resume"      // a client is about to resume one
	Miss       Kind = "miss"        // a client presents an id that is not there
	Remove     Kind = "remove"      // a session leaves the cache
	Message    Kind = "message"     // another node's message arrives
	Request    Kind = "request"     // another node asks, and waits for the reply
	Lost       Kind = "lost"        // messages of another node did not arrive
	Tick       Kind = "tick"        // the sidecar's tick
	EventsLost Kind = "events_lost" // the plugin's queue was full

	Reload  Kind = "reload"  // the module is loaded once more
	Wait    Kind = "wait"    // time passes
	Answer  Kind = "answer"  // what other nodes say to requests from now on
	Farm    Kind = "farm"    // the farm can be reached, or can't
	Host    Kind = "host"    // which node the events are of; the first line only
	Dropped Kind = "dropped" // what a recording could not keep
)

// kinds are all, in the order in which people are told of them.
var kinds = []Kind{Insert, Get, Resume, Miss, Remove, Message, Request, Lost, Tick, EventsLost, Reload, Wait, Answer, Farm, Host, Dropped}

// An Event is one line. Whether a field was given, Has tells.
type Event struct {
	Line int // in its file, from 1; 0 is of none
	Kind Kind
	At   Moment

	ID          session.ID
	ServerName  string
	ALPN        string
	Version     uint16
	CipherSuite uint16
	Format      abi.Format
	ClientCert  bool
	Resumed     bool
	Home        session.Node
	Created     Moment
	Expires     Moment

	Session []byte // sealed
	Data    []byte // a session in clear, or what a message holds

	Overwrite bool
	Origin    abi.Origin
	Plugin    string // that caused it, where the origin is PLUGIN
	Reason    abi.Reason
	Seq       uint64 // that it had where it was recorded

	Node  session.Node
	Topic string
	Key   []byte
	Reply []byte
	Heard Moment
	Count uint64

	Config map[string]any // strings, numbers as json.Number, booleans, and what is made of them
	Up     bool

	given fieldSet
	atAt  int // column of at's value; 0 is that the line has none
}

// Has reports whether a field was given, by the name that it has in a file.
func (e *Event) Has(field string) bool {
	for i := range fields {
		if fields[i].name == field {
			return e.given&(1<<i) != 0
		}
	}
	return false
}

// Give says that a field was given, for who makes an event to write it.
func (e *Event) Give(names ...string) {
	for _, name := range names {
		for i := range fields {
			if fields[i].name == name {
				e.given |= 1 << i
			}
		}
	}
}

// HasSession reports whether the event brings a session with it: sealed, or in
// clear.
func (e *Event) HasSession() bool { return e.Has("session") || e.Has("data") }

// A fieldSet has one bit for each of fields.
type fieldSet uint32
