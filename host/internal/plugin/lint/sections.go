package lint

import (
	"bytes"
	"fmt"
)

func (m *wasmModule) section(id byte, r *reader) {
	switch id {
	case secCustom:
		m.custom(r)
	case secType:
		m.typeSection(r)
	case secImport:
		m.importSection(r)
	case secFunction:
		for range r.count("functions", 1, maxFunctions) {
			m.funcs = append(m.funcs, m.typeIndex(r))
		}
	case secTable:
		for range r.count("tables", 3, maxTables) {
			if r.err != nil {
				return
			}
			m.tables = append(m.tables, m.table(r, true))
		}
	case secMemory:
		for range r.count("memories", 2, maxTables) {
			m.memories = append(m.memories, memory(r))
		}
	case secTag:
		needs(r, "exceptions", "defines their tags")
		r.at = r.end
	case secGlobal:
		for range r.count("globals", 4, maxGlobals) {
			if r.err != nil {
				return
			}
			g := global(r)
			g.init, _ = constant(r)
			m.globals = append(m.globals, g)
		}
	case secExport:
		m.exportSection(r)
	case secStart:
		r.u32("start function")
		m.start = true
	case secElement:
		for range r.count("element segments", 3, maxSegments) {
			if r.err != nil {
				return
			}
			elementSegment(r)
		}
	case secDataCount:
		r.u32("number of data segments")
	case secCode:
		m.code(r)
	case secData:
		for range r.count("data segments", 2, maxSegments) {
			if r.err != nil {
				return
			}
			m.dataSegment(r)
		}
	}
}

func (m *wasmModule) typeSection(r *reader) {
	for range r.count("types", 3, maxTypes) {
		start := r.at
		switch form := r.byte("form of a type"); form {
		case 0x60:
		case 0x4e, 0x4f, 0x50, 0x5e, 0x5f:
			unsupported(r, "garbage-collected types", "defines one")
		default:
			r.fail(start, "a type has the unknown form 0x%02x", form)
		}
		t := funcType{params: valueTypes(r, "parameters"), results: valueTypes(r, "results")}
		if r.err != nil {
			return
		}
		m.types = append(m.types, t)
	}
}

func valueTypes(r *reader, what string) []byte {
	n := r.count(what, 1, maxParams)
	start := r.at
	types := r.bytes(uint32(n), what)
	for i, v := range types {
		checkValue(r, start+i, v)
	}
	return types
}

// checkValue refuses the value types that the features of the host do not have.
func checkValue(r *reader, at int, v byte) {
	switch v {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f:
	case 0x63, 0x64:
		unsupported(r, "typed function references", "uses them")
	case 0x69:
		unsupported(r, "exceptions", "uses their type exnref")
	default:
		r.fail(at, "0x%02x is no value type", v)
	}
}

func (m *wasmModule) typeIndex(r *reader) uint32 {
	start := r.at
	i := r.u32("type of a function")
	if r.err == nil && uint64(i) >= uint64(len(m.types)) {
		r.fail(start, "a function has the type %d, and there are %d types", i, len(m.types))
	}
	return i
}

func (m *wasmModule) importSection(r *reader) {
	for range r.count("imports", 4, maxImports) {
		i := wasmImport{module: r.name("module name of an import"), name: r.name("name of an import")}
		start := r.at
		i.kind = r.byte("kind of an import")
		switch i.kind {
		case kindFunc:
			index := m.typeIndex(r)
			if r.err == nil {
				i.fn = m.types[index]
				m.funcs = append(m.funcs, index)
				m.imported++
			}
		case kindTable:
			t := m.table(r, false)
			m.tables, i.text = append(m.tables, t), t.String()
		case kindMemory:
			l := memory(r)
			m.memories, i.text = append(m.memories, l), l.memory()
		case kindGlobal:
			g := global(r)
			m.globals, i.text = append(m.globals, g), g.String()
		case kindTag:
			needs(r, "exceptions", "imports a tag")
			r.byte("attribute of a tag")
			r.u32("type of a tag")
			i.text = "(tag)"
		default:
			r.fail(start, "an import has the unknown kind %d", i.kind)
		}
		if r.err != nil {
			return
		}
		m.imports = append(m.imports, i)
	}
}

// table reads a table's type. Only one that the module defines may carry the
// value of its elements.
func (m *wasmModule) table(r *reader, defined bool) tableType {
	start := r.at
	t := tableType{elem: r.byte("type of a table")}
	if defined && t.elem == 0x40 {
		unsupported(r, "typed function references", "gives a table its initial value")
	}
	if t.elem == 0x63 || t.elem == 0x64 {
		unsupported(r, "typed function references", "uses them in a table")
	}
	if r.err == nil && t.elem != 0x70 && t.elem != 0x6f {
		r.fail(start, "a table holds 0x%02x, which is no reference type", t.elem)
	}
	t.limits = limit(r)
	if t.limits.wide {
		needs(r, "64-bit memory", "uses it for a table")
	}
	if m.tableSum += t.limits.min; m.tableSum > maxTableSize {
		r.tooMany("initial table elements", m.tableSum, maxTableSize)
	}
	return t
}

// memory reads a memory's type; its sizes are judged later, beside the host's
// limit.
func memory(r *reader) limits {
	l := limit(r)
	if l.shared {
		needs(r, "threads", "shares its memory")
	}
	if l.wide {
		needs(r, "64-bit memory", "has one")
	}
	return l
}

