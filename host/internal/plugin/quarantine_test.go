package plugin

import (
	"testing"
	"time"
)

func TestQuarantinePausesGrowAndEnd(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var q quarantine
	fault := func() time.Duration { return q.fault(now) }
	row := func() (longest time.Duration) {
		for range faultsToQuarantine - 1 {
			longest = max(longest, fault())
		}
		return longest
	}
	if row() != 0 {
		t.Fatal("paused before the third fault in a row")
	}
	q.returned()
	if row() != 0 {
		t.Fatal("a call that returned did not end the row")
	}
	want := firstPause
	if got := fault(); got != want {
		t.Fatalf("first pause is %v", got)
	}
	for want < maxPause {
		now = now.Add(want)
		if until := q.pausedUntil(now); !until.IsZero() {
			t.Fatalf("still paused until %v", until)
		}
		want = min(2*want, maxPause)
		if got := fault(); got != want { // the first call after a pause
			t.Fatalf("pause is %v, want %v", got, want)
		}
	}
	now = now.Add(maxPause + calmAfter)
	q.returned()
	for range faultsToQuarantine - 1 {
		fault()
	}
	if got := fault(); got != firstPause {
		t.Errorf("after a long calm the pause is %v", got)
	}
	q.end()
	if !q.pausedUntil(now).IsZero() || fault() != 0 {
		t.Error("ended by hand, and not over")
	}
}

func TestQuarantineSeesFaultsBetweenGoodCalls(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var q quarantine
	for n := range faultsPerWindow {
		pause := q.fault(now)
		q.returned()
		if (pause > 0) != (n == faultsPerWindow-1) {
			t.Fatalf("fault %d: pause %v", n, pause)
		}
	}
}

func TestQuarantinesAreByContent(t *testing.T) {
	var q quarantines
	a := q.of("a")
	if again := q.of("a"); again != a || q.of("b") == a {
		t.Error("a content has a quarantine of its own, and one only")
	}
	for n := range 3 * maxQuarantines {
		q.of(string(rune(n)))
	}
	if len(q.bySum) > maxQuarantines {
		t.Errorf("%d are remembered", len(q.bySum))
	}
}
