package host

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// Numbers of sections.
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
)

// generatedHostile are the hostile modules that are too large to keep as files,
// and those that no text can be built into. Each is made the same every time.
func generatedHostile() []*hostile {
	forged := "\x1b[2J\x07\r\ntime=1970-01-01 level=ERROR msg=forged\x00\u202e\u2028"
	garbage := strings.Repeat("\xff", 1<<20)
	made := []struct {
		name, outcome string
		make          func(*wasmFile) *wasmFile
	}{
		// Large, and as good as any other.
		{"functions-100000", "harmless", func(f *wasmFile) *wasmFile { return f.functions(100_000) }},
		{"function-of-a-million-instructions", "harmless", func(f *wasmFile) *wasmFile { return f.drops(500_000) }},
		{"function-of-2000-blocks", "harmless", func(f *wasmFile) *wasmFile { return f.blocks(2_000) }},
		{"nesting-10000-deep", "harmless", func(f *wasmFile) *wasmFile { return f.nested(10_000) }},
		{"nesting-of-loops-and-ifs", "harmless", func(f *wasmFile) *wasmFile { return f.nestedLoops(1_500) }},
		{"br-table-of-10000-targets", "harmless", func(f *wasmFile) *wasmFile { return f.brTables(1, 10_000) }},
		{"br-tables-100", "harmless", func(f *wasmFile) *wasmFile { return f.brTables(100, 100) }},
		{"locals-20000", "harmless", func(f *wasmFile) *wasmFile { return f.locals(20_000) }},
		{"parameters-1000", "harmless", func(f *wasmFile) *wasmFile { return f.parameters(1_000) }},
		{"types-99000", "harmless", func(f *wasmFile) *wasmFile { return f.add(secType, 99_000, []byte{0x60, 0, 0}) }},
		{"imports-9000", "harmless", func(f *wasmFile) *wasmFile { return f.imports(9_000) }},
		{"exports-90000", "harmless", func(f *wasmFile) *wasmFile { return f.exports(90_000) }},
		{"globals-900000", "harmless", func(f *wasmFile) *wasmFile { return f.add(secGlobal, 900_000, []byte{0x7f, 0, 0x41, 0, 0x0b}) }},
		{"data-segments-99000", "harmless", func(f *wasmFile) *wasmFile { return f.add(secData, 99_000, []byte{1, 0}) }},
		{"element-segments-99000", "harmless", func(f *wasmFile) *wasmFile { return f.add(secElement, 99_000, []byte{1, 0, 0}) }},
		{"custom-section-of-10mb", "harmless", func(f *wasmFile) *wasmFile { return f.custom("large", string(make([]byte, 10<<20))) }},
		{"custom-sections-100000", "harmless", func(f *wasmFile) *wasmFile { return f.customs(100_000) }},
		{"custom-section-of-false-debug-information", "harmless", func(f *wasmFile) *wasmFile {
			return f.custom(".debug_info", garbage).custom(".debug_abbrev", garbage).custom(".debug_line", garbage)
		}},

		// Too much work for the compiler, or more than anybody needs.
		{"function-of-50000-blocks", "refused work to compile", func(f *wasmFile) *wasmFile { return f.blocks(50_000) }},
		{"nesting-50000-deep", "refused work to compile", func(f *wasmFile) *wasmFile { return f.nested(50_000) }},
		{"br-table-of-a-million-targets", "refused labels of a br_table", func(f *wasmFile) *wasmFile { return f.brTables(1, 1_000_000) }},
		{"br-tables-10000", "refused work to compile", func(f *wasmFile) *wasmFile { return f.brTables(10_000, 100) }},
		{"data-segments-900000", "refused data segments", func(f *wasmFile) *wasmFile { return f.add(secData, 900_000, []byte{1, 0}) }},
		{"element-segments-900000", "refused element segments", func(f *wasmFile) *wasmFile { return f.add(secElement, 900_000, []byte{1, 0, 0}) }},
		{"module-of-33mib", "refused at most", func(f *wasmFile) *wasmFile { return f.custom("large", string(make([]byte, 33<<20))) }},

		// Names that end up in messages.
		{"names-of-a-megabyte", "discarded trap", func(f *wasmFile) *wasmFile { return f.recursive(strings.Repeat("n", 1<<20)) }},
		{"names-that-fool-a-log", "discarded trap", func(f *wasmFile) *wasmFile { return f.recursive(forged) }},
		{"names-not-utf8", "refused not valid UTF-8", func(f *wasmFile) *wasmFile { return f.recursive("\xff\xfe") }},
		{"import-not-utf8", "refused not valid UTF-8", func(f *wasmFile) *wasmFile {
			return f.add(secImport, 1, []byte("\x02\xff\xfe\x01f\x00\x00"))
		}},
		{"custom-section-not-utf8", "refused not valid UTF-8", func(f *wasmFile) *wasmFile { return f.custom("\xff\xfe", "") }},

		// Lengths that are lies.
		{"functions-claimed", "refused claims", func(f *wasmFile) *wasmFile { return f.raw(secFunction, leb(0xffffffff)) }},
		{"data-claimed", "refused data", func(f *wasmFile) *wasmFile {
			return f.add(secData, 1, slices.Concat([]byte{0, 0x41, 0, 0x0b}, leb(0xffffffff)))
		}},
	}
	var all []*hostile
	for _, m := range made {
		all = append(all, &hostile{name: m.name, outcome: m.outcome, on: "insert", sidecar: []string{`compile_time = "15s"`}, module: func() []byte { return m.make(newWasm()).bytes() }})
	}
	return all
}

