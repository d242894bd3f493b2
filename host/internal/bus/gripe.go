package bus

import (
	"log/slog"
	"sync/atomic"
	"time"
)

// A gripe is a kind of thing that is worth a line in the log, though not each
// time: whoever causes it may cause it often.
type gripe int

const (
	gripeForged gripe = iota
	gripeStale
	gripeOwn
	gripeCrowded
	gripeCount
)

// gripePause is how long a kind is kept quiet after a line.
const gripePause = time.Minute

type gripes struct {
	log  *slog.Logger
	now  func() int64
	last [gripeCount]atomic.Int64
}

func (g *gripes) init(log *slog.Logger, now func() int64) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	g.log, g.now = log, now
}

func (g *gripes) say(kind gripe, text string, args ...any) {
	last, now := g.last[kind].Load(), g.now()
	if last != 0 && now-last < int64(gripePause) {
		return
	}
	if g.last[kind].CompareAndSwap(last, now) {
		g.log.Warn(text, args...)
	}
}
