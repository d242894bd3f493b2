package bus

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

func TestALinkThatComesBackTellsWhatWasMissed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b := listen(t, r.farms["a"], "x"), listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		publish(t, r.farms["b"], "x", "k", "1")
		a.expect(t, "b k=1")
		b.expect(t, "a k=1")
		r.SetLink("a", false)
		time.Sleep(beat)
		synctest.Wait()
		if err := r.farms["a"].Publish("x", nil, nil); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("publish without a link: %v", err)
		}
		publish(t, r.farms["b"], "x", "k", "2")
		time.Sleep(30 * time.Second)
		r.SetLink("a", true)
		time.Sleep(time.Second)
		a.expect(t, "b lost 1")
		b.expect(t, "a lost 1")
		publish(t, r.farms["a"], "x", "k", "3")
		b.expect(t, "a k=3")
		if s := r.farms["a"].Status(); s.Link.Downs != 1 || s.Unsent != 1 {
			t.Errorf("status %+v", s)
		}
	}, "a", "b")
}

// TestABriefBreakIsNoticed: a link that was down and up between two looks, in a
// farm so large that heads are rare.
func TestABriefBreakIsNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("a", taped(&rec))
		crowd(a, 4000)
		b := listen(t, r.farms["b"], "x")
		publish(t, a, "x", "k", "1")
		b.expect(t, "a k=1")
		for rec.of(messageSubject("test", "x")); len(rec.of(messageSubject("test", "x"))) == 0; {
			time.Sleep(beat)
		}
		time.Sleep(a.pace()/2 + beat/2)
		r.SetLink("b", false)
		publish(t, a, "x", "k", "2")
		synctest.Wait()
		r.SetLink("b", true)
		time.Sleep(Grace + 2*beat)
		b.expect(t, "a lost 1")
	}, "b")
}

// crowd makes a farm believe that there are count more nodes.
func crowd(f *Farm, count uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := range count {
		id := session.Node{5: 1}
		binary.LittleEndian.PutUint32(id[:], n)
		f.peers[id] = &peer{run: run{epoch: 1, sent: f.now(), heard: f.now()}}
	}
}

func TestHeadsAreRareInLargeFarms(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("a", taped(&rec))
		crowd(a, 10000)
		publish(t, a, "x", "k", "1")
		time.Sleep(11 * time.Second)
		rec.of("")
		time.Sleep(100 * time.Second)
		if got := len(rec.of(messageSubject("test", "x"))); got < 9 || got > 11 {
			t.Errorf("%d heads in 100 s among 10000 nodes", got)
		}
	})
}

func TestAPartitionThatHealsTellsBothSides(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b, c := listen(t, r.farms["a"], "x"), listen(t, r.farms["b"], "x"), listen(t, r.farms["c"], "x")
		r.Partition([]string{"a"}, []string{"b", "c"})
		publish(t, r.farms["a"], "x", "k", "1")
		publish(t, r.farms["b"], "x", "k", "2")
		time.Sleep(time.Minute)
		a.expect(t)
		c.expect(t, "b k=2")
		if s := r.farms["a"].Status(); len(s.Peers) != 0 || !s.Link.Up {
			t.Errorf("peers %v, link %+v", s.Peers, s.Link)
		}
		r.Heal()
		time.Sleep(time.Second + Grace + beat)
		a.expect(t, "b lost 1 (new)")
		b.expect(t, "a lost 1 (new)")
		c.expect(t, "a lost 1 (new)")
	}, "a", "b", "c")
}

func TestANodeThatStartsAgainIsANewSender(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		publish(t, r.farms["a"], "x", "k", "2")
		b.expect(t, "a k=1", "a k=2")
		r.farms["a"].transport.Close() // as if it was killed
		time.Sleep(time.Second)
		again := r.join("a")
		publish(t, again, "x", "k", "3")
		b.expect(t, "a k=3")
		time.Sleep(5 * time.Second)
		b.expect(t)
	}, "a", "b")
}

// TestAClockThatWasSetBackHeals: a node that starts again with a clock that is
// behind is believed once it is past what it was.
func TestAClockThatWasSetBackHeals(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		b.expect(t, "a k=1")
		r.farms["a"].Close()
		behind := func(cfg *Config) {
			cfg.Now = func() int64 { return time.Now().Add(-30 * time.Second).UnixNano() }
		}
		again := r.join("a", behind)
		publish(t, again, "x", "k", "2")
		time.Sleep(time.Second)
		b.expect(t)
		time.Sleep(time.Minute)
		publish(t, again, "x", "k", "3")
		b.expect(t, "a lost 1", "a k=3")
	}, "a", "b")
}

