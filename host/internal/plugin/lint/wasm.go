package lint

import (
	"fmt"
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// The most that a module may have of each. The runtime allocates by these
// numbers as it decodes and instantiates, before any limit of its own: a file
// of 30 bytes can ask it for 32 GB of local variables or 1 GiB of table.
const (
	maxTypes      = 100_000
	maxParams     = 1_000 // and results, of one type
	maxImports    = 10_000
	maxFunctions  = 1_000_000
	maxTables     = 100
	maxTableSize  = 1 << 20 // initial elements, of all tables together
	maxGlobals    = 1_000_000
	maxExports    = 100_000
	maxSegments   = 1_000_000 // element segments, and as many data segments: Go makes 20,000 of these
	maxElements   = 4 << 20   // of one segment
	maxLocals     = 50_000    // of one function
	maxAllLocals  = 4 << 20   // of all functions together
	maxLocalNames = 4 << 20   // in the name section
)

// Kinds of imports and exports, by their byte.
const (
	kindFunc   = 0
	kindTable  = 1
	kindMemory = 2
	kindGlobal = 3
	kindTag    = 4
)

func kindName(k byte) string {
	return [...]string{"function", "table", "memory", "global", "tag"}[min(k, kindTag)]
}

// Sections, by their byte.
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag
)

var sections = [...]struct {
	name string
	rank int // sections come in this order; custom ones anywhere
}{
	secCustom:    {"custom section", 0},
	secType:      {"type section", 1},
	secImport:    {"import section", 2},
	secFunction:  {"function section", 3},
	secTable:     {"table section", 4},
	secMemory:    {"memory section", 5},
	secTag:       {"tag section", 6},
	secGlobal:    {"global section", 7},
	secExport:    {"export section", 8},
	secStart:     {"start section", 9},
	secElement:   {"element section", 10},
	secDataCount: {"data count section", 11},
	secCode:      {"code section", 12},
	secData:      {"data section", 13},
}

// A wasmModule is what lint knows of a binary. Its byte slices and names are
// views of the file.
type wasmModule struct {
	types    []funcType
	imports  []wasmImport
	funcs    []uint32 // type of each function, imported ones first
	imported int      // how many of funcs are imported
	tables   []tableType
	tableSum uint64 // initial elements of all tables
	memories []limits
	globals  []globalType
	exports  []wasmExport
	start    bool
	bodies   int // functions in the code section
	locals   uint64
	data     extent    // of the active data segments
	segments []segment // those of them that say where they are
	grows    bool      // it grows its memory in AssemblyScript's way
	sections int       // how many there are, custom ones included

	lacking   []*formatError // features that it needs and the host lacks
	producers []producer
	names     []byte // content of the name section
	functions nameMarks
	debug     int  // bytes of debug information
	zigDebug  bool // which says that Zig made it
	customs   map[string]bool

	wrappers  map[uint32]frame // of functions that the host calls
	constants map[uint32]int64 // what those return that do nothing but that
}

// An extent is the range of memory from the first to the last byte that data
// segments fill.
type extent struct {
	from, to uint64
	some     bool
}

// A segment is data, and the address at which memory has it in the beginning.
type segment struct {
	at uint32
	b  []byte
}

func (e *extent) add(from, size uint64) {
	if !e.some || from < e.from {
		e.from = from
	}
	e.to, e.some = max(e.to, from+size), true
}

type funcType struct{ params, results []byte }

