package lint

import (
	"fmt"

	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// largeMemory is the initial size, in pages, from which on a module is asked
// whether it needs all of it: 16 MiB.
const largeMemory = 256

// memory judges the linear memory and its export. It returns false where the
// runtime would refuse the memory too, in worse words.
func (c *checker) memory() bool {
	exported := false
	for _, e := range c.m.exports {
		if string(e.name) != "memory" {
			continue
		}
		if exported = e.kind == kindMemory; !exported {
			c.problem("exports memory as a "+kindName(e.kind)+", and it has to be the linear memory", "export the memory under this name, and nothing else")
			exported = true
		}
	}
	switch {
	case len(c.m.memories) == 0:
		c.problem("has no memory, through which the host and a plugin exchange everything", `in WAT: (memory (export "memory") 1)`)
		return true
	case len(c.m.memories) > 1:
		c.problem(fmt.Sprintf("has %d memories; the host runs modules with one", len(c.m.memories)), "build without multi-memory, and do not import one besides")
		return false
	case !exported && !c.command():
		c.problem("does not export its memory, through which the host reads and writes what it passes", memoryHint.of(c.lang))
	}
	return c.size(c.m.memories[0])
}

func (c *checker) size(l limits) bool {
	limit := uint64(c.opts.MemoryLimitPages)
	if l.hasMax && l.max < l.min {
		c.problem(fmt.Sprintf("has a memory whose minimum, %d pages, is above its maximum, %d", l.min, l.max), "give it a maximum that is the larger one")
		return false
	}
	if l.min > limit {
		c.problem(fmt.Sprintf("starts with %d pages of memory (%s), and the limit is %d pages (%s)", l.min, bytesOf(l.min).Rounded(), limit, bytesOf(limit).Rounded()), "ask for less: "+stackHint.of(c.lang)+"; or give it more: memory = \""+roundUp(bytesOf(l.min)).String()+"\" in "+c.sidecarName())
		return false
	}
	if !c.stack() && l.min > largeMemory {
		c.warn(fmt.Sprintf("starts with %s of memory, which every instance takes", bytesOf(l.min).Rounded()), "ask for less: "+stackHint.of(c.lang))
	}
	switch {
	case !l.hasMax:
		c.warn(fmt.Sprintf("sets no maximum for its memory: it can grow up to the limit, %s", bytesOf(limit).Rounded()), maximumHint.of(c.lang))
	case l.max > limit:
		c.warn(fmt.Sprintf("may grow its memory to %s by its own account, and the limit is %s: growth beyond it fails", bytesOf(l.max).Rounded(), bytesOf(limit).Rounded()), "")
	}
	return true
}

func bytesOf(pages uint64) sidecar.Size { return sidecar.Size(pages << 16) }

// roundUp returns s in whole MiB, as a sidecar would have it.
func roundUp(s sidecar.Size) sidecar.Size { return (s + sidecar.MiB - 1) / sidecar.MiB * sidecar.MiB }

// largeStack is the size of a stack, in bytes, from which on a module is asked
// whether it needs that much. The linker's default is 64 KiB; Rust's is 1 MiB,
// Zig's is 1 to 16 MiB.
const largeStack = 512 << 10

// stack warns of a large stack. LLVM's linker keeps its top in the first
// global, and puts it before the data, or between the data and the heap. Where
// nothing tells that the linker was LLVM's, that global can be another: but most
// of the memory is unused all the same.
func (c *checker) stack() bool {
	if len(c.m.globals) == 0 {
		return false
	}
	top := c.m.globals[0]
	if !top.mutable || top.value != 0x7f || uint64(top.init) > c.m.memories[0].min<<16 {
		return false
	}
	size, what, d := uint64(top.init), "its stack", c.m.data
	before := d.some && d.from >= size
	sure := before || c.m.mentions("__stack_pointer") || c.m.customs["target_features"]
	if d.some && !before {
		if d.to >= size {
			return false
		}
		size, what = size-d.to, "its stack and variables that begin as zero"
	}
	if size < largeStack {
		return false
	}
	text := fmt.Sprintf("sets aside %s of its memory for %s", sidecar.Size(size).Rounded(), what)
	if pages := c.m.memories[0].min; !sure {
		if size <= pages<<16/2 {
			return false
		}
		text = fmt.Sprintf("most of the %d pages of its memory hold nothing when it starts: a large stack, perhaps", pages)
	}
	c.warn(text, "ask for less: "+stackHint.of(c.lang))
	return true
}
