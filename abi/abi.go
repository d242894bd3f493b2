// Package abi holds what the host and its guests share: the names, numbers and
// record layouts of the plugin ABI, version 1. SPEC.md beside this file is the
// normative text; a test holds the two together.
//
// The package imports nothing that a small guest could not carry, so that the
// host and the Go SDK (package guest) use the same constants instead of copies.
// Everything here is immutable and safe for concurrent use.
package abi

// Module is the name of the import module of every host function.
const Module = "tls_session_v1"

// Sizes of the ABI, in bytes.
const (
	// MaxID is the longest session id. TLS ids are 32 bytes; the tickets of
	// other servers may be longer. The shortest is 1.
	MaxID = 256
	// MaxSession is the longest session that is stored, as it was before it
	// was sealed.
	MaxSession = 64 << 10
	// MinEventBuffer is the smallest event buffer that a guest may offer.
	MinEventBuffer = 512
	// HeaderSize is the size of an event record's header in version 1.
	HeaderSize = 64
	// NodeIDSize is the length of a node id: 12 hexadecimal digits.
	NodeIDSize = 12
	// MaxTopic is the longest topic of a message.
	MaxTopic = 128
	// MaxMessage is the longest payload of a message, a request or a reply.
	MaxMessage = 256 << 10
)

// A Code is what a host function returns. Zero or more is success, and a
// length where the function has one; see SPEC.md, "Result codes".
type Code int32

// The result codes. A guest treats an unknown negative code as a failure.
const (
	OK          Code = 0
	NotFound    Code = -1 // nothing under this id or key
	Exists      Code = -2 // the id is present, and OVERWRITE was not given
	Removed     Code = -3 // the id has a tombstone, and REVIVE was not given
	TooLarge    Code = -4 // more than the host stores or sends
	Invalid     Code = -5 // malformed, or sealed by an unknown key or for another id
	Denied      Code = -6 // the plugin does not have the grant
	Unavailable Code = -7 // the other side did not answer in time, or there is none
	Unsupported Code = -8 // not in this phase, or not on this host
	Limit       Code = -9 // a limit of the plugin is reached
)

var codeNames = [...]string{"OK", "NOT_FOUND", "EXISTS", "REMOVED", "TOO_LARGE", "INVALID", "DENIED", "UNAVAILABLE", "UNSUPPORTED", "LIMIT"}

// String returns the name of SPEC.md for c: "OK" for every success, "UNKNOWN"
// for a negative number that has none.
func (c Code) String() string {
	switch {
	case c >= 0:
		return codeNames[0]
	case c > -Code(len(codeNames)): // not -c: the smallest number has no negative
		return codeNames[-c]
	}
	return "UNKNOWN"
}

// Codes lists every code that has a name, from OK downwards.
func Codes() []Code {
	all := make([]Code, len(codeNames))
	for i := range all {
		all[i] = Code(-i)
	}
	return all
}

// Flags of session_insert.
const (
	// Overwrite replaces a present session. Without it a present id is EXISTS.
	Overwrite uint32 = 1
	// Revive accepts an id that has a tombstone. Without it that is REMOVED.
	Revive uint32 = 2
)

// A Kind says what an event is about.
type Kind uint8

// The kinds of events.
const (
	Insert  Kind = 1 // a session has been stored
	Remove  Kind = 2 // a session has left the cache
	Get     Kind = 3 // a client's request fetched a session
	Miss    Kind = 4 // a client presented a genuine id that is not here
	Resume  Kind = 5 // a client is about to resume
	Message Kind = 6 // a message arrived
	Lost    Kind = 7 // messages of another node did not arrive
)

var kindNames = [...]string{"UNKNOWN", "INSERT", "REMOVE", "GET", "MISS", "RESUME", "MESSAGE", "LOST"}

// String returns the name of SPEC.md for k, "UNKNOWN" where it has none.
func (k Kind) String() string { return name(kindNames[:], uint8(k)) }

// An Origin says what caused an event.
type Origin uint8

