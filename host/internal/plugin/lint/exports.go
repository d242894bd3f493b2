package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/lint/spelling"
)

const initialize, start = "_initialize", "_start"

// maxCompared is the number of exports without a use that are looked at for
// misspelt hooks.
const maxCompared = 1000

// exported finds the export of a name.
func (c *checker) exported(name string) (wasmExport, bool) {
	for _, e := range c.m.exports {
		if string(e.name) == name {
			return e, true
		}
	}
	return wasmExport{}, false
}

// command reports whether the module is a program to be run once.
func (c *checker) command() bool {
	if _, ok := c.exported(start); !ok {
		return false
	}
	for _, g := range abi.GuestExports() {
		if _, ok := c.exported(g.Name); ok {
			return false
		}
	}
	return true
}

// exports judges every export, and what is missing among them.
func (c *checker) exports() {
	found := map[string]bool{}
	for _, e := range c.m.exports {
		found[string(e.name)] = true
	}
	needsBuffer := ""
	var names []string
	for _, g := range abi.GuestExports() {
		names = append(names, g.Name)
		if !found[g.Name] || !c.guestFunction(g.Name, g.Type) {
			c.intent = c.intent || found[g.Name] && g.Hook
			continue
		}
		if g.Hook {
			c.Hooks = append(c.Hooks, g.Name)
		}
		if g.Event && needsBuffer == "" {
			needsBuffer = g.Name
		}
	}
	if found[initialize] {
		c.guestFunction(initialize, abi.Signature{})
	}
	misspelt := c.misspelt(found, names)
	switch {
	case len(c.Hooks) > 0 || c.intent:
	case c.command():
		c.problem("is a command, to be run once: it exports _start and no hook", reactorHint.of(c.lang))
	default:
		hint := "export one or more of " + strings.Join(hooks(), ", ") + ": " + c.lang.export("on_session_insert")
		if c.lang == zig {
			hint += ", and build with -rdynamic"
		}
		c.problem("exports no hook: the host would never call it", hint)
	}
	if needsBuffer != "" && !found["event_buffer"] && !misspelt["event_buffer"] {
		c.problem("exports "+needsBuffer+" without event_buffer, which says where the host is to write events", bufferHint.of(c.lang))
	}
	if found["event_buffer"] {
		c.buffer()
	}
	c.suspicious(found)
	c.linked(found)
}

// guestFunction judges an export that the host would call, and reports whether
// it can.
func (c *checker) guestFunction(name string, want abi.Signature) bool {
	e, _ := c.exported(name)
	if e.kind != kindFunc {
		c.problem(fmt.Sprintf("exports %s as a %s, and it has to be a function %s", name, kindName(e.kind), wat(want)), "export the function, not a variable or pointer of that name")
		return false
	}
	have := c.m.types[c.m.funcs[e.index]]
	if have.is(want) {
		return true
	}
	hint := "the types have to be the same, to the bit width"
	if d := c.lang.declare(name, want); d != "" {
		hint = "declare it as " + d
	}
	c.problem(fmt.Sprintf("exports %s as %s, and it has to be %s", name, have, wat(want)), hint)
	return false
}

// misspelt names exports that were meant to be called by the host and would
// not be. A name like one that is there as well may be the module's own.
func (c *checker) misspelt(found map[string]bool, names []string) map[string]bool {
	meant := map[string]bool{}
	compared := 0
	for _, e := range c.m.exports {
		name := string(e.name)
		if c.known[name] || name == start {
			continue
		}
		if compared++; compared > maxCompared {
			break
		}
		near, hint := spelling.Closest(name, names), ""
		if inner := demangled(name); c.hookOrLife(inner) {
			near, hint = inner, mangledHint(inner)
		}
		switch {
		case near != "" && !found[near]:
			meant[near] = true
			c.intent = c.intent || strings.HasPrefix(near, "on_")
			if hint == "" {
				hint = c.lang.rename(near)
			}
			c.problem("exports "+plain(name)+", which the host does not know: did you mean "+near+"?", hint)
		case near != "":
			c.warn("exports "+plain(name)+" besides "+near+": the host does not call it", "")
		case e.kind == kindFunc && (strings.HasPrefix(name, "on_") || strings.HasPrefix(name, "plugin_")):
			c.warn("exports "+plain(name)+", which is no hook of "+abi.Module+": the host does not call it", "the hooks are "+strings.Join(hooks(), ", "))
		}
	}
	return meant
}

// suspicious warns of combinations that load and do not do what was meant.
func (c *checker) suspicious(found map[string]bool) {
	imported := map[string]bool{}
	for _, i := range c.m.imports {
		if string(i.module) == abi.Module {
			imported[string(i.name)] = true
		}
	}
	switch {
	case !found[start] || len(c.Hooks) == 0:
	case !found[initialize] && (c.lang == goLang || c.lang == tinyGo):
		c.problem("exports _start besides its hooks and no _initialize: it is a command, and its runtime would not be set up when a hook is called", startHint.of(c.lang))
	default:
		c.warn("exports _start besides its hooks: the host never calls it, and what it sets up is missing", startHint.of(c.lang))
	}
	if found["asyncify_start_unwind"] {
		c.warn("was built with asyncify, which makes each event cost a hundred times as much", asyncifyHint.of(c.lang))
	}
	if found["on_session_miss"] && !imported["session_insert"] {
		c.warn("exports on_session_miss without importing session_insert, with which it would supply the session", "")
	}
	if found["on_message"] && !imported["message_subscribe"] {
		c.warn("exports on_message without importing message_subscribe: nothing will arrive", "subscribe in plugin_start")
	}
	if found["plugin_restore"] && !imported["state_read"] {
		c.warn("exports plugin_restore without importing state_read, with which it would read the state", "")
	}
	if found["plugin_save"] != found["plugin_restore"] {
		c.warn("exports one of plugin_save and plugin_restore: state survives a reload with both", "")
	}
}

// hookOrLife reports whether the host calls an export of that name.
func (c *checker) hookOrLife(name string) bool {
	return name != "memory" && c.known[name]
}

// demangled returns the name of a C++ function in no namespace; "" for any
// other export.
func demangled(name string) string {
	rest, ok := strings.CutPrefix(name, "_Z")
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	n, err := strconv.Atoi(rest[:digits])
	if !ok || err != nil || n > len(rest)-digits {
		return ""
	}
	return rest[digits : digits+n]
}

func hooks() []string {
	var names []string
	for _, g := range abi.GuestExports() {
		if g.Hook {
			names = append(names, g.Name)
		}
	}
	return names
}

func signature(export string) abi.Signature {
	for _, g := range abi.GuestExports() {
		if g.Name == export {
			return g.Type
		}
	}
	return abi.Signature{}
}
