package nats

import (
	"bytes"
	"math"
	"testing"
	"time"
)

func TestExpiry(t *testing.T) {
	now := time.Unix(0, 1000)
	for _, tt := range []struct {
		ttl  time.Duration
		want int64
	}{{0, 0}, {1, 1001}, {time.Second, 1e9 + 1000}, {math.MaxInt64 - 1000, math.MaxInt64}, {math.MaxInt64 - 999, 0}} {
		if got := expiry(now, tt.ttl); got != tt.want {
			t.Errorf("expiry(%v) = %d, want %d", tt.ttl, got, tt.want)
		}
	}
}

func FuzzUnstamp(f *testing.F) {
	f.Add([]byte{})
	f.Add(stamp(nil, 0))
	f.Add(stamp([]byte("value"), math.MaxInt64))
	f.Add(bytes.Repeat([]byte{0xff}, 9))
	f.Fuzz(func(t *testing.T, stored []byte) {
		value, expires, ok := unstamp(stored)
		if ok && (expires < 0 || !bytes.Equal(stamp(value, expires), stored)) {
			t.Errorf("unstamp(%x) = %x, %d", stored, value, expires)
		}
	})
}
