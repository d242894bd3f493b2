// Package nats is the bus.Transport of a farm on NATS: publish and subscribe on
// core NATS, and the store of values in a bucket of JetStream.
//
// A broker that is away is never a reason to fail or to wait: Open returns at
// once, the connection is tried again for as long as the Transport is open, and
// subscriptions are kept over all of that. Meanwhile Publish refuses instead of
// keeping anything for later: whoever stands above learns of a loss and catches
// up, and would have no use for what is old by then.
//
// What is lost, and who knows: what is published while there is no connection
// (Publish says so); what was on its way when a connection broke (nobody can
// tell); and what comes faster than a subscriber takes it, beyond 65,536 messages
// or 32 MiB that wait for one subscription (Dropped counts it, the log says so
// once a minute). Nothing is delivered twice, and nothing to its own sender.
//
// The package trusts nothing that it receives, and needs not to: what it carries
// is sealed by package bus. It does not log or tell credentials.
//
// A Transport is safe for concurrent use. It has goroutines of nats.go (read,
// flush, callbacks, one a subscription), and Close waits for those that call back.
package nats

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// maxPayload is NATS's own default, and what is assumed before a server has told.
const maxPayload = 1 << 20

// Transport is a bus.Transport on a NATS connection.
type Transport struct {
	cfg     Config
	options nats.Options
	dialer  *dialer
	link    link
	bucket  bucket
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup // what this package has started

	conn    atomic.Pointer[connection] // the one in use, up or not; set before Open returns
	sending atomic.Pointer[nats.Conn]  // that of conn while it is up, else nil
	payload atomic.Int64               // what the server takes

	mu      sync.Mutex
	closed  bool
	live    *nats.Conn // where subscriptions are made at once: a little earlier than sending
	subs    map[*subscription]struct{}
	gone    []*nats.Subscription // cancelled while not connected
	dropped uint64               // of subscriptions that are cancelled
	reopens int                  // how often NATS ended the connection for good, in a row
}

// A connection is one of nats.go, which connects again by itself.
type connection struct {
	*nats.Conn
	ended chan struct{} // closed when nothing of it calls back any more
}

var _ bus.Transport = (*Transport)(nil)

// Open begins to connect, and returns without waiting for that. Its errors are
// about cfg only: what is wrong in it, and what to do.
func Open(cfg Config) (*Transport, error) {
	t := &Transport{cfg: cfg, subs: make(map[*subscription]struct{})}
	if t.cfg.Log == nil {
		t.cfg.Log = slog.New(slog.DiscardHandler)
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.dialer = newDialer(t.ctx)
	t.link.init(t.cfg.Log)
	t.bucket.init(t)
	t.payload.Store(maxPayload)
	var err error
	if t.options, err = t.cfg.options(); err != nil {
		t.cancel()
		return nil, err
	}
	t.listen(&t.options)
	if err := t.connect(); err != nil {
		t.cancel()
		return nil, err
	}
	return t, nil
}

// connect makes a connection that goes on trying. It does not wait: the first
// tries, one a server, are refused by the dialer, and the next are made by a
// goroutine of nats.go.
func (t *Transport) connect() error {
	o, ended := t.options, make(chan struct{})
	o.ClosedCB = func(nc *nats.Conn) {
		t.connectionEnded(nc)
		close(ended)
	}
	t.dialer.refuseNext(len(o.Servers))
	nc, err := o.Connect()
	if err != nil {
		return configError(err)
	}
	t.conn.Store(&connection{nc, ended})
	return nil
}

// Publish implements bus.Transport. It hands data to the connection's buffer,
// and waits for nobody as long as the operating system takes what is in there;
// a connection that took nothing for writeTimeout is given up.
func (t *Transport) Publish(subject, reply string, data []byte) error {
	nc := t.sending.Load()
	if nc == nil {
		return session.ErrUnavailable
	}
	if len(data) > t.MaxPayload() {
		return session.ErrTooLarge
	}
	var err error
	if reply == "" {
		err = nc.Publish(subject, data)
	} else {
		err = nc.PublishRequest(subject, reply, data)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrMaxPayload):
		return session.ErrTooLarge
	case errors.Is(err, nats.ErrBadSubject):
		return session.ErrInvalid
	case timeout(err): // nats.go would go on with this connection
		_ = nc.ForceReconnect()
	}
	return session.ErrUnavailable
}

// timeout reports whether err is an operation on a connection that took too long.
func timeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// NewInbox implements bus.Transport.
func (t *Transport) NewInbox() string { return nats.NewInbox() }

// MaxPayload implements bus.Transport: what the server said last, and 1 MiB
// before the first connection.
func (t *Transport) MaxPayload() int { return int(t.payload.Load()) }

// Get implements bus.Transport.
func (t *Transport) Get(ctx context.Context, key string) ([]byte, error) {
	return t.bucket.get(ctx, key)
}

// Put implements bus.Transport. A ttl is at least a millisecond: less is refused
// as session.ErrInvalid where it is not 0.
func (t *Transport) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return t.bucket.put(ctx, key, value, ttl)
}

// Delete implements bus.Transport.
func (t *Transport) Delete(ctx context.Context, key string) error {
	return t.bucket.delete(ctx, key)
}

// Link implements bus.Transport. It never waits.
func (t *Transport) Link() bus.Link { return t.link.state() }

// Dropped is how many messages were dropped because their subscriber was slow.
func (t *Transport) Dropped() uint64 {
	t.mu.Lock()
	n := t.dropped
	subs := slices.Collect(maps.Keys(t.subs))
	t.mu.Unlock()
	for _, s := range subs {
		n += s.dropped()
	}
	return n
}

// Close implements bus.Transport. What was published before is on its way then.
// It waits for deliveries that are under way, so deliver must not call it.
func (t *Transport) Close() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil
	}
	t.closed = true
	subs := t.subs
	t.subs, t.live = make(map[*subscription]struct{}), nil
	t.mu.Unlock()

	t.sending.Store(nil)
	t.cancel()
	t.running.Wait() // nobody reopens: conn is the last
	c := t.conn.Load()
	if t.link.close() {
		_ = c.FlushTimeout(connectTimeout)
	}
	t.dialer.abort()
	c.Close()
	for s := range subs {
		s.end()
	}
	<-c.ended
	return nil
}
