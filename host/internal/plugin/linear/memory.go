package linear

import (
	"fmt"
	"sync"
)

// pageSize is the unit in which linear memory grows, in bytes.
const pageSize = 64 << 10

// A space is address space for one memory.
type space interface {
	// commit makes the first size bytes usable and returns them; size is a
	// multiple of pageSize and only ever rises. Bytes that were not there before
	// are zero. Where it fails, what was committed earlier stays.
	commit(size uint64) ([]byte, error)
	// release gives everything back. It is called once, and last.
	release() error
}

// A memory is the linear memory of one instance. It implements
// experimental.LinearMemory.
type memory struct {
	account *Account

	// mu only orders a growing against a release that comes too early, so that
	// at least the growing does no harm. Both are rare.
	mu       sync.Mutex
	space    space // nil once released, and where the reservation failed
	view     []byte
	reserved uint64 // bytes: it can't grow beyond
	limited  bool   // reserved is the allocator's limit, less than the module's maximum
	asked    bool   // for its minimum, which is wazero's first question
	refused  error  // why the instance can't have what it starts with
}

// newMemory reserves the memory of a module with a maximum of max bytes.
func (a *Allocator) newMemory(max uint64) *memory {
	m := &memory{account: a.Account, reserved: max}
	if a.Limit != 0 && a.Limit < max {
		m.reserved, m.limited = a.Limit-a.Limit%pageSize, true
	}
	reserve := a.reserve
	if reserve == nil {
		reserve = reserveSpace
	}
	s, err := reserve(m.reserved)
	if err != nil {
		m.refused = fmt.Errorf("%w: can't reserve %d bytes of address space: %w; lower memory or instances in the plugin's sidecar, or raise the process's limits", ErrExhausted, m.reserved, err)
		return m
	}
	m.space, m.view = s, []byte{} // not nil: no bytes are an answer too
	m.account.open(int64(m.reserved))
	return m
}

// Reallocate implements experimental.LinearMemory: the first size bytes, or nil
// where they can't be had. The address stays where mappings are used; the memory
// never shrinks.
func (m *memory) Reallocate(size uint64) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := m.grow(size)
	if !m.asked {
		m.asked = true
		if m.refused == nil {
			m.refused = err
		}
	}
	if err != nil {
		return nil
	}
	return m.view[:size:size]
}

func (m *memory) grow(size uint64) error {
	committed := uint64(len(m.view))
	switch {
	case m.space == nil:
		return ErrExhausted // refused says more, or nobody should have asked
	case size <= committed:
		return nil
	case size > m.reserved && m.limited:
		return fmt.Errorf("%w: the module starts with %d bytes, and may have %d; raise memory in the plugin's sidecar", ErrLimit, size, m.reserved)
	case size > m.reserved:
		return fmt.Errorf("%w: %d bytes are more than the module's own maximum of %d", ErrLimit, size, m.reserved)
	}
	view, err := m.space.commit(size)
	if err != nil {
		return fmt.Errorf("%w: can't commit %d bytes: %w; lower memory or instances in the plugin's sidecar, or give the process more", ErrExhausted, size, err)
	}
	m.view = view
	m.account.grow(int64(size - committed))
	return nil
}

// refusal is why the instance can't have what it starts with, or nil.
func (m *memory) refusal() error {
	if m == nil {
		return nil
	}
	return m.refused
}

// Free implements experimental.LinearMemory: it releases the memory, once, however
// often it is called.
func (m *memory) Free() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.space == nil {
		return
	}
	if m.space.release() != nil {
		return // Linux may have no room to split a mapping: still there, still counted
	}
	m.account.close(int64(m.reserved), int64(len(m.view)))
	m.space, m.view = nil, nil
}
