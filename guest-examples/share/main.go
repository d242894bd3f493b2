// Command share is a plugin that shares sessions between the nodes of a farm,
// so that a client resumes on whichever it lands, and a session that is removed
// on one is removed on all. README.md beside this file tells how it is
// configured, and what is guaranteed; package replica is the protocol.
//
// On the steady path it allocates nothing, and makes two calls of the host for
// a session that it sends, and one for a session that it receives.
package main

import (
	"encoding/binary"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/config"
	"github.com/sesshook/sesshook/guest-examples/share/replica"
)

//go:wasmexport plugin_start
func pluginStart() int32 { return guest.Run(start) }

//go:wasmexport plugin_ready
func pluginReady() int32 { return guest.Run(ready) }

//go:wasmexport on_session_insert
func onSessionInsert(n uint32) int32 { return guest.Handle(n, inserted) }

//go:wasmexport on_session_remove
func onSessionRemove(n uint32) int32 { return guest.Handle(n, removed) }

//go:wasmexport on_session_miss
func onSessionMiss(n uint32) int32 { return guest.Handle(n, missed) }

//go:wasmexport on_message
func onMessage(n uint32) int32 { return guest.Handle(n, message) }

//go:wasmexport on_messages_lost
func onMessagesLost(n uint32) int32 { return guest.Handle(n, messagesLost) }

//go:wasmexport on_events_lost
func onEventsLost(count int64) int32 { return guest.HandleLost(count, eventsLost) }

//go:wasmexport on_tick
func onTick(now int64) int32 { return guest.HandleTick(now, tick) }

//go:wasmexport plugin_save
func pluginSave() int64 { return guest.Save(save) }

//go:wasmexport plugin_restore
func pluginRestore(n uint32) int32 { return guest.Restore(n, restore) }

//go:wasmexport plugin_stop
func pluginStop() { share.Tell() }

func main() {} // never runs: the hooks are called

// share is this instance's part; it is made by plugin_start.
var share *replica.Replica

func start() error {
	raw, err := guest.Config()
	if err != nil {
		return err
	}
	s := newSettings()
	if err := config.Each(raw, s.set); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if s.config.Nonce, err = nonce(); err != nil {
		return err
	}
	share = replica.New(host{}, s.config)
	return subscribe(share.Topics())
}

// subscribe subscribes, where there is a farm. Without one the plugin is idle:
// the first publication says so in its metrics.
func subscribe(topics []string) error {
	for _, topic := range topics {
		if err := guest.Subscribe(topic); err == guest.ErrUnavailable {
			guest.Log(abi.Warn, "this host has no farm: nothing is shared; start it with --nats")
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func nonce() (uint64, error) {
	var b [8]byte
	err := guest.RandomFill(b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}

func ready() error {
	share.Ready()
	return nil
}

func inserted(e *guest.Event) error {
	share.Inserted(e.ID(), e.Node(), e.Origin(), e.Flags(), e.Time())
	return nil
}

func removed(e *guest.Event) error {
	share.Removed(e.ID(), e.Reason(), e.Flags(), e.Time())
	return nil
}

func missed(e *guest.Event) error {
	share.Missed(e.ID(), e.Node())
	return nil
}

func message(e *guest.Event) error {
	share.Message(e.Node(), e.Topic(), e.Key(), e.Data(), request(e))
	return nil
}

func messagesLost(e *guest.Event) error {
	share.MessagesLost(e.Node(), e.Topic(), int64(e.Seq()), e.Created())
	return nil
}

func eventsLost(count int64) error {
	share.EventsLost(count)
	return nil
}

func tick(now int64) error {
	share.Tick(now)
	return nil
}

func save(dst []byte) []byte { return share.Save(dst) }

func restore(state []byte) error {
	share.Restore(state)
	return nil
}
