// Package meter gives a WebAssembly module a budget of instructions, by
// rewriting it: the compiled code of the runtime cannot be stopped from
// outside, neither by the Go scheduler nor, at a bearable price, by the runtime
// itself.
//
// # What the rewritten module does
//
// The budget is a 64-bit global behind those of the module. No code, export or
// import of the original can reach it, nor the helper functions behind the
// original's: every index of a type, function or global is checked to be the
// original's own. The host reads and writes it through the export FuelExport.
// Fuel is taken at the entry of every function and at the head of every loop,
// by the number of instructions up to the next such place; larger parts that
// are run only on some condition pay for themselves when they are reached.
// When the fuel is negative at the entry of a function or the head of a loop,
// before a call that may leave the module or before a bulk operation, the
// module traps with unreachable, which the host tells from the guest's own by
// the negative fuel: see Spent. What runs until then is at most a part of one
// function, without its loops and calls.
//
// An instruction costs 1, and block, loop, else and end nothing. More cost
//
//   - loops, functions: 1 in addition
//   - calls, branches and blocks that move more than 16 values, and functions
//     with more than 16 locals: 1 for each above 16
//   - memory.grow, table.grow, ref.func: 32; memory.fill, copy and init and
//     table.fill, copy and init: 8
//   - memory.fill, copy and init: 1 for 2 bytes of their length: they are fast, but
//     nothing else runs meanwhile
//   - memory.grow: 8192 for each page, up to Options.MaxPages; more always fail
//   - table.fill, copy, init and grow: 1 for each entry
//
// taken before the operation, which is refused if that is more than is left.
// A direct call of a function of the host costs 100 in addition; what the
// function itself does, the host has to charge for.
//
// The start function is taken out of the module, because it would run before
// the host can set the budget. The host calls the export StartExport instead,
// before anything else and before reactors' _initialize. Passive, active and
// declared segments are applied at instantiation as before; their size is
// bounded by the module's.
//
// # What is accepted
//
// Everything that wazero accepts with api.CoreFeaturesV2: WebAssembly 1.0,
// mutable globals, multiple values, sign extension (i32.extend8_s to
// i64.extend32_s), saturating conversions (i32.trunc_sat_f32_s to
// i64.trunc_sat_f64_u), bulk memory and table operations (memory.init, copy and
// fill, data.drop, table.init and copy, elem.drop), reference types (ref.null,
// ref.is_null, ref.func, select with a type, table.get, set, grow, size and
// fill, several tables), and 128-bit vectors (v128.load to
// f64x2.convert_low_i32x4_u). Tail calls, exceptions, threads, typed function
// references, garbage collection, relaxed vectors, wide arithmetic, extended
// constant expressions, several memories and 64-bit addresses are refused by
// name with ErrUnsupported.
//
// Apart from that, and from the limits in limits.go, the runtime accepts the
// result exactly when it accepts the original. Three things that it takes in
// spite of the specification are refused: vector instructions whose number
// isn't in its shortest form, because it reads another instruction than is
// written; tables whose type isn't one of references; and unfinished sections
// at the very end. The package does not check
// types: that stays with the runtime, and the inserted code doesn't change the
// outcome.
//
// What it does check is what the runtime's decoder and compiler allocate for,
// or work on, without looking: numbers of elements that the module doesn't
// have, locals by the billion, functions that take hours to compile. So no
// module may reach the runtime that hasn't been through Rewrite.
//
// Names of functions stay true. Sections that refer to offsets in the code are
// left out (DWARF, source maps, branch hints), and so are empty ones and name
// sections that are broken or huge; Module.Dropped lists them.
//
// # Use
//
// Rewrite is a pure function, and safe for concurrent use. A module's hash and
// signature are those of the original.
package meter

import "fmt"

const (
	// ReservedPrefix begins the names of the exports that are added. A module
	// that exports such a name itself is refused.
	ReservedPrefix = "sesshook:"

	// FuelExport is the exported global, a mutable i64, that holds what is left
	// of the budget. It is 0 until the host sets it: nothing can be called.
	FuelExport = ReservedPrefix + "fuel"

	// StartExport is the exported function, without parameters and results,
	// that calls the start function of the original. It exists if
	// Module.HasStart.
	StartExport = ReservedPrefix + "start"
)

// A Module is a rewritten module and what the host has to know of it.
type Module struct {
	Bytes []byte // of the new module; the caller's

	// HasStart is whether the original has a start function. The host has to
	// call StartExport once, after it has set the budget and before it calls
	// anything else.
	HasStart bool

	// Dropped are the names of the custom sections that are left out, in the
	// order of the original.
	Dropped []string

	// CompileWork is what Options.MaxCompileWork limits.
	CompileWork uint64

	Memory  *Limits  // nil is none, in pages of 64 KiB
	Tables  []Limits // imported ones first, in entries of 8 bytes
	Entries uint64   // of the module's own tables at the start, and its element segments
}

// Limits are those that a module announces for a memory or a table.
type Limits struct {
	Min      uint32
	Max      uint32 // only if HasMax
	HasMax   bool
	Imported bool
}

// Rewrite returns the metered form of a WebAssembly module in the binary
// format, as the package doc describes it. Its time and memory are linear in
// the module's size; the original isn't changed or kept.
//
// Errors are of type *Error, and one of ErrMalformed, ErrUnsupported,
// ErrReserved and ErrLimit. A module without errors may still be invalid, which
// the runtime finds out.
func Rewrite(original []byte, opts Options) (*Module, error) {
	m := &module{opts: opts.withDefaults(), start: -1}
	if len(original) > m.opts.MaxBytes {
		what := fmt.Sprintf("%d bytes, at most %d are accepted", len(original), m.opts.MaxBytes)
		return nil, &Error{Kind: ErrLimit, Offset: m.opts.MaxBytes, What: what}
	}
	if err := m.decode(original); err != nil {
		return nil, err
	}
	m.info.HasStart = m.start >= 0
	m.info.Entries = m.entries
	m.info.Bytes = m.assemble(original)
	return &m.info, nil
}

// Spent says what a call has used of its budget, from the value of the fuel
// global after it. used is at most the budget, and exhausted is whether there
// was no more: then a trap is due to that. A call that ends normally although
// exhausted crossed the line within its last few instructions, and its results
// are good.
func Spent(budget int64, fuel uint64) (used int64, exhausted bool) {
	left := int64(fuel)
	if left < 0 {
		return budget, true
	}
	return budget - left, false
}
