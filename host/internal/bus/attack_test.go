package bus

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// An attack is a farm of a and b, with a subscriber at b, and somebody else on
// the same transport, who has a tape of what a published.
type attack struct {
	*rig
	a, b     *Farm
	rec      *tape
	ear      *ear
	stranger Transport
}

func underAttack(t *testing.T, test func(t *testing.T, x *attack)) {
	t.Helper()
	inBubble(t, func(t *testing.T, r *rig) {
		x := &attack{rig: r}
		x.a, x.b = r.join("a", taped(&x.rec)), r.join("b")
		x.ear = listen(t, x.b, "x")
		x.stranger = r.Network.Join("stranger")
		synctest.Wait()
		test(t, x)
	})
}

// messages has a publish, and returns the frames of it.
func (x *attack) messages(t *testing.T, data ...string) []recorded {
	t.Helper()
	x.rec.of("")
	for _, d := range data {
		publish(t, x.a, "x", "k", d)
		synctest.Wait()
	}
	return x.rec.of(messageSubject("test", "x"))
}

func (x *attack) send(subject string, data []byte) {
	x.stranger.Publish(subject, "", data)
	synctest.Wait()
}

// refused returns how often b has refused something for this reason.
func (x *attack) refused(why Refusal) uint64 { return x.b.Status().Refused[why] }

func TestAlteredMessagesAreRefused(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		frame := x.messages(t, "1")[0]
		x.ear.expect(t, "a k=1")
		tries := uint64(0)
		for i := range frame.data {
			for bit := range 8 {
				b := bytes.Clone(frame.data)
				b[i] ^= 1 << bit
				x.stranger.Publish(frame.subject, "", b)
				tries++
			}
		}
		for n := range frame.data {
			x.stranger.Publish(frame.subject, "", frame.data[:n])
			tries++
		}
		x.send(frame.subject, append(bytes.Clone(frame.data), 0))
		tries++
		x.ear.expect(t)
		if got := x.refused(Forged); got != tries {
			t.Errorf("%d of %d refused as forged", got, tries)
		}
	})
}

func TestReplayedMessagesAreRefused(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		frames := x.messages(t, "1", "2", "3")
		x.ear.expect(t, "a k=1", "a k=2", "a k=3")
		for range 3 {
			for _, f := range frames {
				x.send(f.subject, f.data)
			}
		}
		x.ear.expect(t)
		if got := x.refused(Duplicate); got != 9 {
			t.Errorf("%d of 9 refused as duplicates", got)
		}
	})
}

func TestMessagesOfAnotherPlaceAreRefused(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		other := listen(t, x.b, "y")
		frame := x.messages(t, "1")[0]
		x.ear.expect(t, "a k=1")
		x.send(messageSubject("test", "y"), frame.data)
		x.send(controlSubject("test"), frame.data)
		x.send(requestSubject("test", "y", session.Node{}), frame.data)
		other.expect(t)
		if got := x.refused(Forged); got != 3 {
			t.Errorf("%d of 3 refused as forged", got)
		}
	})
}

// TestFarmsDoNotHearEachOther: neither those of another name with the same
// keys, though somebody carries the bytes over, nor those of the same name with
// other keys.
func TestFarmsDoNotHearEachOther(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		var rec *tape
		named := x.join("c", taped(&rec), func(cfg *Config) { cfg.Name = "other" })
		keyed := x.join("d", func(cfg *Config) { cfg.Keys = session.RandomKeyring() })
		synctest.Wait()
		before := x.refused(Forged)
		publish(t, named, "x", "k", "named")
		publish(t, keyed, "x", "k", "keyed")
		synctest.Wait()
		for _, f := range rec.of(messageSubject("other", "x")) {
			x.send(messageSubject("test", "x"), f.data)
		}
		x.ear.expect(t)
		if got := x.refused(Forged) - before; got != 2 {
			t.Errorf("%d of 2 refused as forged", got)
		}
		if _, err := x.a.Request(t.Context(), "z", session.Node{}, nil); err == nil {
			t.Error("got a reply from nowhere")
		}
	})
}

func TestWhatIsStaleIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		ahead time.Duration // of a's clock
		want  bool
	}{
		"right":     {0, true},
		"ahead":     {MaxSkew - time.Second, true},
		"behind":    {-MaxSkew + time.Second, true},
		"too far":   {MaxSkew + time.Second, false},
		"too late":  {-MaxSkew - time.Second, false},
		"way ahead": {200 * 365 * 24 * time.Hour, false},
	} {
		inBubble(t, func(t *testing.T, r *rig) {
			var log book
			b := r.join("b", func(cfg *Config) { cfg.Log = log.log() })
			e := listen(t, b, "x")
			a := r.join("a", func(cfg *Config) { cfg.Now = func() int64 { return time.Now().UnixNano() + int64(tc.ahead) } })
			publish(t, a, "x", "k", "1")
			time.Sleep(time.Second)
			synctest.Wait()
			if got := len(e.take()) == 1; got != tc.want {
				t.Errorf("%s: delivered is %v", name, got)
			}
			if stale := b.Status().Refused[Stale]; (stale > 0) == tc.want {
				t.Errorf("%s: %d refused as stale", name, stale)
			}
			time.Sleep(5 * time.Second)
			if lines := log.count("clocks"); (lines == 1) == tc.want {
				t.Errorf("%s: %d lines about clocks", name, lines)
			}
		})
	}
}

// TestWhatWasKeptBackIsRefused: frames that were never delivered, and come when
// they are too old, or when they were reported lost.
func TestWhatWasKeptBackIsRefused(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		x.messages(t, "1")
		x.ear.expect(t, "a k=1")
		x.Partition([]string{"a"})
		kept := x.messages(t, "2", "3")
		x.Heal()
		time.Sleep(2 * time.Second)
		x.ear.expect(t, "a lost 2")
		x.send(kept[0].subject, kept[0].data)
		if got := x.refused(Duplicate); got != 1 {
			t.Errorf("%d of 1 refused as duplicate", got)
		}
		time.Sleep(MaxSkew)
		x.send(kept[1].subject, kept[1].data)
		if got := x.refused(Stale); got != 1 {
			t.Errorf("%d of 1 refused as stale", got)
		}
		x.ear.expect(t)
	})
}

// TestAnEarlierLifeIsNotReplayed: neither to who heard it, nor after its node
// was forgotten.
func TestAnEarlierLifeIsNotReplayed(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		frames := x.messages(t, "1", "2")
		x.ear.expect(t, "a k=1", "a k=2")
		x.a.Close()
		time.Sleep(time.Second)
		again := x.join("a")
		publish(t, again, "x", "k", "3")
		x.ear.expect(t, "a k=3")
		for _, f := range frames {
			x.send(f.subject, f.data)
		}
		if got := x.refused(Stale); got != 2 {
			t.Errorf("%d of 2 refused as stale", got)
		}
		again.Close()
		time.Sleep(2 * forgetAfter)
		for _, f := range frames {
			x.send(f.subject, f.data)
		}
		x.ear.expect(t)
	})
}

func TestTheSameSubscriberAgainIsNotReplayedTo(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		frames := x.messages(t, "1", "2")
		x.ear.expect(t, "a k=1", "a k=2")
		x.ear.cancel()
		e := listen(t, x.b, "x")
		for _, f := range frames {
			x.send(f.subject, f.data)
		}
		e.expect(t, "a lost 2 (new)")
	})
}

// TestTwoNodesOfOneNameAreToldSo: neither hears the other, and both say why.
func TestTwoNodesOfOneNameAreToldSo(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		var log book
		time.Sleep(time.Second)
		twin := x.join("b", func(cfg *Config) { cfg.Log = log.log() })
		e := listen(t, twin, "x")
		publish(t, x.b, "x", "k", "1")
		time.Sleep(5 * time.Second)
		e.expect(t)
		if log.count("id of this one") != 1 || twin.Status().Refused[Own] == 0 {
			t.Errorf("the twin is not told: %s", &log.lines)
		}
	})
}

// TestGenuineNonsenseIsRefused: what a node with the key, of another version
// perhaps, may send.
func TestGenuineNonsenseIsRefused(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		now := func() header { return header{node: nodeID("odd"), epoch: 1, time: time.Now().UnixNano()} }
		seal := func(kind frameKind, topic string, extra, plain []byte) []byte {
			return x.keys.SealMessage(nil, associate(kind, "test", topic, extra), plain)
		}
		var any session.Node
		x.send(messageSubject("test", "x"), seal(frameMessages, "x", nil, []byte("nonsense")))
		x.send(messageSubject("test", "x"), seal(frameMessages, "x", nil, encodeMessages(now(), 0)))
		x.send(controlSubject("test"), seal(frameControl, "", nil, now().append(nil)))
		x.send(requestSubject("test", "x", any), seal(frameRequest, "x", any[:], now().append(nil)))
		x.stranger.Publish(requestSubject("test", "x", any), "", seal(frameRequest, "x", any[:], (&requestFrame{header: now(), number: 1}).append(nil)))
		x.ear.expect(t)
		if got := x.refused(Malformed); got != 5 {
			t.Errorf("%d of 5 refused as malformed", got)
		}
	})
}

