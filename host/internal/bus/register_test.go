package bus

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// publishTo publishes once to each of the topics from "t.FIRST" on.
func publishTo(t *testing.T, f *Farm, first, count int) {
	t.Helper()
	for n := first; n < first+count; n++ {
		publish(t, f, fmt.Sprintf("t.%d", n), "", "")
	}
	synctest.Wait()
}

// heads returns how often each topic has had a head, and forgets all frames. It
// is for who has published nothing since.
func heads(rec *tape) map[string]int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	had := map[string]int{}
	for _, f := range rec.frames {
		if f.subject != controlSubject("test") {
			had[f.subject]++
		}
	}
	rec.frames = nil
	return had
}

func TestEveryTopicHasAHeadEachTimeWhereTheyAreFew(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("a", taped(&rec))
		publishTo(t, a, 0, maxHeads)
		time.Sleep(2500 * time.Millisecond)
		heads(rec)
		time.Sleep(4 * time.Second)
		had := heads(rec)
		for n := range maxHeads {
			if got := had[messageSubject("test", fmt.Sprintf("t.%d", n))]; got != 4 {
				t.Fatalf("topic %d had %d heads in 4 s", n, got)
			}
		}
	})
}

// TestEveryTopicHasItsTurn: of many, those in use have a head each time, and the
// others one in each rotation.
func TestEveryTopicHasItsTurn(t *testing.T) {
	const topics = 3000
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("a", taped(&rec))
		publishTo(t, a, 0, topics)
		publishTo(t, a, 0, maxRecent) // the oldest are in use again
		time.Sleep(2500 * time.Millisecond)
		heads(rec)
		const rounds = (topics + maxRecent - 1) / maxRecent
		all := map[string]int{}
		for range rounds {
			time.Sleep(time.Second)
			had := heads(rec)
			sum := 0
			for topic, n := range had {
				all[topic] += n
				sum += n
			}
			if sum != maxHeads {
				t.Errorf("%d heads at a time", sum)
			}
		}
		for n := range topics {
			got := all[messageSubject("test", fmt.Sprintf("t.%d", n))]
			if n < maxRecent && got != rounds {
				t.Fatalf("topic %d, which is in use, had %d heads in %d rounds", n, got, rounds)
			}
			if n >= maxRecent && got != 1 && got != 2 {
				t.Fatalf("topic %d had %d heads in %d rounds", n, got, rounds)
			}
		}
	})
}

// TestTheLossOfALastMessageIsNoticedInItsTurn: on a topic that is one of many,
// and was not used lately.
func TestTheLossOfALastMessageIsNoticedInItsTurn(t *testing.T) {
	const others = 2000
	inBubble(t, func(t *testing.T, r *rig) {
		a, b := r.farms["a"], listen(t, r.farms["b"], "x")
		publish(t, a, "x", "k", "1")
		b.expect(t, "a k=1")
		r.SetFaults(Faults{Loss: 1})
		publish(t, a, "x", "k", "2")
		synctest.Wait()
		r.SetFaults(Faults{})
		publishTo(t, a, 0, others)
		time.Sleep((others/maxRecent+2)*time.Second + Grace + beat)
		b.expect(t, "a lost 1")
	}, "a", "b")
}

// TestATopicThatWasIdleGoesOn: with its numbers, though many others were
// published to since, and for longer than a silent node is remembered.
func TestATopicThatWasIdleGoesOn(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b := r.farms["a"], listen(t, r.farms["b"], "x")
		publish(t, a, "x", "k", "1")
		b.expect(t, "a k=1")
		publishTo(t, a, 0, 2000)
		time.Sleep(2 * forgetAfter)
		b.expect(t)
		publish(t, a, "x", "k", "2")
		b.expect(t, "a k=2")
		if next := a.out.topics.byName["x"].next; next != 3 {
			t.Errorf("the next number is %d", next)
		}
		if s := r.farms["b"].Status(); s.Refused[Duplicate] != 0 || s.Lost != 0 {
			t.Errorf("refused %v, lost %d", s.Refused, s.Lost)
		}
	}, "a", "b")
}

// TestManyTopicsAreSentInTurn: more than have a frame of the usual size each, and
// one message more to a topic that waits already.
func TestManyTopicsAreSentInTurn(t *testing.T) {
	const topics = 3 * manyFrames
	inBubble(t, func(t *testing.T, r *rig) {
		release := make(chan struct{})
		var rec *tape
		f := r.join("c", taped(&rec), func(cfg *Config) { cfg.Transport = &stuck{cfg.Transport, release} })
		b := listen(t, r.farms["b"], "x")
		publish(t, f, "first", "", "")
		synctest.Wait()
		for n := range topics {
			publish(t, f, fmt.Sprintf("t.%d", n), "k", "1")
			if n == topics/2 {
				publish(t, f, "x", "k", "1")
			}
		}
		publish(t, f, "x", "k", "2")
		close(release)
		b.expect(t, "c k=1", "c k=2")
		time.Sleep(5 * time.Second)
		if s := f.Status(); s.Waiting != 0 || s.Sent.Messages != topics+3 {
			t.Errorf("%d bytes wait, %d messages sent", s.Waiting, s.Sent.Messages)
		}
		b.expect(t)
	}, "b")
}

func TestPublishingAllocatesNothing(t *testing.T) {
	f := &Farm{name: "test", transport: NewNetwork(NetworkConfig{}).Join("a")}
	f.out.init(f)
	names := []string{"x", "y", "z.z"}
	once := func() {
		for _, name := range names {
			if err := f.Publish(name, nil, []byte("data")); err != nil {
				t.Fatal(err)
			}
			_, _, frame := f.out.take()
			f.out.release(frame)
		}
	}
	for range maxIdle {
		once()
	}
	if got := testing.AllocsPerRun(100, once); got != 0 {
		t.Errorf("%v allocations for messages to %d known topics", got, len(names))
	}
}
