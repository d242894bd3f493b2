package nats

import (
	"math/rand/v2"
	"time"
)

// The pause before a round of all servers is tried again doubles from
// firstPause to lastPause. That is part of how long a farm is parted for after
// its NATS is back, and not so short that a thousand nodes are a burden to it:
// it is what nats.go has by default.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// pause is how long to wait before round n (1 is the first after a failure). A
// random part of up to half keeps the nodes of a farm from coming all at once.
func pause(n int) time.Duration {
	d := lastPause
	if n < 8 { // 100 ms << 6 is above lastPause
		d = min(firstPause<<max(n-1, 0), lastPause)
	}
	return d - rand.N(d/2)
}