// TestAClockThatIsSetBackDelaysNoLoss: the receiver's, between a gap and its
// report.
func TestAClockThatIsSetBackDelaysNoLoss(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var back atomic.Int64
		c := r.join("c", func(cfg *Config) { cfg.Now = func() int64 { return time.Now().UnixNano() - back.Load() } })
		e := listen(t, c, "x")
		publish(t, r.farms["a"], "x", "k", "1")
		synctest.Wait()
		r.SetFaults(Faults{Loss: 1})
		publish(t, r.farms["a"], "x", "k", "2")
		synctest.Wait()
		r.SetFaults(Faults{})
		publish(t, r.farms["a"], "x", "k", "3")
		e.expect(t, "a k=1", "a k=3")
		back.Store(int64(time.Hour))
		time.Sleep(Grace + 2*beat)
		e.expect(t, "a lost 1")
	}, "a")
}

// TestAStreamOutlivesWhatIsKnownOfItsNode: what an ended run sent on another
// topic is still good where it is behind in its own queue only.
func TestAStreamOutlivesWhatIsKnownOfItsNode(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("old", taped(&rec))
		x := listen(t, r.farms["b"], "x")
		publish(t, a, "x", "k", "1")
		x.expect(t, "old k=1")
		rec.of("")
		r.Partition([]string{"old"})
		publish(t, a, "x", "k", "2")
		synctest.Wait()
		late := rec.of(messageSubject("test", "x"))
		a.transport.Close()
		r.Heal()
		time.Sleep(time.Second)
		r.join("old")
		synctest.Wait()
		stranger := r.Network.Join("stranger")
		for _, f := range late {
			stranger.Publish(f.subject, "", f.data)
		}
		x.expect(t, "old k=2")
	}, "b")
}

func TestHellosAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("busy", taped(&rec))
		publish(t, a, "x", "k", "1")
		time.Sleep(5 * time.Second)
		rec.of("")
		for range 1000 {
			listen(t, r.farms["b"], "x").cancel()
			time.Sleep(10 * time.Millisecond)
		}
		if got := len(rec.of(messageSubject("test", "x"))); got < 10 || got > 41 {
			t.Errorf("%d heads in 10 s of hellos", got)
		}
	}, "b")
}

func TestWhoSaysHelloIsAnsweredAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		publish(t, r.farms["a"], "x", "k", "1")
		time.Sleep(5*time.Second + 500*time.Millisecond)
		b := listen(t, r.farms["b"], "x")
		synctest.Wait()
		time.Sleep(Grace + beat)
		b.expect(t, "a lost 1 (new)")
	}, "a", "b")
}

func TestNodesThatAreGoneAreForgotten(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		b.expect(t, "a k=1")
		r.farms["a"].Close()
		time.Sleep(forgetAfter + 2*sweepPause)
		f := r.farms["b"]
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.peers) != 0 || len(f.topics["x"].streams) != 0 {
			t.Errorf("%d peers and %d streams remembered", len(f.peers), len(f.topics["x"].streams))
		}
	}, "a", "b")
}

// TestAStreamIsKeptForAsLongAsItGoesOn: the turn of a topic may come less often
// than forgetAfter; but neither is a topic kept that nobody is subscribed to, nor
// what an earlier run of a node has published.
func TestAStreamIsKeptForAsLongAsItGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := r.farms["b"]
		heard := map[string]*ear{}
		for _, topic := range []string{"x", "y", "z"} {
			heard[topic] = listen(t, b, topic)
		}
		publish(t, r.farms["a"], "x", "k", "1")
		publish(t, r.farms["a"], "y", "k", "1")
		publish(t, r.farms["c"], "z", "k", "1")
		heard["y"].expect(t, "a k=1")
		heard["y"].cancel()
		r.farms["c"].Close()
		time.Sleep(time.Second)
		r.join("c")
		time.Sleep(time.Second)
		b.mu.Lock()
		for _, topic := range b.topics {
			for _, s := range topic.streams {
				s.run.heard -= 2 * int64(forgetAfter)
			}
		}
		b.forget(time.Now().UnixNano())
		x, y, z := len(b.topics["x"].streams), b.topics["y"], len(b.topics["z"].streams)
		b.mu.Unlock()
		if x != 1 || y != nil || z != 0 {
			t.Errorf("%d streams of a topic in use, %d of an ended run; %v, which nobody hears", x, z, y)
		}
	}, "a", "b", "c")
}
