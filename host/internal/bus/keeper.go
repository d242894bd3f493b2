package bus

import (
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// beat is how often the keeper looks for what is due. Nothing that waits for
	// it waits longer than that.
	beat = 100 * time.Millisecond
	// sweepPause is how often what is forgotten is looked for.
	sweepPause = 30 * time.Second
)

// A keeper does what has to be done from time to time, from one goroutine: it
// follows the link, says hello, sends heads and signs of life, and reports what
// did not come.
type keeper struct {
	ad   []byte        // of control frames
	wake chan struct{} // capacity 1

	hello  atomic.Bool // this node has to say hello
	answer atomic.Bool // another said hello
	newly  atomic.Bool // a subscriber has to be greeted

	// The goroutine's own. Times are in ns since the Unix epoch.
	downs  uint64 // of the link, when it was last looked at
	up     bool
	headed int64 // when heads were sent
	swept  int64
}

func (k *keeper) init(f *Farm) {
	k.ad = associate(frameControl, f.name, "", nil)
	k.wake = make(chan struct{}, 1)
}

// joined is told of a new subscriber.
func (k *keeper) joined() {
	k.newly.Store(true)
	k.hello.Store(true)
	k.rouse()
}

// greeted is told of another node's hello.
func (k *keeper) greeted() {
	if k.answer.CompareAndSwap(false, true) {
		k.rouse()
	}
}

func (k *keeper) rouse() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// keep is the keeper's goroutine.
func (f *Farm) keep() {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		f.tick(f.now())
		select {
		case <-ticker.C:
		case <-f.keeper.wake:
		case <-f.done:
			return
		}
	}
}

func (f *Farm) tick(now int64) {
	f.followLink()
	f.greetSubscribers(now)
	f.giveUp(now)
	f.sayHello(now)
	f.sendHeads(now)
	f.sweep(now)
}

// followLink notices that the transport has, or has lost, its connection.
// After a break both sides have something to tell each other.
func (f *Farm) followLink() {
	k, link := &f.keeper, f.transport.Link()
	f.out.follow(link.Up)
	if link.Up && (!k.up || link.Downs != k.downs) {
		k.hello.Store(true)
		k.answer.Store(true)
	}
	k.up, k.downs = link.Up, link.Downs
}

// greetSubscribers tells new subscribers of what was before them.
func (f *Farm) greetSubscribers(now int64) {
	if !f.keeper.newly.Swap(false) {
		return
	}
	type greeted struct {
		s    *subscriber
		t    *topic
		what []greeting
	}
	var all []greeted
	f.mu.Lock()
	for _, t := range f.topics {
		for _, s := range t.subscribers {
			if len(s.greeting) > 0 {
				all = append(all, greeted{s, t, s.greeting})
				s.greeting = nil
			}
		}
	}
	f.mu.Unlock()
	for _, g := range all {
		for _, w := range g.what {
			deliver([]*subscriber{g.s}, lostEvent(&session.Message{From: w.from, Topic: g.t.name}, w.count, now))
		}
	}
}

// giveUp reports what has been waited for long enough.
func (f *Farm) giveUp(now int64) {
	type report struct {
		to   []*subscriber
		s    *stream
		lost missing
	}
	var due []report
	f.mu.Lock()
	still := f.gaps[:0]
	for _, s := range f.gaps {
		if lost := s.giveUp(now); lost.count > 0 {
			due = append(due, report{s.topic.subscribers, s, lost})
		}
		if s.listed = len(s.holes) > 0; s.listed {
			still = append(still, s)
		}
	}
	clear(f.gaps[len(still):])
	f.gaps = still
	f.mu.Unlock()
	for _, r := range due {
		f.reportLost(r.s.topic, r.to, r.s.from, r.lost, now)
	}
}

// pace is how often heads and signs of life are sent: what a node hears of all
// others together stays below a thousand of each a second.
func (f *Farm) pace() time.Duration {
	return max(time.Second, time.Duration(f.peerCount())*time.Millisecond)
}

// patience is how long a node that says nothing still counts as there.
func (f *Farm) patience() time.Duration { return 3*f.pace() + time.Second }

func (f *Farm) sayHello(now int64) {
	k := &f.keeper
	if k.up && k.hello.Swap(false) {
		f.sendControl(now, flagHello)
	}
}

// sendHeads sends heads and a sign of life where it is time for them, or where
// somebody said hello. However many do, that is at most four times as often as
// without, so a hello costs a farm no more than a second of its usual life.
func (f *Farm) sendHeads(now int64) {
	k := &f.keeper
	if !k.up {
		return
	}
	pace, since := int64(f.pace()), now-k.headed
	soon := k.answer.Load() && since >= pace/4
	if since < pace && since >= 0 && !soon {
		return
	}
	k.answer.Store(false)
	k.headed = now
	f.out.announce()
	f.sendControl(now, 0)
}

func (f *Farm) sendControl(now int64, flags byte) {
	h := f.self
	h.time = now
	sealed := f.keys.SealMessage(nil, f.keeper.ad, appendControl(nil, h, flags))
	// Where it fails, the next one comes soon, or the link comes back.
	_ = f.publish(controlSubject(f.name), "", sealed)
}

func (f *Farm) sweep(now int64) {
	if since := now - f.keeper.swept; since >= 0 && since < int64(sweepPause) {
		return
	}
	f.keeper.swept = now
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
}
