package meter

// A helper is a function that the rewriter appends. It charges by the operand
// that it is given, and returns it.
type helper uint8

const (
	noHelper       helper = iota
	helpBytes             // of memory
	helpEntries           // of a table
	helpMemoryGrow        // pages
	helpTableGrow         // entries; returns -1 for what would be too many
)

// use gives h an index behind the module's functions, in the order of first
// use. The function section comes before the code, so the number is final.
func (m *module) use(h helper) {
	for _, have := range m.helpers {
		if have == h {
			return
		}
	}
	m.helpers = append(m.helpers, h)
}

// index is the function index of a helper in use.
func (m *module) index(h helper) uint32 {
	for i, have := range m.helpers {
		if have == h {
			return uint32(len(m.funcs) + i)
		}
	}
	panic("meter: helper without index") // unreachable: scan uses before emit asks
}

// emit appends the function that b has scanned, from start to end in the
// original, with its charges.
func (m *module) emit(b *body, start, end int) {
	out := b.out[:0]
	from := start
	for i := range b.charges {
		c := &b.charges[i]
		if c.helper == noHelper && c.cost == 0 {
			continue
		}
		out = append(out, b.data[from:c.at]...)
		from = c.at
		if c.helper != noHelper {
			out = append(out, opCall)
			out = appendU32(out, m.index(c.helper))
		} else {
			check := c.check || c.cost >= large
			out = m.take(out, c.cost, check)
			if check {
				b.blocks += 2
			}
		}
	}
	out = append(out, b.data[from:end]...)
	m.code = appendU32(m.code, uint32(len(out)))
	m.code = append(m.code, out...)
	b.out = out
}

// take appends the code that takes a constant amount of fuel, and traps when
// there isn't enough if it has to check. It leaves the operands and the locals as they are.
func (m *module) take(out []byte, cost uint64, check bool) []byte {
	fuel := uint32(m.globals)
	out = append(out, opGlobalGet)
	out = appendU32(out, fuel)
	out = append(out, opI64Const)
	out = appendI64(out, cost)
	out = append(out, opI64Sub, opGlobalSet)
	out = appendU32(out, fuel)
	if !check {
		return out
	}
	return m.check(out)
}

// check appends the code that traps if the fuel is negative.
func (m *module) check(out []byte) []byte {
	out = append(out, opGlobalGet)
	out = appendU32(out, uint32(m.globals))
	return append(out, opI64Const, 0, opI64LtS, opIf, blockEmpty, opUnreachable, opEnd)
}

// takeOperand appends the code of a helper that takes operand<<left>>right.
func (m *module) takeOperand(out []byte, shift byte, by byte) []byte {
	fuel := uint32(m.globals)
	out = append(out, opGlobalGet)
	out = appendU32(out, fuel)
	out = append(out, opLocalGet, 0, opI64ExtendI32U, opI64Const, by, shift, opI64Sub, opGlobalSet)
	out = appendU32(out, fuel)
	return m.check(out)
}

// function appends a helper's code, with its size.
func (m *module) function(out []byte, h helper) []byte {
	f := []byte{0} // no locals
	switch h {
	case helpBytes:
		f = m.takeOperand(f, opI64ShrU, 1) // two bytes are one
		f = append(f, opLocalGet, 0)
	case helpEntries:
		f = m.takeOperand(f, opI64ShrU, 0)
		f = append(f, opLocalGet, 0)
	case helpMemoryGrow:
		// More than there can be fails, and costs nothing.
		f = append(f, opLocalGet, 0, opI32Const)
		f = appendI64(f, uint64(m.opts.MaxPages)) // signed LEB128, as an i32 has it
		f = append(f, opI32LeU, opIf, blockEmpty)
		f = m.takeOperand(f, opI64Shl, 16-3) // 65536 bytes a page
		f = append(f, opEnd, opLocalGet, 0)
	case helpTableGrow:
		f = m.growTable(f)
	}
	f = append(f, opEnd)
	out = appendU32(out, uint32(len(f)))
	return append(out, f...)
}

