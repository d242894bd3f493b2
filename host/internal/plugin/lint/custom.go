package lint

import (
	"bytes"
	"strings"
)

// custom reads the custom sections that say something about the module, or
// that the runtime decodes: only "name".
func (m *wasmModule) custom(r *reader) {
	name := string(r.name("name of a custom section"))
	if r.err != nil {
		return
	}
	rest := reader{b: r.b, at: r.at, end: r.end, place: "custom section " + quote(name)}
	r.at = r.end
	if len(m.customs) < 1000 && len(name) < 100 {
		if name == "name" && m.customs[name] {
			rest.fail(rest.at, "there is a second one")
		}
		m.customs[name] = true
	}
	if strings.HasPrefix(name, ".debug_") {
		m.debug += rest.left()
	}
	switch name {
	case "name":
		m.names = r.b[rest.at:rest.end]
		nameSection(&rest, m.functions.note)
		r.err = rest.err
	case ".debug_str":
		m.zigDebug = bytes.Contains(rest.b[rest.at:rest.end], []byte("\x00zig 0."))
	case "producers":
		m.producers = producers(&rest) // advisory: an error in it is no matter
	}
}

func producers(r *reader) []producer {
	var all []producer
	for range r.count("fields", 2, 10) {
		field := string(r.name("field"))
		for range r.count("values", 2, 100) {
			p := producer{field, string(r.name("value")), string(r.name("version"))}
			if r.err != nil {
				return all
			}
			all = append(all, p)
		}
	}
	return all
}

// nameMarks are what the names of functions tell of how they came to be.
type nameMarks struct {
	some       bool     // there are names: not of the module and of variables only
	mismatched []string // functions that are called as if they had another type
	wrapped    bool     // exports that run the constructors at each call
}

// maxMismatched is how many of nameMarks.mismatched are kept.
const maxMismatched = 10

// note takes down what a function's name tells. The names are wasm-ld's.
func (n *nameMarks) note(name []byte) {
	n.some = true
	if of, ok := bytes.CutPrefix(name, []byte("signature_mismatch:")); ok && len(n.mismatched) < maxMismatched {
		n.mismatched = append(n.mismatched, string(of))
	}
	n.wrapped = n.wrapped || bytes.HasSuffix(name, []byte(".command_export"))
}

// nameSection checks the lists that the runtime decodes, subsections 0 to 2,
// and calls function for each function's name.
func nameSection(r *reader, function func(name []byte)) {
	names := 0
	list := func(s *reader, each func(name []byte)) {
		n := s.count("names", 2, maxLocalNames)
		if names += n; names > maxLocalNames {
			s.tooMany("names of local variables", uint64(names), maxLocalNames)
		}
		for range n {
			if s.err != nil {
				return
			}
			s.u32("index of a name")
			each(s.name("name"))
		}
	}
	local := func([]byte) {}
	for r.err == nil && r.left() > 0 {
		id := r.byte("number of a subsection")
		size := r.u32("size of a subsection")
		start := r.at
		r.bytes(size, "subsection")
		if r.err != nil {
			return
		}
		s := reader{b: r.b, at: start, end: r.at, place: r.place}
		switch id {
		case 0:
			s.name("module's name")
		case 1:
			list(&s, function)
		case 2:
			for range s.count("functions", 2, maxFunctions) {
				if s.err != nil {
					break
				}
				s.u32("index of a function")
				list(&s, local)
			}
		default:
			s.at = s.end
		}
		if s.err == nil && s.at != s.end {
			s.fail(s.at, "%d bytes are left over", s.left())
		}
		r.err = s.err
	}
}

// mentions reports whether the name section holds s.
func (m *wasmModule) mentions(s string) bool { return bytes.Contains(m.names, []byte(s)) }
