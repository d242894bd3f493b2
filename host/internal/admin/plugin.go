package admin

import "time"

// Plugin is what /plugins shows of one plugin.
type Plugin struct {
	Name       string    `json:"name"`
	File       string    `json:"file"`             // path of the module
	SHA256     string    `json:"sha256"`           // of the running module, in hex; empty if none runs
	Signer     string    `json:"signer,omitempty"` // key id of who signed it
	State      string    `json:"state"`            // "running", "quarantined", "failed", "disabled"
	Language   string    `json:"language"`         // that it was built from, as far as the module tells; else empty
	Hooks      []string  `json:"hooks"`
	Grants     []string  `json:"grants"`
	Instances  int       `json:"instances"`
	Generation int       `json:"generation"` // counts the modules that ran under this name, from 1
	LoadedAt   time.Time `json:"loaded_at,omitzero"`
	LastError  string    `json:"last_error"` // of the last attempt to load it, empty if it loaded

	QuarantinedUntil time.Time `json:"quarantined_until,omitzero"`
	Faults           uint64    `json:"faults"` // instances that were discarded

	QueueEvents   int    `json:"queue_events"`   // waiting now
	QueueBytes    int64  `json:"queue_bytes"`    // of the queue itself; sessions are the cache's
	FuelPerCall   int64  `json:"fuel_per_call"`  // instructions
	FuelUsed      uint64 `json:"fuel_used"`      // instructions, by all calls
	QueueCapacity int    `json:"queue_capacity"` // more than that are lost
	Calls         uint64 `json:"calls"`
	Errors        uint64 `json:"errors"`
	EventsLost    uint64 `json:"events_lost"`
	MemoryPeak    int64  `json:"memory_peak_bytes"`
	StackBytes    int64  `json:"stack_bytes"`  // about
	MemoryBytes   int64  `json:"memory_bytes"` // linear memory of all instances
}
