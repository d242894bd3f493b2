package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// allocators are the names under which languages export functions that other
// hosts take memory from.
var allocators = []string{
	"malloc", "calloc", "realloc", "free", "alloc", "allocate", "dealloc", "deallocate", "__alloc", "__free", "wasm_alloc", "wasm_free",
	"__new", "__pin", "__unpin", "__collect", "cabi_realloc", "canonical_abi_realloc", "canonical_abi_free", "__wbindgen_malloc", "__wbindgen_free",
}

// largeDebug is the size of debug information, in bytes, from which on a module
// is asked whether it needs it, where it is most of the module.
const largeDebug = 32 << 10

// linked warns of what a toolchain was told to do, or not told.
func (c *checker) linked(found map[string]bool) {
	c.constructors(found)
	if len(c.m.functions.mismatched) > 0 {
		names := make([]string, len(c.m.functions.mismatched))
		for i, name := range c.m.functions.mismatched {
			names[i] = plain(name)
		}
		c.warn("calls "+list(names)+" as if of another type than it is: the linker made a trap of such a call", mismatchHint.of(c.lang))
	}
	c.allocator()
	c.unavailable()
	if c.lang == assemblyScript && c.m.asKeeps() {
		c.warn("was built with a runtime that never frees memory by itself: what a hook allocates and does not free itself stays, until there is no more and it traps", runtimeHint)
	}
	if size := int64(c.m.debug); size >= largeDebug && size >= c.Size/2 {
		c.warn(fmt.Sprintf("carries %s of debug information, %d%% of its size", sidecar.Size(size).Rounded(), 100*size/c.Size), "leave it out: "+debugHint.of(c.lang))
	}
}

// constructors warns where they don't run once, before everything else.
func (c *checker) constructors(found map[string]bool) {
	const all = "__wasm_call_ctors"
	switch {
	case found[start]: // of a command, they run once; and it is told that it is one
	case c.m.functions.wrapped || c.m.wrapped():
		c.warn("runs its constructors and destructors at each call, which is slower, and sets back what they set up: it was linked without the start file of a reactor", constructorHint.of(c.lang))
	case found[all] && !found[initialize]:
		c.warn("exports "+all+" and no "+initialize+": the host does not call its constructors", constructorHint.of(c.lang))
	}
}

// allocator warns of exports that take memory in other hosts. TinyGo has them
// whatever it is told.
func (c *checker) allocator() {
	var exported []string
	for _, e := range c.m.exports {
		if name := string(e.name); e.kind == kindFunc && slices.Contains(allocators, name) {
			exported = append(exported, name)
		}
	}
	if len(exported) > 0 && c.lang != tinyGo {
		c.warn("exports "+list(exported)+": the host takes no memory from a plugin; it writes events to event_buffer, and everything else to where a call says", allocatorHint.of(c.lang))
	}
}

// unavailable warns of functions of WASI that can only fail in a plugin. Those
// of Go are there whether they are used or not.
func (c *checker) unavailable() {
	if c.lang == goLang || c.lang == tinyGo {
		return
	}
	var names []string
	for _, i := range c.m.imports {
		name := string(i.name)
		if string(i.module) != wasiModule || wasiFunctions()[name].empty() {
			continue // none that the host offers
		}
		if strings.HasPrefix(name, "path_") || strings.HasPrefix(name, "sock_") || name == "fd_readdir" || name == "args_get" {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		c.warn("imports "+list(names)+" of WASI: a plugin has no files, no sockets and no arguments, so such calls fail", filesHint.of(c.lang))
	}
}
