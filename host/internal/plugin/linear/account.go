package linear

import "sync/atomic"

// An Account counts the memory of the instances that are not closed: of one
// plugin, say. Its methods may be called concurrently; each figure is exact, but
// two of them may be of different moments. The zero value is ready to use, and
// must not be copied then.
type Account struct {
	memories, reserved, committed, peak atomic.Int64
}

// Memories is the number of memories.
func (a *Account) Memories() int64 { return a.memories.Load() }

// Reserved is the address space that the memories may grow into, in bytes. It
// costs no memory. Every memory with room to grow is two mappings of the process,
// every other one.
func (a *Account) Reserved() int64 { return a.reserved.Load() }

// Committed is the size of the memories as their guests see it, in bytes: the
// most that they can occupy. The system gives pages when they are first written.
func (a *Account) Committed() int64 { return a.committed.Load() }

// Peak is the highest that Committed has been, in bytes.
func (a *Account) Peak() int64 { return a.peak.Load() }

// open counts a memory with size bytes reserved; a nil Account counts nothing.
func (a *Account) open(size int64) {
	if a == nil {
		return
	}
	a.memories.Add(1)
	a.reserved.Add(size)
}

// grow counts size bytes more of a memory.
func (a *Account) grow(size int64) {
	if a == nil {
		return
	}
	now := a.committed.Add(size)
	for peak := a.peak.Load(); now > peak; peak = a.peak.Load() {
		if a.peak.CompareAndSwap(peak, now) {
			return
		}
	}
}

// close takes back what open and grow counted for a memory.
func (a *Account) close(reserved, committed int64) {
	if a == nil {
		return
	}
	a.memories.Add(-1)
	a.reserved.Add(-reserved)
	a.committed.Add(-committed)
}
