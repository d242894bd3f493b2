package bus

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestNewRefusesWhatIsNoFarm(t *testing.T) {
	good := Config{Name: "a-B_9", Node: nodeID("a"), Keys: session.RandomKeyring(), Transport: NewNetwork(NetworkConfig{}).Join("a")}
	for name, change := range map[string]func(*Config){
		"no name":          func(c *Config) { c.Name = "" },
		"a long name":      func(c *Config) { c.Name = strings.Repeat("a", maxName+1) },
		"a name with dots": func(c *Config) { c.Name = "a.b" },
		"a name with star": func(c *Config) { c.Name = "*" },
		"no node":          func(c *Config) { c.Node = session.Node{} },
		"no keys":          func(c *Config) { c.Keys = nil },
		"no transport":     func(c *Config) { c.Transport = nil },
	} {
		cfg := good
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	f, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestMessagesGoToAllOthersAndNotBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b, c := listen(t, r.farms["a"], "x"), listen(t, r.farms["b"], "x"), listen(t, r.farms["c"], "x")
		other := listen(t, r.farms["b"], "y")
		publish(t, r.farms["a"], "x", "k", "1")
		publish(t, r.farms["a"], "x", "", "")
		synctest.Wait()
		ev := b.events[0]
		if ev.Kind != abi.Message || ev.Seq != 0 || ev.Time != time.Now().UnixNano() || ev.Source.Origin != abi.FromPlugin || ev.Session != nil || ev.Message.Reply != nil || ev.Message.Topic != "x" {
			t.Errorf("the event is %+v, %+v", ev, ev.Message)
		}
		b.expect(t, "a k=1", "a =")
		c.expect(t, "a k=1", "a =")
		a.expect(t)
		other.expect(t)
	}, "a", "b", "c")
}

func TestOneNodeHasManySubscribers(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		one, two := listen(t, r.farms["b"], "x"), listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		one.expect(t, "a k=1")
		two.expect(t, "a k=1")
		one.cancel()
		one.cancel()
		publish(t, r.farms["a"], "x", "k", "2")
		one.expect(t)
		two.expect(t, "a k=2")
		two.cancel()
		publish(t, r.farms["a"], "x", "k", "3")
		two.expect(t)
	}, "a", "b")
}

func TestWhoSubscribesAgainIsToldOfWhatItMissed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		b.expect(t, "a k=1")
		b.cancel()
		publish(t, r.farms["a"], "x", "k", "2")
		synctest.Wait()
		b = listen(t, r.farms["b"], "x")
		time.Sleep(2 * time.Second)
		b.expect(t, "a lost 1 (new)", "a lost 1")
	}, "a", "b")
}

func TestWhoSubscribesIsToldOfWhatWasBefore(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		for n := range 5 {
			publish(t, r.farms["a"], "x", "k", itoa(uint64(n)))
		}
		synctest.Wait()
		late := r.join("late")
		first := listen(t, late, "x")
		time.Sleep(time.Second)
		first.expect(t, "a lost 5 (new)")
		publish(t, r.farms["a"], "x", "k", "5")
		first.expect(t, "a k=5")
		second := listen(t, late, "x")
		second.expect(t, "a lost 6 (new)")
		time.Sleep(3 * time.Second)
		first.expect(t)
		second.expect(t)
	}, "a", "b")
}

// TestNobodyHearsOfSilence: who never published is nobody's loss.
func TestNobodyHearsOfSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b := listen(t, r.farms["a"], "x"), listen(t, r.farms["b"], "x")
		time.Sleep(10 * time.Minute)
		a.expect(t)
		b.expect(t)
		if s := r.farms["a"].Status(); s.Lost != 0 || len(s.Peers) != 1 {
			t.Errorf("status %+v", s)
		}
	}, "a", "b")
}

func TestTheLossOfTheLastMessageIsNoticed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		publish(t, r.farms["a"], "x", "k", "1")
		b.expect(t, "a k=1")
		then := time.Now().UnixNano()
		r.SetFaults(Faults{Loss: 1})
		publish(t, r.farms["a"], "x", "k", "2")
		publish(t, r.farms["a"], "x", "k", "3")
		synctest.Wait()
		r.SetFaults(Faults{})
		time.Sleep(time.Second + Grace + beat)
		synctest.Wait()
		all := b.take()
		if len(all) != 1 || all[0].Kind != abi.Lost || all[0].Seq != 2 || all[0].Message.Heard != then || all[0].Message.Topic != "x" {
			t.Fatalf("heard %+v", all)
		}
		if s := r.farms["b"].Status(); s.Lost != 2 {
			t.Errorf("counted %d as lost", s.Lost)
		}
	}, "a", "b")
}

func TestPublishRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		f := r.farms["a"]
		for name, tc := range map[string]struct {
			topic     string
			key, data int
			want      error
		}{
			"no topic":          {"", 1, 1, session.ErrInvalid},
			"a bad topic":       {"a b", 1, 1, session.ErrInvalid},
			"a topic too long":  {strings.Repeat("a", abi.MaxTopic+1), 1, 1, session.ErrInvalid},
			"a key too long":    {"x", abi.MaxID + 1, 1, session.ErrInvalid},
			"data too long":     {"x", 1, abi.MaxMessage + 1, session.ErrTooLarge},
			"the largest":       {strings.Repeat("a", abi.MaxTopic), abi.MaxID, abi.MaxMessage, nil},
			"nothing in it":     {"x", 0, 0, nil},
			"a topic with dots": {"a.b.c", 0, 0, nil},
		} {
			if err := f.Publish(tc.topic, make([]byte, tc.key), make([]byte, tc.data)); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", name, err, tc.want)
			}
		}
	}, "a")
}

func TestPublishBoundsItsTopics(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		f := r.farms["a"]
		publish(t, f, "x", "", "")
		f.out.mu.Lock()
		for n := range maxPublished - 1 {
			f.out.topics.byName[fmt.Sprintf("t%d", n)] = nil
		}
		f.out.mu.Unlock()
		if err := f.Publish("one.more", nil, nil); !errors.Is(err, session.ErrLimit) {
			t.Errorf("one topic more: %v", err)
		}
		publish(t, f, "x", "", "")
	}, "a")
}

func TestPublishHeedsTheTransportsPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, NetworkConfig{MaxPayload: 1000})
		a, b := r.join("a"), r.join("b")
		e := listen(t, b, "x")
		if err := a.Publish("x", nil, make([]byte, 1000)); !errors.Is(err, session.ErrTooLarge) {
			t.Errorf("more than the payload: %v", err)
		}
		for range 10 {
			publish(t, a, "x", "k", strings.Repeat("d", 1000-sealRoom-messagesSize-recordSize-1))
		}
		synctest.Wait()
		if got := len(e.take()); got != 10 {
			t.Errorf("%d of 10 came", got)
		}
	})
}

func TestSubscribeRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		f := r.farms["a"]
		for _, topic := range []string{"", "a b", "a/b", "*", ">", strings.Repeat("a", abi.MaxTopic+1)} {
			if _, err := f.Subscribe(topic, func(session.Event) {}); !errors.Is(err, session.ErrInvalid) {
				t.Errorf("topic %q: %v", topic, err)
			}
		}
		for n := range maxTopics {
			listen(t, f, fmt.Sprintf("t%d", n))
		}
		if _, err := f.Subscribe("one.more", func(session.Event) {}); !errors.Is(err, session.ErrLimit) {
			t.Errorf("one topic more: %v", err)
		}
		listen(t, f, "t1")
	}, "a")
}

// stuck is a transport that does not get rid of anything until it is released.
type stuck struct {
	Transport
	release chan struct{}
}

func (s *stuck) Publish(subject, reply string, data []byte) error {
	if strings.Contains(subject, ".m.") {
		<-s.release
	}
	return s.Transport.Publish(subject, reply, data)
}

func TestPublishNeverWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		release := make(chan struct{})
		f := r.join("full", func(cfg *Config) { cfg.Transport = &stuck{cfg.Transport, release} })
		b := listen(t, r.farms["b"], "x")
		var err error
		taken := 0
		for ; err == nil; taken++ {
			err = f.Publish("x", []byte("k"), make([]byte, 100<<10))
		}
		if !errors.Is(err, session.ErrLimit) {
			t.Fatalf("a full buffer: %v", err)
		}
		if s := f.Status(); s.Waiting > maxWaiting || s.Waiting < maxWaiting/2 || s.Unsent != 1 {
			t.Errorf("%d bytes wait, %d unsent", s.Waiting, s.Unsent)
		}
		close(release)
		synctest.Wait()
		publish(t, f, "x", "k", "room")
		synctest.Wait()
		if got := len(b.take()); got != taken {
			t.Errorf("%d messages came, want %d", got, taken)
		}
		time.Sleep(2 * Grace)
		b.expect(t, "full lost 1")
		if s := f.Status(); s.Waiting != 0 {
			t.Errorf("%d bytes wait", s.Waiting)
		}
	}, "a", "b")
}

func TestMessagesGatherWhileAFrameIsSent(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		release := make(chan struct{})
		f := r.join("c", taped(&rec), func(cfg *Config) { cfg.Transport = &stuck{cfg.Transport, release} })
		b := listen(t, r.farms["b"], "x")
		for n := range 1000 {
			publish(t, f, "x", "k", itoa(uint64(n)))
		}
		close(release)
		synctest.Wait()
		if got := len(rec.of(messageSubject("test", "x"))); got > 3 {
			t.Errorf("1000 messages took %d frames", got)
		}
		for n, ev := range b.take() {
			if string(ev.Message.Data) != itoa(uint64(n)) {
				t.Fatalf("message %d is %s", n, ev.Message.Data)
			}
		}
	}, "b")
}

