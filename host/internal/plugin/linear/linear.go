// Package linear keeps the linear memory of WebAssembly instances in mappings
// of their own, outside of the Go heap: an instance costs the garbage collector
// nothing, grows without moving, and gives its memory back to the system when
// it is closed, not at some later collection.
//
// Allocator.Instantiate takes the place of wazero's InstantiateModule. It
// reserves the address space of the largest memory that the instance may come
// to have, and commits what the module starts with; memory.grow commits more,
// in place, so that views of the memory stay valid. Where the system has no
// more, growing fails in the guest (memory.grow gives -1) and instantiating
// fails with an error. On systems without mmap the memory is a Go slice, with
// the same limits and the same accounts, but it moves when it grows.
//
// # Drain before closing
//
// Closing an instance unmaps its memory. Whoever then reads or writes it, a
// guest that still runs on another goroutine or a view that api.Memory.Read
// gave earlier, gets a SIGSEGV that Go can't recover from, which ends the process
// with all its connections; or, where the address has been mapped again, it meets
// another instance's memory. So:
//
//   - Close an instance, its runtime too, only after the last call into it has
//     returned and while none can start. A call returns after a trap, an
//     exhausted budget or a deadline like any other; wait for that.
//   - A host function that closes the instance that called it must panic then, as
//     WASI's proc_exit does, and not return to a guest without memory. With
//     WithCloseOnContextDone, a call into the guest from within a host function is
//     such a closing when it is too late.
//   - After any failed call take the memory for gone: proc_exit and a context's end
//     close the instance before the call returns.
//   - Copy what a view shows before the instance can be closed, and ask a
//     closed instance's api.Memory for nothing but its size.
//   - Never import the memory, or share a table, of an instance that was made
//     here: the other module does not keep it open. With one runtime per plugin
//     and host functions for all imports, no module can ask for it.
//
// The package does not detect a violation, because a counter in each call would
// cost as much as the call.
package linear

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// ErrLimit is returned by Instantiate where a module starts with more memory
// than the allocator's limit.
var ErrLimit = errors.New("more memory than allowed")

// ErrExhausted is returned by Instantiate where the system did not give the
// memory, or the address space, that a module starts with. It may do so later.
var ErrExhausted = errors.New("out of memory")

// An Allocator makes instances with memory of their own, each within a limit.
// Its fields must not change once it is used; then all its methods may be called
// concurrently. The zero value limits by the module's own maximum and counts
// nothing.
type Allocator struct {
	// Limit is the most bytes of memory that one instance may have; 0 leaves it
	// to the module's maximum, which is 4 GiB at most. A part of a WebAssembly
	// page (64 KiB) does not count. Address space is reserved up to here.
	Limit uint64

	// Account counts what this allocator's instances have. Several allocators
	// may have the same one. It may be nil.
	Account *Account

	reserve func(size uint64) (space, error) // nil: the system's; tests put failures here
}

// An Instance is a module whose memory is released when it is closed, and not
// before: the garbage collector does not do it. What wazero wants as its own type
// (package experimental does in places) is in Module.
type Instance struct {
	api.Module
	memory *memory // nil: it has none of its own
}

// Instantiate does what runtime.InstantiateModule does, with the instance's
// memory in a mapping. Closing the instance, or the runtime, releases it; the
// package's documentation says what must have ended before.
//
// Unlike InstantiateModule it leaves no memory behind where instantiating fails
// (wazero does not free what an allocator gave when a data segment is out of
// bounds or the start section traps), and it panics neither for want of memory
// nor otherwise: the error is then ErrExhausted, ErrLimit, or says what wazero
// panicked with.
func (a *Allocator) Instantiate(ctx context.Context, runtime wazero.Runtime, compiled wazero.CompiledModule, config wazero.ModuleConfig) (instance *Instance, err error) {
	r := &request{allocator: a}
	done := false
	defer func() {
		if p := recover(); p != nil {
			err = r.failure(p)
		}
		if !done { // an error, a panic, or the goroutine's end
			r.memory.Free()
		}
	}()
	mod, err := runtime.InstantiateModule(experimental.WithMemoryAllocator(ctx, r), compiled, config)
	if err == nil {
		err = r.memory.refusal()
	}
	if err != nil {
		if mod != nil {
			_ = mod.Close(ctx) // it has nothing to add to err
		}
		return nil, err
	}
	done = true
	return &Instance{Module: mod, memory: r.memory}, nil
}

// Close is CloseWithExitCode with exit code 0.
func (i *Instance) Close(ctx context.Context) error { return i.CloseWithExitCode(ctx, 0) }

// CloseWithExitCode closes the module and releases its memory. It releases it
// also where wazero's own Close does nothing, because wazero has marked the
// instance as closed when its context ended, in a call that then trapped.
// Closing again does nothing.
func (i *Instance) CloseWithExitCode(ctx context.Context, exitCode uint32) error {
	err := i.Module.CloseWithExitCode(ctx, exitCode)
	i.memory.Free()
	return err
}

// A request is what one instantiation asks for memory. It asks once: a module
// has one memory at most.
type request struct {
	allocator *Allocator
	memory    *memory // nil until asked
}

// Allocate implements experimental.MemoryAllocator. It never returns nil, which
// wazero would dereference: the memory of a failed reservation refuses all bytes.
func (r *request) Allocate(_, max uint64) experimental.LinearMemory {
	r.memory = r.allocator.newMemory(max)
	return r.memory
}

// failure is the error for what InstantiateModule panicked with. Where the memory
// was refused, it is that: wazero slices a refused minimum, which is out of range.
func (r *request) failure(p any) error {
	if err := r.memory.refusal(); err != nil {
		return err
	}
	return fmt.Errorf("wazero panicked while it instantiated the module: %v", p)
}
