package plugin

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/abi"
)

// A hostFunc answers one import. Parameters are read from the call, which also
// takes the result. What panics here is the guest's trap.
type hostFunc func(c *call) abi.Code

// A call is one call of a host function, for as long as it takes. An instance has
// one at a time, and keeps it, so that none is allocated.
type call struct {
	*instance
	params []uint64
}

// hostFuncs are the functions that return a result code or a length. log,
// log_enabled and time_now return something else, and stand apart.
var hostFuncs = map[string]hostFunc{
	"session_get":       sessionGet,
	"session_insert":    sessionInsert,
	"session_remove":    sessionRemove,
	"session_replay":    sessionReplay,
	"message_publish":   messagePublish,
	"message_request":   messageRequest,
	"message_reply":     messageReply,
	"message_subscribe": messageSubscribe,
	"kv_get":            kvGet,
	"kv_put":            kvPut,
	"kv_delete":         kvDelete,
	"metric_add":        metricAdd,
	"metric_set":        metricSet,
	"config_get":        configGet,
	"state_read":        stateRead,
	"event_read":        eventRead,
	"node_id":           nodeID,
	"random_fill":       randomFill,
	"log_enabled":       logEnabled,
}

// instantiateHost offers every function of the ABI to the guests of r. Which of
// them a module may import was decided when it was checked.
func instantiateHost(ctx context.Context, r wazero.Runtime, trace *Trace) error {
	b := r.NewHostModuleBuilder(abi.Module)
	for _, f := range abi.HostFunctions() {
		var fn api.GoModuleFunction
		switch f.Name {
		case "log":
			fn = api.GoModuleFunc(logLine)
		case "time_now":
			fn = api.GoModuleFunc(timeNow)
		default:
			fn = answer(f.Phase, costs[f.Name], hostFuncs[f.Name])
		}
		if trace != nil {
			fn = tracedFunc(trace, f, fn)
		}
		b.NewFunctionBuilder().WithGoModuleFunction(fn, valueTypes(f.Type.Params), valueTypes(f.Type.Results)).Export(f.Name)
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("offer the host functions: %w", err)
	}
	return nil
}

// answer is fn as wazero calls it: refused outside of its phases, and paid for.
func answer(phases abi.Phase, cost int64, fn hostFunc) api.GoModuleFunc {
	return func(ctx context.Context, mod api.Module, stack []uint64) {
		i := caller(ctx, mod)
		if i.phase&phases == 0 {
			stack[0] = result(abi.Unsupported)
			return
		}
		i.owed = cost
		i.hostCall = call{i, stack}
		stack[0] = result(fn(&i.hostCall))
		if i.owed >= smallChange {
			i.guard.charge(i.owed) // once, behind the work: that of one call is bounded
		}
	}
}

// caller returns the instance that calls. Within the module's start function
// it does not know its memory yet.
func caller(ctx context.Context, mod api.Module) *instance {
	i := ctx.(*callContext).inst
	if i.mem == nil {
		i.mem = mod.Memory()
	}
	return i
}

// smallChange is what is not worth charging for: the meter has charged more for
// the call itself.
const smallChange = 64

// result is a code as an i32 on wazero's stack.
func result(c abi.Code) uint64 { return uint64(uint32(c)) }

func valueTypes(types []abi.ValueType) []api.ValueType {
	all := make([]api.ValueType, len(types))
	for i, t := range types {
		all[i] = api.ValueType(t)
	}
	return all
}

// u32 returns parameter n.
func (c *call) u32(n int) uint32 { return uint32(c.params[n]) }

// bytes returns a view of the guest's memory, by the pointer that is parameter
// n and the length that follows it. The view is valid until the guest runs
// again; what is outside of memory traps. No bytes may be anywhere: languages
// point nowhere in particular with an empty slice.
func (c *call) bytes(n int) []byte {
	view := c.room(n)
	c.owed += int64(len(view)) / 16
	return view
}

// room is bytes for what is to be written to, of which only that is paid for.
func (c *call) room(n int) []byte {
	if c.u32(n+1) == 0 {
		return nil
	}
	view, ok := c.mem.Read(c.u32(n), c.u32(n+1))
	if !ok {
		c.badPointer = true
		panic(errBadPointer) // wazero makes a trap of it
	}
	return view
}

// reply copies value to the buffer whose pointer is parameter n, and whose
// capacity follows it, if it fits; the result is its length in any case.
func (c *call) reply(n int, value []byte) abi.Code {
	buf := c.room(n)
	c.owed += int64(len(value)) / 16
	if len(value) <= len(buf) {
		copy(buf, value)
	}
	return abi.Code(len(value))
}
