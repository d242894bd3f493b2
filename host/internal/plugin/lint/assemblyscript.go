package lint

import "encoding/binary"

// AssemblyScript's compiler writes no producers section, and in a build without
// names nothing is called after it. What stays is how it lays out memory: before
// each string that stands in the source there is the header of an object,
//
//	block u32   length of the block, without this word
//	gc    u64   zero in the file
//	type  u32   2 is a string
//	size  u32   bytes that follow, two for each unit of UTF-16
//
// 12 bytes before the next multiple of 16, in a block that is just as long as its
// string needs.
const (
	asHeader  = 20
	asString  = 2
	asAt      = 12 // modulo asBlock
	asBlock   = 16
	asOutside = 4 // the word that a block's length leaves out
)

// maxASString is the size in bytes above which a header is not taken for that of
// a string.
const maxASString = 1 << 20

// asStrings reports whether the data has strings of AssemblyScript.
func (m *wasmModule) asStrings() bool {
	for i, s := range m.segments {
		// The length of a block is never zero, so that it begins within a segment
		// even where the zeros between are left out.
		first := (asAt - uint64(s.at)%asBlock + asBlock) % asBlock
		for off := first; off < uint64(len(s.b)); off += asBlock {
			if s.b[off] != 0 && isASString(m.static(i, uint64(s.at)+off)) {
				return true
			}
		}
	}
	return false
}

func isASString(header [asHeader]byte) bool {
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(header[at:]) }
	size := word(16)
	if size == 0 || size%2 != 0 || size > maxASString {
		return false
	}
	block := (size+asHeader+asBlock-1)&^(asBlock-1) - asOutside
	return word(0) == block && word(4) == 0 && word(8) == 0 && word(12) == asString
}

// static returns what memory holds from an address on, which is in segment i, as
// far as that segment and those after it say: each has a byte at least, so that
// there are not many.
func (m *wasmModule) static(i int, address uint64) (b [asHeader]byte) {
	for _, s := range m.segments[i:min(i+asHeader, len(m.segments))] {
		from := uint64(s.at)
		switch {
		case from >= address+asHeader || from+uint64(len(s.b)) <= address:
		case from < address:
			copy(b[:], s.b[address-from:])
		default:
			copy(b[from-address:], s.b)
		}
	}
	return b
}

// asGrows is what every allocator of AssemblyScript has: memory.grow, and whether
// the result is negative.
var asGrows = []byte{0x40, 0x00, 0x41, 0x00, 0x48}

// asKeeps reports whether a module of AssemblyScript has a runtime that takes
// memory and has no collector which runs by itself: stub or minimal.
//
// The names of the runtime's functions say so. Where they are gone, an allocator
// without the stack that the collector looks through says so: it is a global that
// begins behind the data. Who takes memory by heap.alloc only is told of as well,
// and has no collector either.
func (m *wasmModule) asKeeps() bool {
	if len(m.names) > 0 {
		return m.mentions("~lib/rt/stub/") || m.mentions("~lib/rt/tcms/")
	}
	if !m.grows || len(m.memories) == 0 {
		return false
	}
	for _, g := range m.globals {
		if g.mutable && g.value == 0x7f && uint64(g.init) >= m.data.to && g.init > 0 && uint64(g.init) <= m.memories[0].min<<16 {
			return false
		}
	}
	return true
}
