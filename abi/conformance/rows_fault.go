package conformance

import (
	"fmt"
	"math"
	"slices"

	"github.com/sesshook/sesshook/abi"
)

// A faulting script does something that it does not survive on the first call
// of h, and tells that the call after that found a fresh instance.
func faulting(h Handler, fault func(b *Block)) *Script {
	script := NewScript()
	b := script.OnNth(h, 1)
	b.setup()
	b.Once(func() {
		b.Expect("before", Imm(1), Imm(1))
		fault(b)
		b.Report("after", Imm(1))
	})
	b.op(func(c *compiler) { c.want["starts"] = 2 })
	b.Expect("recovered", calls(h), Imm(1))
	script.On(Stop).Report("stopped", Imm(1))
	return script
}

// A faultRow has h called twice.
func faultRow(name string, h Handler, fault func(b *Block)) Row {
	r := scene(h, faulting(h, fault))
	r.Name = name
	r.unset = []string{"after", "stopped"}
	again := r.steps[0]
	switch h {
	case Insert:
		again.session = sessionC
	case Remove:
		again.session = sessionB
	}
	r.steps = append(r.steps, again)
	return r
}

// faultRows: an instance that trapped or did not end is discarded, the events
// go on, and handshakes do not fail.
func faultRows() []Row {
	var rows []Row
	for _, h := range handlers {
		if h == Ready || h == Message { // see below, and messageRows
			continue
		}
		rows = append(rows, faultRow("trap in "+h.String(), h, (*Block).Trap))
	}
	for _, h := range []Handler{Insert, Miss, Resume} {
		r := faultRow("endless loop in "+h.String(), h, (*Block).Forever)
		r.loops = true
		rows = append(rows, r)
	}
	return append(rows, readyFaultRow())
}

// readyFaultRow: plugin_ready is not called again in the next instance.
func readyFaultRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.Text(atText, "readies")
	b.Call("metric_add", Imm(atText), Imm(7), Imm(1))
	b.Trap()
	b = script.On(Insert)
	b.WantEqual("ready_calls", calls(Ready), zero)
	b.op(func(c *compiler) { c.want["readies"], c.want["starts"] = 1, 2 })
	return Row{Name: "trap in ready", script: script, steps: []step{{do: DoInsert, session: sessionA}}}
}

// A rangeCall is a call with ranges of memory that can be made bad ones.
type rangeCall struct {
	function string
	args     []Arg
	ptrs     []int // which arguments are a range's pointer; its length follows
}

type rangeCalls []rangeCall

func allRangeCalls() rangeCalls {
	a, n := Imm(atA), length(sessionA.ID)
	return rangeCalls{
		{"session_get", []Arg{a, n, Imm(atBuf), Imm(bufSize)}, []int{0, 2}},
		{"session_insert", []Arg{a, n, Imm(atSeal), SealedLen(sessionA), zero, zero}, []int{0, 2}},
		{"session_remove", []Arg{a, n}, []int{0}},
		{"kv_get", []Arg{Imm(atOther), Imm(8), Imm(atBuf), Imm(bufSize)}, []int{0, 2}},
		{"kv_put", []Arg{Imm(atOther), Imm(8), a, n, zero}, []int{0, 2}},
		{"kv_delete", []Arg{Imm(atOther), Imm(8)}, []int{0}},
		{"metric_add", []Arg{Imm(atOther), Imm(8), Imm(1)}, []int{0}},
		{"metric_set", []Arg{Imm(atOther), Imm(8), Imm(1)}, []int{0}},
		{"config_get", []Arg{Imm(atBuf), Imm(bufSize)}, []int{0}},
		{"event_read", []Arg{zero, Imm(atBuf), Imm(bufSize)}, []int{1}},
		{"node_id", []Arg{Imm(atBuf), Imm(12)}, []int{0}},
		{"log", []Arg{zero, Imm(atOther), Imm(8)}, []int{1}},
		{"random_fill", []Arg{Imm(atBuf), Imm(32)}, []int{0}},
	}
}

// badRanges end outside of memory, by their name.
var badRanges = []struct {
	name     string
	ptr, len Arg
}{
	{"ends outside of memory", MemoryEnd(-1), Imm(2)},
	{"ends beyond 2^32", Imm(0xfffffff0), Imm(0x20)},
	{"is as long as can be", Imm(addrEvent), Imm(math.MaxUint32)},
}

