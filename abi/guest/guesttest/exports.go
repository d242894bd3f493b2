//go:build !wasip1 && !tinygo.wasm

package guesttest

import (
	"bytes"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// Start calls the plugin's plugin_start and returns its result.
func (h *Host) Start(start func() int32) int32 {
	defer h.in(abi.InStart)()
	return start()
}

// Ready calls the plugin's plugin_ready and returns its result.
func (h *Host) Ready(ready func() int32) int32 {
	defer h.in(abi.InEvent)()
	return ready()
}

// Deliver calls a hook of the plugin with the event's record and returns its
// result. session_get finds what is stored under the event's id; DeliverWith
// gives the event a session of its own.
func (h *Host) Deliver(hook func(n uint32) int32, e abi.Event) int32 {
	return h.DeliverWith(hook, e, nil)
}

// DeliverWith is Deliver for an event whose session is no longer, or is not,
// what the cache holds: a removed one, for instance.
func (h *Host) DeliverWith(hook func(n uint32) int32, e abi.Event, session []byte) int32 {
	phase := abi.InEvent
	if e.Flags&abi.Request != 0 {
		phase = abi.InRequest
	}
	defer h.in(phase)()
	h.event, h.session, h.replied = &e, session, false
	defer func() { h.event, h.session = nil, nil }()
	return hook(uint32(e.Encode(hostcall.EventBuffer[:])))
}

// Tick sets the clock to now, in ns since the Unix epoch, calls the plugin's
// on_tick and returns its result.
func (h *Host) Tick(tick func(now int64) int32, now int64) int32 {
	defer h.in(abi.InEvent)()
	h.now = now
	return tick(now)
}

// Lost calls the plugin's on_events_lost and returns its result.
func (h *Host) Lost(lost func(count int64) int32, count int64) int32 {
	defer h.in(abi.InEvent)()
	return lost(count)
}

// Save calls the plugin's plugin_save and returns a copy of the state.
func (h *Host) Save(save func() int64) []byte {
	defer h.in(abi.InStop)()
	h.exported = nil
	n := save()
	return bytes.Clone(h.exported[:n])
}

// Restore calls the plugin's plugin_restore with state and returns its result.
func (h *Host) Restore(restore func(n uint32) int32, state []byte) int32 {
	defer h.in(abi.InRestore)()
	h.state = bytes.Clone(state)
	return restore(uint32(len(state)))
}

// Stop calls the plugin's plugin_stop.
func (h *Host) Stop(stop func()) {
	defer h.in(abi.InStop)()
	stop()
}

// in enters a phase and returns what leaves it.
func (h *Host) in(p abi.Phase) func() {
	before := h.phase
	h.phase = p
	return func() { h.phase = before }
}
