package workbench

import (
	"cmp"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/sesshook/sesshook/host/internal/cache"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A store is a cache whose sessions and tombstones are gone over in the order of
// their ids, one when the plugin is done with the one before: so a replay is the
// same in every run.
type store struct {
	*cache.Cache
	calm    func()       // waits until the plugin has nothing to do but its replay
	replays atomic.Int64 // within one step
}

// maxReplays is how often a plugin may have everything replayed within a step.
// One that asks for a replay in the handler of a replayed session never ends.
const maxReplays = 16

// All yields the present sessions by id.
func (s *store) All() iter.Seq[*session.Session] {
	return func(yield func(*session.Session) bool) {
		if s.replays.Load() > maxReplays {
			return
		}
		all := slices.SortedFunc(s.Cache.All(), func(a, b *session.Session) int { return cmp.Compare(a.ID, b.ID) })
		for _, one := range all {
			if s.calm(); !yield(one) {
				return
			}
		}
		s.calm()
	}
}

// Removed yields the ids with a tombstone, in their order. A replay begins with
// it.
func (s *store) Removed() iter.Seq[session.ID] {
	return func(yield func(session.ID) bool) {
		if s.replays.Add(1) > maxReplays {
			return
		}
		for _, id := range slices.Sorted(s.Cache.Removed()) {
			if s.calm(); !yield(id) {
				return
			}
		}
		s.calm()
	}
}
