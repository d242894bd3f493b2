// Package cache is the bounded store of sealed TLS sessions: the one place
// where a session appears, is fetched and disappears, and the source of the
// events that say so.
//
// It bounds itself by sessions and by bytes, expires, evicts, remembers what
// was removed (tombstones), and numbers every change. It does not seal or open
// sessions, does not look into them, does not talk to crypto/tls, and knows no
// plugin: what happens is handed to Config.Notify, and what a plugin or a
// client wants comes in through the methods of Cache. It keeps nothing on disk.
//
// # Concurrency
//
// Every method of Cache may be called from any goroutine at any time, before
// and after Close. The cache is divided into shards by a keyed hash of the id;
// a shard has one mutex, which guards all of its state, and that mutex is "the
// entry's lock" of this package: a change, its tombstone, its statistics, its
// sequence number and its delivery to Notify are one step under it. No
// operation holds two of these locks.
//
// # Events
//
// INSERT (with abi.Replaced where it overwrote), REMOVE with its reason, and
// GET for each Fetch that found something. What was refused makes no event. For
// one id, the order of delivery, the order of the sequence numbers and the
// order of the changes are the same; a GET never follows the REMOVE of what it
// fetched. An overwrite is one INSERT, without a REMOVE.
//
// # Limits
//
// Each shard has its share of MaxSessions and of MaxBytes and never exceeds
// either, not even for a moment: room is made before a session is linked. The
// shares add up to exactly the limits, so the cache as a whole never exceeds
// them. The price is that one shard may be full while another still has room.
// Shards are made only where each gets 4096 sessions and 4 MiB at least, and
// ids are spread by a hash, so that (by the binomial distribution) a cache into
// which just MaxSessions have been put has evicted about 0.6 percent of them;
// as more come, all of the limit is used. A cache of fewer than 8192 sessions
// is one shard, and exact.
// Bytes are counted as the variable parts of a session plus a constant, see
// Cost, whose error a test keeps within a quarter of the heap's truth.
//
// # Why not a cache library
//
// This was to be built on otter v2 (W-TinyLFU), a good cache for other loads.
// The benchmarks of this package hold the two side by side. What decided:
//
//   - Hits (BenchmarkHitRatio). Since TLS 1.3 gives a new ticket for each
//     resumption, nearly every session is fetched once or never, so all have
//     the same frequency, and an admission by frequency then turns the newest
//     sessions away: those whose clients are about to come back. Of a million
//     handshakes from a cold start, 59 percent of those that could resume did,
//     against 46 on otter; later, when otter has adapted, the gap is smaller.
//     For TLS 1.2 the two are within a point of each other.
//   - Order. Otter reports what had expired under an id after the function
//     that writes the id anew has run, so that REMOVE would follow INSERT;
//     and a read under the entry's lock does not count as a use.
//   - Limits. It bounds sessions or bytes, not both, and asynchronously: it
//     may exceed its bound, and an event of an eviction follows some time
//     after the insert that caused it.
package cache

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"sync"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// Defaults of Config.
const (
	DefaultMaxSessions = 1 << 20
	DefaultMaxBytes    = 1 << 30
)

// What a shard gets at least, and how many there are at most. See "Limits" in
// the package's documentation.
const (
	maxShards          = 256
	minShardSessions   = 4096
	minShardBytes      = 4 << 20
	minShardTombstones = 64
)

// SweepInterval is how often expired sessions and tombstones are looked for:
// the REMOVE of an expired session that nobody asks for comes at most this much
// after its life has ended. Nobody is handed an expired session meanwhile.
const SweepInterval = time.Second

// Config is what New needs to know. Its zero value is valid.
type Config struct {
	// MaxSessions is how many sessions are kept; 0 or less means
	// DefaultMaxSessions.
	MaxSessions int
	// MaxBytes is how many bytes they may take, by Cost; 0 or less means
	// DefaultMaxBytes. Tombstones are not counted.
	MaxBytes int64
	// MaxTombstones is how many removed ids are remembered, at some 80 bytes
	// each with an id of session.IDSize bytes, as the nodes of a farm make them,
	// and some 100 more with another; 0 or less means MaxSessions. Beyond it, the
	// one that would expire first is dropped, and Stats.TombstonesDropped says so.
	MaxTombstones int
	// Now returns the time in ns since the Unix epoch; nil means the system's
	// clock. It is called under a lock of the cache and must not call it.
	Now func() int64
	// Notify is told of every event, under the entry's lock; nil means nobody.
	// It must not block, nor call the cache (which would deadlock).
	Notify func(session.Event)
}

