package bus

// A window remembers which numbers of a rising sequence were seen, however
// often and in whatever order they come: those of the last windowSize, and all
// that are older count as seen.
type window struct {
	top  uint64
	seen [windowSize / 64]uint64 // a ring, by number
}

const windowSize = 4096

// take marks n as seen, and tells whether it was not.
func (w *window) take(n uint64) bool {
	if n+windowSize <= w.top {
		return false
	}
	if n > w.top {
		w.slide(n)
	}
	word, bit := &w.seen[n/64%uint64(len(w.seen))], uint64(1)<<(n%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// slide makes n the highest number, and forgets those that fall out.
func (w *window) slide(n uint64) {
	if n-w.top >= windowSize {
		w.seen = [len(w.seen)]uint64{}
	} else {
		for i := w.top + 1; i <= n; i++ {
			w.seen[i/64%uint64(len(w.seen))] &^= 1 << (i % 64)
		}
	}
	w.top = n
}
