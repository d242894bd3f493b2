package cache

import (
	"math"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// otterStore is the other way to build this cache, as far as the benchmarks
// need it: on otter, with events and tombstones under otter's bucket lock, lives
// by otter's timer wheel, and both limits through one weight, of which each
// session takes 1/MaxSessions or its bytes, whichever is more. It does not have
// the order of events that this package promises (see "Why not a cache library"),
// nor expiry of tombstones, nor statistics.
type otterStore struct {
	feed   feed
	now    func() int64
	cache  *otter.Cache[session.ID, *session.Session]
	graves sync.Map
}

func newOtterStore(cfg Config) *otterStore {
	cfg = cfg.withDefaults()
	o := &otterStore{feed: feed{notify: cfg.Notify}, now: cfg.Now}
	unit := cfg.MaxBytes / int64(cfg.MaxSessions)
	o.cache = otter.Must(&otter.Options[session.ID, *session.Session]{
		MaximumWeight: uint64(cfg.MaxBytes),
		Weigher:       func(_ session.ID, s *session.Session) uint32 { return uint32(max(Cost(s), unit)) },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[session.ID, *session.Session]) time.Duration {
			if e.Value.Expires == math.MaxInt64 {
				return math.MaxInt64
			}
			return time.Duration(e.Value.Expires - e.SnapshotAtNano)
		}),
		OnAtomicDeletion: func(e otter.DeletionEvent[session.ID, *session.Session]) {
			if e.WasEvicted() {
				o.feed.send(session.Event{Kind: abi.Remove, Reason: abi.Evicted, Time: o.now(), Session: e.Value})
			}
		},
	})
	return o
}

func (o *otterStore) Close()   { o.cache.StopAllGoroutines() }
func (o *otterStore) Len() int { return o.cache.EstimatedSize() }

func (o *otterStore) Get(id session.ID) (*session.Session, error) {
	if e, ok := o.cache.GetEntryQuietly(id); ok {
		return e.Value, nil
	}
	return nil, session.ErrNotFound
}

func (o *otterStore) Fetch(id session.ID, src session.Source) (s *session.Session, err error) {
	err = session.ErrNotFound
	o.cache.ComputeIfPresent(id, func(old *session.Session) (*session.Session, otter.ComputeOp) {
		s, err = old, nil
		o.feed.send(session.Event{Kind: abi.Get, Source: src, Time: o.now(), Session: old})
		return old, otter.CancelOp
	})
	if err == nil {
		o.cache.GetIfPresent(id) // a Compute is no use of the entry
	}
	return s, err
}

func (o *otterStore) Insert(s *session.Session, flags uint32, src session.Source) (err error) {
	o.cache.Compute(s.ID, func(old *session.Session, found bool) (*session.Session, otter.ComputeOp) {
		ev := session.Event{Kind: abi.Insert, Source: src, Time: o.now(), Session: s}
		if found {
			if flags&abi.Overwrite == 0 {
				err = session.ErrExists
				return old, otter.CancelOp
			}
			ev.Flags = abi.Replaced
		} else if until, ok := o.graves.Load(s.ID); ok && until.(int64) > ev.Time {
			if flags&abi.Revive == 0 {
				err = session.ErrRemoved
				return nil, otter.CancelOp
			}
			o.graves.Delete(s.ID)
		}
		o.feed.send(ev)
		return s, otter.WriteOp
	})
	return err
}

func (o *otterStore) Remove(id session.ID, reason abi.Reason, src session.Source) (err error) {
	err = session.ErrNotFound
	o.cache.ComputeIfPresent(id, func(old *session.Session) (*session.Session, otter.ComputeOp) {
		err = nil
		o.graves.Store(id, old.Expires)
		o.feed.send(session.Event{Kind: abi.Remove, Reason: reason, Source: src, Time: o.now(), Session: old})
		return nil, otter.InvalidateOp
	})
	return err
}
