package plugin

import (
	"context"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A Trace is told of every call, for the workbench: it is not for a host that
// serves. Its functions are called on the goroutine that runs the guest, while
// the guest waits; those of several instances at the same time.
type Trace struct {
	// Call is told of each call of a guest's export, once it has returned.
	Call func(GuestCall)
	// HostCall is told of each call of a host function, once it has returned.
	HostCall func(HostCall)
	// Begins is told of it before it is made, when the guest's memory is as the
	// guest left it; nil is nobody.
	Begins func(HostCall)
}

// A GuestCall is one call of an export.
type GuestCall struct {
	Plugin string
	Export string         // the name, or "start" of a module's start function
	Event  *session.Event // of a hook that was given one
	Arg    uint64         // what a hook without an event was given
	Result uint64         // where there was no fault
	Fault  error          // why the call did not return
	Kind   Result         // of Fault: trap, fuel, pointer, panic
	Fuel   int64          // instructions
	Took   time.Duration
}

// A HostCall is one call of a host function.
type HostCall struct {
	Plugin   string
	Function string
	Params   []uint64 // as wazero has them; valid until HostCall returns
	Result   int64    // of a function that has one
	Trapped  bool     // the call did not return: it ended the guest's
	// Memory returns a view of the guest's memory, nil where it is outside of it;
	// valid until HostCall returns.
	Memory func(ptr, n uint32) []byte
}

// tracedFunc is fn, with what it is told.
func tracedFunc(t *Trace, f abi.HostFunction, fn api.GoModuleFunction) api.GoModuleFunction {
	return api.GoModuleFunc(func(ctx context.Context, mod api.Module, stack []uint64) {
		i := ctx.(*callContext).inst
		params := append([]uint64(nil), stack[:len(f.Type.Params)]...)
		call := HostCall{Plugin: i.plugin.name, Function: f.Name, Params: params, Trapped: true, Memory: func(ptr, n uint32) []byte {
			view, _ := mod.Memory().Read(ptr, n)
			return view
		}}
		if t.Begins != nil {
			t.Begins(call)
		}
		defer func() { t.HostCall(call) }()
		fn.Call(ctx, mod, stack)
		call.Trapped = false
		switch {
		case len(f.Type.Results) == 0:
		case f.Type.Results[0] == abi.I64:
			call.Result = int64(stack[0])
		default:
			call.Result = int64(int32(stack[0]))
		}
	})
}

// traced tells the trace of a call that has just ended.
func (i *instance) traced(h hook, arg uint64, used int64, took time.Duration, f *fault) {
	call := GuestCall{Plugin: i.plugin.name, Export: h.export(), Event: i.delivered, Arg: arg, Result: i.stack[0], Fuel: used, Took: took}
	if h == startFunction {
		call.Export = "start"
	}
	if f != nil {
		call.Fault, call.Kind = f, f.result
	}
	i.plugin.manager.cfg.Trace.Call(call)
}
