package plugin

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/host/internal/meter"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// A guard bounds the computation of the calls into one instance: it sets the
// budget of instructions that the module was rewritten to carry (package
// meter), and reads what is left of it. It is used by one goroutine at a time.
type guard struct {
	fuel   api.MutableGlobal
	budget int64
}

// enter sets the budget of one call.
func (g *guard) enter(budget int64) {
	g.budget = budget
	g.fuel.Set(uint64(budget))
}

// leave reports what the call used, and whether it wanted more than its budget.
func (g *guard) leave() (used int64, exhausted bool) { return meter.Spent(g.budget, g.fuel.Get()) }

// charge takes n instructions for what a host function does, and ends the call
// where there are not as many left.
func (g *guard) charge(n int64) {
	left := int64(g.fuel.Get()) - n
	g.fuel.Set(uint64(left))
	if left < 0 {
		panic(errOutOfFuel) // wazero makes a trap of it, and the fuel says why
	}
}

// errOutOfFuel is what a host function traps with when the guest can't pay.
var errOutOfFuel = errors.New("out of fuel in a host function")

// costs are what host functions charge for themselves, in instructions, beside
// what they charge for the bytes that they are given. They follow what the work
// takes at some three instructions a nanosecond; a look-up is within what the call costs.
var costs = map[string]int64{
	"session_insert":  5000, // opens an envelope
	"session_remove":  1000,
	"session_replay":  5000,
	"kv_get":          500,
	"kv_put":          1000,
	"message_publish": 500,
	"message_request": 5000,
	"message_reply":   1000,
	"log":             2000, // writes a line
	"random_fill":     500,
}

// instructionsPerSecond translates a deadline into a budget. Compiled guests
// execute one to three instructions a nanosecond; taking one keeps a call
// within its deadline, and makes the budget the same on every machine.
const instructionsPerSecond = 1_000_000_000

// budgetOf returns the budget of a call of h: the fuel that the operator gives
// each call, or what h's deadline leaves time for, whichever is less.
func budgetOf(h hook, side *sidecar.Sidecar) int64 {
	switch h {
	case onMiss:
		return within(side.Fuel, side.MissDeadline)
	case onResume:
		return within(side.Fuel, side.ResumeDeadline)
	case initialize, pluginStart, eventBuffer, pluginSave, pluginRestore, pluginStop:
		return side.StartFuel
	}
	return within(side.Fuel, side.EventDeadline)
}

func within(fuel int64, deadline time.Duration) int64 {
	return min(fuel, int64(deadline.Seconds()*instructionsPerSecond))
}

// A callContext is the context of every call into one instance. Host functions
// find their instance by its type, without a look-up.
type callContext struct {
	context.Context
	inst *instance
}

// Value returns nothing: wazero asks for experimental features on every call.
func (*callContext) Value(any) any { return nil }
