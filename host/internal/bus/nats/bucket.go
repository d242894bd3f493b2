package nats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// bucketBytes is the most that a bucket made here holds.
	bucketBytes = 64 << 20
	// bucketDescription marks those that were made here, and may be altered.
	bucketDescription = "sesshook: values that plugins of a farm share"
	// bucketReplicas is how many servers of a cluster hold a value, if so many
	// are there when the bucket is made or first used.
	bucketReplicas = 3
	// requestTimeout is for a caller who sets no deadline.
	requestTimeout = 5 * time.Second
	// attemptTimeout is when a request that nothing answered is made again, within
	// its caller's deadline: a server of a cluster does not answer while a leader
	// is elected. All requests are idempotent.
	attemptTimeout = 2 * time.Second
	// lifetimeLevel is the level of JetStream's API (nats-server 2.11) from which
	// on the server knows lifetimes of keys.
	lifetimeLevel = 1
	// clockSkew is how much later than its end a value is deleted by a reader,
	// whose clock may be fast. It is not found from its end on.
	clockSkew = 2 * time.Minute
	// maxLifetime is the longest that a server is told of: JetStream counts
	// nanoseconds, and "for good" is close enough.
	maxLifetime = 100 * 365 * 24 * time.Hour
	maxKey      = 128
)

// Error codes of JetStream's API that nats.go has no name for.
const (
	codeAccountResources jetstream.ErrorCode = 10002
	codeNoPeers          jetstream.ErrorCode = 10005
	codeResources        jetstream.ErrorCode = 10023
	codeMemory           jetstream.ErrorCode = 10028
	codeStorage          jetstream.ErrorCode = 10047
	codeNoCluster        jetstream.ErrorCode = 10074
	codeStoreFailed      jetstream.ErrorCode = 10077
)

// bucket is a key-value bucket of JetStream, as NATS's own tools see it: the
// stream KV_name with the subjects $KV.name.KEY. It is on streams, not on
// jetstream.KeyValue, because that has no Put with a lifetime, no Get that asks
// the leader, and no deletion without a marker that stays.
//
// It is made when the first value is put, and again where it is gone: it is in
// memory, so a server that was restarted alone has lost it. That is what the
// contract allows, and no disk is needed.
//
// It is safe for concurrent use. Making it is idempotent, so several may.
type bucket struct {
	t      *Transport
	stream string
	prefix string
	now    func() time.Time

	mu       sync.Mutex
	handle   *handle // nil: to be looked up, or made
	sweeping bool
	swept    time.Time
}

// A handle is a bucket that was there.
type handle struct {
	jetstream.JetStream
	stream    jetstream.Stream
	lifetimes bool // the server deletes what has expired
}

func (b *bucket) init(t *Transport) {
	b.t, b.now = t, time.Now
	b.stream, b.prefix = "KV_"+t.cfg.Bucket, "$KV."+t.cfg.Bucket+"."
}

// reset is called for each new connection: the server may be another.
func (b *bucket) reset() { b.set(nil) }

func (b *bucket) set(h *handle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handle = h
}

// get implements Transport.Get.
func (b *bucket) get(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel, err := b.begin(ctx, key)
	if err != nil {
		return nil, err
	}
	defer cancel()
	var h *handle
	var m *jetstream.RawStreamMsg
	err = attempt(ctx, func(ctx context.Context) (err error) {
		if h, err = b.open(ctx, false); err == nil {
			m, err = h.stream.GetLastMsgForSubject(ctx, b.prefix+key)
		}
		return err
	})
	if err != nil {
		return nil, b.explain(err)
	}
	value, expires, ok := unstamp(m.Data)
	if !ok { // a marker, or something that is not ours
		return nil, session.ErrNotFound
	}
	if b.expired(expires, 0) {
		if !h.lifetimes && b.expired(expires, clockSkew) {
			_ = b.purge(ctx, h, m)
		}
		return nil, session.ErrNotFound
	}
	return value, nil
}

func (b *bucket) expired(expires int64, since time.Duration) bool {
	return expires != 0 && b.now().Add(-since).UnixNano() >= expires
}

// purge deletes m, but not what has replaced it since.
func (b *bucket) purge(ctx context.Context, h *handle, m *jetstream.RawStreamMsg) error {
	return h.stream.Purge(ctx, jetstream.WithPurgeSubject(m.Subject), jetstream.WithPurgeSequence(m.Sequence+1))
}

