package replica

import (
	"fmt"
	"testing"
)

func TestAListKeepsOrderAndGivesMemoryBack(t *testing.T) {
	var l list
	const n = 5000
	for i := range n {
		kind := byte(entrySession)
		if i%5 == 0 {
			kind = entryTombstone
		}
		l.add(kind, fmt.Appendf(nil, "id %d", i))
	}
	full := l.size()
	for i, p := 0, l.first(); ; i++ {
		kind, id, behind, ok := l.next(p)
		if !ok {
			if i != n {
				t.Errorf("%d ids, want %d", i, n)
			}
			break
		}
		if string(id) != fmt.Sprintf("id %d", i) || (kind == entryTombstone) != (i%5 == 0) {
			t.Fatalf("at %d is %q of kind %d", i, id, kind)
		}
		p = behind
	}
	for dropped := 0; l.n > 0; {
		p := l.first()
		for range min(1000, l.n) {
			_, _, p, _ = l.next(p)
		}
		sessions, tombstones := l.drop(p)
		if dropped += sessions + tombstones; l.n != n-dropped || tombstones != (sessions+tombstones)/5 {
			t.Fatalf("dropped %d and %d, %d are left", sessions, tombstones, l.n)
		}
	}
	if l.size() > chunkSize || full < 3*chunkSize {
		t.Errorf("%d bytes when full, %d when empty", full, l.size())
	}
	l.add(entryTombstone, []byte("x"))
	if _, id, _, ok := l.next(l.first()); !ok || string(id) != "x" {
		t.Errorf("behind an emptied front is %q, %v", id, ok)
	}
}
