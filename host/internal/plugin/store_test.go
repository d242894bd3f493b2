package plugin

import (
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// mapStore is a Store for tests: no limits, no lives, events in order.
type mapStore struct {
	notify    func(session.Event)
	beforeGet func() // nil is nothing

	mu         sync.Mutex
	seq        uint64
	sessions   map[session.ID]*session.Session
	tombstones map[session.ID]bool
}

func newMapStore() *mapStore {
	return &mapStore{sessions: map[session.ID]*session.Session{}, tombstones: map[session.ID]bool{}, notify: func(session.Event) {}}
}

func (s *mapStore) event(kind abi.Kind, sess *session.Session, src session.Source) session.Event {
	s.seq++
	return session.Event{Kind: kind, Source: src, Seq: s.seq, Session: sess}
}

func (s *mapStore) Get(id session.ID) (*session.Session, error) {
	if s.beforeGet != nil {
		s.beforeGet()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sess, ok := s.sessions[id]; ok {
		return sess, nil
	}
	return nil, session.ErrNotFound
}

func (s *mapStore) Insert(sess *session.Session, flags uint32, src session.Source) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tombstones[sess.ID] && flags&abi.Revive == 0 {
		return session.ErrRemoved
	}
	if _, ok := s.sessions[sess.ID]; ok && flags&abi.Overwrite == 0 {
		return session.ErrExists
	}
	s.sessions[sess.ID] = sess
	s.notify(s.event(abi.Insert, sess, src))
	return nil
}

func (s *mapStore) Remove(id session.ID, reason abi.Reason, src session.Source) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess, ok := s.sessions[id]
	if !ok {
		return session.ErrNotFound
	}
	delete(s.sessions, id)
	s.tombstones[id] = true
	ev := s.event(abi.Remove, sess, src)
	ev.Reason = reason
	s.notify(ev)
	return nil
}

func (s *mapStore) Announce(id session.ID, deliver func(session.Event)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	sess, ok := s.sessions[id]
	if !ok {
		return false
	}
	ev := s.event(abi.Insert, sess, session.Source{Origin: abi.FromHost})
	ev.Flags = abi.Existing
	deliver(ev)
	return true
}

func (s *mapStore) Bury(id session.ID, _ int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.sessions[id]; ok {
		return session.ErrExists
	}
	s.tombstones[id] = true
	return nil
}

func (s *mapStore) AnnounceRemoved(id session.ID, deliver func(session.Event)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tombstones[id] {
		return false
	}
	ev := s.event(abi.Remove, &session.Session{ID: id}, session.Source{Origin: abi.FromHost})
	ev.Flags, ev.Reason = abi.Existing, abi.Explicit
	deliver(ev)
	return true
}

func (s *mapStore) Removed() iter.Seq[session.ID] {
	s.mu.Lock()
	all := slices.Collect(maps.Keys(s.tombstones))
	s.mu.Unlock()
	return slices.Values(all)
}

func (s *mapStore) All() iter.Seq[*session.Session] {
	s.mu.Lock()
	all := make([]*session.Session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		all = append(all, sess)
	}
	s.mu.Unlock()
	return func(yield func(*session.Session) bool) {
		for _, sess := range all {
			if !yield(sess) {
				return
			}
		}
	}
}

func (s *mapStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
