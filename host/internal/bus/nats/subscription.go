package nats

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// What may wait for one subscription. A farm's frame is up to 128 KiB and is
// taken in well under a millisecond, so this is seconds of a full link; beyond it
// the newest is dropped, and the Farm above sees the gap in the numbers.
const (
	pendingMessages = 1 << 16
	pendingBytes    = 32 << 20
)

// A subscription outlives connections.
type subscription struct {
	t         *Transport
	subject   string
	cancelled atomic.Bool

	delivering sync.Mutex // one deliver at a time, whatever connection it is from
	deliver    func(bus.Delivery)

	mu  sync.Mutex
	nc  *nats.Conn         // that sub is of
	sub *nats.Subscription // nil until there was a connection
}

// Subscribe implements bus.Transport. While there is no connection it takes
// effect when there is one. deliver may call cancel, but not Close.
func (t *Transport) Subscribe(subject string, deliver func(bus.Delivery)) (func(), error) {
	if subject == "" || strings.ContainsAny(subject, " \t\r\n") || strings.HasPrefix(subject, ".") || strings.HasSuffix(subject, ".") || strings.Contains(subject, "..") {
		return nil, session.ErrInvalid
	}
	s := &subscription{t: t, subject: subject, deliver: deliver}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil, session.ErrUnavailable
	}
	t.subs[s] = struct{}{}
	live := t.live
	t.mu.Unlock()
	if live != nil {
		s.register(live)
	}
	return s.cancel, nil
}

// register subscribes on nc, once.
func (s *subscription) register(nc *nats.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nc == nc || s.cancelled.Load() {
		return
	}
	sub, err := nc.Subscribe(s.subject, s.receive)
	if err != nil { // the connection is closed: there will be another
		return
	}
	_ = sub.SetPendingLimits(pendingMessages, pendingBytes)
	s.nc, s.sub = nc, sub
}

func (s *subscription) receive(m *nats.Msg) {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	if s.cancelled.Load() {
		return
	}
	s.deliver(bus.Delivery{Subject: m.Subject, Reply: m.Reply, Data: m.Data, Nobody: noResponders(m)})
}

// noResponders reports whether m is the server's own answer to a request on a
// subject that nobody is subscribed to.
func noResponders(m *nats.Msg) bool {
	return len(m.Data) == 0 && m.Header.Get("Status") == "503"
}

// cancel ends s. A deliver that runs goes on.
func (s *subscription) cancel() {
	if s.cancelled.Swap(true) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.mu.Lock()
	delete(s.t.subs, s)
	s.t.dropped += s.droppedLocked()
	live := s.t.live
	if live == nil && s.sub != nil {
		s.t.gone = append(s.t.gone, s.sub)
	}
	s.t.mu.Unlock()
	if live != nil && s.sub != nil {
		if err := s.sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
			s.t.cfg.Log.Debug("unsubscribe", "subject", s.subject, "err", err)
		}
	}
}

// end waits for a deliver that runs, and lets none follow.
func (s *subscription) end() {
	s.cancelled.Store(true)
	s.delivering.Lock()
	defer s.delivering.Unlock()
}

func (s *subscription) dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.droppedLocked()
}

func (s *subscription) droppedLocked() uint64 {
	if s.sub == nil {
		return 0
	}
	n, err := s.sub.Dropped()
	if err != nil || n < 0 {
		return 0
	}
	return uint64(n)
}
