package bus

import (
	"math/rand/v2"
	"testing"
)

func TestWindowLetsEachNumberInOnce(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var w window
		taken := map[uint64]bool{}
		top := uint64(1 + rng.IntN(10))
		for range 5000 {
			switch rng.IntN(50) {
			case 0:
				top += rng.Uint64N(3 * windowSize)
			default:
				top += rng.Uint64N(4)
			}
			n := top - rng.Uint64N(min(top, 1+rng.Uint64N(2*windowSize)))
			old := n+windowSize <= w.top
			if got, want := w.take(n), !old && !taken[n]; got != want {
				t.Fatalf("seed %d: number %d with %d the highest: %v, want %v", seed, n, w.top, got, want)
			}
			taken[n] = true
		}
	}
}
