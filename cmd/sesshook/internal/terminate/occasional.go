package terminate

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// quiet is the time between two lines of one kind.
const quiet = 10 * time.Second

// occasional logs one kind of line at most every ten seconds, so that neither
// clients nor an upstream that is down can flood the log. A line says how many
// before it were left out. It is safe for concurrent use.
type occasional struct {
	logger *slog.Logger

	mu      sync.Mutex
	next    time.Time // when the next line may be written
	dropped int
}

func newOccasional(logger *slog.Logger) *occasional { return &occasional{logger: logger} }

func (o *occasional) log(level slog.Level, msg string, args ...any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if now.Before(o.next) {
		o.dropped++
		return
	}
	if o.dropped > 0 {
		args = append(args, "more_like_this", o.dropped)
	}
	o.next, o.dropped = now.Add(quiet), 0
	o.logger.Log(context.Background(), level, msg, args...)
}
