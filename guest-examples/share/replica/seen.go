package replica

// A seen set knows what a transfer has listed already. Each instance of a node asks
// for a replay of its own, and all of them get all: without it every session would
// be sent as often as there are instances.
//
// It keeps 8 bytes of a hash for each id, in a table that is at most three quarters
// full. Two ids with one hash would cost the asker a session: with a million ids,
// once in 10^7 transfers, and nobody can choose ids that do, as they don't know the
// seed. It grows in parts, because a call has only so much fuel.
type seen struct {
	parts []seenPart
	bytes int
}

type seenPart struct {
	slots []uint64 // open addressing; 0 is a free one
	n     int
}

const (
	seenParts = 256
	seenSlots = 8 // of a part, at first
)

// add reports whether it had not been added before.
func (s *seen) add(seed uint64, kind byte, id []byte) bool {
	if s.parts == nil {
		s.parts = make([]seenPart, seenParts)
	}
	h := seenHash(seed, kind, id)
	p := &s.parts[h>>56]
	if 4*(p.n+1) > 3*len(p.slots) {
		s.grow(p)
	}
	if !p.put(h) {
		return false
	}
	p.n++
	return true
}

func (s *seen) grow(p *seenPart) {
	old := p.slots
	p.slots = make([]uint64, max(2*len(old), seenSlots))
	s.bytes += 8 * (len(p.slots) - len(old))
	for _, h := range old {
		if h != 0 {
			p.put(h)
		}
	}
}

// put puts h into a free slot, unless it is there.
func (p *seenPart) put(h uint64) bool {
	mask := uint64(len(p.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		switch p.slots[i] {
		case 0:
			p.slots[i] = h
			return true
		case h:
			return false
		}
	}
}

// seenHash is FNV-1a, from a seed on, and never 0.
func seenHash(seed uint64, kind byte, id []byte) uint64 {
	const prime = 1099511628211
	h := (14695981039346656037 ^ seed) * prime
	h = (h ^ uint64(kind)) * prime
	for _, b := range id {
		h = (h ^ uint64(b)) * prime
	}
	h ^= h >> 32 // the last bytes have not reached all bits
	return max(h*prime, 1)
}
