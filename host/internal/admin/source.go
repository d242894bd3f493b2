package admin

import (
	"context"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A Source tells what the endpoint shows. Its methods are called concurrently,
// and what they return is the handler's to keep: no map or slice in it is
// written to afterwards.
type Source interface {
	// Plugins returns every plugin that the host knows, by name.
	Plugins() []Plugin
	// Session returns what is cached under id, without any event.
	Session(id session.ID) (session.Session, bool)
	// Remove takes the session under id away, as its operator wants it. Where it
	// is not here but the id is one of this farm's, it keeps the session from
	// coming: see Removal.
	Remove(id session.ID) Removal
	// Farm tells how the node is doing within its farm; nil where it is in none.
	Farm() *Farm
	// Ready returns why the host should get no traffic now, nil if it should.
	// An errors.Join of several reasons is shown one a line.
	Ready() error
	// Enable ends a plugin's quarantine and has it loaded again, and returns
	// once that is done; false is that there is no such plugin.
	Enable(ctx context.Context, name string) (bool, error)
	// Events calls write with what happens, as lines that guest-examples/EVENTS.md
	// describes, until ctx ends or the host closes; an error of write ends it,
	// too. ErrBusy is that too many listen already. It keeps nobody waiting: what
	// there is no room for is counted, and a line says so.
	Events(ctx context.Context, write func(lines []byte) error) error
	// Stats returns the counters, all of one moment as far as that is cheap.
	Stats() Stats
}

// A Removal is what became of a session that was to be removed.
type Removal struct {
	// Session is the session that was here; nil where there was none.
	Session *session.Session
	// Buried is, where there was no session, until when none is accepted under
	// this id; zero where the id is not genuine, so that nothing was done.
	Buried time.Time
	// Home is the node that made a genuine id.
	Home session.Node
}

// Stats are the counters and gauges of a host. Counters rise from the start of
// the process and never fall. An absent map key is 0.
type Stats struct {
	Cache   CacheStats
	TLS     TLSStats
	Plugins []PluginStats
}

// CacheStats are the counters and gauges of the session cache.
type CacheStats struct {
	Sessions   int   // present now
	Bytes      int64 // that they take, as the limit counts them
	Tombstones int   // present now

	Inserts, Gets, Misses, Removes uint64

	// Removals counts removed sessions by reason; their sum is Removes.
	Removals map[abi.Reason]uint64
	// Refusals counts what the cache was asked to do and did not, by code.
	Refusals map[abi.Code]uint64
}

// TLSStats are the counters of the TLS binding.
type TLSStats struct {
	// Completed handshakes, by TLS version, full and resumed.
	Full12, Resumed12, Full13, Resumed13 uint64
	// Refusals counts sessions that clients presented and that were not
	// resumed, or that could not be stored, by code. What the cache refused
	// stands in CacheStats only.
	Refusals map[abi.Code]uint64
}

// Results of calls of a hook and of loads of a module, as the metrics name
// them. A Source may use others beside them.
const (
	ResultOK      = "ok"
	ResultError   = "error"   // the hook returned an error; the module did not load
	ResultRefused = "refused" // on_session_resume returned 1
	ResultTrap    = "trap"    // the call trapped, and its instance was dropped
	ResultFuel    = "fuel"    // the call used up its budget of instructions
)

// PluginStats are the counters and gauges of one plugin, over all its
// generations and instances.
type PluginStats struct {
	Name        string
	Running     bool
	Quarantined bool
	Faults      uint64 // instances that were discarded
	Fuel        uint64 // instructions that all calls have used
	// Calls has an entry for each hook that the module exports.
	Calls []HookStats
	// Loads counts attempts to load the module, by result.
	Loads map[string]uint64

	StackBytes      int64  // about what the stacks of all instances take
	QueueBytes      int64  // of the queue's own memory
	QueueEvents     int    // waiting now, over all instances
	EventsLost      uint64 // because a queue was full
	LogLinesDropped uint64 // because of the rate limit
	MemoryBytes     int64  // linear memory of all instances
	Values          []Value
}

// HookStats are the counters of one hook of one plugin.
type HookStats struct {
	Hook    string // the name of the export: "on_session_insert"
	Results map[string]uint64
	Time    Histogram
}

// A Value is what a plugin reports by metric_add or metric_set.
type Value struct {
	Name  string
	Value int64
}