// The origins of events.
const (
	FromClient   Origin = 1 // a handshake here
	FromPlugin   Origin = 2 // another plugin
	FromFront    Origin = 3 // a network session-cache protocol
	FromAdmin    Origin = 4 // the admin endpoint
	FromSnapshot Origin = 5 // a snapshot that was read back
	FromHost     Origin = 6 // the host itself: expiry, eviction
)

var originNames = [...]string{"UNKNOWN", "CLIENT", "PLUGIN", "FRONT", "ADMIN", "SNAPSHOT", "HOST"}

// String returns the name of SPEC.md for o, "UNKNOWN" where it has none.
func (o Origin) String() string { return name(originNames[:], uint8(o)) }

// A Reason says why a session was removed.
type Reason uint8

// The reasons of a REMOVE. NoReason stands in every other event.
const (
	NoReason Reason = 0
	Explicit Reason = 1 // somebody asked for it
	Expired  Reason = 2 // its life had run out
	Evicted  Reason = 3 // the cache was full
	Consumed Reason = 4 // it was resumed, and the host hands each out once
)

var reasonNames = [...]string{"NONE", "EXPLICIT", "EXPIRED", "EVICTED", "CONSUMED"}

// String returns the name of SPEC.md for r, "UNKNOWN" where it has none.
func (r Reason) String() string {
	if int(r) >= len(reasonNames) {
		return "UNKNOWN"
	}
	return reasonNames[r]
}

// Flags are the flag bits of an event record.
type Flags uint8

// The flags of an event record.
const (
	Existing   Flags = 1  // replayed: the session was stored, or removed, before
	Replaced   Flags = 2  // the insert overwrote a session
	Resumed    Flags = 4  // the session was made by a resumed handshake
	ClientCert Flags = 8  // the client showed a certificate
	Truncated  Flags = 16 // the record is longer than the event buffer: event_read
	Request    Flags = 32 // message_reply is possible
)

// A Format says how the bytes of a session are encoded.
type Format uint16

// The formats of sessions.
const (
	Opaque     Format = 0 // unknown to the host
	GoTLS      Format = 1 // crypto/tls SessionState.Bytes
	OpenSSLDER Format = 2 // i2d_SSL_SESSION
)

var formatNames = [...]string{"opaque", "go-tls", "openssl-der"}

// String returns the name of SPEC.md for f, "UNKNOWN" where it has none.
func (f Format) String() string {
	if int(f) >= len(formatNames) {
		return "UNKNOWN"
	}
	return formatNames[f]
}

// A Level is the severity of a log line, as in log/slog.
type Level int32

// The levels of log.
const (
	Debug Level = -4
	Info  Level = 0
	Warn  Level = 4
	Error Level = 8
)

// A Grant is a permission that the operator gives a plugin.
type Grant string

// The grants. An import whose grant is missing keeps a module from loading.
const (
	Always          Grant = ""                 // needs none
	SessionsRead    Grant = "sessions:read"    // session_get, session_replay
	SessionsWrite   Grant = "sessions:write"   // session_insert, session_remove
	SessionsSecrets Grant = "sessions:secrets" // sessions in clear; never by default
	Messages        Grant = "messages"         // message_*
	KV              Grant = "kv"               // kv_*
	Metrics         Grant = "metrics"          // metric_*
)

// Grants lists every grant that a sidecar may name, in the order of SPEC.md.
func Grants() []Grant {
	return []Grant{SessionsRead, SessionsWrite, SessionsSecrets, Messages, KV, Metrics}
}

// DefaultGrants are those of a module that has no sidecar: all but
// SessionsSecrets.
func DefaultGrants() []Grant {
	return []Grant{SessionsRead, SessionsWrite, Messages, KV, Metrics}
}

func name(names []string, i uint8) string {
	if int(i) >= len(names) {
		return names[0]
	}
	return names[i]
}

// ValidTopic reports whether s can be the topic of a message: 1 to MaxTopic
// bytes of A-Z a-z 0-9 _ - and dots.
func ValidTopic(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return false
		}
	}
	return len(s) >= 1 && len(s) <= MaxTopic
}
