package meter

import "bytes"

// Section ids, in the order that modules have to keep (section 5.5.2 of the
// specification; custom sections go anywhere).
const (
	secCustom    = 0
	secType      = 1
	secImport    = 2
	secFunction  = 3
	secTable     = 4
	secMemory    = 5
	secGlobal    = 6
	secExport    = 7
	secStart     = 8
	secElement   = 9
	secCode      = 10
	secData      = 11
	secDataCount = 12
	secTag       = 13
)

// sectionOrder is the order itself.
var sectionOrder = [...]byte{
	secType, secImport, secFunction, secTable, secMemory, secGlobal,
	secExport, secStart, secElement, secDataCount, secCode, secData,
}

// rank is a section's place in the order; -1 is unknown.
func rank(id byte) int { return bytes.IndexByte(sectionOrder[:], id) }

// A funcType is what the rewriter needs of a function type: how many values go
// in and out.
type funcType struct{ params, results uint32 }

// A section is a section of the original module. Of those that the rewriter
// adds to, items is where the elements begin, after their number.
type section struct {
	id         byte
	start, end int // the content
	items      int
	count      uint32
	drop       bool
}

// A module is what the first pass finds out about the original.
type module struct {
	opts     Options
	sections []section
	types    []funcType
	funcs    []uint32 // type of each function, imported ones first
	imported int      // how many of them are imported
	globals  int
	// importedGlobals are the ones that constant expressions may read.
	importedGlobals int
	defined         int // functions in the function section
	start           int // index of the start function, -1 is none
	bodies          int // functions in the code section
	locals          uint32
	entries         uint64 // of tables at the start, and of element segments
	info            Module
	mutable         uint64 // globals
	named           bool   // there was a name section
	code            []byte // the code section's functions, rewritten
	helpers         []helper
}

