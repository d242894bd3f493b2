package bus

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A store keeps the values of a Network.
type store struct {
	mu     sync.Mutex
	values map[string]stored
	bytes  int // of names and values
	limit  int
}

type stored struct {
	value   []byte
	expires time.Time // zero: never
}

// find returns what is stored under key and lives.
func (s *store) find(key string) (stored, bool) {
	v, ok := s.values[key]
	if ok && !v.expires.IsZero() && !time.Now().Before(v.expires) {
		s.drop(key)
		return stored{}, false
	}
	return v, ok
}

func (s *store) drop(key string) {
	if v, ok := s.values[key]; ok {
		s.bytes -= len(key) + len(v.value)
		delete(s.values, key)
	}
}

// sweep drops all whose life is over.
func (s *store) sweep() {
	for key := range s.values {
		s.find(key)
	}
}

func (s *store) put(key string, value []byte, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, _ := s.find(key)
	more := len(value) - len(old.value)
	if old.value == nil {
		more += len(key)
	}
	if s.bytes+more > s.limit {
		s.sweep()
		if s.bytes+more > s.limit {
			return session.ErrLimit
		}
	}
	s.drop(key)
	v := stored{value: append([]byte{}, value...)}
	if ttl > 0 {
		v.expires = time.Now().Add(ttl)
	}
	s.values[key] = v
	s.bytes += len(key) + len(value)
	return nil
}

func (t *node) Get(ctx context.Context, key string) ([]byte, error) {
	if err := t.reachStore(ctx); err != nil {
		return nil, err
	}
	s := &t.network.store
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.find(key)
	if !ok {
		return nil, session.ErrNotFound
	}
	return slices.Clone(v.value), nil
}

func (t *node) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := t.reachStore(ctx); err != nil {
		return err
	}
	if len(value) > t.network.cfg.MaxPayload {
		return session.ErrTooLarge
	}
	return t.network.store.put(key, value, ttl)
}

func (t *node) Delete(ctx context.Context, key string) error {
	if err := t.reachStore(ctx); err != nil {
		return err
	}
	s := &t.network.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.find(key); !ok {
		return session.ErrNotFound
	}
	s.drop(key)
	return nil
}

// reachStore says whether this node gets at the values now. Who does not is
// told at once, where a real store would be waited for until ctx ends.
func (t *node) reachStore(ctx context.Context) error {
	n := t.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if ctx.Err() != nil || t.closed || !t.link.Up || n.groups != nil && n.groups[t.name] != 1 {
		return session.ErrUnavailable
	}
	return nil
}