func TestPublishKeepsNothingOfItsArguments(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		key, data := []byte("key"), []byte("data")
		if err := r.farms["a"].Publish("x", key, data); err != nil {
			t.Fatal(err)
		}
		copy(key, "xxx")
		copy(data, "xxxx")
		b.expect(t, "a key=data")
	}, "a", "b")
}

func TestCloseSendsWhatWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b := r.farms["a"], listen(t, r.farms["b"], "x")
		for n := range 100 {
			publish(t, a, "x", "k", itoa(uint64(n)))
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := len(b.take()); got != 100 {
			t.Errorf("%d of 100 came", got)
		}
	}, "a", "b")
}

func TestAClosedFarmSaysSo(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		f := r.farms["a"]
		e := listen(t, f, "x")
		if err := errors.Join(f.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		_, request := f.Request(ctx, "x", session.Node{}, nil)
		_, subscribe := f.Subscribe("x", e.deliver)
		_, get := f.KVGet(ctx, "s", []byte("k"))
		for what, err := range map[string]error{
			"publish": f.Publish("x", nil, nil), "request": request, "subscribe": subscribe,
			"get": get, "put": f.KVPut(ctx, "s", []byte("k"), nil, 0), "delete": f.KVDelete(ctx, "s", []byte("k")),
		} {
			if !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		publish(t, r.farms["b"], "x", "k", "1")
		e.expect(t)
		e.cancel()
		if s := f.Status(); s.Link.Up {
			t.Errorf("the link is %+v", s.Link)
		}
	}, "a", "b")
}

// TestEverythingAtOnce is for the race detector: every method from many
// goroutines, also from within deliver, while links go down and up.
func TestEverythingAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.SetFaults(Faults{Loss: 0.05, Duplicate: 0.1, Reorder: 0.1, Delay: 3 * time.Millisecond})
		var all sync.WaitGroup
		for name, f := range r.farms {
			answer := func(ev session.Event) {
				if ev.Message.Reply != nil {
					ev.Message.Reply([]byte("yes"))
					f.Publish("y", nil, []byte("answered"))
				}
			}
			if _, err := f.Subscribe("x", answer); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				all.Go(func() { busy(t, r, f, name) })
			}
		}
		all.Wait()
	}, "a", "b", "c")
}

func busy(t *testing.T, r *rig, f *Farm, name string) {
	ctx := t.Context()
	for n := range 50 {
		cancel, err := f.Subscribe("y", func(session.Event) {})
		if err != nil {
			t.Error(err)
			return
		}
		f.Publish("y", []byte("k"), []byte("v"))
		f.Request(ctx, "x", session.Node{}, []byte("?"))
		f.KVPut(ctx, "s", []byte("k"), []byte("v"), time.Second)
		f.KVGet(ctx, "s", []byte("k"))
		f.Status()
		if n%10 == 0 {
			r.SetLink(name, n%20 == 0)
		}
		time.Sleep(time.Millisecond)
		cancel()
	}
	r.SetLink(name, true)
}

func TestStatusCounts(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b := r.farms["a"], r.farms["b"]
		listen(t, b, "x")
		publish(t, a, "x", "k", "1")
		publish(t, a, "x", "k", "2")
		time.Sleep(5 * time.Second)
		s, at := a.Status(), b.Status()
		if s.Name != "test" || s.Node != nodeID("a") || !s.Link.Up || s.Sent.Messages != 2 || s.Sent.Bytes == 0 || at.Received.Messages != 2 || at.Received.Bytes < s.Sent.Bytes/2 {
			t.Errorf("a %+v\nb %+v", s, at)
		}
		if len(s.Refused) != len(refusals) || len(s.Requests) != len(results) {
			t.Errorf("not every counter is there: %v, %v", s.Refused, s.Requests)
		}
		var names []string
		for _, p := range s.Peers {
			names = append(names, nodeName(p.Node))
			if age := time.Since(p.Heard); age < 0 || age > time.Second {
				t.Errorf("%s was heard %s ago", p.Node, age)
			}
		}
		if !slices.Equal(names, []string{"b", "c"}) {
			t.Errorf("peers %v", names)
		}
		r.farms["c"].Close()
		time.Sleep(5 * time.Second)
		if s := a.Status(); len(s.Peers) != 1 {
			t.Errorf("peers %v after one has left", s.Peers)
		}
	}, "a", "b", "c")
}
