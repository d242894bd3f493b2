package lint

import (
	"fmt"
	"unicode/utf8"
)

// A formatError says why bytes are not a module that can be looked into. It
// becomes a Finding.
type formatError struct {
	text, hint string
	feature    string // that the host lacks, where that is the reason
}

// A reader reads the part b[at:end] of a file. The first error sticks: after
// it every method returns zero values, so callers check once per entry.
type reader struct {
	b       []byte
	at, end int
	place   string // the section, for messages
	err     *formatError
	// lacking collects what does not end the reading; nil where nothing can.
	lacking *[]*formatError
}

func (r *reader) fail(at int, format string, args ...any) {
	if r.err == nil {
		r.err = &formatError{
			text: fmt.Sprintf("is malformed: in its %s, at offset %d, %s", r.place, at, fmt.Sprintf(format, args...)),
			hint: "build or copy it again; if it stays, the tool that wrote it is at fault",
		}
		r.at = r.end
	}
}

func (r *reader) left() int { return r.end - r.at }

func (r *reader) byte(what string) byte {
	if r.at >= r.end {
		r.fail(r.at, "the %s is missing", what)
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

// u32 reads an unsigned LEB128 number of at most 32 bits, in at most 5 bytes.
func (r *reader) u32(what string) uint32 {
	start, n := r.at, uint64(0)
	for shift := 0; shift < 35; shift += 7 {
		c := r.byte(what)
		if r.err != nil {
			return 0
		}
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if n > 0xffffffff {
				break
			}
			return uint32(n)
		}
	}
	r.fail(start, "the %s is no 32-bit number", what)
	return 0
}

// skipLEB skips a LEB128 number of at most so many bytes, signed or not.
func (r *reader) skipLEB(what string, most int) {
	start := r.at
	for range most {
		if r.byte(what) < 0x80 {
			return
		}
	}
	r.fail(start, "the %s is too long", what)
}

// i32 reads a signed LEB128 number of at most 32 bits, in at most 5 bytes, and
// returns its bits. The runtime judges those beyond.
func (r *reader) i32(what string) uint32 {
	start, n := r.at, uint32(0)
	r.skipLEB(what, 5)
	if r.err != nil {
		return 0
	}
	shift := 0
	for _, c := range r.b[start:r.at] {
		n |= uint32(c&0x7f) << shift
		shift += 7
	}
	if shift < 32 && r.b[r.at-1]&0x40 != 0 { // negative
		n |= ^uint32(0) << shift
	}
	return n
}

// i64 reads a signed LEB128 number of at most 64 bits, in at most 10 bytes.
func (r *reader) i64(what string) int64 {
	start, n := r.at, uint64(0)
	r.skipLEB(what, 10)
	if r.err != nil {
		return 0
	}
	shift := 0
	for _, c := range r.b[start:r.at] {
		n |= uint64(c&0x7f) << shift
		shift += 7
	}
	if shift < 64 && r.b[r.at-1]&0x40 != 0 { // negative
		n |= ^uint64(0) << shift
	}
	return int64(n)
}

func (r *reader) bytes(n uint32, what string) []byte {
	if uint64(n) > uint64(r.left()) {
		r.fail(r.at, "the %s should be %d bytes long and only %d are left", what, n, r.left())
		return nil
	}
	r.at += int(n)
	return r.b[r.at-int(n) : r.at : r.at]
}

// name reads a length and that many bytes of UTF-8. The result is a view.
func (r *reader) name(what string) []byte {
	start := r.at
	b := r.bytes(r.u32("length of the "+what), what)
	if !utf8.Valid(b) {
		r.fail(start, "the %s is not valid UTF-8", what)
		return nil
	}
	return b
}

// count reads the length of a vector of which every entry takes size bytes or
// more. The runtime allocates what a length says before it reads an entry, so
// a length that the bytes cannot keep, or one above most, ends the reading.
func (r *reader) count(what string, size, most int) int {
	start := r.at
	n := uint64(r.u32("number of " + what))
	switch {
	case r.err != nil:
		return 0
	case n*uint64(size) > uint64(r.left()):
		r.fail(start, "it claims %d %s, and the %d bytes that are left cannot hold them", n, what, r.left())
		return 0
	case n > uint64(most):
		r.tooMany(what, n, uint64(most))
		return 0
	}
	return int(n)
}

func (r *reader) tooMany(what string, n, most uint64) {
	if r.err == nil {
		r.err = &formatError{
			text: fmt.Sprintf("has %d %s; at most %d are accepted", n, what, most),
			hint: "a plugin has no use for so many: generate less code, or split it",
		}
		r.at = r.end
	}
}
