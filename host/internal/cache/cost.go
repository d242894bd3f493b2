package cache

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// overhead is what a session takes in bytes beside its variable parts: the
	// session.Session (112 in its size class), the entry (32), its share of the
	// map and of the deadlines (some 70 to 90, by how full they happen to be),
	// and the rounding up of what is allocated for id and envelope (about 15).
	// TestCostAgreesWithTheHeap holds it to the truth, BenchmarkFill measures it.
	overhead = 248
	// Lengths that the fields of an event record can say.
	maxServerName = 0xffff
	maxALPN       = 0xff
	// maxUnnamed is the longest envelope of a session without names: what else
	// session.MaxSealed leaves room for is names.
	maxUnnamed = session.MaxSealed - maxServerName - maxALPN
)

// Cost returns what s counts for against MaxBytes: its variable parts and a
// constant for everything else that keeping it takes. Names count in full even
// where sessions share their memory (session.Intern). Spare capacity behind
// Sealed is not counted: hand over a slice that has none.
func Cost(s *session.Session) int64 {
	return overhead + int64(len(s.ID)+len(s.Sealed)+len(s.ServerName)+len(s.ALPN))
}

// check says what is wrong with s before anything is known of its id.
func check(s *session.Session, now int64) error {
	switch {
	case !validID(s.ID), s.Expires <= now, len(s.ServerName) > maxServerName, len(s.ALPN) > maxALPN:
		return session.ErrInvalid
	case len(s.Sealed) > maxUnnamed+len(s.ServerName)+len(s.ALPN):
		return session.ErrTooLarge
	}
	return nil
}

func validID(id session.ID) bool { return len(id) >= 1 && len(id) <= abi.MaxID }
