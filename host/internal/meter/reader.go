package meter

import (
	"fmt"
	"unicode/utf8"
)

// A reader walks over a part of the module. The first error sticks: from then
// on every read returns zero and doesn't advance, so that callers check err
// only where a loop or a decision depends on it.
type reader struct {
	data []byte // the whole module, so that offsets are the module's
	pos  int
	end  int // the end of the part that may be read
	err  *Error
}

func (r *reader) fail(kind error, at int, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{Kind: kind, Offset: at, What: fmt.Sprintf(format, args...)}
		r.pos = r.end // ends the loops that ask for more
	}
}

func (r *reader) left() int { return r.end - r.pos }

func (r *reader) byte() byte {
	if r.pos >= r.end {
		r.fail(ErrMalformed, r.pos, "unexpected end")
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

// skip passes over n bytes; n may come from the module as it is.
func (r *reader) skip(n uint32) {
	if uint64(n) > uint64(r.left()) {
		r.fail(ErrMalformed, r.pos, "%d bytes announced, %d left", n, r.left())
		return
	}
	r.pos += int(n)
}

// u32 reads an unsigned LEB128 number of at most 5 bytes and 32 bits, as
// section 5.2.2 of the specification wants it.
func (r *reader) u32() uint32 {
	at := r.pos
	if at < r.end && r.data[at] < 0x80 { // nearly always
		r.pos++
		return uint32(r.data[at])
	}
	var v uint32
	for i := range 5 {
		b := r.byte()
		v |= uint32(b&0x7f) << (7 * i)
		if b < 0x80 {
			if i == 4 && b > 0x0f {
				break
			}
			return v
		}
	}
	r.fail(ErrMalformed, at, "number doesn't fit into 32 bits")
	return 0
}

// signed passes over a signed LEB128 number of at most max bytes. The unused
// bits of the last byte are left to the runtime: the number itself is copied,
// and only its length matters here.
func (r *reader) signed(max int) {
	at := r.pos
	for range max {
		if r.byte() < 0x80 {
			return
		}
	}
	r.fail(ErrMalformed, at, "number is longer than %d bytes", max)
}

// s33 reads a block type: a signed LEB128 number of at most 33 bits. Like the
// runtime, and unlike the specification, it ignores the topmost bit of a fifth
// byte: what is read must be what the runtime reads.
func (r *reader) s33() int64 {
	at := r.pos
	var v int64
	for i := range 5 {
		b := r.byte()
		v |= int64(b&0x7f) << (7 * i)
		if b >= 0x80 {
			continue
		}
		shift := 64 - min(7*(i+1), 34)
		v = v << shift >> shift // sign extension
		if v != v<<31>>31 {
			break // more than 33 bits
		}
		return v
	}
	r.fail(ErrMalformed, at, "number doesn't fit into 33 bits")
	return 0
}

// count reads the length of a vector whose elements take at least size bytes
// each. A length that cannot be true is refused before anybody allocates for
// it: the runtime's own decoder would.
func (r *reader) count(size int, what string, limit uint32) int {
	at := r.pos
	n := r.u32()
	if r.err != nil {
		return 0
	}
	if uint64(n)*uint64(size) > uint64(r.left()) {
		r.fail(ErrMalformed, at, "%d %s announced, more than fit into the %d bytes left", n, what, r.left())
		return 0
	}
	if n > limit {
		r.fail(ErrLimit, at, "%d %s, at most %d are accepted", n, what, limit)
		return 0
	}
	return int(n)
}

// name reads a name, which aliases the module's bytes.
func (r *reader) name(what string) []byte {
	at := r.pos
	n := r.u32()
	start := r.pos
	r.skip(n)
	if r.err != nil {
		return nil
	}
	b := r.data[start:r.pos]
	if !utf8.Valid(b) {
		r.fail(ErrMalformed, at, "%s isn't UTF-8", what)
		return nil
	}
	return b
}

// appendU32 appends v as unsigned LEB128.
func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// appendI64 appends v, which isn't negative, as signed LEB128.
func appendI64(b []byte, v uint64) []byte {
	for v >= 0x40 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}
