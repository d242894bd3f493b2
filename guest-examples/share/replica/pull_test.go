package replica

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

const (
	has    = string(rune(version)) + string(rune(msgFetch)) + "\x01sealed"
	hasNot = string(rune(version)) + string(rune(msgFetch)) + "\x00"
)

// pulls returns a Replica that pulls, on a host whose other nodes answer as
// answers has it; of the rest, "" among them, an answer is waited for in vain. It
// notes whom it asks.
func pulls(h *still, answers map[string]string, asked *[]string) *Replica {
	h.request = func(node, _ []byte, timeout int64) (string, abi.Code) {
		*asked = append(*asked, string(node))
		answer, ok := answers[string(node)]
		switch {
		case !ok:
			h.now += timeout
			return "", abi.Unavailable
		case answer == "":
			return "", abi.Unavailable // nobody is there
		}
		return answer, abi.OK
	}
	return first(h, Pull)
}

func TestWhatWasAskedInVainIsNotAskedAgainAtOnce(t *testing.T) {
	const any = ""
	cfg := Defaults()
	type miss struct {
		after    int64 // the end of the last one
		id, home string
	}
	for _, c := range []struct {
		name    string
		answers map[string]string
		misses  []miss
		asked   []string
		spared  int64
	}{
		{
			"a home node that has it is asked each time", map[string]string{peerA: has},
			[]miss{{0, "1", peerA}, {0, "1", peerA}, {0, "2", peerA}}, []string{peerA, peerA, peerA}, 0,
		}, {
			"who has lost it leaves it to others", map[string]string{peerA: hasNot, any: has},
			[]miss{{0, "1", peerA}, {0, "1", peerA}, {0, "2", peerA}}, []string{peerA, any, peerA, any, peerA, any}, 0,
		}, {
			"after a search in vain there is none for twice its time", map[string]string{peerA: hasNot},
			[]miss{{0, "1", peerA}, {0, "2", peerA}, {2*cfg.AnyTimeout - 1, "3", peerA}, {1, "4", peerA}},
			[]string{peerA, any, peerA, peerA, peerA, any}, 2,
		}, {
			"so after one that was no answer to anything", map[string]string{any: hasNot},
			[]miss{{0, "1", self}, {2*cfg.AnyTimeout - 1, "2", ""}, {1, "2", ""}}, []string{any, any}, 1,
		}, {
			"a home node that hangs is left alone for twice its time", map[string]string{any: has},
			[]miss{{0, "1", peerA}, {2*cfg.PullTimeout - 1, "2", peerA}, {1, "3", peerA}}, []string{peerA, any, any, peerA, any}, 1,
		}, {
			"and others are not", map[string]string{any: has, peerB: has},
			[]miss{{0, "1", peerA}, {0, "2", peerB}, {0, "3", peerA}}, []string{peerA, any, peerB, any}, 1,
		}, {
			"one that is gone is known to be at once, and asked", map[string]string{peerA: "", any: has},
			[]miss{{0, "1", peerA}, {0, "2", peerA}}, []string{peerA, any, peerA, any}, 0,
		}, {
			"an id that nobody has is asked for once in two seconds", map[string]string{peerA: hasNot},
			[]miss{{0, "1", peerA}, {2*cfg.AnyTimeout + 1, "1", peerA}, {2*second - 2*cfg.AnyTimeout - 2, "1", peerA}, {1, "1", peerA}},
			[]string{peerA, any, peerA, any}, 2,
		}, {
			"so is one whose home node is gone", map[string]string{peerA: ""},
			[]miss{{0, "1", peerA}, {second, "1", peerA}}, []string{peerA, any}, 1,
		}, {
			"one that a home node may have that hangs is asked for", nil,
			[]miss{{0, "1", peerA}, {2 * cfg.PullTimeout, "1", peerA}}, []string{peerA, any, peerA, any}, 0,
		}, {
			"one that nobody was asked for is not known to be nowhere", map[string]string{peerA: hasNot},
			[]miss{{0, "1", peerA}, {0, "2", peerA}, {2 * cfg.AnyTimeout, "2", peerA}}, []string{peerA, any, peerA, peerA, any}, 1,
		}, {
			"nor one for which the time was over at once", map[string]string{any: ""},
			[]miss{{0, "1", ""}, {2 * cfg.AnyTimeout, "1", ""}}, []string{any, any}, 0,
		}, {
			"a clock that is set back ends all pauses", nil,
			[]miss{{0, "1", peerA}, {-10 * second, "2", peerA}}, []string{peerA, any, peerA, any}, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &still{now: noon}
			var asked []string
			r := pulls(h, c.answers, &asked)
			for _, m := range c.misses {
				h.now += m.after
				r.Missed([]byte(m.id), []byte(m.home))
			}
			if !slices.Equal(asked, c.asked) || r.Count(PullSpared) != c.spared {
				t.Errorf("asked %q, want %q; spared %d, want %d", asked, c.asked, r.Count(PullSpared), c.spared)
			}
			if got := r.Count(Pulled) + r.Count(PullMissed); got != int64(len(c.misses)) {
				t.Errorf("%d misses came to an end", got)
			}
		})
	}
}

