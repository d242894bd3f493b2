package plugin

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/meter"
)

// A hook is one function that the host calls in a guest.
type hook uint8

const (
	onInsert hook = iota
	onRemove
	onGet
	onMiss
	onResume
	onMessage
	onMessagesLost
	onTick
	onLost
	pluginStart
	pluginReady
	pluginSave
	pluginRestore
	pluginStop
	eventBuffer
	initialize
	startFunction
	hookCount
)

var hookNames = [hookCount]string{
	onInsert: "on_session_insert", onRemove: "on_session_remove", onGet: "on_session_get",
	onMiss: "on_session_miss", onResume: "on_session_resume", onMessage: "on_message", onMessagesLost: "on_messages_lost",
	onTick: "on_tick", onLost: "on_events_lost",
	pluginStart: "plugin_start", pluginReady: "plugin_ready", pluginSave: "plugin_save",
	pluginRestore: "plugin_restore", pluginStop: "plugin_stop",
	eventBuffer: "event_buffer", initialize: "_initialize", startFunction: meter.StartExport,
}

// String returns what people call h: the name of the export, mostly.
func (h hook) String() string {
	if h == startFunction {
		return "the start function"
	}
	return hookNames[h]
}

// export returns the name that h is exported under.
func (h hook) export() string { return hookNames[h] }

// phase returns the phase of abi/SPEC.md in which h runs.
func (h hook) phase() abi.Phase {
	switch h {
	case initialize, startFunction:
		return abi.InInit
	case pluginStart, eventBuffer:
		return abi.InStart
	case pluginRestore:
		return abi.InRestore
	case pluginSave, pluginStop:
		return abi.InStop
	}
	return abi.InEvent
}

// hookOf returns the hook that an event of kind k goes to.
func hookOf(k abi.Kind) hook { return hook(k - abi.Insert) }

// A hookSet has one bit per hook.
type hookSet uint32

func (s hookSet) has(h hook) bool { return s&(1<<h) != 0 }
