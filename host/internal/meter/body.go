package meter

// A charge is a place in a function's body where fuel is taken, and how much.
//
// The body is cut into segments wherever control can part or join: at the head
// of a loop, the two arms of an if, after a conditional branch, and after the
// end of a block. Each segment has a charge at its start, which dominates it,
// and a parent, the charge that dominates it in turn. A small segment's cost
// is moved to its parent, except from a loop that something branches back to:
// so every cycle passes a charge, and no instruction runs unpaid.
//
// Only some charges look at what is left: those of functions and loops, so that
// neither cycles nor calls escape, and those before calls that may leave the
// module or that are large. The others just take, which costs a third; what
// runs until the next look is part of one function, without loops and calls.
type charge struct {
	at     int    // the offset in the module that the charge goes before
	parent int32  // the index of the charge that dominates this one
	helper helper // instead of a constant: a call that charges by an operand
	keep   bool   // may not be moved to the parent
	check  bool   // traps if there isn't enough
	cost   uint64 // 0: moved
}

// A frame is a block that is open at the current instruction.
type frame struct {
	op      byte  // opBlock (the function itself too), opLoop, opIf or opElse
	dead    bool  // the block's start can't be reached
	outer   int32 // the charge that dominates the block
	head    int32 // the charge of a loop's head
	branch  uint32
	results uint32
}

// A body walks over one function's instructions and collects its charges. The
// slices are kept from one function to the next.
type body struct {
	*reader
	m       *module
	results uint32 // of the function
	frames  []frame
	charges []charge
	cur     int32  // the charge that dominates the current instruction
	dead    bool   // the current instruction can't be reached
	out     []byte // the function as it is emitted
	locals  uint32 // of the function, without its parameters
	blocks  uint64 // basic blocks, about
	calls   uint64
}

// freeMoves is how many values an instruction may move at no extra charge.
const freeMoves = 16

// surplus is what moving n values (parameters, results, a branch's operands,
// locals that are cleared) costs beyond the instruction itself.
func surplus(n uint32) uint64 {
	if n <= freeMoves {
		return 0
	}
	return uint64(n - freeMoves)
}

const (
	// split is the cost in instructions from which a segment has a charge of
	// its own. Smaller is more exact, larger is faster: a smaller segment has
	// been paid for even if it isn't run after all. Measured with a Go guest,
	// whose functions are one loop around all their blocks: with 4, fuel is 1.2
	// times the instructions run, and with 32 it is 13 times, for a tenth of
	// the time.
	split = 4

	// large is the cost from which a charge is checked wherever it is.
	large = 256

	// hostCall is what a direct call of a function of the host costs in
	// addition: that it takes longer than any instruction is known here, how
	// much longer is not.
	hostCall = 100

	// hostTrip is the cost of an instruction for which compiled code calls the
	// runtime and comes back.
	hostTrip = 32
)

// scan walks over the function that the reader is at and that ends at r.end.
func (b *body) scan(fn *funcType) {
	b.frames = b.frames[:0]
	b.charges = b.charges[:0]
	b.results = fn.results
	b.dead = false
	b.blocks, b.calls = 0, 0
	b.declarations()
	b.cur = -1
	b.open(true)
	b.add(1 + surplus(b.locals))
	b.frames = append(b.frames, frame{op: opBlock, outer: b.cur, branch: fn.results, results: fn.results})
	for b.err == nil && len(b.frames) > 0 {
		b.instruction()
	}
	if b.err == nil && b.left() > 0 {
		b.fail(ErrMalformed, b.pos, "%d bytes after the end of the function", b.left())
	}
}

// declarations passes over the declarations of the function's locals.
func (b *body) declarations() {
	at := b.pos
	b.locals = 0
	for range b.count(2, "groups of locals", maxBody) {
		n := b.u32()
		b.valueType()
		if b.err != nil {
			return
		}
		if n > maxLocals-b.locals {
			b.fail(ErrLimit, at, "more than %d locals in a function", maxLocals)
			return
		}
		b.locals += n
	}
	b.m.locals += b.locals
	if b.m.locals > maxAllLocals {
		b.fail(ErrLimit, at, "more than %d locals in all functions", maxAllLocals)
	}
}

// open starts a segment at the current position.
func (b *body) open(keep bool) {
	if b.dead {
		return
	}
	b.blocks++
	b.charges = append(b.charges, charge{at: b.pos, parent: b.cur, keep: keep, check: keep})
	b.cur = int32(len(b.charges) - 1)
}

