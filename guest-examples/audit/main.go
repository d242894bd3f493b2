// Command audit is a plugin that writes one JSON line to the host's log for
// each session that was stored, removed, or fetched for a client, and counts
// them. README.md beside this file tells what stands in a line.
//
// It is not told of MISS and RESUME: those hooks are on the handshake path,
// where a client would wait for the log.
package main

import (
	"errors"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/config"
)

//go:wasmexport plugin_start
func pluginStart() int32 { return guest.Run(start) }

//go:wasmexport on_session_insert
func onSessionInsert(n uint32) int32 { return guest.Handle(n, inserted) }

//go:wasmexport on_session_remove
func onSessionRemove(n uint32) int32 { return guest.Handle(n, removed) }

//go:wasmexport on_session_get
func onSessionGet(n uint32) int32 { return guest.Handle(n, fetched) }

//go:wasmexport on_events_lost
func onEventsLost(count int64) int32 { return guest.HandleLost(count, lost) }

func main() {} // never runs: the hooks are called

// audit is the plugin's writer; an instance handles one event at a time.
var audit writer

func start() error {
	raw, err := guest.Config()
	if err != nil {
		return err
	}
	audit = writer{}
	return config.Each(raw, audit.set)
}

// set takes one setting of the [config] table.
func (w *writer) set(key string, v config.Value) error {
	if key != "id_bytes" {
		return config.Unknown("id_bytes")
	}
	n, err := v.Int()
	if err != nil {
		return err
	}
	if n < 0 || n > abi.MaxID {
		return errors.New("must be from 0 (the whole id) to 256 bytes")
	}
	w.idBytes = int(n)
	return nil
}

func inserted(e *guest.Event) error { return record(e, "insert") }

func removed(e *guest.Event) error { return record(e, "remove") }

func fetched(e *guest.Event) error { return record(e, "get") }

// record logs the event, if the host keeps such lines, and counts it.
func record(e *guest.Event, name string) error {
	if guest.LogEnabled(abi.Info) {
		guest.LogBytes(abi.Info, audit.event(e, name))
	}
	return guest.MetricAdd(name, 1)
}

// lost says how many lines are missing.
func lost(count int64) error {
	guest.LogBytes(abi.Warn, audit.lost(guest.Now(), count))
	return guest.MetricAdd("lost", count)
}
