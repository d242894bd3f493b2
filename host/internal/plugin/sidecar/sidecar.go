// Package sidecar reads NAME.toml, the file beside a module NAME.wasm that
// says how the host is to run it: limits, grants, deadlines, and the table
// that the plugin itself gets as its configuration.
//
// It parses and validates, and names every mistake with its line and column.
// It reads no files, does not know whether a module uses what it is granted,
// and applies nothing: that is the runtime's part.
//
// A sidecar is written by the operator and trusted like a flag; all the same,
// no content makes Parse panic or use more than memory in proportion to its
// size, which is bounded. Functions are safe for concurrent use.
package sidecar

import (
	"time"

	"github.com/sesshook/sesshook/abi"
)

// MaxSize is the size of the largest sidecar that is read, in bytes. The TOML
// decoder takes time by the square of the number of keys: this bounds it to a
// fraction of a second.
const MaxSize = 64 << 10

// A Sidecar is the content of one file, with the defaults where it is silent.
type Sidecar struct {
	// Enabled is false where the module is not to be run.
	Enabled bool
	// Grants are the permissions of the module, each once; nil where the host's
	// default holds, empty where it has none.
	Grants []abi.Grant
	// Instances is the number of instances among which events are spread by
	// session id.
	Instances int
	// Fuel is the number of instructions that one call may execute. It is read
	// here, and takes effect once modules carry an instruction budget; until
	// then the deadlines alone bound a call.
	Fuel int64
	// Memory is how far the linear memory of each instance may grow, in bytes.
	// What is not a whole page of 64 KiB is not used.
	Memory Size
	// Queue is the number of events that may wait for the plugin.
	Queue int
	// Tick is the time between calls of on_tick; 0 is none.
	Tick time.Duration
	// SHA256 is the hash that the module has to have, 64 lower-case
	// hexadecimal digits; empty where any content may run.
	SHA256 string
	// MissDeadline is how long on_session_miss may keep a handshake waiting.
	MissDeadline time.Duration
	// ResumeDeadline is the same for on_session_resume.
	ResumeDeadline time.Duration
	// EventDeadline is how long each other hook may take; they are off the
	// handshake path.
	EventDeadline time.Duration
	// ResumeFailClosed makes an on_session_resume that failed refuse the
	// resumption (a full handshake follows) instead of allowing it.
	ResumeFailClosed bool
	// Config is the [config] table as JSON, its keys sorted; {} where there is
	// none.
	Config []byte
}

// The ranges of the values, ends included.
const (
	minInstances, maxInstances = 1, 64
	minFuel, maxFuel           = 1_000, 1_000_000_000_000
	minMemory, maxMemory       = Page, 4 * GiB
	minQueue, maxQueue         = 1, 16 << 20
	minTick, maxTick           = 10 * time.Millisecond, 24 * time.Hour
	minDeadline                = time.Millisecond
	maxMiss                    = 10 * time.Second
	maxResume                  = time.Second
	maxEvent                   = time.Minute
)

// Default returns what holds for a module without a sidecar.
func Default() Sidecar {
	return Sidecar{
		Enabled:   true,
		Instances: 1,
		Fuel:      50_000_000,
		// Room for a Go guest, which starts with 3 MiB and grows to 8 and more
		// before its collector runs.
		Memory:         64 * MiB,
		Queue:          65536,
		MissDeadline:   50 * time.Millisecond,
		ResumeDeadline: 5 * time.Millisecond,
		EventDeadline:  time.Second,
		Config:         []byte("{}"),
	}
}

// Parse reads the content of a sidecar; name is the file's, for messages. An
// error is an *Error, or several joined (errors.Join), in the order of their
// lines. data is not kept.
func Parse(name string, data []byte) (*Sidecar, error) {
	p := &parser{name: name}
	if len(data) > MaxSize {
		p.failf(position{1, 1}, "", "the file is %d bytes long; at most %d are read", len(data), MaxSize)
		return nil, p.err()
	}
	doc := p.read(data)
	if err := p.err(); err != nil {
		return nil, err
	}
	s := Default()
	p.flag(doc, "enabled", &s.Enabled)
	p.grants(doc, &s.Grants)
	number(p, doc, "instances", &s.Instances, minInstances, maxInstances)
	number(p, doc, "fuel", &s.Fuel, minFuel, maxFuel)
	p.size(doc, "memory", &s.Memory, minMemory, maxMemory)
	number(p, doc, "queue", &s.Queue, minQueue, maxQueue)
	p.duration(doc, "tick", &s.Tick, minTick, maxTick)
	p.hash(doc, "sha256", &s.SHA256)
	p.duration(doc, "miss_deadline", &s.MissDeadline, minDeadline, maxMiss)
	p.duration(doc, "resume_deadline", &s.ResumeDeadline, minDeadline, maxResume)
	p.duration(doc, "event_deadline", &s.EventDeadline, minDeadline, maxEvent)
	p.choice(doc, "resume_fail", &s.ResumeFailClosed, "open", "closed")
	p.config(doc, &s.Config)
	if err := p.err(); err != nil {
		return nil, err
	}
	return &s, nil
}

// keys are those that a sidecar may have.
var keys = []string{
	"enabled", "grants", "instances", "fuel", "memory", "queue", "tick", "sha256",
	"miss_deadline", "resume_deadline", "event_deadline", "resume_fail", "config",
}