// growTable appends the code of the helper for table.grow: if the entries of
// all tables stay within the limit, it takes the fuel, counts them, and returns
// their number. Otherwise it returns -1, by which no table can be grown.
func (m *module) growTable(f []byte) []byte {
	grown := uint32(m.globals) + 1
	f = append(f, opLocalGet, 0, opI64ExtendI32U, opGlobalGet)
	f = appendU32(f, grown)
	f = append(f, opI64Add, opI64Const)
	f = appendI64(f, uint64(m.opts.MaxTableEntries)-m.entries)
	f = append(f, opI64GtU, opIf, blockI32, opI32Const, 0x7f, opElse, opGlobalGet)
	f = appendU32(f, grown)
	f = append(f, opLocalGet, 0, opI64ExtendI32U, opI64Add, opGlobalSet)
	f = appendU32(f, grown)
	f = m.takeOperand(f, opI64ShrU, 0)
	return append(f, opLocalGet, 0, opEnd)
}

// assemble returns the new module: the sections of the original, those that
// something is added to rewritten, and made where they were missing.
func (m *module) assemble(data []byte) []byte {
	out := make([]byte, 0, len(data)-m.codeSize()+len(m.code)+512)
	out = append(out, data[:8]...)
	next := 0 // the place in the order up to which sections have been written
	for i := range m.sections {
		s := &m.sections[i]
		if s.id != secCustom {
			out = m.missing(out, next, rank(s.id))
			next = rank(s.id) + 1
		}
		if s.drop || s.id == secStart {
			continue
		}
		out = m.rewritten(out, data, s)
	}
	return m.missing(out, next, len(sectionOrder))
}

func (m *module) codeSize() int {
	for _, s := range m.sections {
		if s.id == secCode {
			return s.end - s.start
		}
	}
	return 0
}

// missing appends the sections from one place in the order up to another, of
// which the original has none, if something has to be in them.
func (m *module) missing(out []byte, from, to int) []byte {
	for ; from < to; from++ {
		if n, items := m.additions(sectionOrder[from]); n > 0 {
			out = appendSection(out, sectionOrder[from], n, items, nil)
		}
	}
	return out
}

// rewritten appends a section of the original with what is added to it.
func (m *module) rewritten(out, data []byte, s *section) []byte {
	n, items := m.additions(s.id)
	switch {
	case s.id == secCode:
		return appendSection(out, s.id, s.count+n, m.code, items)
	case n > 0:
		return appendSection(out, s.id, s.count+n, data[s.items:s.end], items)
	}
	out = append(out, s.id)
	out = appendU32(out, uint32(s.end-s.start))
	return append(out, data[s.start:s.end]...)
}

func appendSection(out []byte, id byte, count uint32, items, more []byte) []byte {
	var number [5]byte
	n := appendU32(number[:0], count)
	out = append(out, id)
	out = appendU32(out, uint32(len(n)+len(items)+len(more)))
	out = append(out, n...)
	out = append(out, items...)
	return append(out, more...)
}

// additions are the elements that are added to a section.
func (m *module) additions(id byte) (n uint32, items []byte) {
	types := uint32(len(m.types))
	switch id {
	case secType:
		if m.start >= 0 {
			items = append(items, 0x60, 0, 0)
			n++
		}
		if len(m.helpers) > 0 {
			items = append(items, 0x60, 1, typeI32, 1, typeI32)
			n++
		}
	case secFunction:
		charger := types // the type of helpers follows that of the start function
		if m.start >= 0 {
			charger++
		}
		for range m.helpers {
			items = appendU32(items, charger)
			n++
		}
		if m.start >= 0 {
			items = appendU32(items, types)
			n++
		}
	case secGlobal:
		items, n = append(items, typeI64, 1, opI64Const, 0, opEnd), 1
		if m.uses(helpTableGrow) {
			items, n = append(items, typeI64, 1, opI64Const, 0, opEnd), 2
		}
	case secExport:
		items = appendExport(items, FuelExport, 3, uint32(m.globals))
		n++
		if m.start >= 0 {
			items = appendExport(items, StartExport, 0, uint32(len(m.funcs)+len(m.helpers)))
			n++
		}
	case secCode:
		for _, h := range m.helpers {
			items = m.function(items, h)
			n++
		}
		if m.start >= 0 {
			call := appendU32([]byte{0, opCall}, uint32(m.start))
			items = append(items, byte(len(call)+1))
			items = append(append(items, call...), opEnd)
			n++
		}
	}
	return n, items
}

func (m *module) uses(h helper) bool {
	for _, have := range m.helpers {
		if have == h {
			return true
		}
	}
	return false
}

func appendExport(items []byte, name string, kind byte, index uint32) []byte {
	items = appendU32(items, uint32(len(name)))
	items = append(append(items, name...), kind)
	return appendU32(items, index)
}