// leave has the current segment's charge checked, because the code in it calls
// out of the module.
func (b *body) leave() {
	if !b.dead {
		b.charges[b.cur].check = true
	}
}

// add charges the current segment.
func (b *body) add(cost uint64) {
	if !b.dead {
		b.charges[b.cur].cost += cost
	}
}

// close ends the segments that were opened since outer was the current one.
func (b *body) close(outer int32) {
	for b.cur != outer {
		c := &b.charges[b.cur]
		if !c.keep && c.cost < split {
			p := &b.charges[c.parent]
			p.cost += c.cost
			p.check = p.check || c.check
			c.cost = 0
		}
		if c.cost == 0 && int(b.cur) == len(b.charges)-1 {
			b.charges = b.charges[:b.cur]
		}
		b.cur = c.parent
	}
}

// byOperand has h charge by the operand on top of the stack.
func (b *body) byOperand(h helper, at int) {
	if !b.dead {
		b.calls++
		b.charges = append(b.charges, charge{at: at, helper: h})
		b.m.use(h)
	}
}

// instruction passes over one instruction and charges for it.
func (b *body) instruction() {
	at := b.pos
	op := b.byte()
	switch imm := plain[op]; imm {
	case immNone:
		b.control(op, at)
	case immBlock:
		b.enter(op)
	case immLabel:
		b.add(1 + surplus(b.target(b.u32(), at)))
		if op == opBr {
			b.dead = true
		} else {
			b.open(false)
		}
	case immLabels:
		b.table(at)
	case immCall:
		b.call()
	case immIndirect:
		if f := b.m.typeAt(b.reader, b.u32(), at); f != nil {
			b.add(1 + surplus(f.params) + surplus(f.results))
		}
		b.u32()
		b.calls++
		b.leave()
	case immFunction:
		b.m.functionIndex(b.reader)
		b.add(hostTrip)
		b.leave()
	case immGlobal:
		if i := b.u32(); b.err == nil && int(i) >= b.m.globals {
			b.fail(ErrMalformed, at, "global %d of %d", i, b.m.globals)
		}
		b.add(1)
	case immMisc:
		b.misc(at)
	case immVector:
		b.vector(at)
	case immUnknown:
		b.unknown(op, at)
	default:
		b.immediate(imm, at)
		if op == opMemoryGrow {
			b.byOperand(helpMemoryGrow, at)
			b.add(hostTrip)
		} else {
			b.add(1)
		}
	}
}

// control handles the instructions without immediates, of which a few change
// the flow of control.
func (b *body) control(op byte, at int) {
	switch op {
	case opElse:
		f := &b.frames[len(b.frames)-1]
		if f.op != opIf {
			b.fail(ErrMalformed, at, "else without if")
			return
		}
		f.op = opElse
		b.add(surplus(f.results))
		b.close(f.outer)
		b.dead = f.dead
		b.open(false)
	case opEnd:
		f := b.frames[len(b.frames)-1]
		b.frames = b.frames[:len(b.frames)-1]
		b.add(surplus(f.results))
		b.close(f.outer)
		b.dead = f.dead
		if len(b.frames) > 0 {
			b.open(false)
		}
	case opReturn:
		b.add(1 + surplus(b.results))
		b.dead = true
	case opUnreachable:
		b.add(1)
		b.dead = true
	default:
		b.add(1)
	}
}

// enter opens a block.
func (b *body) enter(op byte) {
	params, results := b.blockType()
	if b.err != nil {
		return
	}
	f := frame{op: op, dead: b.dead, outer: b.cur, branch: results, results: results}
	b.add(surplus(params))
	switch op {
	case opIf:
		b.add(1)
		b.open(false)
	case opLoop:
		f.branch = params
		b.open(false)
		f.head = b.cur
		b.add(1) // so that no loop is free
	}
	b.frames = append(b.frames, f)
}

// target notes that something branches to a label, and returns how many values
// go along.
func (b *body) target(label uint32, at int) uint32 {
	if b.err != nil {
		return 0
	}
	if uint64(label) >= uint64(len(b.frames)) {
		b.fail(ErrMalformed, at, "label %d of %d", label, len(b.frames))
		return 0
	}
	f := &b.frames[len(b.frames)-1-int(label)]
	if f.op == opLoop && !b.dead {
		b.charges[f.head].keep = true
		b.charges[f.head].check = true
	}
	return f.branch
}

func (b *body) table(at int) {
	n := b.count(1, "labels of a br_table", maxBrTable)
	var most uint32
	for range n + 1 {
		most = max(most, b.target(b.u32(), at))
	}
	b.add(1 + surplus(most))
	b.blocks += uint64(n)
	b.dead = true
}

