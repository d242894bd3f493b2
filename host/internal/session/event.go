package session

import "github.com/sesshook/sesshook/abi"

// A Source says who causes a change of the cache.
type Source struct {
	Origin abi.Origin
	// Plugin is the number of the plugin that causes the change, counting from
	// 1 per host; 0 where it is none. A plugin is not told of what it caused.
	Plugin uint32
}

// An Event is one change of the cache, or one read of it by a client. It is
// passed by value, and shares the immutable Session with everybody else.
type Event struct {
	Kind   abi.Kind
	Reason abi.Reason
	Flags  abi.Flags // Existing and Replaced; the session says the rest
	Source Source
	Seq    uint64 // rising per host process, in order per id; of an abi.Lost, how many were lost
	Time   int64  // ns since the Unix epoch
	// Session is the session of the event: the one stored, removed, fetched,
	// about to be resumed. In a MISS it has an ID and a Home and nothing else.
	Session *Session
	// Message is that of an abi.Message or abi.Lost, which have no Session;
	// nil of all other kinds.
	Message *Message
}
