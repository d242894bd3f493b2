// Package guest is the Go SDK for plugins: what abi/SPEC.md describes in
// numbers and pointers, as Go functions, errors and slices.
//
// # A plugin
//
// The host reads which hooks a plugin has from the exports of its module, and a
// hook that is not exported costs nothing. So a plugin's author writes the
// exports, each a line that hands the call to the SDK:
//
//	package main
//
//	import (
//		"github.com/sesshook/sesshook/abi"
//		"github.com/sesshook/sesshook/abi/guest"
//	)
//
//	//go:wasmexport on_session_insert
//	func onSessionInsert(n uint32) int32 { return guest.Handle(n, inserted) }
//
//	func inserted(e *guest.Event) error {
//		guest.Log(abi.Info, "a session for "+string(e.ServerName()))
//		return guest.MetricAdd("inserted", 1)
//	}
//
//	func main() {} // never runs: a plugin is a library
//
// Build it as a reactor:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -trimpath -o plugin.wasm .
//
// These are the exports, and what each hands its call to:
//
//	on_session_insert, on_session_remove, on_session_get,
//	on_session_miss,
//	on_message, on_messages_lost      func(n uint32) int32       Handle
//	on_session_resume                 func(n uint32) int32       HandleResume
//	on_tick                           func(now int64) int32      HandleTick
//	on_events_lost                    func(count int64) int32    HandleLost
//	plugin_start, plugin_ready        func() int32               Run
//	plugin_save                       func() int64               Save
//	plugin_restore                    func(n uint32) int32       Restore
//	plugin_stop                       func()                     nothing
//
// The SDK exports event_buffer itself. An import is in the module only where
// the plugin uses the function, and so is the grant that it needs.
//
// # Memory
//
// The SDK allocates nothing per event. What an Event returns, and what a
// handler is given, is a view of the SDK's memory: valid until the handler
// returns, to be copied where it is kept. Functions that return bytes append
// them to a slice of the caller, as the append functions of strconv do, so that
// one buffer serves for all events:
//
//	session, err := guest.SessionGet(buf[:0], e.ID())
//	buf = session
//
// Go's garbage collector works in goroutines of its own, which run only when an
// exported function yields. Handle and its like do so regularly; a plugin
// that exports a hook without going through them has to call runtime.Gosched
// every now and then, or its memory grows without end.
//
// # Concurrency
//
// The host calls one function of an instance at a time, and no function while
// another has not returned. Package-level variables need no locks; with
// several instances, each has its own. Goroutines run only while a hook yields:
// don't start any.
//
// # Errors
//
// A result code of the host is an Error; compare it by errors.Is with
// ErrNotFound and its like. An error that a handler returns is logged, and
// counted by the host as the plugin's. A panic is a trap: the host discards the
// instance and starts another.
//
// # What it leaves out
//
// Packages fmt, time, reflect and encoding/json are not imported, here or in
// package config: each makes a module larger by 0.3 to 1.4 MB, and its start
// slower. Nothing keeps a plugin from using them.
//
// # Tests
//
// In a native build the same functions reach a host in memory, which package
// guesttest puts there. So a plugin's tests are ordinary Go tests.
package guest