// call charges for a call. The called function charges for itself, and checks;
// an imported one doesn't.
func (b *body) call() {
	i, ok := b.m.functionIndex(b.reader)
	if !ok {
		return
	}
	b.calls++
	f := &b.m.types[b.m.funcs[i]]
	b.add(1 + surplus(f.params) + surplus(f.results))
	if int(i) < b.m.imported {
		b.add(hostCall)
		b.leave()
	}
}

func (b *body) misc(at int) {
	op := b.u32()
	if b.err != nil {
		return
	}
	if op >= uint32(len(misc)) {
		if f, ok := foreignMisc[op]; ok {
			b.refuse(f, at)
		} else {
			b.fail(ErrMalformed, at, "unknown instruction 0xfc %#x", op)
		}
		return
	}
	b.immediate(misc[op], at)
	cost := uint64(1)
	switch op {
	case opMemoryInit, opMemoryCopy, opMemoryFill:
		b.byOperand(helpBytes, at)
		cost = hostTrip / 4
	case opTableInit, opTableCopy, opTableFill:
		b.byOperand(helpEntries, at)
		cost = hostTrip / 4
	case opTableGrow:
		b.byOperand(helpTableGrow, at)
		cost = hostTrip
	}
	b.add(cost)
}

// vector handles the instructions with prefix 0xfd. The runtime takes the byte
// after the prefix for the instruction, and a second byte of the number, which
// can only be 1, for a nop. Any other encoding of the number would mean one
// thing here and another thing there, so it is refused.
func (b *body) vector(at int) {
	op := b.byte()
	if op >= 0x80 && b.err == nil {
		switch second := b.byte(); {
		case b.err != nil:
		case second == 2 || second == 0x82:
			b.refuse(foreign{"with prefix 0xfd and a number above 255", "relaxed SIMD"}, at)
		case second != 1:
			b.fail(ErrMalformed, at, "vector instruction's number isn't in its shortest form")
		}
	}
	imm := vector[op]
	if imm == immUnknown {
		b.fail(ErrMalformed, at, "unknown instruction 0xfd %#x", op)
	}
	b.immediate(imm, at)
	b.add(1)
}

// immediate passes over immediates that nothing is done with.
func (b *body) immediate(imm immediate, at int) {
	switch imm {
	case immIndex:
		b.u32()
	case immTwo:
		b.u32()
		b.u32()
	case immMemory, immLane:
		if align := b.u32(); align >= 0x40 && align < 0x80 {
			b.refuse(foreign{"of a load or store with a memory index", "multiple memories"}, at)
		}
		b.u32()
		if imm == immLane {
			b.byte()
		}
	case immByte:
		b.byte()
	case immZero, immZeroZero, immIndexZero:
		if imm == immIndexZero {
			b.u32()
		}
		zero := b.byte()
		if imm == immZeroZero {
			zero |= b.byte()
		}
		if zero != 0 {
			b.refuse(foreign{"with a memory index", "multiple memories"}, at)
		}
	case immI32:
		b.signed(5)
	case immI64:
		b.signed(10)
	case imm4:
		b.skip(4)
	case imm8:
		b.skip(8)
	case imm16:
		b.skip(16)
	case immRefType:
		b.refType("null")
	case immSelect:
		if n := b.byte(); n != 1 && b.err == nil {
			b.fail(ErrMalformed, at, "select with %d types", n)
		}
		b.valueType()
	}
}

// blockType reads a block's type and returns how many values go in and out.
func (b *body) blockType() (params, results uint32) {
	at := b.pos
	switch t := b.s33(); {
	case b.err != nil:
	case t >= 0:
		if f := b.m.typeAt(b.reader, uint32(t), at); f != nil {
			return f.params, f.results
		}
	case t == -64:
	case t < -64:
		b.fail(ErrMalformed, at, "block type %d", t)
	default:
		// The same number as one byte is the value type.
		b.checkValueType(byte(t&0x7f), at)
		return 0, 1
	}
	return 0, 0
}

func (b *body) unknown(op byte, at int) {
	if b.err != nil {
		return
	}
	if f, ok := foreignPlain[op]; ok {
		b.refuse(f, at)
		return
	}
	b.fail(ErrMalformed, at, "unknown instruction %#x", op)
}

func (r *reader) refuse(f foreign, at int) {
	r.fail(ErrUnsupported, at, "instruction %s of the %s proposal isn't accepted", f.name, f.proposal)
}
