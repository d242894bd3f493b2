package plugin

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// farmRig is a rig with a talker on a farm of two nodes.
func farmRig(t *testing.T, sidecar string, change ...func(*Config)) (*rig, *fakeBus) {
	t.Helper()
	bus := newFakeBus()
	r := newRig(t, append(change, func(c *Config) { c.Bus = bus })...)
	r.load("talker", sidecar)
	if st := r.status("talker"); st.State != "running" {
		t.Fatalf("not running: %s", st.LastError)
	}
	return r, bus
}

// result waits for the code that the talker got.
func (r *rig) result(want abi.Code) {
	r.tb.Helper()
	r.eventually("talker", "result "+want.String(), func(st Status) bool {
		v, ok := st.Values["result"]
		return ok && v.Value == int64(want)
	})
}

func (r *rig) counted(metric string, want int64) {
	r.tb.Helper()
	r.eventually("talker", metric, func(st Status) bool { return st.Values[metric].Value >= want })
	if got := r.status("talker").Values[metric].Value; got != want {
		r.tb.Errorf("%s is %d, want %d", metric, got, want)
	}
}

func TestPublishReachesTheFarm(t *testing.T) {
	r, bus := farmRig(t, "")
	s := r.insert(1, 'p')
	r.result(abi.OK)
	if m := bus.published[0]; m.Topic != "talk" || m.Key != string(s.ID) || string(m.Data) != string(s.ID) {
		t.Errorf("published %+v", m)
	}
	bus.fail(session.ErrUnavailable)
	r.insert(2, 'p')
	r.result(abi.Unavailable)
}

func TestAMessageArrivesOnce(t *testing.T) {
	r, bus := farmRig(t, "instances = 3")
	bus.send("key", "hello", nil)
	r.counted("messages", 1)
	r.logged("hello")
}

func TestAMessageWithoutAKeyGoesToEveryInstance(t *testing.T) {
	r, bus := farmRig(t, "instances = 3")
	bus.send("", "hello", nil)
	r.counted("messages", 3)
}

func TestARequestIsAnsweredOnce(t *testing.T) {
	for _, sidecar := range []string{"", "instances = 3"} {
		r, bus := farmRig(t, sidecar)
		replies := make(chan string, 2)
		bus.send("", "question", func(data []byte) error { replies <- string(data); return nil })
		if got := <-replies; got != "question" {
			t.Errorf("the reply is %q", got)
		}
		r.counted("messages", 1)
		r.eventually("talker", "second reply", func(st Status) bool { return st.Values["second"].Value == int64(abi.Unsupported) })
	}
}

func TestARequestReturnsTheReply(t *testing.T) {
	r, bus := farmRig(t, "")
	r.insert(1, 'r')
	r.result(abi.Unavailable)
	bus.answer = func(_ context.Context, topic string, to session.Node, data []byte) ([]byte, error) {
		if topic != "talk" || to != (session.Node{}) || len(data) != 32 {
			t.Errorf("asked %s of %v: %d bytes", topic, to, len(data))
		}
		return []byte("seven b"), nil
	}
	r.insert(2, 'r')
	r.result(7)
	bus.answer = func(_ context.Context, _ string, to session.Node, _ []byte) ([]byte, error) {
		if to != (session.Node{1, 2, 3, 4, 5, 6}) {
			t.Errorf("asked %v", to)
		}
		return nil, nil
	}
	r.insert(3, 'n')
	r.result(0)
}

// TestAHooksDeadlineEndsItsRequests: the guest asks for no limit, and the
// handshake gets its answer in time all the same.
func TestAHooksDeadlineEndsItsRequests(t *testing.T) {
	r, bus := farmRig(t, `miss_deadline = "20ms"`)
	bus.answer = func(ctx context.Context, _ string, _ session.Node, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, session.ErrUnavailable
	}
	r.m.Miss(t.Context(), "absent", peer)
	r.result(abi.Unavailable)
	if st := r.status("talker"); st.Faults != 0 {
		t.Errorf("%d faults: %s", st.Faults, st.LastError)
	}
}

func TestAMissIsFilledByAnotherNode(t *testing.T) {
	r, bus := farmRig(t, "")
	s := r.session(7, 0)
	bus.answer = func(_ context.Context, _ string, to session.Node, data []byte) ([]byte, error) {
		if to != peer || string(data) != string(s.ID) {
			t.Errorf("asked %v for %x", to, data)
		}
		return s.Sealed, nil
	}
	r.m.Miss(t.Context(), s.ID, peer)
	if _, err := r.store.Get(s.ID); err != nil {
		t.Error(err)
	}
}