// decode reads the whole module, rewriting the code on the way.
func (m *module) decode(data []byte) error {
	r := &reader{data: data, end: len(data)}
	if !bytes.HasPrefix(data, []byte("\x00asm\x01\x00\x00\x00")) {
		r.fail(ErrMalformed, 0, "not a WebAssembly module of version 1")
		return r.err
	}
	r.pos = 8
	last := -1
	for r.err == nil && r.left() > 0 {
		m.section(r, &last)
	}
	if r.err == nil && m.defined != m.bodies {
		r.fail(ErrMalformed, r.pos, "%d functions announced, %d given", m.defined, m.bodies)
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// section reads one section; last is the rank of the one before.
func (m *module) section(r *reader, last *int) {
	at := r.pos
	id := r.byte()
	size := r.u32()
	start := r.pos
	r.skip(size)
	if r.err != nil {
		return
	}
	switch {
	case id == secTag:
		r.fail(ErrUnsupported, at, "the tag section of the exception handling proposal isn't accepted")
		return
	case id != secCustom && rank(id) < 0:
		r.fail(ErrMalformed, at, "section with unknown id %d", id)
		return
	case id != secCustom && rank(id) <= *last:
		r.fail(ErrMalformed, at, "section %d is out of order", id)
		return
	case id != secCustom:
		*last = rank(id)
	}
	s := section{id: id, start: start, end: r.pos}
	content := &reader{data: r.data, pos: start, end: r.pos}
	m.content(content, &s)
	if content.err == nil && content.left() > 0 {
		content.fail(ErrMalformed, content.pos, "%d bytes left at the end of section %d", content.left(), id)
	}
	r.err = content.err
	m.sections = append(m.sections, s)
}

func (m *module) content(r *reader, s *section) {
	switch s.id {
	case secCustom:
		m.custom(r, s)
	case secType:
		m.each(r, s, 3, "types", maxTypes, m.functionType)
	case secImport:
		m.each(r, s, 4, "imports", maxImports, m.imports)
	case secFunction:
		m.each(r, s, 1, "functions", maxFunctions, m.declare)
		m.defined = int(s.count)
	case secTable:
		m.each(r, s, 3, "tables", maxTables, func(r *reader) { m.table(r, false) })
	case secMemory:
		m.each(r, s, 2, "memories", 1, func(r *reader) { m.memory(r, false) })
	case secGlobal:
		m.each(r, s, 3, "globals", maxGlobals, m.global)
	case secExport:
		m.each(r, s, 3, "exports", maxExports, m.export)
	case secStart:
		m.startFunction(r)
	case secElement:
		m.each(r, s, 3, "element segments", maxSegments, m.element)
	case secDataCount:
		r.u32()
	case secCode:
		m.bodiesOf(r, s)
	case secData:
		m.each(r, s, 2, "data segments", maxSegments, m.data)
	}
}

// each reads a vector's elements, of at least size bytes each.
func (m *module) each(r *reader, s *section, size int, what string, limit uint32, element func(*reader)) {
	n := r.count(size, what, limit)
	s.count, s.items = uint32(n), r.pos
	for i := 0; i < n && r.err == nil; i++ {
		element(r)
	}
}

func (m *module) functionType(r *reader) {
	at := r.pos
	switch form := r.byte(); {
	case r.err != nil:
	case form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e || form == 0x5f:
		r.fail(ErrUnsupported, at, "type of the garbage collection proposal isn't accepted")
	case form != 0x60:
		r.fail(ErrMalformed, at, "type of form %#x", form)
	}
	var t funcType
	t.params = r.valueTypes("parameters", maxParams)
	t.results = r.valueTypes("results", maxResults)
	m.types = append(m.types, t)
}

func (m *module) imports(r *reader) {
	r.name("import's module")
	r.name("import's name")
	at := r.pos
	switch kind := r.byte(); kind {
	case 0:
		m.declare(r)
		m.imported++
	case 1:
		m.table(r, true)
	case 2:
		m.memory(r, true)
	case 3:
		m.globalType(r, at)
		m.importedGlobals++
	case 4:
		r.fail(ErrUnsupported, at, "import of a tag, of the exception handling proposal, isn't accepted")
	default:
		r.fail(ErrMalformed, at, "import of kind %d", kind)
	}
}

// declare notes a function's type.
func (m *module) declare(r *reader) {
	at := r.pos
	t := r.u32()
	if m.typeAt(r, t, at) == nil {
		return
	}
	if len(m.funcs) >= maxFunctions {
		r.fail(ErrLimit, at, "more than %d functions", maxFunctions)
	}
	m.funcs = append(m.funcs, t)
}

// typeAt is the type with index i, or nil and an error.
func (m *module) typeAt(r *reader, i uint32, at int) *funcType {
	if r.err != nil {
		return nil
	}
	if uint64(i) >= uint64(len(m.types)) {
		r.fail(ErrMalformed, at, "type %d of %d", i, len(m.types))
		return nil
	}
	return &m.types[i]
}

func (m *module) table(r *reader, imported bool) {
	at := r.pos
	if r.left() > 0 && r.data[r.pos] == 0x40 {
		r.fail(ErrUnsupported, at, "table with an initial value, of the typed function references proposal, isn't accepted")
		return
	}
	r.refType("table")
	l := r.limits("table")
	l.Imported = imported
	m.info.Tables = append(m.info.Tables, l)
	if len(m.info.Tables) > maxTables {
		r.fail(ErrLimit, at, "more than %d tables", maxTables)
	}
	if !imported {
		m.addEntries(r, l.Min, at)
	}
}

// addEntries counts n entries of tables and element segments.
func (m *module) addEntries(r *reader, n uint32, at int) {
	m.entries += uint64(n)
	if r.err == nil && m.entries > uint64(m.opts.MaxTableEntries) {
		r.fail(ErrLimit, at, "%d entries in tables and element segments, at most %d are accepted", m.entries, m.opts.MaxTableEntries)
	}
}

func (m *module) memory(r *reader, imported bool) {
	at := r.pos
	l := r.limits("memory")
	l.Imported = imported
	if m.info.Memory != nil {
		r.fail(ErrUnsupported, at, "more than one memory, of the multiple memories proposal, isn't accepted")
	}
	m.info.Memory = &l
}

func (m *module) global(r *reader) {
	m.globalType(r, r.pos)
	m.constant(r)
}

func (m *module) globalType(r *reader, at int) {
	r.valueType()
	mut := r.byte()
	if mut > 1 {
		r.fail(ErrMalformed, at, "global of mutability %d", mut)
	}
	m.mutable += uint64(mut)
	m.globals++
	if m.globals > maxGlobals {
		r.fail(ErrLimit, at, "more than %d globals", maxGlobals)
	}
}

func (m *module) export(r *reader) {
	at := r.pos
	name := r.name("export's name")
	if bytes.HasPrefix(name, []byte(ReservedPrefix)) {
		r.fail(ErrReserved, at, "%.64q: names with the prefix %q belong to the host", name, ReservedPrefix)
		return
	}
	kind := r.byte()
	i := r.u32()
	switch {
	case r.err != nil:
	case kind == 4:
		r.fail(ErrUnsupported, at, "export of a tag, of the exception handling proposal, isn't accepted")
	case kind > 4:
		r.fail(ErrMalformed, at, "export of kind %d", kind)
	case kind == 0 && int(i) >= len(m.funcs):
		r.fail(ErrMalformed, at, "export of function %d of %d", i, len(m.funcs))
	case kind == 3 && int(i) >= m.globals:
		r.fail(ErrMalformed, at, "export of global %d of %d", i, m.globals)
	}
}

// startFunction notes the start function, which leaves the module: the host
// calls it when it has set the budget.
func (m *module) startFunction(r *reader) {
	at := r.pos
	i := r.u32()
	if r.err != nil {
		return
	}
	if int(i) >= len(m.funcs) {
		r.fail(ErrMalformed, at, "start function %d of %d", i, len(m.funcs))
		return
	}
	if m.types[m.funcs[i]] != (funcType{}) {
		r.fail(ErrMalformed, at, "start function with parameters or results")
		return
	}
	m.start = int(i)
}

// element reads an element segment; its flags are those of section 5.5.12.
func (m *module) element(r *reader) {
	at := r.pos
	flags := r.u32()
	if flags > 7 {
		r.fail(ErrMalformed, at, "element segment with flags %#x", flags)
		return
	}
	passive, explicit, expressions := flags&1 != 0, flags&2 != 0, flags&4 != 0
	if !passive && explicit {
		r.u32() // the table
	}
	if !passive {
		m.constant(r)
	}
	if passive || explicit {
		if expressions {
			r.refType("element segment")
		} else if kind := r.byte(); kind != 0 {
			r.fail(ErrMalformed, at, "element segment of kind %d", kind)
		}
	}
	n := r.count(1, "elements", m.opts.MaxTableEntries)
	m.addEntries(r, uint32(n), at)
	for i := 0; i < n && r.err == nil; i++ {
		if expressions {
			m.constant(r)
		} else {
			m.functionIndex(r)
		}
	}
}

// functionIndex reads the index of one of the original module's functions.
func (m *module) functionIndex(r *reader) (i uint32, ok bool) {
	at := r.pos
	i = r.u32()
	if r.err == nil && int(i) >= len(m.funcs) {
		r.fail(ErrMalformed, at, "function %d of %d", i, len(m.funcs))
	}
	return i, r.err == nil
}

func (m *module) data(r *reader) {
	at := r.pos
	flags := r.u32()
	switch {
	case flags > 2:
		r.fail(ErrMalformed, at, "data segment with flags %#x", flags)
		return
	case flags == 2:
		if i := r.u32(); i != 0 {
			r.fail(ErrUnsupported, at, "data segment with a memory index, of the multiple memories proposal, isn't accepted")
		}
	}
	if flags != 1 {
		m.constant(r)
	}
	r.skip(r.u32())
}

// constant reads a constant expression, whose types are left to the runtime.
func (m *module) constant(r *reader) {
	for r.err == nil {
		at := r.pos
		switch op := r.byte(); op {
		case opEnd:
			return
		case opI32Const:
			r.signed(5)
		case opI64Const:
			r.signed(10)
		case 0x43:
			r.skip(4)
		case 0x44:
			r.skip(8)
		case opGlobalGet:
			if i := r.u32(); r.err == nil && int(i) >= m.importedGlobals {
				r.fail(ErrMalformed, at, "constant expression reads global %d of %d imported ones", i, m.importedGlobals)
			}
		case opRefNull:
			r.refType("null")
		case opRefFunc:
			m.functionIndex(r)
		case 0xfd:
			if sub := r.byte(); sub != 0x0c {
				r.fail(ErrMalformed, at, "vector instruction %#x in a constant expression", sub)
			}
			r.skip(16)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e:
			r.refuse(foreign{"of arithmetic in a constant expression", "extended constant expressions"}, at)
		default:
			r.fail(ErrMalformed, at, "instruction %#x in a constant expression", op)
		}
	}
}

// bodiesOf rewrites the functions of the code section.
func (m *module) bodiesOf(r *reader, s *section) {
	b := &body{m: m}
	m.code = make([]byte, 0, r.left()+r.left()/4)
	m.each(r, s, 1, "function bodies", maxFunctions, func(r *reader) {
		at := r.pos
		size := r.u32()
		start := r.pos
		r.skip(size)
		switch {
		case r.err != nil:
			return
		case size > maxBody:
			r.fail(ErrLimit, at, "function of %d bytes, at most %d are accepted", size, maxBody)
			return
		case m.bodies >= m.defined:
			r.fail(ErrMalformed, at, "more function bodies than the %d announced", m.defined)
			return
		}
		b.reader = &reader{data: r.data, pos: start, end: r.pos}
		b.scan(&m.types[m.funcs[m.imported+m.bodies]])
		if r.err = b.err; r.err == nil {
			m.emit(b, start, r.pos)
			m.weigh(r, b, at)
		}
		m.bodies++
	})
}

// weigh adds the work that a function is for the runtime's compiler.
func (m *module) weigh(r *reader, b *body, at int) {
	locals := uint64(b.locals + m.types[m.funcs[m.imported+m.bodies]].params)
	values := b.blocks*locals + b.calls*(m.mutable+1)
	if values > maxValues {
		r.fail(ErrLimit, at, "function with %d blocks, %d locals, %d calls and %d mutable globals, which are %d values to the compiler, at most %d are accepted",
			b.blocks, locals, b.calls, m.mutable, values, maxValues)
	}
	m.info.CompileWork += b.blocks*b.blocks + 100*values
	if m.info.CompileWork > m.opts.MaxCompileWork {
		r.fail(ErrLimit, at, "more than %d units of work to compile, in a function with %d blocks", m.opts.MaxCompileWork, b.blocks)
	}
}

// valueTypes reads a vector of value types and returns how many there are.
func (r *reader) valueTypes(what string, limit uint32) uint32 {
	n := r.count(1, what, limit)
	for i := 0; i < n && r.err == nil; i++ {
		r.valueType()
	}
	return uint32(n)
}

func (r *reader) valueType() {
	at := r.pos
	r.checkValueType(r.byte(), at)
}

func (r *reader) checkValueType(t byte, at int) {
	switch t {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f:
	case 0x69:
		r.fail(ErrUnsupported, at, "type exnref of the exception handling proposal isn't accepted")
	case 0x63, 0x64:
		r.fail(ErrUnsupported, at, "type of the typed function references proposal isn't accepted")
	case 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73:
		r.fail(ErrUnsupported, at, "type %#x of the garbage collection proposal isn't accepted", t)
	default:
		r.fail(ErrMalformed, at, "value type %#x", t)
	}
}

// refType reads the type of a reference, funcref or externref.
func (r *reader) refType(of string) {
	at := r.pos
	switch t := r.byte(); {
	case t == 0x70 || t == 0x6f || r.err != nil:
	case t < 0x63 || t >= 0x80: // the first byte of an index
		r.fail(ErrUnsupported, at, "%s of type %#x, of the typed function references proposal, isn't accepted", of, t)
	case t <= 0x73:
		r.checkValueType(t, at)
	default:
		r.fail(ErrMalformed, at, "%s of type %#x, which isn't one of references", of, t)
	}
}

// limits reads the size of a memory or a table.
func (r *reader) limits(what string) (l Limits) {
	at := r.pos
	flags := r.byte()
	switch {
	case flags == 2 || flags == 3:
		r.fail(ErrUnsupported, at, "shared %s of the threads proposal isn't accepted", what)
	case flags >= 4 && flags <= 7:
		r.fail(ErrUnsupported, at, "%s with 64-bit addresses, of the memory64 proposal, isn't accepted", what)
	case flags > 7:
		r.fail(ErrMalformed, at, "limits with flags %#x", flags)
	}
	l.Min = r.u32()
	if flags == 1 {
		l.Max, l.HasMax = r.u32(), true
	}
	return l
}
