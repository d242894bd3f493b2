package meter

// The limits of a module. Except where noted they are those that the browsers
// share (WebAssembly JavaScript Interface, "Implementation-defined limits"), so
// that no tool chain makes modules that exceed them. They exist because the
// runtime decodes a module before it judges it, and each byte of a hostile
// module can stand for several hundred bytes of host memory.
const (
	maxTypes     = 1_000_000
	maxFunctions = 1_000_000 // imported ones included
	maxImports   = 1_000_000
	maxExports   = 1_000_000
	maxGlobals   = 1_000_000 // imported ones included
	maxTables    = 100_000   // imported ones included
	maxSegments  = 100_000   // of data, and of elements
	maxParams    = 1_000
	maxResults   = 1_000
	maxLocals    = 50_000 // of one function, without its parameters
	maxBody      = 7_654_321
	maxBrTable   = 65_520 // V8's

	// maxAllLocals bounds the locals of all functions together, which the
	// runtime stores one by one although a module can announce 50,000 in four
	// bytes. A module of 32 MiB made by a compiler stays below a third of it.
	maxAllLocals = 1 << 23

	// maxValues bounds what one function is to the runtime's compiler, in values:
	// each local in each basic block, and each mutable global at each call. It
	// takes up to 250 bytes and 5 microseconds for one.
	maxValues = 1 << 22

	// maxNames is how many names the name section may hold before it is left
	// out of the result. The section is for people; it is never refused.
	maxNames = 1_000_000
)

const (
	// DefaultMaxBytes is how large a module may be by default: 32 MiB.
	DefaultMaxBytes = 32 << 20

	// DefaultMaxTableEntries is the default of Options.MaxTableEntries. An
	// entry takes 8 bytes of host memory, so that tables take 80 MB at most.
	DefaultMaxTableEntries = 10_000_000

	// DefaultMaxCompileWork is the default of Options.MaxCompileWork.
	DefaultMaxCompileWork = 4_000_000_000
)

// Options are the limits that depend on the host. The zero value is the
// documented defaults.
type Options struct {
	// MaxBytes is how large the original module may be, in bytes. 0 is
	// DefaultMaxBytes. The result can be four times as large when the module is
	// made for that; the modules of compilers grow by a tenth or two.
	MaxBytes int

	// MaxPages is how many pages of 64 KiB the host lets a memory have. To grow
	// by more fails, and costs nothing. 0 is 65536, which is all there can be.
	MaxPages uint32

	// MaxTableEntries is how many entries the module's own tables and element
	// segments may hold together, at the start and by table.grow, which answers
	// -1 beyond. 0 is DefaultMaxTableEntries. The limit of linear memory does
	// not cover tables, and the runtime has no other.
	MaxTableEntries uint32

	// MaxCompileWork is how much work the module may be to compile, in units of
	// about 10 ns. 0 is DefaultMaxCompileWork. The runtime's compiler cannot be
	// stopped within a function, and its time grows with the square of a
	// function's basic blocks, and with blocks times locals: a module of 400 kB
	// can take it hours. What is counted for each function is blocks * blocks +
	// 100 * (blocks * locals + calls * mutable globals). A Go program of 3.5 MB
	// is 0.2 billion.
	MaxCompileWork uint64
}

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxPages == 0 || o.MaxPages > 65536 {
		o.MaxPages = 65536
	}
	if o.MaxTableEntries == 0 {
		o.MaxTableEntries = DefaultMaxTableEntries
	}
	if o.MaxCompileWork == 0 {
		o.MaxCompileWork = DefaultMaxCompileWork
	}
	return o
}
