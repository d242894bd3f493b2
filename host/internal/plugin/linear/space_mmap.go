//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly || solaris || illumos

package linear

import (
	"math"

	"golang.org/x/sys/unix"
)

// A mapping is a space in a private anonymous mapping of its own.
type mapping struct {
	all       []byte
	committed uint64
}

// reserveSpace maps size bytes without access. Access is given as the memory
// grows, rather than at once with MAP_NORESERVE, so that a kernel that counts what
// it has promised (vm.overcommit_memory=2, or a single huge growth under the
// default) refuses the growth, which the guest can handle, and does not kill the
// process for it later; and so that whatever reads past the memory's end faults.
func reserveSpace(size uint64) (space, error) {
	if size == 0 {
		return &mapping{}, nil
	}
	if size > math.MaxInt {
		return nil, unix.ENOMEM
	}
	all, err := unix.Mmap(-1, 0, int(size), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	return &mapping{all: all}, nil
}

func (m *mapping) commit(size uint64) ([]byte, error) {
	if err := unix.Mprotect(m.all[m.committed:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
		return nil, err
	}
	m.committed = size
	return m.all[:size:size], nil
}

func (m *mapping) release() error {
	if m.all == nil {
		return nil
	}
	return unix.Munmap(m.all)
}