// pointerRows: ranges outside of memory trap, and ranges of nothing do not.
func pointerRows() []Row {
	rows := allRangeCalls().rows(Insert)
	for _, bad := range badRanges {
		rows = append(rows, stateReadRow(bad.name, bad.ptr, bad.len))
	}
	return append(rows, emptyRangesRow(), unusedBufferRow())
}

// rows make each of the ranges a bad one, in the handler h.
func (calls rangeCalls) rows(h Handler) []Row {
	var rows []Row
	for _, call := range calls {
		for _, ptr := range call.ptrs {
			for _, bad := range badRanges {
				args := slices.Clone(call.args)
				args[ptr], args[ptr+1] = bad.ptr, bad.len
				rows = append(rows, faultRow(fmt.Sprintf("%s: range %d %s", call.function, ptr, bad.name), h, func(b *Block) {
					b.Text(atText, topic)
					b.Text(atOther, "some_key")
					b.Sealed(atSeal, sessionA)
					b.Call("kv_put", Imm(atOther), Imm(8), Imm(atA), Imm(8), zero)
					b.Call(call.function, args...)
				}))
			}
		}
	}
	return rows
}

// stateReadRow: a trap within plugin_restore keeps the new module out.
func stateReadRow(name string, ptr, n Arg) Row {
	old, next := NewScript(), NewScript()
	saves(old.On(Save), "some state")
	b := next.On(Restore)
	b.Expect("before", Imm(1), Imm(1))
	b.Call("state_read", zero, ptr, n)
	b.Report("after", Imm(1))
	old.counts(Insert, 1)
	return Row{
		Name: "state_read: range 1 " + name, script: old, unset: []string{"after"},
		steps: []step{{do: DoReload, script: next, refused: true}, {do: DoInsert, session: sessionA}},
	}
}

// emptyRangesRow: nothing lies within memory wherever it is.
func emptyRangesRow() Row {
	script := NewScript()
	b := script.On(Insert)
	b.setup()
	b.Text(atText, "some_key")
	size := SealedLen(sessionA)
	b.Want(size, "session_get", Imm(atA), length(sessionA.ID), wild, zero)
	b.Code(abi.Invalid, "session_get", wild, zero, Imm(atBuf), Imm(bufSize))
	b.Code(abi.Invalid, "session_insert", wild, zero, wild, zero, zero, zero)
	b.Code(abi.Invalid, "session_insert", Imm(atC), length(sessionC.ID), wild, zero, zero, zero)
	b.Code(abi.Invalid, "session_remove", wild, zero)
	b.Code(abi.OK, "kv_put", Imm(atText), Imm(8), wild, zero, zero)
	b.Want(zero, "kv_get", Imm(atText), Imm(8), wild, zero)
	b.Code(abi.Invalid, "kv_get", wild, zero, wild, zero)
	b.Code(abi.Invalid, "kv_put", wild, zero, wild, zero, zero)
	b.Code(abi.Invalid, "kv_delete", wild, zero)
	b.Code(abi.Invalid, "metric_add", wild, zero, Imm(1))
	b.Code(abi.Invalid, "metric_set", wild, zero, Imm(1))
	b.Want(Imm(12), "node_id", wild, zero)
	b.WantEqual("config_get", b.Sub(b.Call("config_get", wild, zero), Load64(addrConfLen)), zero)
	b.WantEqual("event_read", b.Sub(b.Call("event_read", zero, wild, zero), Load64(addrParam)), zero)
	b.Want(zero, "log", zero, wild, zero)
	b.Code(abi.OK, "random_fill", wild, zero)
	b.op(func(c *compiler) { c.want["starts"] = 1 })
	script.counts(Insert, 2)
	return Row{
		Name: "a range of 0 bytes may be anywhere", script: script,
		steps: []step{{do: DoInsert, session: sessionA}, {do: DoOverwrite, session: sessionA}},
	}
}

// unusedBufferRow: there is nothing to write, so the buffer is not looked at.
func unusedBufferRow() Row {
	script := NewScript()
	b := script.On(Insert)
	b.setup()
	b.Text(atText, "some_key")
	b.Code(abi.NotFound, "session_get", Imm(atC), length(sessionC.ID), wild, Imm(64))
	b.Code(abi.NotFound, "kv_get", Imm(atText), Imm(8), wild, Imm(64))
	b.Code(abi.Invalid, "session_get", Imm(atC), zero, wild, Imm(64))
	b.op(func(c *compiler) { c.want["starts"] = 1 })
	script.counts(Insert, 1)
	return Row{Name: "a buffer for nothing may be anywhere", script: script, steps: []step{{do: DoInsert, session: sessionA}}}
}