// put implements Transport.Put.
func (b *bucket) put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if ttl < 0 || ttl > 0 && ttl < time.Millisecond {
		return session.ErrInvalid
	}
	if len(value)+valueHeader > b.t.MaxPayload()-maxKey {
		return session.ErrTooLarge
	}
	ctx, cancel, err := b.begin(ctx, key)
	if err != nil {
		return err
	}
	defer cancel()
	stored := stamp(value, expiry(b.now(), ttl))
	for again := false; ; again = true {
		var h *handle
		err := attempt(ctx, func(ctx context.Context) (err error) {
			if h, err = b.open(ctx, true); err == nil {
				err = b.publish(ctx, h, key, stored, ttl)
			}
			return err
		})
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrNoStreamResponse) && !again:
			b.set(nil) // it was there once
			continue
		}
		if err = b.explain(err); errors.Is(err, session.ErrLimit) && h != nil && !h.lifetimes {
			b.sweep(h)
		}
		return err
	}
}

func (b *bucket) publish(ctx context.Context, h *handle, key string, stored []byte, ttl time.Duration) error {
	m := &nats.Msg{Subject: b.prefix + key, Data: stored}
	if !h.lifetimes || ttl == 0 || ttl > maxLifetime {
		_, err := h.PublishMsg(ctx, m)
		return err
	}
	m.Header = make(nats.Header)
	// Whole seconds, and a little later than the value's own end.
	_, err := h.PublishMsg(ctx, m, jetstream.WithMsgTTL(ttl.Truncate(time.Second)+2*time.Second))
	return err
}

// delete implements Transport.Delete.
func (b *bucket) delete(ctx context.Context, key string) error {
	ctx, cancel, err := b.begin(ctx, key)
	if err != nil {
		return err
	}
	defer cancel()
	err = attempt(ctx, func(ctx context.Context) error {
		h, err := b.open(ctx, false)
		if err == nil {
			err = h.stream.Purge(ctx, jetstream.WithPurgeSubject(b.prefix+key))
		}
		return err
	})
	if err = b.explain(err); errors.Is(err, session.ErrNotFound) {
		return nil // no bucket
	}
	return err
}

// begin refuses what makes no sense to send, and bounds the rest.
func (b *bucket) begin(ctx context.Context, key string) (context.Context, context.CancelFunc, error) {
	switch {
	case !validKey(key):
		return nil, nil, session.ErrInvalid
	case b.t.sending.Load() == nil:
		return nil, nil, session.ErrUnavailable
	}
	cancel := func() {}
	if _, has := ctx.Deadline(); !has {
		ctx, cancel = context.WithTimeout(ctx, requestTimeout)
	}
	ctx, abort := context.WithCancel(ctx)
	stop := context.AfterFunc(b.t.ctx, abort)
	return ctx, func() { stop(); abort(); cancel() }, nil
}

// attempt calls f until something has answered it, or ctx ends.
func attempt(ctx context.Context, f func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := f(once)
		silent := once.Err() != nil && errors.Is(err, context.DeadlineExceeded)
		cancel()
		if !silent || ctx.Err() != nil {
			return err
		}
	}
}

func validKey(key string) bool {
	if key == "" || len(key) > maxKey || key[0] == '.' || key[len(key)-1] == '.' || strings.Contains(key, "..") {
		return false
	}
	for i := range len(key) {
		switch c := key[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-', c == '=', c == '.':
		default:
			return false
		}
	}
	return true
}

// open looks the bucket up, or makes it.
func (b *bucket) open(ctx context.Context, create bool) (*handle, error) {
	b.mu.Lock()
	h := b.handle
	b.mu.Unlock()
	if h != nil {
		return h, nil
	}
	nc := b.t.sending.Load()
	if nc == nil {
		return nil, session.ErrUnavailable
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	stream, err := js.Stream(ctx, b.stream)
	switch {
	case err == nil:
		stream = b.adapt(ctx, nc, js, stream)
	case errors.Is(err, jetstream.ErrStreamNotFound) && create:
		stream, err = b.create(ctx, nc, js)
	}
	if err != nil {
		return nil, err
	}
	h = &handle{js, stream, stream.CachedInfo().Config.AllowMsgTTL}
	if !h.lifetimes {
		b.t.cfg.Log.Debug("NATS server knows no lifetimes of keys (2.11 does): what has expired is deleted by readers", "version", nc.ConnectedServerVersion())
	}
	b.set(h)
	return h, nil
}

// create makes the bucket on as many servers as there are, three at most.
func (b *bucket) create(ctx context.Context, nc *nats.Conn, js jetstream.JetStream) (jetstream.Stream, error) {
	cfg := jetstream.StreamConfig{
		Name:              b.stream,
		Description:       bucketDescription,
		Subjects:          []string{b.prefix + ">"},
		MaxMsgsPerSubject: 1,
		MaxBytes:          bucketBytes,
		Discard:           jetstream.DiscardNew,
		Storage:           jetstream.MemoryStorage,
		AllowRollup:       true,
		AllowMsgTTL:       b.lifetimes(ctx, js),
	}
	var err error
	for _, cfg.Replicas = range replicas(nc) {
		var stream jetstream.Stream
		stream, err = js.CreateStream(ctx, cfg)
		switch {
		case err == nil:
			return stream, nil
		case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse): // somebody was faster
			return js.Stream(ctx, b.stream)
		case !has(err, codeNoPeers, codeResources, codeNoCluster):
			return nil, err
		}
	}
	return nil, err
}

