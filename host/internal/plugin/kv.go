package plugin

import (
	"sync"

	"github.com/sesshook/sesshook/abi"
)

// The largest key and value, in bytes. How many there may be is the sidecar's.
const (
	maxKey   = 256
	maxValue = 64 << 10
)

// A kvStore is a plugin's own keys. Its instances share it, and it outlives
// their reloads. It is safe for concurrent use.
type kvStore struct {
	now func() int64

	mu       sync.Mutex
	entries  map[string]kvEntry
	bytes    int // keys and values together
	maxKeys  int
	maxBytes int
	soonest  int64 // no entry expires before; 0 is that none does
}

// limit sets how much may be stored. What is there already stays.
func (s *kvStore) limit(keys, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxKeys, s.maxBytes = keys, bytes
}

type kvEntry struct {
	value   []byte // nil where the farm has it
	size    int    // of the value
	expires int64  // ns since the Unix epoch, 0 is never
}

// get returns the value of key; nobody may write to it.
func (s *kvStore) get(key []byte) ([]byte, abi.Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(key)
}

// find is get, with the lock held.
func (s *kvStore) find(key []byte) ([]byte, abi.Code) {
	if code := checkKey(key); code != abi.OK {
		return nil, code
	}
	e, ok := s.entries[string(key)]
	if !ok {
		return nil, abi.NotFound
	}
	if e.expires != 0 && e.expires <= s.now() {
		s.drop(string(key))
		return nil, abi.NotFound
	}
	return e.value, abi.OK
}

func checkKey(key []byte) abi.Code {
	if len(key) == 0 || len(key) > maxKey {
		return abi.Invalid
	}
	return abi.OK
}

// put stores a copy of value for ttlMS milliseconds; 0 is for good.
func (s *kvStore) put(key, value []byte, ttlMS int64) abi.Code {
	if len(value) > maxValue {
		value = value[:maxValue+1] // it is refused: not worth copying
	}
	return s.place(key, append([]byte(nil), value...), len(value), ttlMS)
}

// account is put of a value that is kept elsewhere. undo takes it back.
func (s *kvStore) account(key []byte, size int, ttlMS int64) (undo func(), code abi.Code) {
	s.mu.Lock()
	old, had := s.entries[string(key)]
	s.mu.Unlock()
	undo = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(string(key))
		if had {
			s.add(string(key), old)
		}
	}
	return undo, s.place(key, nil, size, ttlMS)
}

// some returns up to n of the keys, any ones.
func (s *kvStore) some(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, 0, n)
	for key := range s.entries {
		if len(keys) == n {
			break
		}
		keys = append(keys, key)
	}
	return keys
}

func (s *kvStore) place(key, value []byte, size int, ttlMS int64) abi.Code {
	if checkKey(key) != abi.OK || ttlMS < 0 {
		return abi.Invalid
	}
	if size > maxValue {
		return abi.TooLarge
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fits(key, size) {
		s.sweep()
		if !s.fits(key, size) {
			return abi.Limit
		}
	}
	s.drop(string(key))
	e := kvEntry{value: value, size: size}
	if ttlMS > 0 {
		e.expires = addMillis(s.now(), ttlMS)
	}
	s.add(string(key), e)
	return abi.OK
}

// add is place without asking.
func (s *kvStore) add(key string, e kvEntry) {
	if e.expires != 0 && (s.soonest == 0 || e.expires < s.soonest) {
		s.soonest = e.expires
	}
	if s.entries == nil {
		s.entries = map[string]kvEntry{}
	}
	s.entries[key] = e
	s.bytes += len(key) + e.size
}

func (s *kvStore) remove(key []byte) abi.Code {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, code := s.find(key)
	if code == abi.OK {
		s.drop(string(key))
	}
	return code
}

// fits tells whether key and a value of that size may be stored beside the other entries.
func (s *kvStore) fits(key []byte, size int) bool {
	old, ok := s.entries[string(key)]
	bytes, keys := s.bytes+len(key)+size, len(s.entries)+1
	if ok {
		bytes -= len(key) + old.size
		keys--
	}
	return keys <= s.maxKeys && bytes <= s.maxBytes
}

func (s *kvStore) drop(key string) {
	if e, ok := s.entries[key]; ok {
		s.bytes -= len(key) + e.size
		delete(s.entries, key)
	}
}

// sweep drops what has expired. It looks at the entries only where one of them
// may have: a store that is full stays cheap.
func (s *kvStore) sweep() {
	now := s.now()
	if s.soonest == 0 || now < s.soonest {
		return
	}
	s.soonest = 0
	for key, e := range s.entries {
		switch {
		case e.expires == 0:
		case e.expires <= now:
			s.drop(key)
		case s.soonest == 0 || e.expires < s.soonest:
			s.soonest = e.expires
		}
	}
}

// addMillis returns now + ms in ns, and the end of time instead of an overflow.
func addMillis(now, ms int64) int64 {
	const end = 1<<63 - 1
	if ms > (end-now)/1e6 {
		return end
	}
	return now + ms*1e6
}
