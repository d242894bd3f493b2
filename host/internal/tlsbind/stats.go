package tlsbind

import (
	"crypto/tls"
	"sync/atomic"

	"github.com/sesshook/sesshook/abi"
)

// A Handshake is a kind of handshake.
type Handshake struct {
	Version uint16 // tls.VersionTLS10 to tls.VersionTLS13
	Resumed bool
}

// Stats counts what a Binder has done since it was made. The numbers are read
// one after the other, so that they may disagree by what happened in between.
type Stats struct {
	// Handshakes counts those that succeeded, by kind: on connections of
	// Listener when they are complete, else when VerifyConnection has passed,
	// which is shortly before. It has an entry for each kind of TLS 1.2 and
	// 1.3, and for an older one that has occurred.
	Handshakes map[Handshake]uint64

	// Issued counts the sessions that were stored. NotStored counts the others, by code:
	// what the cache said, TOO_LARGE for a session beyond abi.MaxSession,
	// INVALID for one that can't be encoded or whose inherited life is over.
	// The client has an id for such a one too, with nothing behind it.
	Issued    uint64
	NotStored map[abi.Code]uint64

	// Each id that a client presents is counted in one of these.
	Resumable    uint64 // given to crypto/tls, which may still refuse
	Foreign      uint64 // not an id of this farm; neither cache nor hooks saw it
	Missed       uint64 // not in the cache, nor brought in by a hook
	Removed      uint64 // removed, or used up where sessions are of single use
	Expired      uint64 // its life was over
	WrongName    uint64 // made under another server name
	Incompatible uint64 // other TLS version, suite, format, or rule for client certificates
	Unreadable   uint64 // can't be opened or parsed
	Refused      uint64 // a hook said no

	// MissesFilled counts the sessions that were there after Hooks.Miss.
	MissesFilled uint64

	// Consumed counts the sessions of single use that were removed on use;
	// ConsumedLate those that were gone when they were to be removed: another
	// handshake used them at the same moment, or they were removed meanwhile.
	Consumed     uint64
	ConsumedLate uint64
}

// An outcome is what came of an id that a client presented.
type outcome int

const (
	lookupResumable outcome = iota
	lookupForeign
	lookupMissed
	lookupRemoved
	lookupExpired
	lookupWrongName
	lookupIncompatible
	lookupUnreadable
	lookupRefused
	outcomes
)

var outcomeNames = [outcomes]string{
	"resumable", "not an id of this farm", "not in the cache", "removed", "expired", "made under another server name",
	"not compatible with this handshake", "unreadable", "refused by a hook",
}

func (o outcome) String() string { return outcomeNames[o] }

// stats is the counters behind Stats.
type stats struct {
	handshakes [versions][2]atomic.Uint64 // [version][full, resumed]
	issued     atomic.Uint64
	notStored  [codes]atomic.Uint64 // by the negated code
	lookups    [outcomes]atomic.Uint64

	missesFilled, consumed, consumedLate atomic.Uint64
}

const (
	firstVersion = tls.VersionTLS10
	versions     = tls.VersionTLS13 - firstVersion + 1
	codes        = 1 - int(abi.Limit)
)

func (s *stats) handshake(version uint16, resumed bool) {
	if version < firstVersion || version >= firstVersion+versions {
		return // crypto/tls speaks no other
	}
	kind := 0
	if resumed {
		kind = 1
	}
	s.handshakes[version-firstVersion][kind].Add(1)
}

func (s *stats) refuse(code abi.Code) {
	if code > 0 || code < abi.Limit {
		code = abi.Invalid
	}
	s.notStored[-code].Add(1)
}

// Stats returns the numbers so far.
func (b *Binder) Stats() Stats {
	s := &b.stats
	out := Stats{
		Handshakes:   make(map[Handshake]uint64, 2*versions),
		Issued:       s.issued.Load(),
		NotStored:    make(map[abi.Code]uint64),
		Resumable:    s.lookups[lookupResumable].Load(),
		Foreign:      s.lookups[lookupForeign].Load(),
		Missed:       s.lookups[lookupMissed].Load(),
		Removed:      s.lookups[lookupRemoved].Load(),
		Expired:      s.lookups[lookupExpired].Load(),
		WrongName:    s.lookups[lookupWrongName].Load(),
		Incompatible: s.lookups[lookupIncompatible].Load(),
		Unreadable:   s.lookups[lookupUnreadable].Load(),
		Refused:      s.lookups[lookupRefused].Load(),
		MissesFilled: s.missesFilled.Load(),
		Consumed:     s.consumed.Load(),
		ConsumedLate: s.consumedLate.Load(),
	}
	for i := range s.handshakes {
		for kind := range s.handshakes[i] {
			version := uint16(firstVersion + i)
			if n := s.handshakes[i][kind].Load(); n > 0 || version >= tls.VersionTLS12 {
				out.Handshakes[Handshake{version, kind == 1}] = n
			}
		}
	}
	for i := range s.notStored {
		if n := s.notStored[i].Load(); n > 0 {
			out.NotStored[abi.Code(-i)] = n
		}
	}
	return out
}
