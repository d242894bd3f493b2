package main

import (
	"math"
	"testing"
	"time"
)

// FuzzTime holds the clock against package time, for every year that RFC 3339
// can write.
func FuzzTime(f *testing.F) {
	for _, seed := range []int64{
		0, 1, -1, 999_999_999, 1_000_000_000, -1_000_000_001, 951_782_400e9, 951_868_799_999_999_999, 1_709_164_800e9, 4_107_542_400e9, -2_203_891_200e9, 1<<63 - 1, -1<<63 + 1e9,
	} {
		f.Add(seed, seed+1)
	}
	f.Fuzz(func(t *testing.T, first, second int64) {
		if min(first, second) < math.MinInt64+1e9 {
			return
		}
		var c clock
		for _, ns := range []int64{first, second, first} {
			want := time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000Z")
			if got := string(c.appendTime(nil, ns)); got != want {
				t.Fatalf("%d is %s, and %s to package time", ns, got, want)
			}
		}
	})
}
