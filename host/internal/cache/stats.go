package cache

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// Stats is what a cache holds, and what it has done since it was made.
type Stats struct {
	Sessions   int   // present, and expired but not yet removed
	Bytes      int64 // of them, by Cost
	Tombstones int   // present, and expired but not yet cleared

	Inserts    uint64 // sessions stored, those that overwrote included
	Overwrites uint64 // sessions stored over a present one
	Hits       uint64 // of Fetch
	Misses     uint64 // of Fetch

	// Removals counts the REMOVE events. Each reason has its key.
	Removals map[abi.Reason]uint64
	// Refusals counts what Insert, Remove and Bury refused. Each code that they
	// may refuse with has its key.
	Refusals map[abi.Code]uint64
	// TombstonesDropped counts those that had to go before they expired because
	// there were more than MaxTombstones: sessions that may come back.
	TombstonesDropped uint64
}

// Stats adds up the counters of all shards. Each shard's are of one moment, but
// not of the same one.
func (c *Cache) Stats() Stats {
	s := Stats{Removals: make(map[abi.Reason]uint64), Refusals: make(map[abi.Code]uint64)}
	for i := range c.shards {
		c.shards[i].addTo(&s)
	}
	return s
}

// counts are a shard's counters: plain numbers, since the lock is held anyway
// wherever something is to be counted.
type counts struct {
	inserts, overwrites uint64
	hits, misses        uint64
	removals            [abi.Consumed + 1]uint64
	refusals            [-abi.Invalid + 1]uint64
}

func (n *counts) refused(err error) { n.refusals[-session.Code(err)]++ }

// addTo takes the lock.
func (sh *shard) addTo(s *Stats) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.Sessions += len(sh.entries)
	s.Bytes += sh.bytes
	s.Tombstones += sh.graves.len()
	s.TombstonesDropped += sh.graves.dropped
	s.Inserts += sh.count.inserts
	s.Overwrites += sh.count.overwrites
	s.Hits += sh.count.hits
	s.Misses += sh.count.misses
	for r := abi.Explicit; r <= abi.Consumed; r++ {
		s.Removals[r] += sh.count.removals[r]
	}
	for c := abi.NotFound; c >= abi.Invalid; c-- {
		s.Refusals[c] += sh.count.refusals[-c]
	}
}
