package session

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestClockIsTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock()
		for range 3 {
			if got, want := c.Now(), time.Now().UnixNano(); got != want {
				t.Errorf("%d, and it is %d", got, want)
			}
			time.Sleep(time.Hour) // of the bubble's clock
		}
		c.offset.Add(int64(time.Minute)) // as if the wall clock had been set since
		c.Resync()
		if got, want := c.Now(), time.Now().UnixNano(); got != want {
			t.Errorf("%d after Resync, and it is %d", got, want)
		}
	})
}
