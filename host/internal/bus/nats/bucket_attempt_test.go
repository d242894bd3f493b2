package nats

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestARequestThatNothingAnswers is made again until its caller's deadline.
func TestARequestThatNothingAnswers(t *testing.T) {
	other := errors.New("an answer")
	for _, tt := range []struct {
		name  string
		until time.Duration
		after int // attempts that nothing answers
		err   error
		want  error
		calls int
		took  time.Duration
	}{
		{"answered", 5 * time.Second, 0, nil, nil, 1, 0},
		{"refused", 5 * time.Second, 0, other, other, 1, 0},
		{"answered at last", 5 * time.Second, 2, nil, nil, 3, 4 * time.Second},
		{"never answered", 5 * time.Second, 100, nil, context.DeadlineExceeded, 3, 5 * time.Second},
		{"a short deadline", time.Second, 100, nil, context.DeadlineExceeded, 1, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.until)
				defer cancel()
				begun, calls := time.Now(), 0
				err := attempt(ctx, func(ctx context.Context) error {
					if calls++; calls > tt.after {
						return tt.err
					}
					<-ctx.Done()
					return ctx.Err()
				})
				if !errors.Is(err, tt.want) || calls != tt.calls || time.Since(begun) != tt.took {
					t.Errorf("%v after %d calls in %v, want %v after %d in %v", err, calls, time.Since(begun), tt.want, tt.calls, tt.took)
				}
			})
		})
	}
}