func limit(r *reader) limits {
	start := r.at
	flags := r.byte("flags of a size limit")
	l := limits{hasMax: flags&1 != 0, shared: flags&2 != 0, wide: flags&4 != 0}
	if flags > 7 {
		r.fail(start, "a size limit has the unknown flags 0x%02x", flags)
	}
	if l.wide { // refused anyway
		r.skipLEB("lower size limit", 10)
		if l.hasMax {
			r.skipLEB("upper size limit", 10)
		}
		return l
	}
	l.min = uint64(r.u32("lower size limit"))
	if l.hasMax {
		l.max = uint64(r.u32("upper size limit"))
	}
	return l
}

func global(r *reader) globalType {
	start := r.at
	g := globalType{value: r.byte("type of a global")}
	checkValue(r, start, g.value)
	start = r.at
	mutable := r.byte("mutability of a global")
	if mutable == 2 || mutable == 3 {
		needs(r, "threads", "shares a global")
	}
	if mutable > 3 {
		r.fail(start, "a global's mutability is 0x%02x", mutable)
	}
	g.mutable = mutable&1 == 1
	return g
}

func (m *wasmModule) exportSection(r *reader) {
	for range r.count("exports", 3, maxExports) {
		e := wasmExport{name: r.name("name of an export")}
		start := r.at
		e.kind = r.byte("kind of an export")
		e.index = r.u32("index of an export")
		if r.err == nil && e.kind > kindTag {
			r.fail(start, "an export has the unknown kind %d", e.kind)
		}
		if r.err == nil && e.kind == kindFunc && uint64(e.index) >= uint64(len(m.funcs)) {
			r.fail(start, "function %d is exported, and there are %d functions", e.index, len(m.funcs))
		}
		if r.err != nil {
			return
		}
		m.exports = append(m.exports, e)
	}
}

// constant reads a constant expression. It returns its value, and true, where
// that is all that a single i32.const gives.
func constant(r *reader) (value uint32, known bool) {
	for first := true; r.err == nil; first = false {
		start := r.at
		switch op := r.byte("instruction of a constant"); op {
		case 0x0b: // end
			return value, known && r.err == nil
		case 0x41: // i32.const
			value, known = r.i32("constant"), first
			continue
		case 0x42: // i64.const
			r.skipLEB("constant", 10)
		case 0x43: // f32.const
			r.bytes(4, "constant")
		case 0x44: // f64.const
			r.bytes(8, "constant")
		case 0x23, 0xd0, 0xd2: // global.get, ref.null, ref.func
			r.skipLEB("index", 5)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add, sub, mul
			needs(r, "extended constants", "computes one")
		case 0xfd: // v128.const
			r.skipLEB("vector instruction", 5)
			r.bytes(16, "constant")
		default:
			r.fail(start, "the instruction 0x%02x stands in a constant", op)
		}
		known = false
	}
	return 0, false
}

// elementSegment skips a segment: the bits of its form say whether it is
// passive or declarative, whether it names a table (or its kind), and whether
// its elements are expressions.
func elementSegment(r *reader) {
	start := r.at
	form := r.u32("form of an element segment")
	if form > 7 {
		r.fail(start, "an element segment has the unknown form %d", form)
	}
	active, explicit, exprs := form&1 == 0, form&2 != 0, form&4 != 0
	if active {
		if explicit {
			r.u32("table of an element segment")
		}
		constant(r)
	}
	if !active || explicit {
		if t := r.byte("type of an element segment"); t == 0x63 || t == 0x64 {
			unsupported(r, "typed function references", "uses them in an element segment")
		}
	}
	for range r.count("elements", 1, maxElements) {
		if r.err != nil {
			return
		}
		if exprs {
			constant(r)
		} else {
			r.u32("element")
		}
	}
}

func (m *wasmModule) dataSegment(r *reader) {
	start := r.at
	at, known := uint32(0), false
	switch form := r.u32("form of a data segment"); form {
	case 0:
		at, known = constant(r)
	case 1:
	case 2:
		r.u32("memory of a data segment")
		at, known = constant(r)
	default:
		r.fail(start, "a data segment has the unknown form %d", form)
	}
	b := r.bytes(r.u32("length of a data segment"), "data segment")
	if known && len(b) > 0 {
		m.data.add(uint64(at), uint64(len(b)))
		m.segments = append(m.segments, segment{at, b})
	}
}

// code counts the local variables of each function, and skips its body.
func (m *wasmModule) code(r *reader) {
	m.bodies = r.count("function bodies", 3, maxFunctions)
	m.grows = bytes.Contains(r.b[r.at:r.end], asGrows)
	called := m.called()
	for i := range m.bodies {
		size := r.u32("size of a function body")
		if uint64(size) > uint64(r.left()) {
			r.fail(r.at, "the body of function %d should be %d bytes long and only %d are left", m.imported+i, size, r.left())
		}
		if r.err != nil {
			return
		}
		body := reader{b: r.b, at: r.at, end: r.at + int(size), place: r.place, lacking: r.lacking}
		r.at = body.end
		locals := uint64(0)
		for range body.count("groups of local variables", 2, maxLocals) {
			locals += uint64(body.u32("number of local variables"))
			checkValue(&body, body.at, body.byte("type of local variables"))
		}
		if locals > maxLocals {
			body.tooMany(fmt.Sprintf("local variables in function %d", m.imported+i), locals, maxLocals)
		}
		if m.locals += locals; m.locals > maxAllLocals {
			body.tooMany("local variables", m.locals, maxAllLocals)
		}
		if r.err = body.err; r.err != nil {
			return
		}
		if f := uint32(m.imported + i); locals == 0 && called[f] {
			m.wrapper(f, body)
			m.constantOf(f, body)
		}
	}
}
