package bus

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func TestRunAdmitsTheLatestLifeOfANode(t *testing.T) {
	const second = int64(time.Second)
	for name, tc := range map[string]struct {
		known run
		h     header
		now   int64
		want  admission
	}{
		"the first":                           {run{}, header{epoch: 5, time: 6}, 7, beginning},
		"the same":                            {run{5, 6, 7}, header{epoch: 5, time: 8}, 9, going},
		"a later one":                         {run{5, 6, 7}, header{epoch: 8, time: 9}, 9, beginning},
		"an earlier one":                      {run{5, 6, 7}, header{epoch: 4, time: 8}, 9, ended},
		"an earlier one, after long silence":  {run{5, 6, 7}, header{epoch: 4, time: 8}, 11 * second, beginning},
		"an earlier one, replayed long after": {run{5, 6, 7}, header{epoch: 4, time: 5}, 11 * second, ended},
	} {
		r := tc.known
		if got := r.admit(tc.h, tc.now); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		} else if got == ended && r != tc.known {
			t.Errorf("%s: was refused and is remembered", name)
		}
	}
}

func TestRunTakesNoReplayForASignOfLife(t *testing.T) {
	var r run
	r.admit(header{epoch: 1, time: 10}, 20)
	r.admit(header{epoch: 1, time: 10}, 30)
	r.admit(header{epoch: 1, time: 9}, 40)
	if r.heard != 20 {
		t.Errorf("heard at %d, want 20", r.heard)
	}
}

// A feed is one call of accept, and what it should say.
type feed struct {
	first uint64
	count int
	now   time.Duration
	ok    bool
}

func TestStreamTakesEachNumberOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		feeds []feed
		lost  missing // until 10 s later
	}{
		"in order":                        {[]feed{{1, 2, 1, true}, {3, 1, 2, true}}, missing{}},
		"repeated":                        {[]feed{{1, 2, 1, true}, {1, 2, 2, false}, {2, 1, 3, false}}, missing{}},
		"begun in the middle":             {[]feed{{5, 1, 1, true}}, missing{4, 0}},
		"head of a new node":              {[]feed{{1, 0, 1, true}}, missing{}},
		"head of a node that was there":   {[]feed{{9, 0, 1, true}}, missing{8, 0}},
		"hole":                            {[]feed{{1, 1, 7, true}, {4, 1, 8, true}}, missing{2, 7}},
		"hole that is filled":             {[]feed{{1, 1, 1, true}, {4, 1, 2, true}, {2, 2, 3, true}}, missing{}},
		"hole that is filled from behind": {[]feed{{1, 1, 1, true}, {4, 1, 2, true}, {3, 1, 3, true}, {2, 1, 4, true}}, missing{}},
		"hole that is split":              {[]feed{{1, 1, 7, true}, {5, 1, 8, true}, {3, 1, 9, true}, {3, 1, 9, false}}, missing{2, 7}},
		"beyond a hole's end":             {[]feed{{1, 1, 7, true}, {4, 1, 8, true}, {3, 2, 9, false}}, missing{2, 7}},
		"before a hole's start":           {[]feed{{1, 1, 7, true}, {4, 1, 8, true}, {1, 2, 9, false}}, missing{2, 7}},
		"old head":                        {[]feed{{1, 5, 7, true}, {3, 0, 8, true}, {6, 0, 8, true}}, missing{}},
		"head that is ahead":              {[]feed{{1, 1, 7, true}, {3, 0, 8, true}, {3, 0, 9, true}}, missing{1, 7}},
		"two holes":                       {[]feed{{2, 1, 7, true}, {4, 1, 8, true}}, missing{2, 0}},
	} {
		s := stream{next: 1}
		var lost missing
		for i, f := range tc.feeds {
			ok, more := s.accept(f.first, f.count, int64(f.now))
			if ok != f.ok {
				t.Errorf("%s: feed %d: %v", name, i, ok)
			}
			lost = lost.and(more)
		}
		if early := s.giveUp(int64(Grace)); early.count != 0 {
			t.Errorf("%s: gave up %d before their time", name, early.count)
		}
		if lost = lost.and(s.giveUp(int64(10 * time.Second))); lost != tc.lost {
			t.Errorf("%s: lost %+v, want %+v", name, lost, tc.lost)
		}
	}
}