// A wasmFile is a module in the making. It begins as a plugin that does nothing
// on an insert.
type wasmFile struct {
	counts  [secDataCount + 1]int
	content [secDataCount + 1][]byte
	after   []byte // custom sections
	body    []byte // of on_session_insert
	vars    []byte // its local variables
}

func newWasm() *wasmFile {
	f := &wasmFile{body: []byte{0x41, 0}, vars: []byte{0}}
	f.add(secType, 1, []byte{0x60, 0, 1, 0x7e})       // event_buffer
	f.add(secType, 1, []byte{0x60, 1, 0x7f, 1, 0x7f}) // a hook
	f.add(secFunction, 1, []byte{0})
	f.add(secFunction, 1, []byte{1})
	f.add(secMemory, 1, []byte{1, 1, 1})
	f.add(secExport, 1, append(name("memory"), 2, 0))
	return f
}

func leb(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func name(s string) []byte { return append(leb(uint64(len(s))), s...) }

func section(id byte, content []byte) []byte {
	return slices.Concat([]byte{id}, leb(uint64(len(content))), content)
}

// withSection returns module with a custom section at its end.
func withSection(module []byte, title, content string) []byte {
	return slices.Concat(module, section(secCustom, append(name(title), content...)))
}

// add appends n times the same entry to a section.
func (f *wasmFile) add(id, n int, entry []byte) *wasmFile {
	f.counts[id] += n
	f.content[id] = append(f.content[id], bytes.Repeat(entry, n)...)
	return f
}

// raw replaces a section.
func (f *wasmFile) raw(id int, content []byte) *wasmFile {
	f.counts[id], f.content[id] = -1, content
	return f
}

func (f *wasmFile) custom(title, content string) *wasmFile {
	f.after = withSection(f.after, title, content)
	return f
}

func (f *wasmFile) customs(n int) *wasmFile {
	f.after = bytes.Repeat(section(secCustom, name("again")), n)
	return f
}

// idle puts code before the hook's result that is not to be reached: the
// parameter is never 0, so the branch to the end of the block is taken.
func (f *wasmFile) idle(code ...byte) *wasmFile {
	f.body = slices.Concat([]byte{0x02, 0x40, 0x20, 0, 0x0d, 0}, code, []byte{0x0b, 0x41, 0})
	return f
}

// drops is 2n instructions without a branch: (drop (i32.const 1)).
func (f *wasmFile) drops(n int) *wasmFile { return f.idle(bytes.Repeat([]byte{0x41, 1, 0x1a}, n)...) }

// blocks is n blocks one after the other, each with a way out of it and one out
// of all.
func (f *wasmFile) blocks(n int) *wasmFile {
	return f.idle(bytes.Repeat([]byte{0x20, 0, 0x0d, 0, 0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b}, n)...)
}

// nested is n blocks one in the other.
func (f *wasmFile) nested(n int) *wasmFile {
	return f.idle(slices.Concat(bytes.Repeat([]byte{0x02, 0x40}, n), bytes.Repeat([]byte{0x0b}, n))...)
}

// nestedLoops is n loops with an if in each, one in the other.
func (f *wasmFile) nestedLoops(n int) *wasmFile {
	return f.idle(slices.Concat(bytes.Repeat([]byte{0x03, 0x40, 0x20, 0, 0x04, 0x40}, n), bytes.Repeat([]byte{0x0b}, 2*n))...)
}

// brTables is n times br_table with so many targets.
func (f *wasmFile) brTables(n, targets int) *wasmFile {
	one := slices.Concat([]byte{0x02, 0x40, 0x20, 0, 0x0e}, leb(uint64(targets)), make([]byte, targets+1), []byte{0x0b})
	return f.idle(bytes.Repeat(one, n)...)
}

// functions adds n functions, each of which would call the next.
func (f *wasmFile) functions(n int) *wasmFile {
	for i := range n {
		next := 2 + (i+1)%n
		f.add(secFunction, 1, []byte{1})
		f.add(secCode, 1, function([]byte{0}, slices.Concat([]byte{0x20, 0, 0x10}, leb(uint64(next)))))
	}
	return f
}

// locals gives the hook n variables, each of which has the value of the one
// before it.
func (f *wasmFile) locals(n int) *wasmFile {
	f.vars = slices.Concat([]byte{1}, leb(uint64(n)), []byte{0x7f})
	f.body = nil
	for i := range n {
		f.body = slices.Concat(f.body, []byte{0x20}, leb(uint64(i)), []byte{0x21}, leb(uint64(i+1)))
	}
	f.body = append(f.body, 0x41, 0)
	return f
}

// parameters adds a function with n parameters and as many results, and has the
// hook call it.
func (f *wasmFile) parameters(n int) *wasmFile {
	types := slices.Concat(leb(uint64(n)), bytes.Repeat([]byte{0x7e}, n))
	f.add(secType, 1, slices.Concat([]byte{0x60}, types, types))
	f.add(secFunction, 1, []byte{2})
	var get []byte
	for i := range n {
		get = slices.Concat(get, []byte{0x20}, leb(uint64(i)))
	}
	f.add(secCode, 1, function([]byte{0}, get))
	f.body = slices.Concat(bytes.Repeat([]byte{0x42, 1}, n), []byte{0x10, 2}, bytes.Repeat([]byte{0x1a}, n), []byte{0x41, 0})
	return f
}

// imports imports the same function n times.
func (f *wasmFile) imports(n int) *wasmFile {
	f.add(secType, 1, []byte{0x60, 0, 1, 0x7e})
	return f.add(secImport, n, slices.Concat(name("tls_session_v1"), name("time_now"), []byte{0, 2}))
}

// exports exports event_buffer under n more names.
func (f *wasmFile) exports(n int) *wasmFile {
	for i := range n {
		title := []byte("e00000")
		for at := len(title) - 1; i > 0; at-- {
			title[at] += byte(i % 10)
			i /= 10
		}
		f.add(secExport, 1, slices.Concat(name(string(title)), []byte{0, 0}))
	}
	return f
}

// recursive has the hook call a function, of the given name, that calls itself
// ten times and traps, so that the name is in the message ten times.
func (f *wasmFile) recursive(title string) *wasmFile {
	f.add(secFunction, 1, []byte{1})
	// (if (i32.eqz n) unreachable) (call self (n - 1))
	f.add(secCode, 1, function([]byte{0}, []byte{0x20, 0, 0x45, 0x04, 0x40, 0x00, 0x0b, 0x20, 0, 0x41, 1, 0x6b, 0x10, 2}))
	f.body = []byte{0x41, 10, 0x10, 2}
	names := slices.Concat(leb(1), leb(2), name(title))
	return f.custom("name", string(section(1, names)))
}

// function is an entry of the code section.
func function(vars, code []byte) []byte {
	body := slices.Concat(vars, code, []byte{0x0b})
	return append(leb(uint64(len(body))), body...)
}

// bytes returns the module. Indices of functions count the imports first, so
// the exports are written here.
func (f *wasmFile) bytes() []byte {
	imported := leb(uint64(f.counts[secImport]))
	hook := leb(uint64(f.counts[secImport] + 1))
	f.add(secExport, 1, slices.Concat(name("event_buffer"), []byte{0}, imported))
	f.add(secExport, 1, slices.Concat(name("on_session_insert"), []byte{0}, hook))
	// event_buffer: 4096 << 32 | 4096
	own := slices.Concat(
		function([]byte{0}, []byte{0x42, 0x80, 0xa0, 0x80, 0x80, 0x80, 0x80, 0x04}),
		function(f.vars, f.body))
	f.counts[secCode] += 2
	f.content[secCode] = append(own, f.content[secCode]...)

	out := []byte("\x00asm\x01\x00\x00\x00")
	for _, id := range []int{secType, secImport, secFunction, secTable, secMemory, secGlobal, secExport, secElement, secDataCount, secCode, secData} {
		switch n := f.counts[id]; {
		case n > 0:
			out = append(out, section(byte(id), append(leb(uint64(n)), f.content[id]...))...)
		case n < 0:
			out = append(out, section(byte(id), f.content[id])...)
		}
	}
	return append(out, f.after...)
}