// TestTwoNodesThatAskEachOtherAreAnswered: while every instance that may handle
// a MISS waits for the other node, its request is answered here.
func TestTwoNodesThatAskEachOtherAreAnswered(t *testing.T) {
	r, bus := farmRig(t, `instances = 2
miss_deadline = "10s"`)
	asked, answered := make(chan struct{}), make(chan struct{})
	bus.answer = func(ctx context.Context, _ string, _ session.Node, _ []byte) ([]byte, error) {
		close(asked)
		select {
		case <-answered:
		case <-ctx.Done():
		}
		return nil, session.ErrUnavailable
	}
	done := make(chan struct{})
	go func() { r.m.Miss(t.Context(), "absent", peer); close(done) }()
	<-asked
	bus.send("", "question", func([]byte) error { close(answered); return nil })
	select {
	case <-answered:
	case <-time.After(8 * time.Second):
		t.Error("the request was not answered while a MISS waited")
	}
	<-done
}

func TestLostMessagesAreTold(t *testing.T) {
	r, bus := farmRig(t, "instances = 2")
	bus.lose(5)
	r.counted("lost", 5)
	r.logged(peer.String())
}

// TestMessagesThatTheQueueHasNoRoomForAreTold keeps the instance busy, and
// sends more than may wait.
func TestMessagesThatTheQueueHasNoRoomForAreTold(t *testing.T) {
	r, bus := farmRig(t, "queue = 10")
	s := (*r.m.plugins["talker"].slots.Load())[0]
	s.acquire()
	for range 25 {
		bus.send("key", "hello", nil)
	}
	s.release()
	r.eventually("talker", "all are accounted for", func(st Status) bool {
		return st.Values["messages"].Value+st.Values["lost"].Value == 25
	})
	if lost := r.status("talker").Values["lost"].Value; lost == 0 || r.status("talker").EventsLost != uint64(lost) {
		t.Errorf("%d lost, the host counted %d", lost, r.status("talker").EventsLost)
	}
}

func TestQueueBytesBoundsWhatWaits(t *testing.T) {
	r, bus := farmRig(t, `queue_bytes = "1MiB"`)
	s := (*r.m.plugins["talker"].slots.Load())[0]
	s.acquire()
	for range 100 {
		bus.send("key", strings.Repeat("x", 100<<10), nil)
	}
	if got := s.ring.memory(); got > 2<<20 {
		t.Errorf("%d bytes wait", got)
	}
	s.release()
	r.eventually("talker", "all are accounted for", func(st Status) bool {
		return st.Values["messages"].Value+st.Values["lost"].Value == 100
	})
	if got := s.ring.memory(); got > 1<<20 {
		t.Errorf("%d bytes are kept", got)
	}
}

func TestMessageRateIsALimit(t *testing.T) {
	r, _ := farmRig(t, "message_rate = 0")
	r.insert(1, 'p')
	r.result(abi.Limit)
	r.insert(2, 'r')
	r.idle("talker")
	r.result(abi.Limit)
}

func TestARateCountsLongMessagesSeveralTimes(t *testing.T) {
	var l rate
	l.limit(5)
	l.second = int64(clock() / time.Second)
	if l.take(5<<10) || !l.take(3<<10) || !l.take(0) || l.take(0) {
		if int64(clock()/time.Second) == l.second { // else a new second has begun
			t.Errorf("%d of 5 sent", l.sent)
		}
	}
}

func TestSubscriptionsFollowTheModule(t *testing.T) {
	r, bus := farmRig(t, "")
	if got := bus.topics(); len(got) != 1 || got[0] != "talk" {
		t.Fatalf("subscribed to %v", got)
	}
	r.put("talker.wasm", guest(t, "getter"))
	r.scan()
	if got := bus.topics(); len(got) != 0 {
		t.Errorf("still subscribed to %v", got)
	}
	r.put("talker.wasm", guest(t, "talker"))
	r.scan()
	bus.send("key", "hello again", nil)
	r.logged2("hello again")
	r.put("talker.toml", []byte("enabled = false"))
	r.scan()
	if got := bus.topics(); len(got) != 0 {
		t.Errorf("a disabled plugin is subscribed to %v", got)
	}
}

// logged2 waits for a line of the log.
func (r *rig) logged2(word string) {
	r.tb.Helper()
	r.eventually("talker", "line "+word, func(Status) bool { return strings.Contains(r.log.String(), word) })
}

func TestSubscriptionsAreALimit(t *testing.T) {
	bus := newFakeBus()
	r := newRig(t, func(c *Config) { c.Bus = bus })
	r.load("talker", "subscriptions = 0")
	if st := r.status("talker"); st.State != "failed" || !strings.Contains(st.LastError, "-9") {
		t.Errorf("%s: %s", st.State, st.LastError)
	}
}

