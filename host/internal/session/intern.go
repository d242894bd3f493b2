package session

import (
	"hash/maphash"
	"sync/atomic"
	"unique"
)

// The names in sessions are few and repeat in each: a million sessions need
// not hold a million copies. Package unique keeps one of each, until a
// collection finds that nobody holds its handle, which nobody does for long;
// recent is a small table in front of it, of names that came lately, so that
// the usual one is found without an allocation, and stays the same. It is indexed
// by a hash that nobody outside can aim at.
var (
	recent     [256]atomic.Pointer[string]
	recentSeed = maphash.MakeSeed()
)

// maxRecent is the longest name in bytes that recent keeps, so that it is
// bounded. No name of the DNS is longer.
const maxRecent = 255

// Intern returns s, or an equal string that the process has already.
func Intern(s string) string {
	if s == "" {
		return ""
	}
	slot := &recent[maphash.String(recentSeed, s)%uint64(len(recent))]
	if p := slot.Load(); p != nil && *p == s {
		return *p
	}
	return remember(slot, s)
}

// internBytes is Intern of string(b).
func internBytes(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	slot := &recent[maphash.Bytes(recentSeed, b)%uint64(len(recent))]
	if p := slot.Load(); p != nil && *p == string(b) {
		return *p
	}
	return remember(slot, string(b))
}

func remember(slot *atomic.Pointer[string], s string) string {
	s = unique.Make(s).Value()
	if len(s) <= maxRecent {
		slot.Store(&s)
	}
	return s
}
