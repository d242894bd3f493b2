package workbench

import (
	"encoding/json"
	"time"
)

// A Step is one event of a run, and all that came of it. Steps of the same run
// are the same each time, but for Call.Took.
type Step struct {
	// Event is what happened: an event of the file, or what happens by itself:
	// "load", "expiry", "stop".
	Event string `json:"event"`
	Line  int    `json:"line,omitempty"` // of the file; 0 is of none
	At    Time   `json:"at"`

	// What the event is about, as far as it has these.
	ID    string `json:"id,omitempty"`
	Topic string `json:"topic,omitempty"`
	Key   string `json:"key,omitempty"`
	Count uint64 `json:"count,omitempty"`

	// Module says what was loaded, in the first step.
	Module *Module `json:"module,omitempty"`

	// Outcome is what became of the event: "stored", "EXISTS", "refused".
	Outcome string `json:"outcome,omitempty"`
	// Reply is what the plugin replied to a request; ReplyLen its length.
	Reply    string `json:"reply,omitempty"`
	ReplyLen *int   `json:"reply_len,omitempty"`

	Calls   []Call   `json:"calls,omitempty"`
	Metrics []Change `json:"metrics,omitempty"`
	// Notes are for people: what they may not expect, and what to do about it.
	Notes []string `json:"notes,omitempty"`
	// Error is why the event could not be played as it should: the module does
	// not load, the plugin can't be started again.
	Error string `json:"error,omitempty"`
}

// A Module is what a run is of.
type Module struct {
	Name     string   `json:"name"` // of the plugin
	SHA256   string   `json:"sha256"`
	Size     int      `json:"size"` // bytes
	Language string   `json:"language,omitempty"`
	Hooks    []string `json:"hooks"`
	Grants   []string `json:"grants"`
	Sidecar  bool     `json:"sidecar"` // there is one
	Pages    int64    `json:"pages"`   // of 64 KiB, once it was loaded; 0 where it was not
}

// A Call is one call of an export of the module.
type Call struct {
	Export string  `json:"export"`
	Record *Record `json:"record,omitempty"` // of a hook that is given one
	Arg    *int64  `json:"arg,omitempty"`    // of any other that takes one
	// Result is what it returned, where it did and has one.
	Result *int64 `json:"result,omitempty"`
	// Means says what the result says: "ok", "refused", "error", or how long and
	// where the buffer is.
	Means string        `json:"means,omitempty"`
	Fuel  int64         `json:"fuel"`              // instructions
	Took  time.Duration `json:"took_ns,omitempty"` // differs from run to run
	Did   []Deed        `json:"did,omitempty"`
	Fault *Fault        `json:"fault,omitempty"`
}

// A Record is what the plugin found in its event buffer, in short.
type Record struct {
	Kind       string   `json:"kind"`
	ID         string   `json:"id,omitempty"`
	Seq        uint64   `json:"seq,omitempty"`
	Origin     string   `json:"origin"`
	Reason     string   `json:"reason,omitempty"`
	Flags      []string `json:"flags,omitempty"`
	SessionLen int      `json:"session_len,omitempty"` // sealed
	ServerName string   `json:"server_name,omitempty"`
	Node       string   `json:"node,omitempty"`
	Topic      string   `json:"topic,omitempty"`
	Key        string   `json:"key,omitempty"`
	Data       string   `json:"data,omitempty"` // where it can be shown
	DataLen    int      `json:"data_len,omitempty"`
}

// A Deed is what a plugin did within a call: it called a host function, or
// wrote a line of the log.
type Deed struct {
	Call    string `json:"call,omitempty"`
	Args    Args   `json:"args,omitempty"`
	Result  *int64 `json:"result,omitempty"`
	Code    string `json:"code,omitempty"` // of the result, where it is one
	Trapped bool   `json:"trapped,omitempty"`

	Log  string `json:"log,omitempty"` // the level
	Text string `json:"text,omitempty"`
}

// Args are the arguments of a call, by name and in their order.
type Args []Arg

// An Arg is one of them: a string, a number, or a list of flags.
type Arg struct {
	Name  string
	Value any
}

// MarshalJSON writes an object whose members are in the order of the arguments.
func (a Args) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, arg := range a {
		if i > 0 {
			b = append(b, ',')
		}
		name, _ := json.Marshal(arg.Name) // a word of ours
		value, err := json.Marshal(arg.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// A Fault is why an instance was discarded.
type Fault struct {
	Kind string `json:"kind"` // "trap", "fuel", "pointer", "panic"
	Text string `json:"text"`
	// Stack has the innermost function first, by name where the module has names.
	Stack []string `json:"stack,omitempty"`
}

// A Change is a metric of the plugin's that a step has changed.
type Change struct {
	Name string `json:"name"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// An End is what a run leaves behind.
type End struct {
	Sessions   []Session        `json:"sessions"`
	Tombstones []string         `json:"tombstones"` // ids
	Metrics    map[string]int64 `json:"metrics"`
	KV         []Entry          `json:"kv"`
	Published  map[string]int   `json:"published"` // messages, by topic
	Events     int              `json:"events"`
	Calls      int              `json:"calls"`
	HostCalls  int              `json:"host_calls"`
	Fuel       int64            `json:"fuel"`
	Pages      int64            `json:"pages"`   // of 64 KiB, the most that there were
	Faults     int              `json:"faults"`  // calls that did not return
	Errors     int              `json:"errors"`  // hooks that returned an error
	Refused    int              `json:"refused"` // reloads that were refused
	// Failed is why the run ended before its events did; empty where it did not.
	Failed string `json:"failed,omitempty"`
}

// OK reports whether nothing went wrong.
func (e *End) OK() bool { return e.Failed == "" && e.Faults == 0 && e.Errors == 0 && e.Refused == 0 }

// A Session is one that is in the cache at the end.
type Session struct {
	ID         string `json:"id"`
	ServerName string `json:"server_name,omitempty"`
	Version    string `json:"tls_version,omitempty"`
	Expires    Time   `json:"expires"`
	SealedLen  int    `json:"sealed_len"`
}

// An Entry is one of the plugin's values.
type Entry struct {
	Key     string `json:"key"`
	Value   string `json:"value,omitempty"` // where it can be shown
	Len     int    `json:"len"`
	Expires Time   `json:"expires,omitzero"`
}

// A Time is in ns since the Unix epoch, and written by the calendar. The zero
// Time is none.
type Time int64

// String writes t as RFC 3339 has it, in UTC.
func (t Time) String() string { return time.Unix(0, int64(t)).UTC().Format(time.RFC3339Nano) }

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// IsZero reports whether t is none.
func (t Time) IsZero() bool { return t == 0 }
