package lint

import (
	"bytes"

	"github.com/sesshook/sesshook/abi"
)

// A frame is what wasm-ld wraps the exports of a module in whose constructors
// nobody calls:
//
//	call __wasm_call_ctors   local.get …   call F   call __wasm_call_dtors   end
//
// where one of the outer calls is missing if it has nothing to do.
type frame struct {
	before, after int // functions; -1 is none
}

// maxWrapped is the number of calls in such a function.
const maxWrapped = 3

// called are the functions that the host calls, by their index. Those without
// parameters and results say nothing here.
func (m *wasmModule) called() map[uint32]bool {
	ours := map[string]bool{}
	for _, g := range abi.GuestExports() {
		ours[g.Name] = true
	}
	functions := map[uint32]bool{}
	for _, e := range m.exports {
		if e.kind == kindFunc && ours[string(e.name)] && !m.types[m.funcs[e.index]].empty() {
			functions[e.index] = true
		}
	}
	return functions
}

// wrapper notes the frame of a function that does nothing but call one of the
// same type within it.
func (m *wasmModule) wrapper(index uint32, body reader) {
	const call, localGet, end = 0x10, 0x20, 0x0b
	var calls []int
	for done := false; !done; {
		switch body.byte("instruction") {
		case call:
			calls = append(calls, int(body.u32("function")))
		case localGet:
			body.u32("local variable")
		case end:
			done = body.err == nil && body.left() == 0
		default:
			return
		}
		if body.err != nil || len(calls) > maxWrapped {
			return
		}
	}
	for i, f := range calls {
		switch {
		case f >= len(m.funcs):
			return
		case m.types[m.funcs[f]].same(m.types[m.funcs[index]]):
			if before, ok := m.outer(calls[:i]); ok {
				if after, ok := m.outer(calls[i+1:]); ok && len(calls) > 1 {
					m.wrappers[index] = frame{before, after}
				}
			}
			return
		}
	}
}

// outer returns the one function of calls, which has no parameters and no
// results, or -1 if there is none.
func (m *wasmModule) outer(calls []int) (f int, ok bool) {
	switch {
	case len(calls) == 0:
		return -1, true
	case len(calls) > 1 || calls[0] >= len(m.funcs):
		return 0, false
	}
	return calls[0], m.types[m.funcs[calls[0]]].empty()
}

// wrapped reports whether all functions that the host calls, and there is more
// than one, have the same frame.
func (m *wasmModule) wrapped() bool {
	called := m.called()
	if len(called) < 2 || len(m.wrappers) != len(called) {
		return false
	}
	var first *frame
	for _, f := range m.wrappers {
		if first == nil {
			first = &f
		}
		if f != *first {
			return false
		}
	}
	return true
}

func (t funcType) empty() bool { return len(t.params)+len(t.results) == 0 }

func (t funcType) same(u funcType) bool {
	return bytes.Equal(t.params, u.params) && bytes.Equal(t.results, u.results)
}
