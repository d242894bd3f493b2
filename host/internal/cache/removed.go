package cache

import (
	"iter"

	"github.com/sesshook/sesshook/host/internal/session"
)

// Removed yields the ids of Tombstones, under the same conditions.
func (c *Cache) Removed() iter.Seq[session.ID] {
	return func(yield func(session.ID) bool) {
		for t := range c.Tombstones() {
			if !yield(t.ID) {
				return
			}
		}
	}
}
