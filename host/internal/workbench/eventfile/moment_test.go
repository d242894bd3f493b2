package eventfile

import (
	"math"
	"testing"
	"time"
)

func TestMomentsStayInRange(t *testing.T) {
	for _, tt := range []struct {
		m    Moment
		base int64
		want int64
	}{
		{At(5), 100, 5},
		{After(5), 100, 105},
		{After(-5), 100, 95},
		{After(math.MaxInt64), 100, math.MaxInt64},
		{After(math.MinInt64), -100, math.MinInt64},
		{Moment{}, 100, 0},
	} {
		if got := tt.m.From(tt.base); got != tt.want {
			t.Errorf("%v from %d: %d, want %d", tt.m, tt.base, got, tt.want)
		}
	}
	if _, ok := After(time.Second).Absolute(); ok {
		t.Error("a relative time says that it is one by the calendar")
	}
	if (Moment{}).Set() || !At(0).Set() {
		t.Error("the zero moment is none, and 1970 is one")
	}
}
