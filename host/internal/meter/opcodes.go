package meter

// An immediate says what follows an instruction's opcode.
type immediate uint8

const (
	immUnknown immediate = iota // not an instruction of the accepted features
	immNone
	immIndex     // an index that the rewriter doesn't shift: local, table, segment
	immTwo       // two such indices
	immMemory    // alignment and offset
	immLane      // alignment, offset and a lane
	immByte      // a lane
	immZero      // the reserved memory index, one byte
	immZeroZero  // two of them
	immIndexZero // a segment and the reserved memory index
	immI32
	immI64
	imm4
	imm8
	imm16
	immBlock    // a block type
	immLabel    // a branch's target
	immLabels   // br_table
	immCall     // a function, called
	immFunction // a function, referred to
	immIndirect // a type and a table
	immGlobal
	immRefType
	immSelect // a vector of one value type
	immMisc   // the 0xfc prefix
	immVector // the 0xfd prefix
)

// Opcodes that the rewriter treats by name.
const (
	opUnreachable   = 0x00
	opBlock         = 0x02
	opLoop          = 0x03
	opIf            = 0x04
	opElse          = 0x05
	opEnd           = 0x0b
	opBr            = 0x0c
	opBrIf          = 0x0d
	opBrTable       = 0x0e
	opReturn        = 0x0f
	opCall          = 0x10
	opCallIndirect  = 0x11
	opLocalGet      = 0x20
	opGlobalGet     = 0x23
	opGlobalSet     = 0x24
	opMemoryGrow    = 0x40
	opI32Const      = 0x41
	opI64Const      = 0x42
	opI32LeU        = 0x4d
	opI64LtS        = 0x53
	opI64GtU        = 0x56
	opI64Add        = 0x7c
	opI64Sub        = 0x7d
	opI64Shl        = 0x86
	opI64ShrU       = 0x88
	opI64ExtendI32U = 0xad
	opRefNull       = 0xd0
	opRefFunc       = 0xd2

	opMemoryInit = 0x08 // after 0xfc
	opMemoryCopy = 0x0a
	opMemoryFill = 0x0b
	opTableInit  = 0x0c
	opTableCopy  = 0x0e
	opTableGrow  = 0x0f
	opTableFill  = 0x11
)

// Types, as a block's too.
const (
	typeI32    = 0x7f
	typeI64    = 0x7e
	blockI32   = typeI32
	blockEmpty = 0x40
)

// plain, misc and vector hold the immediates of the accepted instructions: by
// opcode, and by the number after the prefixes 0xfc and 0xfd. An instruction's
// absence is its refusal, and the package doc lists what is there.
var plain, misc, vector = immediates()

func immediates() (plain [256]immediate, misc [18]immediate, vector [256]immediate) {
	set := func(t []immediate, imm immediate, from, to int) {
		for i := from; i <= to; i++ {
			t[i] = imm
		}
	}
	p := plain[:]
	set(p, immNone, opUnreachable, 0x01) // and nop
	set(p, immBlock, opBlock, opIf)
	set(p, immNone, opElse, opElse)
	set(p, immNone, opEnd, opEnd)
	set(p, immLabel, opBr, opBrIf)
	set(p, immLabels, opBrTable, opBrTable)
	set(p, immNone, opReturn, opReturn)
	set(p, immCall, opCall, opCall)
	set(p, immIndirect, opCallIndirect, opCallIndirect)
	set(p, immNone, 0x1a, 0x1b) // drop, select
	set(p, immSelect, 0x1c, 0x1c)
	set(p, immIndex, opLocalGet, 0x22) // local.get to local.tee
	set(p, immGlobal, opGlobalGet, opGlobalSet)
	set(p, immIndex, 0x25, 0x26)  // table.get, table.set
	set(p, immMemory, 0x28, 0x3e) // i32.load to i64.store32
	set(p, immZero, 0x3f, opMemoryGrow)
	set(p, immI32, opI32Const, opI32Const)
	set(p, immI64, opI64Const, opI64Const)
	set(p, imm4, 0x43, 0x43)
	set(p, imm8, 0x44, 0x44)
	set(p, immNone, 0x45, 0xc4) // i32.eqz to i64.extend32_s
	set(p, immRefType, opRefNull, opRefNull)
	set(p, immNone, 0xd1, 0xd1) // ref.is_null
	set(p, immFunction, opRefFunc, opRefFunc)
	set(p, immMisc, 0xfc, 0xfc)
	set(p, immVector, 0xfd, 0xfd)

	m := misc[:]
	set(m, immNone, 0x00, 0x07) // i32.trunc_sat_f32_s to i64.trunc_sat_f64_u
	set(m, immIndexZero, opMemoryInit, opMemoryInit)
	set(m, immIndex, 0x09, 0x09) // data.drop
	set(m, immZeroZero, opMemoryCopy, opMemoryCopy)
	set(m, immZero, opMemoryFill, opMemoryFill)
	set(m, immTwo, opTableInit, opTableInit)
	set(m, immIndex, 0x0d, 0x0d) // elem.drop
	set(m, immTwo, opTableCopy, opTableCopy)
	set(m, immIndex, opTableGrow, opTableFill) // and table.size

	v := vector[:]
	set(v, immNone, 0x00, 0xff)
	set(v, immMemory, 0x00, 0x0b)  // v128.load to v128.store
	set(v, imm16, 0x0c, 0x0d)      // v128.const, i8x16.shuffle
	set(v, immByte, 0x15, 0x22)    // i8x16.extract_lane_s to f64x2.replace_lane
	set(v, immLane, 0x54, 0x5b)    // v128.load8_lane to v128.store64_lane
	set(v, immMemory, 0x5c, 0x5d)  // v128.load32_zero, v128.load64_zero
	set(v, immUnknown, 0x9a, 0x9a) // the gaps of the specification's table
	for _, gap := range []int{0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee} {
		set(v, immUnknown, gap, gap)
	}
	return plain, misc, vector
}

// A foreign instruction belongs to a proposal that isn't accepted.
type foreign struct{ name, proposal string }

var foreignPlain = map[byte]foreign{
	0x06: {"try", "exception handling"},
	0x07: {"catch", "exception handling"},
	0x08: {"throw", "exception handling"},
	0x09: {"rethrow", "exception handling"},
	0x0a: {"throw_ref", "exception handling"},
	0x12: {"return_call", "tail call"},
	0x13: {"return_call_indirect", "tail call"},
	0x14: {"call_ref", "typed function references"},
	0x15: {"return_call_ref", "typed function references"},
	0x18: {"delegate", "exception handling"},
	0x19: {"catch_all", "exception handling"},
	0x1f: {"try_table", "exception handling"},
	0xd3: {"ref.eq", "garbage collection"},
	0xd4: {"ref.as_non_null", "typed function references"},
	0xd5: {"br_on_null", "typed function references"},
	0xd6: {"br_on_non_null", "typed function references"},
	0xfb: {"with prefix 0xfb", "garbage collection"},
	0xfe: {"with prefix 0xfe", "threads"},
}

var foreignMisc = map[uint32]foreign{
	18: {"memory.discard", "memory control"},
	19: {"i64.add128", "wide arithmetic"},
	20: {"i64.sub128", "wide arithmetic"},
	21: {"i64.mul_wide_s", "wide arithmetic"},
	22: {"i64.mul_wide_u", "wide arithmetic"},
}
