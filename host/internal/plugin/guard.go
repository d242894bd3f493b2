package plugin

import (
	"context"
	"time"
)

// A guard bounds the computation of one call into a guest. It is the only
// place that knows how: today wazero's own interruption, a goroutine per call
// that is woken when the context ends and closes the module at the guest's next
// loop head. A budget of instructions is to take its place.
//
// A guard belongs to one instance, and is used by one goroutine at a time.
type guard struct {
	ctx    *callContext
	cancel context.CancelFunc
	timer  *time.Timer
}

// A callContext is the context of every call into one instance. Host functions
// find their instance by its type, without a look-up.
type callContext struct {
	context.Context
	inst *instance
}

// Value returns nothing: wazero asks for experimental features on every call.
func (*callContext) Value(any) any { return nil }

func newGuard(inst *instance) *guard {
	ctx, cancel := context.WithCancel(context.Background())
	g := &guard{ctx: &callContext{ctx, inst}, cancel: cancel}
	g.timer = time.AfterFunc(time.Hour, cancel)
	g.timer.Stop()
	return g
}

// enter starts the clock of one call.
func (g *guard) enter(limit time.Duration) { g.timer.Reset(limit) }

// leave stops it, and reports whether the call used up its limit. The instance
// is then being closed, even if the call returned.
func (g *guard) leave() (exceeded bool) { return !g.timer.Stop() }

// close releases the guard's resources.
func (g *guard) close() {
	g.timer.Stop()
	g.cancel()
}
