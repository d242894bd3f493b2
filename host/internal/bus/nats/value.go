package nats

import (
	"encoding/binary"
	"math"
	"time"
)

// A stored value begins with when it expires: unix nanoseconds, big endian, 0 for
// never. Servers before 2.11 know no lifetime of a key, and the others know it
// in seconds.
const valueHeader = 8

// stamp puts the end of value's life in front of it.
func stamp(value []byte, expires int64) []byte {
	b := make([]byte, valueHeader, valueHeader+len(value))
	binary.BigEndian.PutUint64(b, uint64(expires))
	return append(b, value...)
}

// unstamp is the reverse. ok is false for what is no value of ours.
func unstamp(stored []byte) (value []byte, expires int64, ok bool) {
	if len(stored) < valueHeader {
		return nil, 0, false
	}
	e := binary.BigEndian.Uint64(stored)
	if e > math.MaxInt64 {
		return nil, 0, false
	}
	return stored[valueHeader:], int64(e), true
}

// expiry is the end of a life of ttl from now on: 0 where there is none, or none
// that matters.
func expiry(now time.Time, ttl time.Duration) int64 {
	n := now.UnixNano()
	if ttl <= 0 || int64(ttl) > math.MaxInt64-n {
		return 0
	}
	return n + int64(ttl)
}
