package bus

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A value is kept sealed, with the time at which its life ends in front of it
// (8 bytes, ns since the Unix epoch, 0 is never), so that a store that keeps it
// longer, or brings it back, has nothing to gain. The seal is bound to the
// farm, the space and the key.
const valueHeader = 8

// A place is where a value is kept.
type place struct {
	name string // for the Transport
	ad   []byte
}

// place returns where a value is kept. Its name tells nothing of space and key
// to who can't guess them, and does not change with the farm keys. A space of
// at most 128 bytes, and a key of at most abi.MaxID, are unambiguous with the
// length in front.
func (f *Farm) place(space string, key []byte) (p place, ok bool) {
	if len(space) == 0 || len(space) > abi.MaxTopic || len(key) == 0 || len(key) > abi.MaxID {
		return p, false
	}
	p.ad = append(associate(frameValue, f.name, space, nil), key...)
	sum := sha256.Sum256(p.ad)
	p.name = hex.EncodeToString(sum[:])
	return p, true
}

// KVGet returns the value of key in space, which is the caller's. Errors:
// session.ErrInvalid for a space that is empty or longer than 128 bytes, or a
// key that is empty or longer than abi.MaxID; session.ErrNotFound, also where
// the life of what is there is over or no key opens it; session.ErrUnavailable
// without a connection, or when ctx ends.
func (f *Farm) KVGet(ctx context.Context, space string, key []byte) ([]byte, error) {
	p, ok := f.place(space, key)
	if !ok {
		return nil, session.ErrInvalid
	}
	if f.closed() {
		return nil, errClosed
	}
	sealed, err := f.transport.Get(ctx, p.name)
	if err != nil {
		return nil, unavailable(err)
	}
	plain, err := f.keys.OpenMessage(p.ad, sealed)
	if err != nil {
		f.refuse(Forged)
		return nil, session.ErrNotFound
	}
	value, expires, ok := parseValue(plain)
	if !ok {
		f.refuse(Malformed)
		return nil, session.ErrNotFound
	}
	if expires != 0 && expires <= f.now() {
		return nil, session.ErrNotFound
	}
	return value, nil
}

func parseValue(b []byte) (value []byte, expires int64, ok bool) {
	if len(b) < valueHeader || len(b)-valueHeader > abi.MaxSession {
		return nil, 0, false
	}
	expires = int64(binary.LittleEndian.Uint64(b))
	return b[valueHeader:], expires, expires >= 0
}

// KVPut stores a copy of value for all nodes, for ttl, with 0 for good. The
// last to put wins. Errors: as KVGet but for ErrNotFound, session.ErrInvalid for
// a negative ttl, session.ErrTooLarge for a value longer than abi.MaxSession,
// session.ErrLimit where the store is full.
func (f *Farm) KVPut(ctx context.Context, space string, key, value []byte, ttl time.Duration) error {
	p, ok := f.place(space, key)
	if !ok || ttl < 0 {
		return session.ErrInvalid
	}
	if len(value) > abi.MaxSession {
		return session.ErrTooLarge
	}
	if f.closed() {
		return errClosed
	}
	plain := make([]byte, valueHeader, valueHeader+len(value))
	binary.LittleEndian.PutUint64(plain, uint64(f.expiry(ttl)))
	return unavailable(f.transport.Put(ctx, p.name, f.keys.SealMessage(nil, p.ad, append(plain, value...)), ttl))
}

// expiry returns the end of a life that begins now, 0 where it has none.
func (f *Farm) expiry(ttl time.Duration) int64 {
	now := f.now()
	if ttl == 0 || int64(ttl) > math.MaxInt64-now {
		return 0
	}
	return now + int64(ttl)
}

// KVDelete removes the value of key in space. Errors: as KVGet. It looks before
// it deletes: a Transport need not tell whether there was anything, and plugins
// are told.
func (f *Farm) KVDelete(ctx context.Context, space string, key []byte) error {
	p, ok := f.place(space, key)
	if !ok {
		return session.ErrInvalid
	}
	if f.closed() {
		return errClosed
	}
	_, absent := f.KVGet(ctx, space, key)
	if absent != nil && !errors.Is(absent, session.ErrNotFound) {
		return absent
	}
	// What no key opens, or is over, takes room all the same.
	if err := f.transport.Delete(ctx, p.name); err != nil {
		return unavailable(err)
	}
	return absent
}
