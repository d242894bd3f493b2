package plugin

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sesshook/sesshook/abi"
)

// lines writes the log lines of one plugin: escaped, cut, and no more than so
// many per second. It is safe for concurrent use.
type lines struct {
	log  *slog.Logger
	lost *atomic.Uint64 // all lines that were not written

	mu        sync.Mutex
	perSecond int   // the sidecar's log_lines
	length    int   // the sidecar's log_line, in bytes
	second    int64 // the second that written and dropped are about
	written   int
	dropped   uint64
	text      []byte           // reused
	noted     map[string]*note // the host's own lines about the plugin
}

// A note is a line of the host about a plugin. It is written once a second at
// most, with the number of those that were not.
type note struct {
	second  int64
	skipped int
}

// limit sets how much may be logged.
func (l *lines) limit(perSecond, length int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.perSecond, l.length = perSecond, length
}

// slogLevel rounds down to one of the four levels of the ABI.
func slogLevel(l abi.Level) slog.Level {
	switch {
	case l >= abi.Error:
		return slog.LevelError
	case l >= abi.Warn:
		return slog.LevelWarn
	case l >= abi.Info:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

func (l *lines) enabled(level abi.Level) bool {
	return l.log.Enabled(context.Background(), slogLevel(level))
}

// write logs one line of a guest's text, which it does not keep.
func (l *lines) write(level abi.Level, text []byte) {
	if !l.enabled(level) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	length := min(len(text), l.length)
	if !l.allow(time.Now().Unix(), 1+length/lineUnit) {
		return
	}
	l.text = escape(l.text[:0], text[:length])
	l.log.Log(context.Background(), slogLevel(level), string(l.text))
}

// note logs a line of the host about the plugin; msg is one of the program's own
// texts. What a plugin does over and over must not flood the log.
func (l *lines) note(level slog.Level, msg string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.noted[msg]
	if n == nil {
		if l.noted == nil {
			l.noted = map[string]*note{}
		}
		n = &note{}
		l.noted[msg] = n
	}
	if now := time.Now().Unix(); now == n.second {
		n.skipped++
		return
	} else if n.second = now; n.skipped > 0 {
		args = append(args, "more_before", n.skipped)
		n.skipped = 0
	}
	l.log.Log(context.Background(), level, msg, args...)
}

// lineUnit is how many bytes a line may have that counts as one; a longer one
// counts as several, so that log_lines bounds bytes as well.
const lineUnit = 256

// allow counts a line as so many, and first reports what was dropped before.
func (l *lines) allow(second int64, count int) bool {
	if second != l.second {
		if l.dropped > 0 {
			l.log.Warn("log lines of the plugin were dropped", "lines", l.dropped, "log_lines", l.perSecond)
		}
		l.second, l.written, l.dropped = second, 0, 0
	}
	if l.written+count > l.perSecond {
		l.dropped++
		l.lost.Add(1)
		return false
	}
	l.written += count
	return true
}

// escape appends text to dst with everything that could fool a reader of the
// log, or their terminal, written as Go would escape it.
func escape(dst, text []byte) []byte {
	for len(text) > 0 {
		if c := text[0]; c < utf8.RuneSelf {
			if c >= ' ' && c != 0x7f {
				dst = append(dst, c)
			} else {
				dst = appendEscaped(dst, rune(c))
			}
			text = text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, `\x`...)
			dst = append(dst, hexDigits[text[0]>>4], hexDigits[text[0]&15])
		case unicode.IsPrint(r):
			dst = append(dst, text[:n]...)
		default:
			dst = appendEscaped(dst, r)
		}
		text = text[n:]
	}
	return dst
}

const hexDigits = "0123456789abcdef"

func appendEscaped(dst []byte, r rune) []byte {
	quoted := strconv.AppendQuoteRuneToASCII(nil, r)
	return append(dst, quoted[1:len(quoted)-1]...)
}
