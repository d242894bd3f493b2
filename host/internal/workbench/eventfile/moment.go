package eventfile

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Moment is a time as a file has it: by the calendar, or relative to what
// came before. The zero Moment is none.
type Moment struct {
	set      bool
	relative bool
	ns       int64 // since the Unix epoch, or since the base
}

// At returns a moment by the calendar, in ns since the Unix epoch.
func At(ns int64) Moment { return Moment{set: true, ns: ns} }

// After returns a moment that is so long after its base.
func After(d time.Duration) Moment { return Moment{set: true, relative: true, ns: int64(d)} }

// Set reports whether m is a moment at all.
func (m Moment) Set() bool { return m.set }

// Absolute returns the time in ns since the Unix epoch, if m has one of its own.
func (m Moment) Absolute() (ns int64, ok bool) { return m.ns, m.set && !m.relative }

// From returns the time in ns since the Unix epoch, where base is what m may be
// relative to. What is beyond the range of such times is its nearest end.
func (m Moment) From(base int64) int64 {
	if !m.relative {
		return m.ns
	}
	sum := base + m.ns
	switch {
	case m.ns > 0 && sum < base:
		return 1<<63 - 1
	case m.ns < 0 && sum > base:
		return -1 << 63
	}
	return sum
}

// String writes m as a file has it.
func (m Moment) String() string {
	switch {
	case !m.set:
		return ""
	case !m.relative:
		return time.Unix(0, m.ns).UTC().Format(time.RFC3339Nano)
	case m.ns < 0:
		return time.Duration(m.ns).String()
	}
	return "+" + time.Duration(m.ns).String()
}

// The times that ns since the Unix epoch can say.
var (
	earliest = time.Unix(0, -1<<63)
	latest   = time.Unix(0, 1<<63-1)
)

// duration is what a duration is written like, whether or not there are so long
// ones.
var duration = regexp.MustCompile(`^[+-](\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$`)

func parseMoment(text string) (Moment, error) {
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		d, err := time.ParseDuration(text)
		if err != nil && duration.MatchString(text) {
			return Moment{}, fmt.Errorf("%q is out of range: the longest is %v", clip(text), After(1<<63-1))
		}
		if err != nil {
			return Moment{}, fmt.Errorf("%q is not a duration: write one with its unit, for example +250ms, +90s or +24h", text)
		}
		return After(d), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err != nil:
		return Moment{}, fmt.Errorf("%q is not a time: write 2026-01-31T12:00:00Z, or +1.5s for a time after the event before", text)
	case at.Before(earliest) || at.After(latest):
		return Moment{}, fmt.Errorf("%s is out of range: times are from %d to %d", text, earliest.Year()+1, latest.Year()-1)
	}
	return At(at.UnixNano()), nil
}
