// Package hostcall is the lowest layer of the Go SDK: one Go function for each
// host function of abi/SPEC.md, and the buffer in which the host leaves event
// records. In a WebAssembly build these are the imports themselves; in a native
// build they go to a Host that package guesttest installs.
//
// It translates nothing: results are the numbers of the ABI. No function keeps
// a slice after it has returned, and none allocates. Like everything in a
// guest, the package is used by one goroutine at a time.
package hostcall

// EventBuffer is where the host writes the record of an event. Its size is the
// cap that event_buffer reports: enough for any session event without a freak
// of a server name, so that event_read stays the exception.
var EventBuffer [4096]byte
