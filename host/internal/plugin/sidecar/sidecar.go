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
	// Fuel is the number of instructions that one call may execute. A call of a
	// hook with a deadline has less where the deadline allows less.
	Fuel int64
	// StartFuel is the same for each of the calls that bring an instance up,
	// hand its state over, and end it.
	StartFuel int64
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
	// ModuleSize is the largest module that is read.
	ModuleSize Size
	// CompileTime is how long compiling may take.
	CompileTime time.Duration
	// KVBytes bounds the plugin's own keys and their values together, KVKeys
	// their number.
	KVBytes Size
	KVKeys  int
	// MetricNames is the number of metrics that the plugin may have.
	MetricNames int
	// LogLines is how many lines a second the plugin may log, LogLine how long
	// each may be. What is more is counted.
	LogLines int
	LogLine  Size
	// Subscriptions is the number of topics that an instance may subscribe to.
	Subscriptions int
	// MessageRate is how many messages a second the plugin may send, requests
	// and replies included. What is more is refused.
	MessageRate int
	// QueueBytes bounds the payload of the messages that wait for the plugin,
	// all instances together.
	QueueBytes Size
	// Gather is how long an instance that has just worked off its queue lets
	// events gather before it begins again; 0 is not at all.
	Gather time.Duration
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
	minModule, maxModule       = 1 * KiB, 256 * MiB
	minCompile, maxCompile     = 100 * time.Millisecond, 10 * time.Minute
	minKVBytes, maxKVBytes     = 0, 1 * GiB
	minKVKeys, maxKVKeys       = 0, 1 << 20
	minMetrics, maxMetrics     = 0, 10_000
	minLines, maxLines         = 0, 1_000_000
	minLine, maxLine           = 16, 64 * KiB
	minTopics, maxTopics       = 0, 1024
	minRate, maxRate           = 0, 10_000_000
	minWaiting, maxWaiting     = 1 * MiB, 4 * GiB
	minGather, maxGather       = 0, time.Second
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
		// Guests can't be preempted: while one runs, the garbage collector of the
		// whole process may have to wait for it, and every handshake for that.
		// Ten million instructions are some 5 ms; an event takes a few
		// thousand. A Go guest needs 0.8 million to start.
		Fuel:      10_000_000,
		StartFuel: 20_000_000,
		// Room for a Go guest, which starts with 3 MiB and grows to 8 and more
		// before its collector runs.
		Memory:         64 * MiB,
		Queue:          65536,
		MissDeadline:   50 * time.Millisecond,
		ResumeDeadline: 5 * time.Millisecond,
		EventDeadline:  time.Second,
		ModuleSize:     32 * MiB,
		CompileTime:    time.Minute,
		KVBytes:        4 * MiB,
		KVKeys:         4096,
		MetricNames:    256,
		LogLines:       10_000,
		LogLine:        8 * KiB,
		Subscriptions:  64,
		MessageRate:    250_000,
		QueueBytes:     64 * MiB,
		// Waking a goroutine for each event, on another processor and with cold
		// caches, costs ten times what the event does; under load this makes
		// batches, and the first event after a pause does not wait.
		Gather: 4 * time.Millisecond,
		Config: []byte("{}"),
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
	number(p, doc, "start_fuel", &s.StartFuel, minFuel, maxFuel)
	p.size(doc, "module_size", &s.ModuleSize, minModule, maxModule)
	p.duration(doc, "compile_time", &s.CompileTime, minCompile, maxCompile)
	p.size(doc, "kv_bytes", &s.KVBytes, minKVBytes, maxKVBytes)
	number(p, doc, "kv_keys", &s.KVKeys, minKVKeys, maxKVKeys)
	number(p, doc, "metric_names", &s.MetricNames, minMetrics, maxMetrics)
	number(p, doc, "log_lines", &s.LogLines, minLines, maxLines)
	p.size(doc, "log_line", &s.LogLine, minLine, maxLine)
	number(p, doc, "subscriptions", &s.Subscriptions, minTopics, maxTopics)
	number(p, doc, "message_rate", &s.MessageRate, minRate, maxRate)
	p.size(doc, "queue_bytes", &s.QueueBytes, minWaiting, maxWaiting)
	p.duration(doc, "gather", &s.Gather, minGather, maxGather)
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
	"miss_deadline", "resume_deadline", "event_deadline", "resume_fail",
	"start_fuel", "module_size", "compile_time", "kv_bytes", "kv_keys", "metric_names",
	"log_lines", "log_line", "subscriptions", "message_rate", "queue_bytes", "gather", "config",
}
