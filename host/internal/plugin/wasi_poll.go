package plugin

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// instantiateWASI offers wasi_snapshot_preview1 to the guests of r, with a
// poll_oneoff of our own: wazero's goes through any number of subscriptions.
func instantiateWASI(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(wasi_snapshot_preview1.ModuleName)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	i32 := api.ValueTypeI32
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(pollOneoff), []api.ValueType{i32, i32, i32, i32}, []api.ValueType{i32}).Export("poll_oneoff")
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("offer WASI: %w", err)
	}
	return nil
}

// The records of WASI's poll_oneoff, in bytes, and error numbers.
const (
	subscriptionSize = 48
	pollEventSize    = 32

	errnoSuccess = 0
	errnoInval   = 28
	errnoNotsup  = 58
)

// pollOneoff is poll_oneoff(in, out, n, n_out). There are no files to wait for,
// and a guest does not sleep: its clocks are over at once.
func pollOneoff(ctx context.Context, mod api.Module, stack []uint64) {
	i := caller(ctx, mod)
	in, out, n := uint32(stack[0]), uint32(stack[1]), uint32(stack[2])
	if n == 0 || n > 1024 {
		stack[0] = errnoInval
		return
	}
	i.guard.charge(int64(n) * 100)
	subs, ok := i.mem.Read(in, n*subscriptionSize)
	events, ok2 := i.mem.Read(out, n*pollEventSize)
	if !ok || !ok2 || !i.mem.WriteUint32Le(uint32(stack[3]), n) {
		i.badPointer = true
		panic(errBadPointer)
	}
	for k := range int(n) {
		sub, ev := subs[k*subscriptionSize:], events[k*pollEventSize:]
		clear(ev[8:pollEventSize])
		copy(ev[:8], sub[:8]) // what the guest knows it by
		ev[10] = sub[8]       // what it is about: 0 is a clock
		if sub[8] != 0 {
			binary.LittleEndian.PutUint16(ev[8:], errnoNotsup)
		}
	}
	stack[0] = errnoSuccess
}