// TestMoreNodesThanAreRemembered: who has the key may claim to be anybody, but
// not have memory taken without bound.
func TestMoreNodesThanAreRemembered(t *testing.T) {
	underAttack(t, func(t *testing.T, x *attack) {
		b := x.b
		crowd(b, maxPeers)
		c := x.join("more")
		publish(t, c, "x", "k", "1")
		x.ear.expect(t)
		if x.refused(Crowded) == 0 {
			t.Error("nothing was refused")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.peers) > maxPeers+1 { // a was there before the crowd
			t.Errorf("%d peers", len(b.peers))
		}
	})
}

// TestForgeriesAreLoggedOnceAMinute: a flood of them is not a flood of lines.
func TestForgeriesAreLoggedOnceAMinute(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var log book
		b := r.join("b", func(cfg *Config) { cfg.Log = log.log() })
		listen(t, b, "x")
		stranger := r.Network.Join("stranger")
		for range 3 * 60 {
			stranger.Publish(messageSubject("test", "x"), "", []byte("let me in"))
			time.Sleep(time.Second)
		}
		if got := log.count("not genuine"); got != 3 {
			t.Errorf("%d lines in three minutes", got)
		}
	})
}

// TestKeysAreReplacedWhileTheFarmRuns: the new key last everywhere, then first,
// then alone; nothing is lost or refused meanwhile.
func TestKeysAreReplacedWhileTheFarmRuns(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		older, newer := session.NewKey(), session.NewKey()
		rings := map[string]*session.Keyring{}
		ears := map[string]*ear{}
		for _, name := range []string{"a", "b"} {
			ring, err := session.NewKeyring([]session.Key{older})
			if err != nil {
				t.Fatal(err)
			}
			rings[name] = ring
			f := r.join(name, func(cfg *Config) { cfg.Keys = ring })
			ears[name] = listen(t, f, "x")
			if _, err := f.Subscribe("ask", func(ev session.Event) {
				if ev.Kind == abi.Message {
					ev.Message.Reply(ev.Message.Data)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if err := r.farms["a"].KVPut(t.Context(), "s", []byte("k"), []byte("old"), 0); err != nil {
			t.Fatal(err)
		}
		talk := func() {
			t.Helper()
			publish(t, r.farms["a"], "x", "k", "from a")
			publish(t, r.farms["b"], "x", "k", "from b")
			ears["a"].expect(t, "b k=from b")
			ears["b"].expect(t, "a k=from a")
			for _, f := range r.farms {
				if reply, err := f.Request(t.Context(), "ask", session.Node{}, []byte("?")); err != nil || string(reply) != "?" {
					t.Errorf("request: %q, %v", reply, err)
				}
				if v, err := f.KVGet(t.Context(), "s", []byte("k")); err != nil || string(v) != "old" {
					t.Errorf("value: %q, %v", v, err)
				}
			}
		}
		talk()
		for _, step := range [][]session.Key{{older, newer}, {newer, older}} {
			for _, name := range []string{"a", "b"} {
				if err := rings[name].Set(step); err != nil {
					t.Fatal(err)
				}
				talk()
			}
		}
		for _, name := range []string{"a", "b"} {
			if err := rings[name].Set([]session.Key{newer}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Second)
		publish(t, r.farms["a"], "x", "k", "new")
		ears["b"].expect(t, "a k=new")
		if _, err := r.farms["b"].KVGet(t.Context(), "s", []byte("k")); err == nil {
			t.Error("a value under a key that is gone was opened")
		}
		for name, f := range r.farms {
			s := f.Status()
			if lost := s.Lost; lost != 0 || s.Refused[Forged] > 1 { // the value
				t.Errorf("%s lost %d, refused %v", name, lost, s.Refused)
			}
		}
	})
}
