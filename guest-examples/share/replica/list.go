package replica

// A list holds ids in their order, with a byte for each that says what it is
// of. It takes as much memory as it needs, in chunks, and gives it back as its
// front is dropped. Chunks are of one size, so that a long list leaves no
// garbage behind by growing.
type list struct {
	n      int // ids
	chunks [][]byte
	front  int // in chunks[0]
}

const chunkSize = 16 << 10

// A place is where in a list an id is. It is valid until the front is dropped
// behind it.
type place struct{ chunk, at int }

// add adds an id of at most abi.MaxID bytes.
func (l *list) add(kind byte, id []byte) {
	size := 3 + len(id)
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last])+size > chunkSize {
		l.chunks = append(l.chunks, make([]byte, 0, chunkSize))
		last++
	}
	l.chunks[last] = beginEntry(l.chunks[last], kind, id)
	l.n++
}

func (l *list) first() place { return place{0, l.front} }

// next returns what is at p, and the place behind it; not ok at the end.
func (l *list) next(p place) (kind byte, id []byte, behind place, ok bool) {
	for p.chunk < len(l.chunks) && p.at >= len(l.chunks[p.chunk]) {
		if p.chunk == len(l.chunks)-1 {
			return 0, nil, p, false // more may be added to this one
		}
		p = place{p.chunk + 1, 0}
	}
	if p.chunk >= len(l.chunks) {
		return 0, nil, p, false
	}
	b := l.chunks[p.chunk][p.at:]
	n := 3 + int(b[1]) + int(b[2])<<8
	return b[0], b[3:n], place{p.chunk, p.at + n}, true
}

// drop drops everything before p, and returns how many sessions and tombstones
// that was.
func (l *list) drop(p place) (sessions, tombstones int) {
	for at := l.first(); at != p; {
		kind, _, behind, ok := l.next(at)
		if !ok {
			break
		}
		if kind == entrySession {
			sessions++
		} else {
			tombstones++
		}
		at = behind
	}
	l.n -= sessions + tombstones
	l.chunks = append(l.chunks[:0], l.chunks[p.chunk:]...)
	clear(l.chunks[len(l.chunks):cap(l.chunks)])
	l.front = p.at
	return sessions, tombstones
}

// size returns how many bytes of memory the list has.
func (l *list) size() int { return len(l.chunks) * chunkSize }
