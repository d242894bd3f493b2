package eventfile

import (
	"errors"
	"fmt"
	"time"
)

// Between is how much later an event is than the one before, where it does not
// say.
const Between = time.Millisecond

// Slack is by how much an event of a recording may be before the one above it:
// events of several goroutines come in the order in which they get hold of the
// recording, each with the time at which it happened.
const Slack = time.Second

// end is when time ends, in ns since the Unix epoch: some months before the last
// that can be said, so that what is made of it, as the end of a session, can be
// said as well.
var end = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// Order finds the events that can't be when they say because time does not go
// back, or comes to an end. Begin is when the first one is expected, in ns since
// the Unix epoch; name is for messages. The error is as ReadAll's.
func Order(name string, events []Event, begin int64) error {
	slack := int64(0)
	if len(events) > 0 && events[0].Kind == Host {
		slack = int64(Slack)
	}
	now := begin
	var mistakes []error
	for i := range events {
		e := &events[i]
		at := e.When(now)
		text := ""
		switch {
		case at < now-slack:
			text = fmt.Sprintf("time does not go back: this is %v before the event above", time.Duration(now-at))
			if _, absolute := e.At.Absolute(); !absolute {
				text = fmt.Sprintf("time does not go back: a time after the event above is written %v", After(-time.Duration(e.At.ns)))
			}
		case at >= end:
			text = fmt.Sprintf("this is after %d, where time ends", time.Unix(0, end).UTC().Year()-1)
		}
		if text == "" {
			now = max(now, at)
			continue
		}
		if mistakes = append(mistakes, &Error{name, e.Line, max(e.atAt, 1), text}); len(mistakes) == maxMistakes {
			break
		}
	}
	if len(mistakes) == 1 {
		return mistakes[0]
	}
	return errors.Join(mistakes...)
}

// When returns the time at which an event happens, in ns since the Unix epoch; now
// is that of the event above it. What only describes a recording takes no time.
func (e *Event) When(now int64) int64 {
	switch {
	case e.At.Set():
		return e.At.From(now)
	case e.Kind == Host || e.Kind == Dropped:
		return now
	}
	return After(Between).From(now)
}