func (cfg Config) withDefaults() Config {
	if cfg.MaxSessions <= 0 {
		cfg.MaxSessions = DefaultMaxSessions
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	if cfg.MaxTombstones <= 0 {
		cfg.MaxTombstones = cfg.MaxSessions
	}
	if cfg.Now == nil {
		cfg.Now = func() int64 { return time.Now().UnixNano() }
	}
	if cfg.Notify == nil {
		cfg.Notify = func(session.Event) {}
	}
	return cfg
}

// A Cache is a bounded store of sessions. Make one with New.
type Cache struct {
	now    func() int64
	feed   *feed
	seed   maphash.Seed
	shards []shard // a power of two of them

	close sync.Once
	stop  chan struct{}
	done  chan struct{} // closed when the sweeper has returned
}

// New returns an empty cache and starts its sweeper, a goroutine that ends with
// Close.
func New(cfg Config) *Cache {
	cfg = cfg.withDefaults()
	return newSharded(cfg, shardsFor(cfg))
}

// newSharded returns a cache of n shards, a power of two. Every limit of cfg
// must have been set.
func newSharded(cfg Config, n int) *Cache {
	c := &Cache{
		now:    cfg.Now,
		feed:   &feed{notify: cfg.Notify},
		seed:   maphash.MakeSeed(),
		shards: make([]shard, n),
		stop:   make(chan struct{}),
		done:   make(chan struct{}),
	}
	for i := range c.shards {
		c.shards[i].init(limits{
			sessions:   int(share(int64(cfg.MaxSessions), n, i)),
			bytes:      share(cfg.MaxBytes, n, i),
			tombstones: int(share(int64(cfg.MaxTombstones), n, i)),
		}, c.feed, c.seed)
	}
	go c.sweep()
	return c
}

func shardsFor(cfg Config) int {
	n := min(
		maxShards,
		int64(cfg.MaxSessions/minShardSessions),
		cfg.MaxBytes/minShardBytes,
		int64(cfg.MaxTombstones/minShardTombstones),
	)
	return 1 << (bits.Len64(uint64(max(n, 1))) - 1)
}

// share returns the i-th of n shares of total; they add up to it.
func share(total int64, n, i int) int64 {
	s := total / int64(n)
	if int64(i) < total%int64(n) {
		s++
	}
	return s
}

func (c *Cache) shard(id session.ID) (*shard, uint64) {
	h := maphash.String(c.seed, string(id))
	return &c.shards[h&uint64(len(c.shards)-1)], h
}

// Get returns the session under id, or session.ErrNotFound. It is a quiet look:
// no GET event, no hit or miss, and no effect on what is evicted next. The
// session is shared and immutable.
func (c *Cache) Get(id session.ID) (*session.Session, error) {
	sh, _ := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.live(id, c.now())
	if e == nil {
		return nil, session.ErrNotFound
	}
	return e.session, nil
}

// Fetch returns the session under id on behalf of a client or a front, with a
// GET event. Without one, it returns session.ErrRemoved where a tombstone
// stands, so that nobody goes looking for what would not be taken, and else
// session.ErrNotFound. Hits and misses are counted, and a session that was
// fetched is evicted later. The session is shared and immutable.
func (c *Cache) Fetch(id session.ID, src session.Source) (*session.Session, error) {
	sh, h := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := c.now()
	e := sh.live(id, now)
	if e == nil {
		sh.count.misses++
		if sh.graves.has(id, h, now) {
			return nil, session.ErrRemoved
		}
		return nil, session.ErrNotFound
	}
	sh.count.hits++
	sh.order.touch(e)
	c.feed.send(session.Event{Kind: abi.Get, Source: src, Time: now, Session: e.session})
	return e.session, nil
}

// Insert stores s under its id, with an INSERT event. The cache keeps s itself:
// nobody may write to it from now on. A session that is present is replaced if
// flags has abi.Overwrite; an id with a tombstone is accepted, and the
// tombstone cleared, if it has abi.Revive. What was least worth keeping is
// evicted to make room.
//
// A refused insert changes nothing and makes no event: session.ErrInvalid for
// an id that is empty or longer than abi.MaxID, a server name longer than 65535
// or an ALPN longer than 255 bytes, or a life that has run out already;
// session.ErrTooLarge for a session that is longer than abi.MaxSession before
// it was sealed, or costs more than MaxBytes; session.ErrExists and
// session.ErrRemoved where the flags do not say otherwise.
func (c *Cache) Insert(s *session.Session, flags uint32, src session.Source) error {
	if s == nil {
		s = &session.Session{} // counted as what it is: invalid
	}
	sh, h := c.shard(s.ID)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	err := sh.insert(s, h, flags, src, c.now())
	if err != nil {
		sh.count.refused(err)
	}
	return err
}

// Remove removes the session under id, with a REMOVE event, and leaves a
// tombstone for the rest of the session's life. The reason is abi.Explicit or
// abi.Consumed; any other is taken for abi.Explicit, since expiry and eviction
// are the cache's own. session.ErrNotFound if there is none: then nothing is
// left either, as nobody knows how long that session would have lived (a
// caller who does uses Bury).
func (c *Cache) Remove(id session.ID, reason abi.Reason, src session.Source) error {
	if reason != abi.Consumed {
		reason = abi.Explicit
	}
	sh, h := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := c.now()
	e := sh.live(id, now)
	if e == nil {
		sh.count.refused(session.ErrNotFound)
		return session.ErrNotFound
	}
	sh.graves.dig(id, h, e.session.Expires, now, reason)
	sh.drop(e, reason, src, now)
	return nil
}

// Bury leaves a tombstone under an id that is not here, until the given time in
// ns since the Unix epoch, as Remove with abi.Explicit would have done; of a
// tombstone that is there already, the time of the removal, its reason and a
// later end stay. It is for a farm, where the news of a removal may overtake
// that of the insert. session.ErrExists if the session is here (Remove it
// instead), session.ErrInvalid for a bad id or a time that has passed. It makes
// no event.
func (c *Cache) Bury(id session.ID, until int64) error {
	sh, h := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := c.now()
	var err error
	switch {
	case !validID(id) || until <= now:
		err = session.ErrInvalid
	case sh.live(id, now) != nil:
		err = session.ErrExists
	}
	if err != nil {
		sh.count.refused(err)
		return err
	}
	sh.graves.dig(id, h, until, now, abi.Explicit)
	return nil
}

// Announce hands deliver, and nobody else, an INSERT event for the session under
// id, with abi.Existing, a new sequence number and the time when it was stored;
// false if there is none. It happens under the entry's lock, so that the
// receiver sees it in its place among the changes of that id. deliver must not
// block nor call the cache.
func (c *Cache) Announce(id session.ID, deliver func(session.Event)) bool {
	sh, _ := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e := sh.live(id, c.now())
	if e == nil {
		return false
	}
	deliver(session.Event{
		Kind:    abi.Insert,
		Flags:   abi.Existing,
		Source:  session.Source{Origin: abi.FromHost},
		Seq:     c.feed.next(),
		Time:    sh.stored(e),
		Session: e.session,
	})
	return true
}

// AnnounceRemoved is Announce for a tombstone: it hands deliver a REMOVE event
// with abi.Existing, a new sequence number, and the reason and the time of the
// removal; false if there is no tombstone, or none any more. The event's Session
// is made for it and has an ID and Expires, the tombstone's end, and nothing
// else: what was removed is gone.
func (c *Cache) AnnounceRemoved(id session.ID, deliver func(session.Event)) bool {
	sh, h := c.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	i := sh.graves.find(id, h)
	if i == noGrave || sh.graves.until(i) <= c.now() {
		return false
	}
	t := sh.graves.get(i)
	deliver(session.Event{
		Kind:    abi.Remove,
		Reason:  t.Reason,
		Flags:   abi.Existing,
		Source:  session.Source{Origin: abi.FromHost},
		Seq:     c.feed.next(),
		Time:    t.Removed,
		Session: &session.Session{ID: t.ID, Meta: session.Meta{Expires: t.Until}},
	})
	return true
}

// NextSeq takes a sequence number for an event that is not the cache's (MISS,
// RESUME), so that there is one series per host.
func (c *Cache) NextSeq() uint64 { return c.feed.next() }

// All yields every session that is present from the beginning to the end of the
// iteration once, and any other at most once per insert. No lock is held while
// the loop's body runs: it may call the cache.
func (c *Cache) All() iter.Seq[*session.Session] {
	return func(yield func(*session.Session) bool) {
		var batch []*session.Session
		for i := range c.shards {
			batch = c.shards[i].appendLive(batch[:0], c.now)
			for _, s := range batch {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// Tombstones yields every tombstone that is there from the beginning to the end
// of the iteration once, and any other at most once per removal. No lock is held
// while the loop's body runs: it may call the cache.
func (c *Cache) Tombstones() iter.Seq[Tombstone] {
	return func(yield func(Tombstone) bool) {
		var batch []Tombstone
		for i := range c.shards {
			for from := int32(0); from != noGrave; {
				batch, from = c.shards[i].appendTombstones(batch[:0], from, c.now)
				for _, t := range batch {
					if !yield(t) {
						return
					}
				}
			}
		}
	}
}

// Len returns how many sessions there are; one whose life has run out is
// counted until it has been removed.
func (c *Cache) Len() int {
	n := 0
	for i := range c.shards {
		n += c.shards[i].len()
	}
	return n
}

// Expire removes every session and every tombstone whose life has run out, as
// the sweeper does each SweepInterval. It holds each lock for a bounded time.
func (c *Cache) Expire() {
	now := c.now()
	for i := range c.shards {
		for c.shards[i].expire(now, sweepBatch) {
		}
	}
}

// Close stops the sweeper and waits until it has returned. The sessions stay,
// and make events still: whoever owns Notify calls Close first. It may be
// called more than once.
func (c *Cache) Close() {
	c.close.Do(func() { close(c.stop) })
	<-c.done
}

func (c *Cache) sweep() {
	defer close(c.done)
	tick := time.NewTicker(SweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
			c.Expire()
		}
	}
}
