package conformance

import _ "embed"

// Guest is the module that runs the rows, built from guest.wat by wat2wasm.
// Nobody may write to it.
//
//go:embed guest.wasm
var Guest []byte

// The machine's memory; see MACHINE.md.
const (
	addrParam   = 0x00000 // i64: the parameter of the hook
	addrConfLen = 0x00008 // i64: length of the configuration
	addrResults = 0x00200 // room for results
	addrEvent   = 0x01000 // the event buffer
	addrView    = 0x02000 // room for a view, 32 KiB
	addrAside   = 0x0b000 // room for what must not lie in the scratch room
	addrConfig  = 0x10000
	addrScript  = 0x30000
	addrScratch = 0x40000 // room for anything

	scriptSize = addrScratch - addrScript - 1
)

// A Handler is a function of the guest that a script can be given for.
type Handler uint8

// The handlers, by their number in a script.
const (
	Init Handler = iota
	Start
	Buffer
	Restore
	Ready
	Insert
	Remove
	Get
	Miss
	Resume
	Message
	Tick
	Lost
	Save
	Stop
	Missed // on_messages_lost
)

var handlerNames = [...]string{"init", "start", "buffer", "restore", "ready", "insert", "remove", "get", "miss", "resume", "message", "tick", "lost", "save", "stop", "missed"}

// String returns a word for h that may be part of a metric's name.
func (h Handler) String() string {
	if int(h) >= len(handlerNames) {
		return "unknown"
	}
	return handlerNames[h]
}
