//lint:file-ignore U1000 what is exported to the host is called by nobody here

package main

import (
	_ "unsafe" // for go:linkname

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
)

// ranges says which arguments of each host function are a range's address; its
// length follows.
var ranges = [...][]int{
	0: {0, 2}, 1: {0, 2}, 2: {0}, 3: nil, 4: {0, 2, 4}, 5: {0, 2, 4, 6}, 6: {0}, 7: {0}, 8: {0, 2}, 9: {0, 2}, 10: {0},
	11: {0}, 12: {0}, 13: {0}, 14: {1}, 15: {1}, 16: {0}, 17: {1}, 18: nil, 19: nil, 20: {0},
}

// call calls a host function through the SDK, or past it where the SDK can't
// say what the script wants, and returns what the host has returned.
func call(f uint8, a *[9]uint64) int64 {
	if !sayable(f, a) {
		for _, i := range ranges[f] {
			a[i] = uint64(pointer(a[i]))
		}
		return bare(f, a)
	}
	switch f {
	case 0:
		return length(guest.SessionGet(room(a, 2), bytesOf(a, 0)))
	case 1:
		return code(guest.SessionInsert(bytesOf(a, 0), bytesOf(a, 2), int64(a[4]), uint32(a[5])))
	case 2:
		return code(guest.SessionRemove(bytesOf(a, 0)))
	case 3:
		n, err := guest.SessionReplay()
		return int64(n) + code(err)
	case 4:
		return code(guest.Publish(string(bytesOf(a, 0)), bytesOf(a, 2), bytesOf(a, 4)))
	case 5:
		return length(guest.Request(room(a, 6), string(bytesOf(a, 0)), bytesOf(a, 2), bytesOf(a, 4), uint32(a[8])))
	case 6:
		return code(guest.Reply(bytesOf(a, 0)))
	case 7:
		return code(guest.Subscribe(string(bytesOf(a, 0))))
	case 8:
		return length(guest.KVGet(room(a, 2), bytesOf(a, 0)))
	case 9:
		return code(guest.KVPut(bytesOf(a, 0), bytesOf(a, 2), int64(a[4])))
	case 10:
		return code(guest.KVDelete(bytesOf(a, 0)))
	case 11:
		return code(guest.MetricAdd(string(bytesOf(a, 0)), int64(a[2])))
	case 12:
		return code(guest.MetricSet(string(bytesOf(a, 0)), int64(a[2])))
	case 13:
		b, err := guest.Config()
		return filled(a, 0, b) + code(err)
	case 14:
		return filled(a, 1, state)
	case 16:
		return filled(a, 0, []byte(guest.NodeID()))
	case 17:
		guest.LogBytes(abi.Level(int32(a[0])), bytesOf(a, 1))
		return 0
	case 18:
		return int64(number(guest.LogEnabled(abi.Level(int32(a[0])))))
	case 19:
		return guest.Now()
	case 20:
		return code(guest.RandomFill(bytesOf(a, 0)))
	}
	panic("no such host function")
}

// sayable reports whether the SDK can make this call. It can't where
//
//   - a range does not lie within m: a slice lies within memory
//   - the call is event_read, which the SDK makes by itself: an author has the
//     record only in parts
//   - the call is state_read of anything but the whole state in
//     plugin_restore, which is what the SDK gives an author
//   - the call is node_id with less room than an id has: the SDK has always room
func sayable(f uint8, a *[9]uint64) bool {
	for _, i := range ranges[f] {
		if !within(a[i], a[i+1]) {
			return false
		}
	}
	switch f {
	case 14:
		return state != nil && uint32(a[0]) == 0 && uint32(a[2]) >= uint32(len(state))
	case 15:
		return false
	case 16:
		return uint32(a[1]) >= abi.NodeIDSize
	}
	return true
}

// bytesOf returns the range whose address is argument i.
func bytesOf(a *[9]uint64, i int) []byte { return slice(a[i], a[i+1]) }

// room returns the range whose address is argument i as room to append to.
func room(a *[9]uint64, i int) []byte { return bytesOf(a, i)[:0] }

// filled copies what the SDK has returned to the range whose address is argument
// i, if there is room for all of it.
func filled(a *[9]uint64, i int, b []byte) int64 {
	if to := bytesOf(a, i); len(b) <= len(to) {
		copy(to, b)
	}
	return int64(len(b))
}

// length returns what the host has returned, of what the SDK has appended: to
// room in m, or where that was too short, elsewhere.
func length(b []byte, err error) int64 {
	if err != nil {
		return code(err)
	}
	return int64(len(b))
}

func code(err error) int64 {
	if err == nil {
		return 0
	}
	return int64(err.(guest.Error).Code()) // what else would a host function return?
}

func report(name string, value int64) { _ = guest.MetricSet(name, value) }

func loadScript() {
	b, err := guest.Config()
	if err != nil || len(b) > configSize {
		panic("no configuration")
	}
	copy(m[config:], b)
	store(8, uint64(len(b)))
	decode(b)
}

// eventBuffer is where the host writes records. The SDK keeps it to itself, and
// gives an author no record as a whole.
//
//go:linkname eventBuffer github.com/sesshook/sesshook/abi/guest/internal/hostcall.EventBuffer
var eventBuffer [bufferSize]byte

// begin copies the record of n bytes to where the scripts look for it.
func begin(e *guest.Event, n uint32) {
	current = e
	copy(m[buffer:], eventBuffer[:n])
}

// view writes the current event anew, as the SDK reads it. Where the SDK can't
// read a record, it does not call the handler, and nobody asks for a view.
func view(at uint32) int64 {
	e, head := current, m[at:at+abi.HeaderSize]
	le.PutUint16(head, abi.HeaderSize)
	head[2], head[3], head[4], head[5] = byte(e.Kind()), byte(e.Origin()), byte(e.Reason()), byte(e.Flags())
	le.PutUint64(head[8:], e.Seq())
	le.PutUint64(head[16:], uint64(e.Time()))
	le.PutUint64(head[24:], uint64(e.Created()))
	le.PutUint64(head[32:], uint64(e.Expires()))
	le.PutUint32(head[40:], e.SessionLen())
	le.PutUint16(head[44:], e.Version())
	le.PutUint16(head[46:], e.CipherSuite())
	le.PutUint16(head[58:], uint16(e.Format()))
	end := at + abi.HeaderSize
	part := func(length int, b []byte) {
		if length == 60 {
			le.PutUint32(head[length:], uint32(len(b)))
		} else {
			le.PutUint16(head[length:], uint16(len(b)))
		}
		end += uint32(copy(m[end:], b))
	}
	part(6, e.ID())
	part(48, e.ServerName())
	part(50, e.ALPN())
	part(52, e.Node())
	part(54, e.Topic())
	part(56, e.Key())
	part(60, e.Data())
	return int64(end - at)
}
