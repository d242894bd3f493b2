package guest_test

import (
	"errors"
	"fmt"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

// In a plugin, onSessionInsert is a function with the line
// "//go:wasmexport on_session_insert" above it.
func ExampleHandle() {
	onSessionInsert := func(n uint32) int32 {
		return guest.Handle(n, func(e *guest.Event) error {
			guest.Log(abi.Info, "a session for "+string(e.ServerName()))
			return guest.MetricAdd("inserted", 1)
		})
	}

	h := guesttest.Open()
	defer h.Close()
	fmt.Println(h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, ID: "id", ServerName: "a.example"}))
	fmt.Println(h.Logs()[0].Text, h.Metric("inserted"))
	// Output:
	// 0
	// a session for a.example 1
}

// Sessions older than an hour do a full handshake.
func ExampleHandleResume() {
	onSessionResume := func(n uint32) int32 {
		return guest.HandleResume(n, func(e *guest.Event) (guest.Verdict, error) {
			if e.Time()-e.Created() > 3600e9 {
				return guest.Refuse, nil
			}
			return guest.Allow, nil
		})
	}

	h := guesttest.Open()
	defer h.Close()
	fmt.Println(h.Deliver(onSessionResume, abi.Event{Kind: abi.Resume, ID: "young", Time: 3600e9}))
	fmt.Println(h.Deliver(onSessionResume, abi.Event{Kind: abi.Resume, ID: "old", Time: 3601e9}))
	// Output:
	// 0
	// 1
}

// One buffer serves for the sessions of all events.
func ExampleSessionGet() {
	var buf []byte
	onSessionInsert := func(n uint32) int32 {
		return guest.Handle(n, func(e *guest.Event) error {
			session, err := guest.SessionGet(buf[:0], e.ID())
			buf = session
			if errors.Is(err, guest.ErrNotFound) {
				return nil // gone already
			}
			fmt.Printf("%s: %d bytes\n", e.ID(), len(session))
			return err
		})
	}

	h := guesttest.Open()
	defer h.Close()
	h.SetSession("id", make([]byte, 200))
	h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, ID: "id"})
	// Output: id: 200 bytes
}

// A request of another node for a session is answered with the session.
func ExampleReply() {
	pluginStart := func() int32 {
		return guest.Run(func() error { return guest.Subscribe("fetch") })
	}
	onMessage := func(n uint32) int32 {
		return guest.Handle(n, func(e *guest.Event) error {
			session, err := guest.SessionGet(nil, e.Data())
			if err != nil {
				return err
			}
			return guest.Reply(session)
		})
	}

	h := guesttest.Open()
	defer h.Close()
	h.Start(pluginStart)
	h.SetSession("id", []byte("sealed"))
	h.Deliver(onMessage, abi.Event{Kind: abi.Message, Flags: abi.Request, Topic: "fetch", Data: "id"})
	fmt.Println(h.Topics(), h.Replies())
	// Output: [fetch] [sealed]
}

// A count outlives the replacement of its plugin.
func ExampleSave() {
	var count byte = 3
	pluginSave := func() int64 {
		return guest.Save(func(dst []byte) []byte { return append(dst, 1, count) })
	}
	pluginRestore := func(n uint32) int32 {
		return guest.Restore(n, func(state []byte) error {
			if len(state) != 2 || state[0] != 1 {
				return nil // not of this version: begin anew
			}
			count = state[1]
			return nil
		})
	}

	h := guesttest.Open()
	defer h.Close()
	state := h.Save(pluginSave)
	count = 0 // the new instance
	h.Restore(pluginRestore, state)
	fmt.Println(count)
	// Output: 3
}

// A line that costs something to build is built only where it is kept.
func ExampleLogEnabled() {
	h := guesttest.Open()
	defer h.Close()
	h.SetLogLevel(abi.Info)

	if guest.LogEnabled(abi.Debug) {
		guest.Log(abi.Debug, fmt.Sprintf("node %s", guest.NodeID()))
	}
	fmt.Println(len(h.Logs()))
	// Output: 0
}
