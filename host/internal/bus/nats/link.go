package nats

import (
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/sesshook/sesshook/host/internal/bus"
)

// quiet is the least time between two lines about one trouble that lasts.
const quiet = time.Minute

// link is how the connection is, for Link and for the log: a line for each
// change, and, while there is no connection, one at the first failure and one a
// minute. It is safe for concurrent use.
type link struct {
	log *slog.Logger

	mu      sync.Mutex
	now     bus.Link
	closed  bool
	ever    bool      // it was up once
	failed  int       // tries since it is not up
	next    time.Time // when failures may be logged again
	told    error     // what the server said last, before it closed the connection
	limited map[string]*limited
}

// limited is a kind of line that is logged at most once in quiet.
type limited struct {
	next    time.Time
	leftOut int
}

func (l *link) init(log *slog.Logger) {
	l.log = log
	l.now = bus.Link{Since: time.Now(), Err: "connecting"}
	l.limited = make(map[string]*limited)
}

func (l *link) state() bus.Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// connected is told of a connection that is up.
func (l *link) connected(server, version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	msg := "connected to NATS"
	if l.ever {
		msg = "reconnected to NATS"
	}
	l.log.Info(msg, "server", server, "version", version, "after", time.Since(l.now.Since).Round(time.Millisecond), "failed_attempts", l.failed)
	l.now = bus.Link{Up: true, Since: time.Now(), Server: server, Downs: l.now.Downs}
	l.ever, l.failed, l.next, l.told = true, 0, time.Time{}, nil
}

// lost is told of a connection that broke. err may be nil.
func (l *link) lost(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || !l.now.Up {
		return
	}
	if l.told != nil && (err == nil || errors.Is(err, io.EOF)) {
		err = l.told
	}
	l.log.Warn("NATS connection lost: trying again", "server", l.now.Server, "err", explain(err))
	l.now = bus.Link{Since: time.Now(), Server: l.now.Server, Err: explain(err), Downs: l.now.Downs + 1}
}

// serverSaid remembers why a server is about to close the connection.
func (l *link) serverSaid(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = err
}

// attemptFailed is told of a try to connect that failed.
func (l *link) attemptFailed(err error) {
	if err == nil || errors.Is(err, errNotYet) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.now.Up {
		return
	}
	l.failed++
	l.now.Err = explain(err)
	if now := time.Now(); !now.Before(l.next) {
		l.next = now.Add(quiet)
		l.log.Warn("can't connect to NATS: trying again", "err", l.now.Err, "attempts", l.failed)
	}
}

// tried reports whether a connection was tried at all.
func (l *link) tried() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ever || l.failed > 0
}

// warn logs one kind of line at most once in quiet.
func (l *link) warn(msg string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.limited[msg]
	if k == nil {
		k = new(limited)
		l.limited[msg] = k
	}
	now := time.Now()
	if now.Before(k.next) {
		k.leftOut++
		return
	}
	if k.leftOut > 0 {
		args = append(args, "more_like_this", k.leftOut)
	}
	k.next, k.leftOut = now.Add(quiet), 0
	l.log.Warn(msg, args...)
}

// close ends the telling, and reports whether the connection was up.
func (l *link) close() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.now.Up
	l.closed = true
	if was {
		l.now = bus.Link{Since: time.Now(), Downs: l.now.Downs}
	}
	l.now.Err = "closed"
	return was
}
