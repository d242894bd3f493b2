package guest

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// An Event is the event that a handler is called for. All that its methods
// return is valid until the handler returns; copy what is kept.
type Event struct {
	abi.Record
}

// current is the one Event of an instance, which handles one at a time.
var current Event

// whole holds a record that was longer than the event buffer. It grows to the
// longest such record and is reused.
var whole []byte

// load reads the record of n bytes that the host left in the event buffer into
// current, and what did not fit there through event_read.
func load(n uint32) error {
	if n > uint32(len(hostcall.EventBuffer)) {
		return abi.ErrShortRecord
	}
	b := hostcall.EventBuffer[:n]
	if truncated(b) {
		var err error
		if b, err = readWhole(); err != nil {
			return err
		}
	}
	r, err := abi.ParseRecord(b)
	current.Record = r
	return err
}

func truncated(b []byte) bool {
	return len(b) >= abi.HeaderSize && abi.Flags(b[5])&abi.Truncated != 0
}

func readWhole() ([]byte, error) {
	b, err := appendValue(whole[:0], func(room []byte) int32 { return hostcall.EventRead(0, room) })
	whole = b
	return b, err
}