// The longer a node hangs, the fewer wait for it; once it answers, all do.
func TestANodeThatHangsIsLeftAloneForLongerEachTime(t *testing.T) {
	h := &still{now: noon}
	var asked []string
	answers := map[string]string{"": has}
	r := pulls(h, answers, &asked)
	wait := func() (pause int64) {
		asked = nil
		for begun := h.now; ; h.now += 10 * millisecond {
			if r.Missed([]byte("id"), []byte(peerA)); slices.Contains(asked, peerA) {
				return (h.now - begun) / r.cfg.PullTimeout
			}
		}
	}
	var pauses []int64
	for range 8 {
		pauses = append(pauses, wait())
	}
	// with the wait itself
	if want := []int64{1, 3, 5, 9, 17, 33, 33, 33}; !slices.Equal(pauses, want) {
		t.Errorf("asked after %d timeouts, want %d", pauses, want)
	}
	answers[peerA] = has
	wait()
	delete(answers, peerA)
	wait()
	if p := wait(); p != 3 {
		t.Errorf("after it had answered, it was left alone for %d timeouts", p-1)
	}
}

func TestWhatIsPushedIsTakenThoughNobodyHadIt(t *testing.T) {
	h := &still{now: noon}
	var asked []string
	r := pulls(h, nil, &asked)
	r.Missed([]byte("id"), nil)
	r.Message([]byte(peerA), nil, []byte("id"), []byte{version, msgInsert, 's'}, false)
	if r.Count(PullMissed) != 1 || r.Count(AppliedInserts) != 1 {
		t.Errorf("missed %d, applied %d", r.Count(PullMissed), r.Count(AppliedInserts))
	}
}

func TestWhatPullsHaveLearnedIsNotSaved(t *testing.T) {
	h := &still{now: noon}
	var asked []string
	r := pulls(h, nil, &asked)
	before := r.Save(nil)
	r.Missed([]byte("id"), []byte(peerA))
	if after := r.Save(nil); !slices.Equal(after, before) {
		t.Errorf("saved %x, before %x", after, before)
	}
}

func TestTheOldestSilenceIsForgotten(t *testing.T) {
	var s silents
	node := func(n int) []byte { return fmt.Appendf(nil, "%012x", n) }
	for n := range silentsKept + 1 {
		s.add(node(n), noon+int64(n))
	}
	for n := range silentsKept + 1 {
		if got := s.rests(node(n), noon+second, second); got != (n > 0) {
			t.Errorf("node %d rests: %v", n, got)
		}
	}
	s.remove(node(7))
	s.add(node(0), noon+second)
	if s.rests(node(7), noon+second, second) || !s.rests(node(1), noon+second, second) {
		t.Error("the place that was free was not taken")
	}
}

func TestAbsencesAreTold(t *testing.T) {
	a := make(absences, absencesKept)
	one, same, other := uint64(7<<56|1), uint64(7<<56|2), uint64(8<<56|1)
	a.add(one, noon)
	if !a.has(one, noon+absentFor-1) || a.has(one, noon+absentFor) || a.has(same, noon) || a.has(other, noon) {
		t.Error("one is not told from the others, or from its past")
	}
	if a.add(same, noon); a.has(one, noon) || !a.has(same, noon) {
		t.Error("the last one is not the one that is kept")
	}
}
