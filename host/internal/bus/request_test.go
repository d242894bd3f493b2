package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// answer has a node answer requests on topic x with its name and what it was
// asked.
func answer(t *testing.T, r *rig, name string) *ear {
	t.Helper()
	e := new(ear)
	_, err := r.farms[name].Subscribe("x", func(ev session.Event) {
		e.deliver(ev)
		if ev.Message.Reply != nil {
			if err := ev.Message.Reply([]byte(name + " " + string(ev.Message.Data))); err != nil {
				t.Errorf("reply of %s: %v", name, err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// ask returns the reply, or the error's text, and how long it took.
func ask(t *testing.T, f *Farm, to session.Node, timeout time.Duration) (string, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	start := time.Now()
	reply, err := f.Request(ctx, "x", to, []byte("?"))
	if err != nil && !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("request: %v", err)
	}
	if err != nil {
		return "unavailable", time.Since(start)
	}
	return string(reply), time.Since(start)
}

func TestRequestGoesToTheNodeThatItNames(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b, c := answer(t, r, "a"), answer(t, r, "b"), answer(t, r, "c")
		if got, _ := ask(t, r.farms["a"], nodeID("b"), time.Second); got != "b ?" {
			t.Errorf("reply %q", got)
		}
		b.expect(t, "a =?")
		a.expect(t)
		c.expect(t)
		s := r.farms["a"].Status()
		if s.Requests[Answered] != 1 || r.farms["b"].Status().Served != 1 {
			t.Errorf("counted %v", s.Requests)
		}
	}, "a", "b", "c")
}

func TestRequestToAnyTakesTheFirstReply(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b, c := answer(t, r, "a"), answer(t, r, "b"), answer(t, r, "c")
		if got, _ := ask(t, r.farms["a"], session.Node{}, time.Second); got != "b ?" && got != "c ?" {
			t.Errorf("reply %q", got)
		}
		a.expect(t)
		b.expect(t, "a =?")
		c.expect(t, "a =?")
		if s := r.farms["a"].Status(); s.Refused[Expired] != 1 {
			t.Errorf("the other reply was not refused: %v", s.Refused)
		}
	}, "a", "b", "c")
}

func TestRequestFailsAtOnceWhereThereIsNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		answer(t, r, "a")
		for name, to := range map[string]session.Node{"any": {}, "a node that does not listen": nodeID("b"), "a node that is not there": nodeID("c"), "this node": nodeID("a")} {
			if got, took := ask(t, r.farms["a"], to, time.Second); got != "unavailable" || took != 0 {
				t.Errorf("%s: %q after %s", name, got, took)
			}
		}
		r.SetLink("a", false)
		if got, took := ask(t, r.farms["a"], session.Node{}, time.Second); got != "unavailable" || took != 0 {
			t.Errorf("without a link: %q after %s", got, took)
		}
		if s := r.farms["a"].Status(); s.Requests[Nobody] != 4 || s.Requests[Unreachable] != 1 {
			t.Errorf("counted %v", s.Requests)
		}
	}, "a", "b")
}

func TestRequestFailsWhenItsTimeIsUp(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		b := listen(t, r.farms["b"], "x")
		if got, took := ask(t, r.farms["a"], nodeID("b"), time.Second); got != "unavailable" || took != time.Second {
			t.Errorf("%q after %s", got, took)
		}
		late := b.take()[0].Message
		if err := late.Reply([]byte("late")); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("a late reply: %v", err)
		}
		start := time.Now()
		if _, err := r.farms["a"].Request(context.Background(), "x", nodeID("b"), nil); !errors.Is(err, session.ErrUnavailable) || time.Since(start) != maxTimeout {
			t.Errorf("without an end: %v after %s", err, time.Since(start))
		}
		done, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.farms["a"].Request(done, "x", nodeID("b"), nil); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("with a context that has ended: %v", err)
		}
		if s := r.farms["a"].Status(); s.Requests[Unanswered] != 3 {
			t.Errorf("counted %v", s.Requests)
		}
	}, "a", "b")
}

func TestReplyWorksOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var errs []error
		r.farms["b"].Subscribe("x", func(ev session.Event) {
			for _, size := range []int{abi.MaxMessage + 1, abi.MaxMessage, 1} {
				errs = append(errs, ev.Message.Reply(make([]byte, size)))
			}
		})
		reply, err := r.farms["a"].Request(t.Context(), "x", nodeID("b"), nil)
		if err != nil || len(reply) != abi.MaxMessage {
			t.Errorf("%d bytes, %v", len(reply), err)
		}
		synctest.Wait()
		for i, want := range []error{session.ErrTooLarge, nil, session.ErrUnavailable} {
			if !errors.Is(errs[i], want) {
				t.Errorf("reply %d: %v, want %v", i, errs[i], want)
			}
		}
	}, "a", "b")
}

func TestRequestRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		answer(t, r, "b")
		for name, tc := range map[string]struct {
			topic string
			size  int
			want  error
		}{
			"a bad topic":   {"a b", 1, session.ErrInvalid},
			"data too long": {"x", abi.MaxMessage + 1, session.ErrTooLarge},
		} {
			if _, err := r.farms["a"].Request(t.Context(), tc.topic, session.Node{}, make([]byte, tc.size)); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(r.farms["a"].asking.calls) != 0 {
			t.Error("calls are left")
		}
	}, "a", "b")
}

