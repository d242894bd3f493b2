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
		c.problem("does not export its memory, through which the host reads and writes what it passes", `export it as "memory" (wasm-ld does so, unless --import-memory is given; in WAT: (memory (export "memory") 1))`)
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
		c.problem(fmt.Sprintf("starts with %d pages of memory (%s), and the limit is %d pages (%s)", l.min, bytesOf(l.min).Rounded(), limit, bytesOf(limit).Rounded()), "ask for less (a smaller stack: "+c.lang.stack()+"), or give it more: memory = \""+roundUp(bytesOf(l.min)).String()+"\" in "+c.sidecarName())
		return false
	}
	if l.min > largeMemory {
		c.warn(fmt.Sprintf("starts with %s of memory, which every instance takes", bytesOf(l.min).Rounded()), "ask for less: "+c.lang.stack())
	}
	switch {
	case !l.hasMax:
		c.warn(fmt.Sprintf("sets no maximum for its memory: it can grow up to the limit, %s", bytesOf(limit).Rounded()), c.lang.maximum())
	case l.max > limit:
		c.warn(fmt.Sprintf("may grow its memory to %s by its own account, and the limit is %s: growth beyond it fails", bytesOf(l.max).Rounded(), bytesOf(limit).Rounded()), "")
	}
	return true
}

func bytesOf(pages uint64) sidecar.Size { return sidecar.Size(pages << 16) }

// roundUp returns s in whole MiB, as a sidecar would have it.
func roundUp(s sidecar.Size) sidecar.Size { return (s + sidecar.MiB - 1) / sidecar.MiB * sidecar.MiB }

// stack says how to build with a smaller stack, the usual reason of a large
// memory.
func (l language) stack() string {
	switch l {
	case rust:
		return "-C link-args=-zstack-size=65536"
	case zig:
		return "--stack 65536"
	case goLang:
		return "large global arrays are in it"
	case assemblyScript:
		return "--initialMemory 1"
	}
	return "-Wl,-z,stack-size=65536"
}

// maximum says how to give a memory a maximum.
func (l language) maximum() string {
	switch l {
	case goLang:
		return "Go has no option for it; the sidecar's memory limits it"
	case rust:
		return "-C link-args=--max-memory=BYTES, or leave it to the sidecar's memory"
	case zig:
		return "--max-memory=BYTES, or leave it to the sidecar's memory"
	case assemblyScript:
		return "--maximumMemory PAGES, or leave it to the sidecar's memory"
	case cPlusPlus:
		return "-Wl,--max-memory=BYTES, or leave it to the sidecar's memory"
	}
	return "give it one, or leave it to the sidecar's memory"
}
