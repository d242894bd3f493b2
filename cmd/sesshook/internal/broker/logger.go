package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"
)

// quiet is the least time between two warnings of one kind: a node that is not
// set up right comes again every second.
const quiet = time.Minute

// maxKinds bounds what is remembered of kinds of warnings.
const maxKinds = 1000

// logger passes on what nats-server says, without the secret. It keeps the first
// error that ends the server. It is safe for concurrent use.
type logger struct {
	log     *slog.Logger
	secrets *strings.Replacer

	mu       sync.Mutex
	ended    error
	warnings map[string]*warning // by format
}

// warning is a kind of line that is logged at most once in quiet.
type warning struct {
	next    time.Time
	leftOut int
}

func newLogger(log *slog.Logger, secret string) *logger {
	return &logger{
		log:      log,
		secrets:  strings.NewReplacer(secret, "xxxxx", url.QueryEscape(secret), "xxxxx", url.PathEscape(secret), "xxxxx"),
		warnings: make(map[string]*warning),
	}
}

func (l *logger) say(level slog.Level, format string, args []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, "nats-server: "+l.text(format, args))
	}
}

func (l *logger) warn(format string, args []any) {
	if leftOut, ok := l.due(format); !ok {
		l.say(slog.LevelDebug, format, args)
	} else if text := "nats-server: " + l.text(format, args); leftOut > 0 {
		l.log.Warn(text, "more_like_this", leftOut)
	} else {
		l.log.Warn(text)
	}
}

// due reports whether a warning may be logged, and how many were left out.
func (l *logger) due(format string) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// nats-server puts the connection into the format: its number must not count.
	kind := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, format)
	w := l.warnings[kind]
	if w == nil {
		if len(l.warnings) >= maxKinds {
			clear(l.warnings)
		}
		w = new(warning)
		l.warnings[kind] = w
	}
	now := time.Now()
	if now.Before(w.next) {
		w.leftOut++
		return 0, false
	}
	leftOut, w.next, w.leftOut = w.leftOut, now.Add(quiet), 0
	return leftOut, true
}

func (l *logger) text(format string, args []any) string {
	return strings.TrimSpace(l.secrets.Replace(fmt.Sprintf(format, args...)))
}

func (l *logger) Noticef(format string, args ...any) { l.say(slog.LevelDebug, format, args) }
func (l *logger) Debugf(format string, args ...any)  { l.say(slog.LevelDebug, format, args) }
func (l *logger) Tracef(format string, args ...any)  { l.say(slog.LevelDebug, format, args) }
func (l *logger) Warnf(format string, args ...any)   { l.warn(format, args) }
func (l *logger) Errorf(format string, args ...any)  { l.warn(format, args) }

// Fatalf does not end the process, as nats-server's own would.
func (l *logger) Fatalf(format string, args ...any) {
	l.say(slog.LevelError, format, args)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended == nil {
		l.ended = errors.New(l.text(format, args))
	}
}

func (l *logger) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}