// replicas are the numbers to try, from what is best.
func replicas(nc *nats.Conn) []int {
	if nc.ConnectedClusterName() == "" {
		return []int{1}
	}
	return []int{bucketReplicas, 1}
}

// lifetimes reports whether the server can be told of a key's lifetime.
func (b *bucket) lifetimes(ctx context.Context, js jetstream.JetStream) bool {
	info, err := js.AccountInfo(ctx)
	return err == nil && info.API.Level >= lifetimeLevel
}

// adapt gives a bucket that was made when the server was older, or its cluster
// smaller, what there is now, as well as that works.
func (b *bucket) adapt(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, stream jetstream.Stream) jetstream.Stream {
	cfg := stream.CachedInfo().Config
	if cfg.Description != bucketDescription {
		return stream // somebody's own choice
	}
	was := cfg
	cfg.AllowMsgTTL = cfg.AllowMsgTTL || b.lifetimes(ctx, js)
	cfg.Replicas = max(cfg.Replicas, replicas(nc)[0])
	if cfg.AllowMsgTTL == was.AllowMsgTTL && cfg.Replicas == was.Replicas {
		return stream
	}
	if updated, err := js.UpdateStream(ctx, cfg); err == nil {
		return updated
	}
	return stream
}

// sweep deletes in the background what has expired, where the server does not:
// at most once a minute, and only when the bucket is full.
func (b *bucket) sweep(h *handle) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sweeping || b.now().Sub(b.swept) < quiet {
		return
	}
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.closed {
		return
	}
	b.sweeping = true
	b.t.running.Go(func() {
		ctx, cancel := context.WithTimeout(b.t.ctx, quiet)
		defer cancel()
		n, err := b.sweepNow(ctx, h)
		b.t.cfg.Log.Debug("values that have expired are deleted", "deleted", n, "err", err)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.sweeping, b.swept = false, b.now()
	})
}

func (b *bucket) sweepNow(ctx context.Context, h *handle) (deleted int, err error) {
	values, err := h.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return 0, err
	}
	for pending := uint64(1); pending > 0; {
		m, err := values.Next(jetstream.FetchContext(ctx))
		if err != nil {
			return deleted, err
		}
		meta, err := m.Metadata()
		if err != nil {
			return deleted, err
		}
		pending = meta.NumPending
		if _, expires, ok := unstamp(m.Data()); !ok || !b.expired(expires, clockSkew) {
			continue
		}
		if err := b.purge(ctx, h, &jetstream.RawStreamMsg{Subject: m.Subject(), Sequence: meta.Sequence.Stream}); err != nil {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}

// explain turns an error of JetStream into one of the contract, and tells the
// log what only a person can put right.
func (b *bucket) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, session.ErrUnavailable):
		return err
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return session.ErrNotFound
	case errors.Is(err, jetstream.ErrStreamNotFound):
		b.set(nil)
		return session.ErrNotFound
	case errors.Is(err, nats.ErrMaxPayload), errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum):
		return session.ErrTooLarge
	case has(err, codeStoreFailed) && strings.Contains(err.Error(), "maximum"):
		return session.ErrLimit
	case has(err, codeAccountResources, codeMemory, codeStorage, codeResources):
		b.t.link.warn("NATS has no room for the values of plugins: raise the limits of its JetStream (memory)", "bucket", b.t.cfg.Bucket, "err", err)
		return session.ErrLimit
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		b.t.link.warn("plugins can keep no values: this NATS has no JetStream: start nats-server with -js, or enable JetStream for the account", "err", err)
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		b.set(nil)
	}
	return fmt.Errorf("%w: %w", session.ErrUnavailable, err)
}

// has reports whether err is of JetStream's API, with one of codes.
func has(err error, codes ...jetstream.ErrorCode) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return false
	}
	for _, c := range codes {
		if api.ErrorCode == c {
			return true
		}
	}
	return false
}
