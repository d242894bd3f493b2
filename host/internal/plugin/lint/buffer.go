package lint

import (
	"fmt"

	"github.com/sesshook/sesshook/abi"
)

// constantOf notes what a function returns whose body is one i64.const: compilers
// make that of an event_buffer at an address that the linker knows.
func (m *wasmModule) constantOf(index uint32, body reader) {
	const i64Const, end = 0x42, 0x0b
	if body.byte("instruction") != i64Const {
		return
	}
	value := body.i64("constant")
	if body.byte("instruction") == end && body.err == nil && body.left() == 0 {
		m.constants[index] = value
	}
}

// buffer judges the event buffer, where it can be seen without running anything.
// The host asks for it once plugin_start has run, which may have grown the memory:
// so it has to lie within what that may become.
func (c *checker) buffer() {
	e, _ := c.exported("event_buffer")
	value, known := c.m.constants[e.index]
	if !known || e.kind != kindFunc || len(c.m.memories) != 1 {
		return
	}
	at, size := uint64(value)>>32, uint64(uint32(value))
	most := uint64(c.opts.MemoryLimitPages)
	if l := c.m.memories[0]; l.hasMax {
		most = min(most, l.max)
	}
	switch {
	case size < abi.MinEventBuffer:
		c.problem(fmt.Sprintf("offers an event buffer of %d bytes; at least %d are needed", size, abi.MinEventBuffer), bufferHint.of(c.lang))
	case at+size > most<<16:
		c.problem(fmt.Sprintf("offers an event buffer of %d bytes at %d, outside of memory", size, at), bufferHint.of(c.lang))
	}
}
