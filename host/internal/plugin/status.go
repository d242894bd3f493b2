package plugin

import (
	"time"

	"github.com/sesshook/sesshook/abi"
)

// A Status is what is known of one plugin at one moment.
type Status struct {
	Name        string
	File        string // path of the module
	State       string // "running", "quarantined", "failed", "disabled"
	Signer      string // key id of who signed the running module; empty where nobody asks
	SHA256      string // of the running module, as are the fields that follow
	Language    string // of the module, as its producers section tells; may be empty
	Hooks       []string
	Grants      []abi.Grant
	Instances   int
	Generation  int // 1 for the first content that ran under the name
	LoadedAt    time.Time
	PausedUntil time.Time // of a quarantined one
	LastError   string    // why the newest content did not load, or the last fault

	Queue, QueueLimit int    // events
	MemoryBytes       int64  // linear memory of all instances
	MemoryPeak        int64  // the most that MemoryBytes has been
	StackBytes        int64  // about what the stacks of all instances take
	EventsLost        uint64 // since the name came
	LinesLost         uint64 // log lines that were dropped
	Faults            uint64 // instances that were discarded
	Fuel              uint64 // instructions that all calls have used
	FuelPerCall       int64
	QueueBytes        int64 // that the queue's own memory takes
	Loads, LoadErrors uint64

	Calls  []HookStatus
	Values map[string]Value
}

// A HookStatus is what is known of the calls of one hook.
type HookStatus struct {
	Hook    string
	Results map[string]uint64 // calls by result: "ok", "refused", "error", ...
	Buckets [Buckets]uint64   // see Histogram
	Sum     time.Duration
}

// A Value is a metric of the plugin's own.
type Value struct {
	Gauge bool
	Value int64
}

// Status describes every plugin that has a file in the directory, by name. It does
// not wait for a load that is under way.
func (m *Manager) Status() []Status {
	known := *m.known.Load()
	all := make([]Status, 0, len(known))
	for _, p := range known {
		all = append(all, p.status())
	}
	return all
}

// Refusals counts, by code, the sessions that plugins wanted to insert and that
// the cache has not seen: forged, altered, sealed for another id, too large.
func (m *Manager) Refusals() map[abi.Code]uint64 {
	all := map[abi.Code]uint64{}
	for i := range m.refused {
		if n := m.refused[i].Load(); n > 0 {
			all[abi.Code(-i)] = n
		}
	}
	return all
}

func (p *Plugin) status() Status {
	// The queues first: what is counted below then has all that was in them.
	var events int
	var bytes int64
	for _, s := range *p.slots.Load() {
		events += s.ring.len()
		bytes += s.ring.memory()
	}
	st := Status{
		Name: p.name, File: p.file(), State: "disabled", Queue: events, QueueBytes: bytes,
		EventsLost: p.counters.lost.Load(), LinesLost: p.counters.linesLost.Load(), Faults: p.counters.faults.Load(), Fuel: p.counters.fuel.Load(),
		Loads: p.counters.loaded.Load(), LoadErrors: p.counters.loadFailed.Load(),
		Values: p.values.status(),
	}
	p.mu.Lock()
	st.LastError = p.lastError
	p.mu.Unlock()
	for h := range hookCount {
		if c, ok := p.counters.hooks[h].status(h); ok {
			st.Calls = append(st.Calls, c)
		}
	}
	gen := p.gen.Load()
	if gen == nil {
		if st.LastError != "" {
			st.State = "failed"
		}
		return st
	}
	if gen.paused() {
		st.State, st.PausedUntil = "quarantined", gen.quarantine.pausedUntil(time.Now())
	} else {
		st.State = "running"
	}
	st.FuelPerCall = gen.side.Fuel
	st.Signer = gen.content.signer
	st.SHA256, st.Language = gen.content.sum, gen.report.Language
	st.Hooks, st.Grants = gen.report.Hooks, gen.grants
	st.Instances, st.Generation, st.LoadedAt = gen.side.Instances, gen.number, gen.loadedAt
	st.QueueLimit, st.MemoryBytes = gen.side.Queue, p.memory.Committed()
	st.MemoryPeak, st.StackBytes = p.memory.Peak(), int64(gen.side.Instances)*gen.stackBytes()
	return st
}

func (c *calls) status(h hook) (st HookStatus, called bool) {
	st = HookStatus{Hook: h.String(), Results: map[string]uint64{}, Sum: time.Duration(c.seconds.sum.Load())}
	for r := range resultCount {
		n := c.byResult[r].Load()
		st.Results[r.String()] = n
		called = called || n > 0
	}
	for i := range c.seconds.buckets {
		st.Buckets[i] = c.seconds.buckets[i].Load()
	}
	return st, called
}

func (v *values) status() map[string]Value {
	all := v.names.Load()
	if all == nil {
		return nil
	}
	out := make(map[string]Value, len(*all))
	for name, m := range *all {
		out[name] = Value{m.gauge, m.n.Load()}
	}
	return out
}
