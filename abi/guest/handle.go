package guest

import (
	"runtime"

	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// Handle passes the event whose record has n bytes to h, and returns what the
// hook returns to the host: 0, or for an error of h, which it logs, something
// else. It is the body of on_session_insert, on_session_remove, on_session_get,
// on_session_miss, on_message and on_messages_lost.
func Handle(n uint32, h func(*Event) error) int32 {
	yield()
	if err := load(n); err != nil {
		return status("event record", err)
	}
	if err := h(&current); err != nil {
		return status(current.Kind().String(), err)
	}
	return 0
}

// A Verdict is what a handler of on_session_resume decides.
type Verdict int32

// The verdicts.
const (
	// Allow lets the client resume.
	Allow Verdict = 0
	// Refuse makes the client do a full handshake instead.
	Refuse Verdict = 1
)

// HandleResume passes the RESUME event whose record has n bytes to h, and
// returns h's verdict to the host. It is the body of on_session_resume. An error
// of h is logged, and is no verdict: the host allows then, unless the sidecar
// says resume_fail = "closed".
//
// The client waits while h decides, for 5 ms at most unless the operator says
// otherwise.
func HandleResume(n uint32, h func(*Event) (Verdict, error)) int32 {
	yield()
	if err := load(n); err != nil {
		return status("event record", err)
	}
	verdict, err := h(&current)
	if err != nil {
		return status(current.Kind().String(), err)
	}
	return int32(verdict)
}

// HandleTick passes the time, in ns since the Unix epoch, to h. It is the body
// of on_tick, which the host calls every tick of the sidecar.
func HandleTick(now int64, h func(now int64) error) int32 {
	yield()
	return status("tick", h(now))
}

// HandleLost passes the number of events that the plugin's queue had no room
// for to h. It is the body of on_events_lost. (Messages that did not arrive are
// an Event, of on_messages_lost.)
func HandleLost(count int64, h func(count int64) error) int32 {
	yield()
	return status("events lost", h(count))
}

// Run calls h and returns 0, or for an error, which it logs, something else. It
// is the body of plugin_start, where an error makes the host refuse the module,
// and of plugin_ready.
func Run(h func() error) int32 {
	yield()
	return status("plugin", h())
}

// saved keeps what Save returned reachable until the host has copied it.
var saved []byte

// Save returns to the host what h appends to dst, which is empty: the state
// that the module's successor is to start from. It is the body of plugin_save.
func Save(h func(dst []byte) []byte) int64 {
	saved = h(saved[:0])
	return hostcall.Export(saved)
}

// Restore passes the n bytes of state that the predecessor saved to h, which
// may keep them. It is the body of plugin_restore, where an error, which it
// logs, makes the host refuse the new module.
//
// The predecessor may have been another version of the plugin, or of its state:
// begin the state with a version number.
func Restore(n uint32, h func(state []byte) error) int32 {
	yield()
	state, err := readState(n)
	if err == nil {
		err = h(state)
	}
	return status("restore", err)
}

func readState(n uint32) ([]byte, error) {
	return appendValue(make([]byte, 0, n), func(room []byte) int32 { return hostcall.StateRead(0, room) })
}

// yieldEvery is how many calls into the guest are let pass between two turns of
// the garbage collector. Fewer cost time in each call, more cost memory: what
// the calls between them leave behind.
const yieldEvery = 64

var calls uint

// yield lets the garbage collector work from time to time. It can't on its
// own: the goroutines that it works in run only when the one that the host
// called stops, and an exported function that never waits never does. Without
// this the memory of a plugin that allocates grows until its limit.
func yield() {
	calls++
	if calls%yieldEvery == 0 {
		runtime.Gosched()
	}
}
