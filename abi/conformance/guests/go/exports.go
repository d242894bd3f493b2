//lint:file-ignore U1000 what is exported to the host is called by nobody here

package main

import (
	"errors"

	"github.com/sesshook/sesshook/abi/guest"
)

// current is the event of the current call, which the SDK says can be read.
var current *guest.Event

// state is what the SDK has read for plugin_restore, while that lasts.
var state []byte

func init() { run(onInit, 0) }

// hook calls a handler, and makes an error of its result.
func hook(h handler, param uint64) error {
	switch r := int32(run(h, param)); {
	case r < 0:
		return guest.Error(r)
	case r > 0:
		return errors.New("the script returned an error")
	}
	return nil
}

func event(h handler, n uint32) int32 {
	return guest.Handle(n, func(e *guest.Event) error {
		begin(e, n)
		return hook(h, uint64(n))
	})
}

//go:wasmexport plugin_start
func pluginStart() int32 { return guest.Run(func() error { return hook(onStart, 0) }) }

//go:wasmexport plugin_restore
func pluginRestore(n uint32) int32 {
	return guest.Restore(n, func(b []byte) error {
		state = b
		err := hook(onRestore, uint64(n))
		state = nil
		return err
	})
}

//go:wasmexport plugin_ready
func pluginReady() int32 { return guest.Run(func() error { return hook(onReady, 0) }) }

//go:wasmexport on_session_insert
func onSessionInsert(n uint32) int32 { return event(onInsert, n) }

//go:wasmexport on_session_remove
func onSessionRemove(n uint32) int32 { return event(onRemove, n) }

//go:wasmexport on_session_get
func onSessionGet(n uint32) int32 { return event(onGet, n) }

//go:wasmexport on_session_miss
func onSessionMiss(n uint32) int32 { return event(onMiss, n) }

//go:wasmexport on_session_resume
func onSessionResume(n uint32) int32 {
	return guest.HandleResume(n, func(e *guest.Event) (guest.Verdict, error) {
		begin(e, n)
		switch r := int32(run(onResume, uint64(n))); guest.Verdict(r) {
		case guest.Allow, guest.Refuse:
			return guest.Verdict(r), nil
		default:
			return guest.Allow, errors.New("the script returned an error")
		}
	})
}

//go:wasmexport on_message
func onMessageHook(n uint32) int32 { return event(onMessage, n) }

//go:wasmexport on_messages_lost
func onMessagesLost(n uint32) int32 { return event(onMissed, n) }

//go:wasmexport on_tick
func onTickHook(now int64) int32 {
	return guest.HandleTick(now, func(now int64) error { return hook(onTick, uint64(now)) })
}

//go:wasmexport on_events_lost
func onEventsLost(count int64) int32 {
	return guest.HandleLost(count, func(count int64) error { return hook(onLost, uint64(count)) })
}

// pluginSave goes past the SDK where the script returns a range that no slice
// can say.
//
//go:wasmexport plugin_save
func pluginSave() int64 {
	pair := run(onSave, 0)
	at, n := pair>>32, pair&0xffffffff
	if !within(at, n) {
		return int64(uint64(pointer(at))<<32 | n)
	}
	return guest.Save(func(dst []byte) []byte { return append(dst, slice(at, n)...) })
}

//go:wasmexport plugin_stop
func pluginStop() { run(onStop, 0) }