func TestCloseEndsRequests(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		listen(t, r.farms["b"], "x")
		ended := make(chan error)
		go func() {
			_, err := r.farms["a"].Request(t.Context(), "x", session.Node{}, nil)
			ended <- err
		}()
		synctest.Wait()
		r.farms["a"].Close()
		if err := <-ended; !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}, "a", "b")
}

// TestForgedRepliesAreWaitedPast: whatever somebody else sends to the inbox,
// the genuine reply is what comes back.
func TestForgedRepliesAreWaitedPast(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		stranger := r.Network.Join("stranger")
		inbox := r.farms["a"].asking.inbox
		var replies []recorded
		var rec *tape
		c := r.join("c", taped(&rec))
		c.Subscribe("x", func(ev session.Event) { ev.Message.Reply([]byte("of c")) })
		if got, _ := ask(t, r.farms["a"], nodeID("c"), time.Second); got != "of c" {
			t.Fatalf("reply %q", got)
		}
		replies = rec.of(inbox + ".1")
		release := make(chan struct{})
		r.farms["b"].Subscribe("x", func(ev session.Event) {
			<-release
			ev.Message.Reply([]byte("of b"))
		})
		synctest.Wait()
		go func() {
			synctest.Wait()
			defer close(release)
			forged := [][]byte{nil, []byte("yes"), replies[0].data}
			// What c might say of a request that was for b.
			forged = append(forged, r.keys.SealMessage(nil, associate(frameReply, "test", "x", replyTo(r.farms["a"].self, 2)), appendReply(nil, nodeID("c"), []byte("of c"))))
			// A reply to the same number in another life of a.
			past := r.farms["a"].self
			past.epoch--
			forged = append(forged, r.keys.SealMessage(nil, associate(frameReply, "test", "x", replyTo(past, 2)), appendReply(nil, nodeID("b"), []byte("past"))))
			// Too short to be one.
			forged = append(forged, r.keys.SealMessage(nil, associate(frameReply, "test", "x", replyTo(r.farms["a"].self, 2)), nil))
			for _, data := range forged {
				stranger.Publish(inbox+".2", "", data)
			}
			for _, token := range []string{"", "-1", "2.2", "zzzzzzzzzzzzzzzzz", "100"} {
				stranger.Publish(inbox+"."+token, "", []byte("?"))
			}
			time.Sleep(time.Millisecond)
		}()
		if got, _ := ask(t, r.farms["a"], nodeID("b"), time.Second); got != "of b" {
			t.Errorf("reply %q", got)
		}
		s := r.farms["a"].Status()
		if s.Refused[Forged] != 5 || s.Refused[Malformed] != 3 || s.Refused[Expired] != 1 {
			t.Errorf("refused %v", s.Refused)
		}
	}, "a", "b")
}

// TestReplayedRequestsAreRefused: at once, later, and to another node.
func TestReplayedRequestsAreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var rec *tape
		a := r.join("a", taped(&rec))
		b, c := answer(t, r, "b"), answer(t, r, "c")
		ask(t, a, nodeID("b"), time.Second)
		ask(t, a, session.Node{}, time.Second)
		synctest.Wait()
		b.take()
		c.take()
		stranger := r.Network.Join("stranger")
		var all []recorded
		for _, f := range rec.frames {
			if f.reply != "" {
				all = append(all, f)
			}
		}
		if len(all) != 2 {
			t.Fatalf("%d requests on the tape", len(all))
		}
		for range 2 {
			for _, f := range all {
				stranger.Publish(f.subject, f.reply, f.data)
				stranger.Publish(requestSubject("test", "x", nodeID("c")), f.reply, f.data)
			}
			synctest.Wait()
			time.Sleep(MaxSkew + 1)
		}
		b.expect(t)
		c.expect(t)
		for name, want := range map[string]Status{
			"b": {Refused: map[Refusal]uint64{Duplicate: 2, Stale: 2}},
			"c": {Refused: map[Refusal]uint64{Duplicate: 1, Stale: 1, Forged: 4}},
		} {
			got := r.farms[name].Status().Refused
			for why, n := range want.Refused {
				if got[why] != n {
					t.Errorf("%s refused %v, want %v", name, got, want.Refused)
				}
			}
		}
	}, "b", "c")
}

// TestANodeThatStartsAgainAsksAgain: its numbers begin anew.
func TestANodeThatStartsAgainAsksAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		answer(t, r, "b")
		for range 3 {
			a := r.join("a")
			synctest.Wait()
			if got, _ := ask(t, a, nodeID("b"), time.Second); got != "b ?" {
				t.Errorf("reply %q", got)
			}
			a.Close()
			time.Sleep(time.Second)
		}
	}, "b")
}

// TestManyRequestsAtOnce: each gets its own reply.
func TestManyRequestsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.SetFaults(Faults{Reorder: 0.5, Duplicate: 0.3, Delay: 5 * time.Millisecond})
		r.farms["b"].Subscribe("x", func(ev session.Event) { ev.Message.Reply(ev.Message.Data) })
		synctest.Wait()
		ended := make(chan error)
		for n := range 500 {
			go func() {
				want := strings.Repeat(itoa(uint64(n)), 1+n%5)
				got, err := r.farms["a"].Request(t.Context(), "x", session.Node{}, []byte(want))
				if err == nil && string(got) != want {
					err = fmt.Errorf("%q, want %q", got, want)
				}
				ended <- err
			}()
		}
		for range 500 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if s := r.farms["b"].Status(); s.Served != 500 {
			t.Errorf("%d replies", s.Served)
		}
	}, "a", "b")
}
