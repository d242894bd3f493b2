package meter

import "strings"

// custom reads a custom section and decides whether it stays. What refers to
// offsets in the code isn't true of the rewritten code.
func (m *module) custom(r *reader, s *section) {
	name := string(r.name("custom section's name"))
	switch {
	case r.err != nil:
		return
	case name == "name":
		if m.named {
			r.fail(ErrMalformed, s.start, "second name section")
			return
		}
		m.named = true
		names, sound := countNames(r)
		s.drop = names > maxNames || !sound
	case strings.HasPrefix(name, ".debug_"),
		strings.HasPrefix(name, "metadata.code."),
		strings.HasPrefix(name, "reloc."),
		name == "sourceMappingURL", name == "external_debug_info",
		r.left() == 0: // the runtime refuses an empty one at the end of a module
		s.drop = true
	}
	if s.drop {
		m.info.Dropped = append(m.info.Dropped, name)
	}
	if name != "name" && r.err == nil {
		r.pos = r.end
	}
}

// countNames reads the name section the way that the runtime does, which
// refuses modules for it, and returns how many names the runtime would store.
// Subsections are read to the end of their content, whatever size they
// announce; their numbers of elements are the runtime's allocations, and are
// checked. sound is false if the sizes lead beyond the end of the file, which
// the runtime forgives where it is the end, and there only.
func countNames(r *reader) (names int, sound bool) {
	limit := uint64(r.left())
	for limit > 0 && r.err == nil {
		if r.left() == 0 && r.end == len(r.data) {
			return names, false
		}
		id := r.byte()
		before := r.pos
		size := r.u32()
		limit -= 1 + uint64(r.pos-before)
		switch id {
		case 0:
			r.name("module's name")
		case 1:
			names += nameMap(r)
		case 2:
			n := r.count(2, "functions with named locals", 1<<31)
			for i := 0; i < n && r.err == nil; i++ {
				r.u32()
				names += 1 + nameMap(r)
			}
		default:
			r.skip(size)
		}
		limit -= uint64(size)
	}
	return names, true
}

func nameMap(r *reader) int {
	n := r.count(2, "names", 1<<31)
	for i := 0; i < n && r.err == nil; i++ {
		r.u32()
		r.name("name")
	}
	return n
}
