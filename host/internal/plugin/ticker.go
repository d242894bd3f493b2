package plugin

import "time"

// A timerChan is a worker's tick, whose interval changes with the generation.
// The zero value never ticks.
type timerChan struct {
	every  time.Duration
	ticker *time.Ticker
	fired  bool // park has seen the tick
}

// set changes the interval; 0 is none.
func (t *timerChan) set(every time.Duration) {
	if every == t.every {
		return
	}
	t.stop()
	t.every = every
	if every > 0 {
		t.ticker = time.NewTicker(every)
	}
}

// due reports whether a tick has come since the last call.
func (t *timerChan) due() bool {
	fired := t.fired
	t.fired = false
	select {
	case <-t.c():
		fired = true
	default:
	}
	return fired
}

// c returns the channel of the ticks, nil where there are none.
func (t *timerChan) c() <-chan time.Time {
	if t.ticker == nil {
		return nil
	}
	return t.ticker.C
}

func (t *timerChan) stop() {
	if t.ticker != nil {
		t.ticker.Stop()
		t.ticker = nil
	}
}