// An instance after a fault may subscribe to other topics than the one before.
func TestSubscriptionsOfAllInstancesAreALimit(t *testing.T) {
	r, _ := farmRig(t, "subscriptions = 3")
	sp, quiet := r.speaker("talker")
	defer quiet()
	sp.c.gen.topics.add([]string{"another"})
	subscribe := func(topic string) abi.Code {
		sp.topic(topic)
		return messageSubscribe(&sp.c)
	}
	sp.c.topics = nil // a new instance
	for _, tt := range []struct {
		topic string
		want  abi.Code
	}{
		{"talk", abi.OK}, {"third", abi.OK}, {"third", abi.OK}, {"fourth", abi.Limit}, {"another", abi.OK},
	} {
		if code := subscribe(tt.topic); code != tt.want {
			t.Errorf("%s: %v, want %v", tt.topic, code, tt.want)
		}
	}
}

func TestWithoutAFarmAPluginMaySayNo(t *testing.T) {
	r := newRig(t)
	r.load("talker", "")
	if st := r.status("talker"); st.State != "failed" || !strings.Contains(st.LastError, "plugin_start returned -7") {
		t.Errorf("%s: %s", st.State, st.LastError)
	}
}

func TestKeysAreTheFarms(t *testing.T) {
	r, bus := farmRig(t, "kv_keys = 2")
	s := r.insert(1, 'v')
	r.result(32)
	if got := string(bus.values["talker/"+string(s.ID)]); got != string(s.ID) {
		t.Errorf("stored %q", got)
	}
	bus.fail(errors.Join(session.ErrUnavailable))
	r.insert(2, 'v')
	r.result(abi.Unavailable)
	bus.fail(session.ErrLimit)
	r.insert(3, 'v')
	r.result(abi.Limit)
	bus.fail(nil)
	r.insert(4, 'd')
	r.result(abi.NotFound)
}

// Two keys are the limit. What does not count is what the farm does not have.
func TestTheLimitOfKeysIsOfWhatTheFarmHas(t *testing.T) {
	r, bus := farmRig(t, "kv_keys = 2")
	first := r.insert(1, 'v')
	r.result(32)
	bus.fail(session.ErrUnavailable) // it may have arrived
	r.insert(2, 'v')
	r.result(abi.Unavailable)
	bus.fail(session.ErrLimit) // it has not
	r.insert(1, 'v')
	r.result(abi.Limit)
	bus.fail(nil)
	r.insert(3, 'v') // the second has not either, as a look shows
	r.result(32)
	r.insert(4, 'v')
	r.result(abi.Limit)
	if err := bus.KVDelete(t.Context(), "talker", []byte(first.ID)); err != nil { // by another node
		t.Fatal(err)
	}
	r.insert(5, 'v')
	r.result(32)
	bus.mu.Lock()
	defer bus.mu.Unlock()
	if len(bus.values) != 2 {
		t.Errorf("%d values", len(bus.values))
	}
}

// Another instance looks for a key while it is on its way.
func TestAKeyCountsThoughItWasLookedForBeforeItArrived(t *testing.T) {
	r, bus := farmRig(t, "kv_keys = 1")
	kv := &r.m.plugins["talker"].kv
	bus.putting = func(key []byte) { _ = kv.remove(key) } // as kv_get does where there is none
	r.insert(1, 'v')
	r.result(32)
	r.insert(2, 'v')
	r.result(abi.Limit)
}

func TestARemovalOfAnAbsentGenuineIDIsBuried(t *testing.T) {
	r, _ := farmRig(t, "")
	r.insert(1, 'x') // "x" is no id of this farm
	r.result(abi.NotFound)
	if r.store.tombstones["x"] {
		t.Error("an id that somebody made up was buried")
	}
	id := r.keys.NewID(peer)
	i := (*r.m.plugins["talker"].slots.Load())[0].inst
	c := call{i, nil}
	if err := c.remove(id); !errors.Is(err, session.ErrNotFound) || !r.store.tombstones[id] {
		t.Errorf("%v, buried %v", err, r.store.tombstones[id])
	}
}

func TestAReplayTellsOfTombstones(t *testing.T) {
	r, _ := farmRig(t, "")
	for n := range uint32(3) {
		s := r.insert(100+n, 0)
		if err := r.store.Remove(s.ID, abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
			t.Fatal(err)
		}
	}
	r.insert(1, 'y')
	r.counted("buried", 3)
}

func TestASealedSessionLivesNoLongerThanTheHostsOwn(t *testing.T) {
	r, _ := farmRig(t, "", func(c *Config) { c.TTL = time.Minute })
	s := r.session(1, 0) // an hour
	i := (*r.m.plugins["talker"].slots.Load())[0].inst
	c := call{i, nil}
	got, code := c.admit([]byte(s.ID), s.Sealed, 0)
	if code != abi.OK || got.Expires != s.Created+int64(time.Minute) {
		t.Errorf("%v: it lives for %v", code, time.Duration(got.Expires-s.Created))
	}
}