func (t funcType) String() string {
	var b strings.Builder
	b.WriteString("(func")
	for _, group := range [...]struct {
		word  string
		types []byte
	}{{"param", t.params}, {"result", t.results}} {
		if len(group.types) == 0 {
			continue
		}
		b.WriteString(" (" + group.word)
		for i, v := range group.types {
			if i == 16 {
				fmt.Fprintf(&b, " … %d more", len(group.types)-i)
				break
			}
			b.WriteString(" " + valueName(v))
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String()
}

func (t funcType) is(s abi.Signature) bool {
	same := func(a []byte, b []abi.ValueType) bool {
		for i := range a {
			if len(a) != len(b) || a[i] != byte(b[i]) {
				return false
			}
		}
		return len(a) == len(b)
	}
	return same(t.params, s.Params) && same(t.results, s.Results)
}

func valueName(v byte) string {
	switch v {
	case 0x7f:
		return "i32"
	case 0x7e:
		return "i64"
	case 0x7d:
		return "f32"
	case 0x7c:
		return "f64"
	case 0x7b:
		return "v128"
	case 0x70:
		return "funcref"
	case 0x6f:
		return "externref"
	}
	return fmt.Sprintf("0x%02x", v)
}

// limits of a memory in pages of 64 KiB, or of a table in elements.
type limits struct {
	min, max uint64
	hasMax   bool
	shared   bool
	wide     bool // 64-bit addresses
}

func (l limits) String() string {
	s := fmt.Sprint(l.min)
	if l.hasMax {
		s += fmt.Sprint(" ", l.max)
	}
	return s
}

func (l limits) memory() string {
	s := "(memory "
	if l.wide {
		s += "i64 "
	}
	s += l.String()
	if l.shared {
		s += " shared"
	}
	return s + ")"
}

type tableType struct {
	elem   byte
	limits limits
}

func (t tableType) String() string {
	return "(table " + t.limits.String() + " " + valueName(t.elem) + ")"
}

type globalType struct {
	value   byte
	mutable bool
	init    uint32 // where it is a number that an i32.const gives
}

func (g globalType) String() string {
	if g.mutable {
		return "(global (mut " + valueName(g.value) + "))"
	}
	return "(global " + valueName(g.value) + ")"
}

type wasmImport struct {
	module, name []byte
	kind         byte
	fn           funcType
	text         string // of the other kinds
}

func (i *wasmImport) String() string {
	if i.kind == kindFunc {
		return i.fn.String()
	}
	return i.text
}

type wasmExport struct {
	name  []byte
	kind  byte
	index uint32
}

type producer struct{ field, name, version string }

// typeOf returns the type of an export in the text format.
func (m *wasmModule) typeOf(e wasmExport) string {
	i := int(e.index)
	switch {
	case e.kind == kindFunc && i < len(m.funcs):
		return m.types[m.funcs[i]].String()
	case e.kind == kindTable && i < len(m.tables):
		return m.tables[i].String()
	case e.kind == kindMemory && i < len(m.memories):
		return m.memories[i].memory()
	case e.kind == kindGlobal && i < len(m.globals):
		return m.globals[i].String()
	}
	return "(" + kindName(e.kind) + ")"
}

// parse reads the sections of a binary whose header has been checked. What it
// read before an error is returned with it.
//
// It follows every length that makes the runtime allocate, so that none of
// them can be a lie: lists of entries, local variables, segments, names. Types,
// indices and instructions are the runtime's to validate.
func parse(b []byte) (*wasmModule, *formatError) {
	m := &wasmModule{customs: map[string]bool{}, wrappers: map[uint32]frame{}, constants: map[uint32]int64{}}
	at, rank, last := 8, 0, "header"
	for at < len(b) {
		start := at
		head := reader{b: b, at: at, end: len(b), place: "list of sections"}
		id := head.byte("section's number")
		if int(id) >= len(sections) {
			return m, &formatError{
				text: fmt.Sprintf("is malformed: at offset %d, after its %s, a section has the unknown number %d", start, last, id),
				hint: "bytes were added or changed: build or copy it again",
			}
		}
		sec := sections[id]
		size := head.u32("size of the " + sec.name)
		if head.err != nil {
			return m, truncated(fmt.Sprintf("ends in the header of its %s, which starts at offset %d", sec.name, start))
		}
		if left := head.left(); uint64(size) > uint64(left) {
			return m, truncated(fmt.Sprintf("ends inside its %s, which starts at offset %d: %d bytes long, and %d of them are there", sec.name, start, size, left))
		}
		if id != secCustom {
			if sec.rank <= rank {
				return m, &formatError{
					text: fmt.Sprintf("is malformed: at offset %d, a %s stands after its %s", start, sec.name, last),
					hint: "the tool that wrote it is at fault",
				}
			}
			rank, last = sec.rank, sec.name
		}
		r := reader{b: b, at: head.at, end: head.at + int(size), place: sec.name, lacking: &m.lacking}
		at = r.end
		m.sections++
		m.section(id, &r)
		if r.err == nil && r.at != r.end {
			r.fail(r.at, "%d bytes are left over", r.left())
		}
		if r.err != nil {
			return m, r.err
		}
	}
	if declared := len(m.funcs) - m.imported; declared != m.bodies {
		text := fmt.Sprintf("declares %d functions and has the code of %d", declared, m.bodies)
		if m.bodies == 0 {
			return m, truncated(fmt.Sprintf("ends at offset %d, after its %s, before the code section: it %s", len(b), last, text))
		}
		return m, &formatError{text: "is malformed: it " + text, hint: "build or copy it again"}
	}
	return m, nil
}

func truncated(text string) *formatError {
	return &formatError{text: "is truncated: it " + text, hint: "the build, the copy or the download did not finish: do it again (copy to another name and rename, so that nobody sees half a file)"}
}