func TestStreamRefusesWhatItGaveUp(t *testing.T) {
	s := stream{next: 1}
	s.accept(3, 1, 0)
	s.giveUp(int64(Grace))
	if ok, _ := s.accept(2, 1, int64(Grace)); ok {
		t.Error("took what it had reported lost")
	}
}

func TestStreamGivesUpInTimeThoughTheClockIsSetBack(t *testing.T) {
	s := stream{next: 1}
	s.accept(3, 1, int64(time.Hour))
	if lost := s.giveUp(7); lost.count != 0 {
		t.Errorf("gave up %d at once", lost.count)
	}
	if lost := s.giveUp(7 + int64(Grace)); lost.count != 2 {
		t.Errorf("gave up %d of 2 after Grace", lost.count)
	}
}

func TestStreamBoundsItsHoles(t *testing.T) {
	s := stream{next: 1}
	var lost uint64
	for n := uint64(2); n <= 1000; n += 2 {
		_, more := s.accept(n, 1, 0)
		lost += more.count
		if len(s.holes) > maxHoles {
			t.Fatalf("%d holes", len(s.holes))
		}
	}
	if got := lost + s.giveUp(int64(Grace)).count; got != 500 {
		t.Errorf("lost %d in all, want 500", got)
	}
}

func TestStreamThatBeginsAnewGivesUpItsHoles(t *testing.T) {
	s := stream{next: 1}
	s.accept(1, 1, 7)
	s.accept(5, 1, 8)
	if lost := s.begin(); lost != (missing{3, 7}) {
		t.Errorf("lost %+v", lost)
	}
	if ok, _ := s.accept(1, 1, 9); !ok || len(s.holes) != 0 {
		t.Errorf("the first of a new run: %v, holes %v", ok, s.holes)
	}
}

// A letter is a frame under way.
type letter struct {
	first uint64
	count int
}

// TestStreamAccountsForEverything puts random frames, lost, repeated and mixed,
// and heads, through a stream, and compares it with a plain set of numbers.
func TestStreamAccountsForEverything(t *testing.T) {
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var mail []letter
		next := uint64(1)
		for range 1 + rng.IntN(60) {
			l := letter{next, rng.IntN(4)}
			next += uint64(l.count)
			for range rng.IntN(3) { // lost, sent, or sent twice
				mail = append(mail, l)
			}
		}
		disorder := rng.IntN(10)
		for range disorder * len(mail) / 5 {
			i := rng.IntN(len(mail))
			j := min(len(mail)-1, i+rng.IntN(1+disorder))
			mail[i], mail[j] = mail[j], mail[i]
		}
		checkStream(t, seed, rng, append(mail, letter{next, 0}), next-1)
	}
}

// checkStream feeds mail to a stream while time passes now and then.
func checkStream(t *testing.T, seed uint64, rng *rand.Rand, mail []letter, sent uint64) {
	t.Helper()
	s := stream{next: 1}
	delivered := map[uint64]bool{}
	var lost uint64
	now, last := int64(1), int64(0)
	for _, l := range mail {
		if rng.IntN(8) == 0 {
			now += rng.Int64N(2 * int64(Grace))
			lost += s.giveUp(now).count
		}
		now++
		ok, more := s.accept(l.first, l.count, now)
		lost += more.count
		if more.heard > last {
			t.Fatalf("seed %d: Heard %d is after the last message, at %d", seed, more.heard, last)
		}
		for n := l.first; ok && n < l.first+uint64(l.count); n++ {
			if delivered[n] {
				t.Fatalf("seed %d: number %d was delivered twice", seed, n)
			}
			delivered[n] = true
			last = now
		}
		if got := uint64(len(delivered)) + lost; got != s.settled() {
			t.Fatalf("seed %d: %d settled, want %d", seed, s.settled(), got)
		}
	}
	lost += s.giveUp(now + int64(Grace)).count
	if got := uint64(len(delivered)) + lost; got != sent {
		t.Fatalf("seed %d: %d delivered and %d lost of %d", seed, len(delivered), lost, sent)
	}
}
