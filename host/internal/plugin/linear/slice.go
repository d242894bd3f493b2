package linear

import (
	"errors"
	"math"
)

// A slice is a space in the Go heap, for systems without mmap. It reserves
// nothing, and moves when it grows.
type slice struct{ bytes []byte }

func reserveSlice(uint64) (space, error) { return &slice{}, nil }

func (s *slice) commit(size uint64) ([]byte, error) {
	if size > math.MaxInt {
		return nil, errors.New("more than the address space has")
	}
	if more := int(size) - len(s.bytes); more > 0 {
		s.bytes = append(s.bytes, make([]byte, more)...) // amortised, so that growing by pages is not quadratic
	}
	return s.bytes[:size:size], nil
}

func (s *slice) release() error {
	s.bytes = nil
	return nil
}
