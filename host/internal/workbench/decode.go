package workbench

import (
	"fmt"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A param is one argument of a host function, as its author thinks of it: a
// pointer with its length is one.
type param struct {
	name string
	take func(c *plugin.HostCall, at int) any
	wide bool // it is a pointer and a length
}

func named(name string) param   { return param{name, takeName, true} }   // an id, a topic, a key
func content(name string) param { return param{name, takeText, true} }   // what may be anything
func sealed(name string) param  { return param{name, takeSealed, true} } // never shown
func room(name string) param    { return param{name, takeLen, true} }    // a buffer to be filled
func signed(name string) param  { return param{name, takeSigned, false} }
func unsigned(name string) param {
	return param{name, func(c *plugin.HostCall, at int) any { return uint32(c.Params[at]) }, false}
}
func flags(name string) param {
	return param{name, func(c *plugin.HostCall, at int) any {
		if names := flagNames(uint32(c.Params[at]), insertFlags); names != nil && uint32(c.Params[at])&^(abi.Overwrite|abi.Revive) == 0 {
			return names
		}
		return uint32(c.Params[at])
	}, false}
}
func level(name string) param {
	return param{name, func(c *plugin.HostCall, at int) any { return levelName(abi.Level(int32(c.Params[at]))) }, false}
}

// signatures are the host functions of abi/SPEC.md, by name; log is not among
// them: its line is shown instead.
var signatures = map[string][]param{
	"session_get":       {named("id"), room("cap")},
	"session_insert":    {named("id"), sealed("session"), signed("ttl_ms"), flags("flags")},
	"session_remove":    {named("id")},
	"session_replay":    {},
	"message_publish":   {named("topic"), named("key"), content("data")},
	"message_request":   {named("topic"), named("node"), content("data"), room("cap"), unsigned("timeout_ms")},
	"message_reply":     {content("data")},
	"message_subscribe": {named("topic")},
	"kv_get":            {named("key"), room("cap")},
	"kv_put":            {named("key"), content("value"), signed("ttl_ms")},
	"kv_delete":         {named("key")},
	"metric_add":        {named("name"), signed("value")},
	"metric_set":        {named("name"), signed("value")},
	"config_get":        {room("cap")},
	"state_read":        {unsigned("offset"), room("cap")},
	"event_read":        {unsigned("offset"), room("cap")},
	"node_id":           {room("cap")},
	"log_enabled":       {level("level")},
	"time_now":          {},
	"random_fill":       {room("len")},
}

// deedOf describes a call of a host function by what it is given.
func deedOf(c *plugin.HostCall) Deed {
	d := Deed{Call: c.Function}
	at := 0
	for _, p := range signatures[c.Function] {
		if value := p.take(c, at); value != nil {
			d.Args = append(d.Args, Arg{p.name, value})
		}
		at++
		if p.wide {
			at++
		}
	}
	return d
}

// ended adds how the call ended.
func ended(d *Deed, c *plugin.HostCall) {
	if d.Trapped = c.Trapped; c.Trapped {
		return
	}
	result := c.Result
	d.Result = &result
	if result < 0 || !counts[c.Function] {
		d.Code = abi.Code(result).String()
	}
}

// counts are the functions whose result is a number where it is no failure.
var counts = map[string]bool{
	"session_get": true, "session_replay": true, "message_request": true, "kv_get": true, "config_get": true,
	"state_read": true, "event_read": true, "node_id": true, "log_enabled": true, "time_now": true,
}

// view returns what the pointer and the length at an index point to; false
// where that is outside of memory.
func view(c *plugin.HostCall, at int) ([]byte, bool) {
	ptr, n := uint32(c.Params[at]), uint32(c.Params[at+1])
	if n == 0 {
		return nil, true
	}
	b := c.Memory(ptr, n)
	return b, b != nil
}

func outside(c *plugin.HostCall, at int) string {
	return fmt.Sprintf("%d bytes at 0x%x, outside of memory", uint32(c.Params[at+1]), uint32(c.Params[at]))
}

func takeName(c *plugin.HostCall, at int) any {
	b, ok := view(c, at)
	switch {
	case !ok:
		return outside(c, at)
	case len(b) > abi.MaxID:
		return fmt.Sprintf("%s… (%d bytes)", printable(b[:32]), len(b))
	}
	return printable(b)
}

func takeText(c *plugin.HostCall, at int) any {
	b, ok := view(c, at)
	switch {
	case !ok:
		return outside(c, at)
	case shown(b) != "":
		return shown(b)
	}
	return fmt.Sprintf("(%d bytes)", len(b))
}

func takeSealed(c *plugin.HostCall, at int) any {
	b, ok := view(c, at)
	switch {
	case !ok:
		return outside(c, at)
	case session.IsSealed(b):
		return fmt.Sprintf("(%d bytes, sealed)", len(b))
	}
	return fmt.Sprintf("(%d bytes, in clear)", len(b))
}

func takeLen(c *plugin.HostCall, at int) any {
	if _, ok := view(c, at); !ok {
		return outside(c, at)
	}
	return uint32(c.Params[at+1])
}

func takeSigned(c *plugin.HostCall, at int) any { return int64(c.Params[at]) }
