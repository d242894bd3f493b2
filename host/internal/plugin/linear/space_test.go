package linear

import (
	"bytes"
	"testing"
)

// moves says whether this system's memories move when they grow.
var moves = func() bool {
	s, err := reserveSpace(pageSize)
	if err != nil {
		return false
	}
	defer s.release()
	_, is := s.(*slice)
	return is
}()

func TestSpaces(t *testing.T) {
	for name, reserve := range map[string]func(uint64) (space, error){"system": reserveSpace, "slice": reserveSlice} {
		t.Run(name, func(t *testing.T) {
			s, err := reserve(8 * pageSize)
			if err != nil {
				t.Fatal(err)
			}
			for pages := range uint64(8) {
				size := (pages + 1) * pageSize
				b, err := s.commit(size)
				if err != nil {
					t.Fatal(err)
				}
				if uint64(len(b)) != size || uint64(cap(b)) != size {
					t.Fatalf("commit(%d) gives %d bytes with room for %d", size, len(b), cap(b))
				}
				fresh := b[pages*pageSize:]
				if !bytes.Equal(fresh, make([]byte, pageSize)) {
					t.Fatalf("page %d is not zero", pages)
				}
				for i := range fresh {
					fresh[i] = byte(pages + 1)
				}
				for before := range pages + 1 {
					if got := b[before*pageSize]; got != byte(before+1) {
						t.Fatalf("after growing to %d pages, page %d begins with %d", pages+1, before, got)
					}
				}
			}
			if err := s.release(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSpaceOfNoBytes(t *testing.T) {
	for name, reserve := range map[string]func(uint64) (space, error){"system": reserveSpace, "slice": reserveSlice} {
		s, err := reserve(0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.release(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
