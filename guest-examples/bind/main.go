// Command bind is a plugin that decides, for a whole farm, which sessions may be
// resumed: not those that were removed on any node, and none more often than
// max_resumes, on all nodes together. README.md beside this file tells how far
// that is exact.
//
// A resumption is counted where it is asked for, on_session_resume, from what
// this node has counted and what it has heard of the others. Nothing there waits:
// the new count is handed to the farm and the client goes on. What takes time
// (removals, catching up with other nodes) is done in the hooks off the
// handshake path.
package main

import "github.com/sesshook/sesshook/abi/guest"

//go:wasmexport plugin_start
func pluginStart() int32 { return guest.Run(start) }

//go:wasmexport plugin_ready
func pluginReady() int32 { return guest.Run(ready) }

//go:wasmexport plugin_save
func pluginSave() int64 { return guest.Save(save) }

//go:wasmexport plugin_restore
func pluginRestore(n uint32) int32 { return guest.Restore(n, restore) }

//go:wasmexport on_session_resume
func onSessionResume(n uint32) int32 { return guest.HandleResume(n, resume) }

//go:wasmexport on_session_remove
func onSessionRemove(n uint32) int32 { return guest.Handle(n, removed) }

//go:wasmexport on_message
func onMessage(n uint32) int32 { return guest.Handle(n, heard) }

//go:wasmexport on_messages_lost
func onMessagesLost(n uint32) int32 { return guest.Handle(n, missed) }

//go:wasmexport on_events_lost
func onEventsLost(count int64) int32 { return guest.HandleLost(count, eventsLost) }

//go:wasmexport on_tick
func onTick(now int64) int32 { return guest.HandleTick(now, tick) }

func main() {} // never runs: the hooks are called

// plugin is the state of this instance.
var plugin *binder

func start() error {
	raw, err := guest.Config()
	if err != nil {
		return err
	}
	s, err := readSettings(raw)
	if err != nil {
		return err
	}
	plugin, err = newBinder(s)
	return err
}

func ready() error { return plugin.work(guest.Now()) }

func save(dst []byte) []byte { return plugin.appendState(dst) }

func restore(state []byte) error { plugin.restore(state, guest.Now()); return nil }

func resume(e *guest.Event) (guest.Verdict, error) { return plugin.resume(e), nil }

func removed(e *guest.Event) error { return plugin.removed(e) }

func heard(e *guest.Event) error { return plugin.heard(e) }

func missed(e *guest.Event) error { return plugin.missed(e) }

func eventsLost(int64) error { return plugin.replay() }

func tick(now int64) error { return plugin.work(now) }
