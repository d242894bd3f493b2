package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sesshook/sesshook/host"
)

// runText writes a run for people.
func runText(out io.Writer) runView {
	w := &runWriter{out: out}
	return runView{step: w.step, end: w.end}
}

// A runWriter writes steps as text.
type runWriter struct {
	out   io.Writer
	b     strings.Builder
	n     int // steps
	first host.RunTime
}

// flush writes what was built.
func (w *runWriter) flush() error {
	_, err := io.WriteString(w.out, w.b.String())
	w.b.Reset()
	return err
}

func (w *runWriter) linef(indent int, format string, args ...any) {
	w.b.WriteString(strings.Repeat(" ", indent))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

func (w *runWriter) step(s *host.RunStep) error {
	if s.Module != nil {
		w.first = s.At
		w.module(s.Module, s.At)
	}
	w.b.WriteByte('\n')
	w.linef(0, "%s", w.title(s))
	w.n++
	for i := range s.Calls {
		w.call(&s.Calls[i], s)
	}
	for _, c := range s.Metrics {
		if c.From == c.To { // it is new
			w.linef(2, "metric %s: %d", c.Name, c.To)
			continue
		}
		w.linef(2, "metric %s: %d -> %d", c.Name, c.From, c.To)
	}
	if s.Error != "" {
		for line := range strings.Lines(s.Error) {
			w.linef(2, "%s", strings.TrimRight(line, "\n"))
		}
	}
	for _, note := range s.Notes {
		w.linef(2, "(%s)", note)
	}
	return w.flush()
}

func (w *runWriter) module(m *host.RunModule, at host.RunTime) {
	language := ""
	if m.Language != "" {
		language = ", " + m.Language
	}
	sidecar := "no sidecar"
	if m.Sidecar {
		sidecar = "with its sidecar"
	}
	w.linef(0, "%s: %d bytes%s, %s; the clock begins at %s", m.Name, m.Size, language, sidecar, at)
}

// title is what a step is about, and what became of it.
func (w *runWriter) title(s *host.RunStep) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d  %s", w.n, s.Event)
	if s.Line > 0 {
		fmt.Fprintf(&b, " (line %d)", s.Line)
	}
	if s.ID != "" {
		b.WriteString(" " + shortID(s.ID))
	}
	if s.Topic != "" {
		b.WriteString(" " + s.Topic)
	}
	if s.Key != "" {
		b.WriteString(" key " + shortID(s.Key))
	}
	if s.Count > 0 {
		fmt.Fprintf(&b, " %d", s.Count)
	}
	if at := time.Duration(s.At - w.first); at > 0 {
		fmt.Fprintf(&b, ", at +%v", at)
	}
	if s.Outcome != "" {
		b.WriteString(": " + s.Outcome)
	}
	if s.ReplyLen != nil {
		fmt.Fprintf(&b, " (%d bytes) %s", *s.ReplyLen, s.Reply)
	}
	return strings.TrimRight(b.String(), " ")
}

// shortID cuts digits that nobody compares by eye.
func shortID(id string) string {
	const most = len("hex:") + 16
	if strings.HasPrefix(id, "hex:") && len(id) > most {
		return id[:most] + "…"
	}
	return id
}

func (w *runWriter) call(c *host.RunCall, s *host.RunStep) {
	result := ""
	switch {
	case c.Fault != nil:
		result = " did not return"
	case c.Means == "ok" || c.Result == nil:
		result = " ok"
	case c.Means == "error" || c.Means == "refused":
		result = fmt.Sprintf(" = %d, %s", *c.Result, c.Means)
	default:
		result = " = " + c.Means
	}
	w.linef(2, "%-58s %s", c.Export+given(c, s)+result, spent(c))
	for i := range c.Did {
		w.linef(6, "%s", deed(&c.Did[i]))
	}
	if f := c.Fault; f != nil {
		w.linef(4, "%s: %s", f.Kind, f.Text)
		w.stack(f.Stack)
	}
}

// stack writes the frames, those of a recursion once.
func (w *runWriter) stack(frames []string) {
	for i := 0; i < len(frames); {
		same := i + 1
		for same < len(frames) && frames[same] == frames[i] {
			same++
		}
		if n := same - i; n > 1 {
			w.linef(6, "at %s, %d times", frames[i], n)
		} else {
			w.linef(6, "at %s", frames[i])
		}
		i = same
	}
}

// given is what a call was given, as far as the step does not say so already.
func given(c *host.RunCall, s *host.RunStep) string {
	if c.Arg != nil {
		return fmt.Sprintf("(%d)", *c.Arg)
	}
	if c.Record == nil {
		return "()"
	}
	parts := []string{c.Record.Kind}
	if c.Record.ID != s.ID && c.Record.ID != "" {
		parts = append(parts, shortID(c.Record.ID))
	}
	if c.Record.Reason != "" {
		parts = append(parts, c.Record.Reason)
	}
	return "(" + strings.Join(append(parts, c.Record.Flags...), " ") + ")"
}

func spent(c *host.RunCall) string {
	return fmt.Sprintf("%s fuel, %v", grouped(c.Fuel), c.Took.Round(100*time.Nanosecond))
}

// grouped writes n with its thousands apart.
func grouped(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// deed is one thing that a plugin did.
func deed(d *host.RunDeed) string {
	if d.Call == "" {
		return fmt.Sprintf("log %s: %s", d.Log, d.Text)
	}
	var args []string
	for _, a := range d.Args {
		args = append(args, a.Name+" "+argument(a))
	}
	line := d.Call + "(" + strings.Join(args, ", ") + ")"
	switch {
	case d.Trapped:
		return line + " trapped"
	case d.Result == nil:
		return line
	case d.Code != "":
		return line + " = " + d.Code
	}
	return fmt.Sprintf("%s = %d", line, *d.Result)
}

func argument(a host.RunArg) string {
	switch v := a.Value.(type) {
	case string:
		if v == "" {
			return `""`
		}
		return shortID(v)
	case []string:
		return strings.Join(v, "|")
	}
	return fmt.Sprint(a.Value)
}

// maxListed is how many lines of the cache or of the values are written.
const maxListed = 20

func (w *runWriter) end(e *host.RunEnd) error {
	if e.Failed != "" && e.Events == 0 { // nothing has happened
		w.linef(0, "\n%s", verdict(e))
		return w.flush()
	}
	w.b.WriteString("\nIn the end\n")
	w.linef(2, "cache: %s, %s", plural(len(e.Sessions), "session"), plural(len(e.Tombstones), "tombstone"))
	w.list(len(e.Sessions), func(i int) string {
		s := e.Sessions[i]
		return strings.TrimRight(fmt.Sprintf("%s, until %s, %d bytes sealed, %s %s", shortID(s.ID), s.Expires, s.SealedLen, s.Version, s.ServerName), " ,")
	})
	w.list(len(e.Tombstones), func(i int) string { return shortID(e.Tombstones[i]) + " was removed" })
	metrics := slices.Sorted(maps.Keys(e.Metrics))
	w.linef(2, "metrics: %s", none(len(metrics)))
	w.list(len(metrics), func(i int) string { return fmt.Sprintf("%s %d", metrics[i], e.Metrics[metrics[i]]) })
	w.linef(2, "keys: %s", none(len(e.KV)))
	w.list(len(e.KV), func(i int) string {
		v := e.KV[i]
		return strings.TrimRight(fmt.Sprintf("%s: %d bytes %s", shortID(v.Key), v.Len, v.Value), " ")
	})
	for _, topic := range slices.Sorted(maps.Keys(e.Published)) {
		w.linef(2, "published: %s on %s", plural(e.Published[topic], "message"), topic)
	}
	w.linef(2, "%s, %s, %s, %s fuel, %s of memory", plural(e.Events, "event"), plural(e.Calls, "call"), plural(e.HostCalls, "host call"), grouped(e.Fuel), plural(int(e.Pages), "page"))
	w.linef(2, "%s", verdict(e))
	return w.flush()
}

func (w *runWriter) list(n int, line func(i int) string) {
	for i := range min(n, maxListed) {
		w.linef(4, "%s", line(i))
	}
	if n > maxListed {
		w.linef(4, "and %d more", n-maxListed)
	}
}

func none(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// verdict says whether anything went wrong, and what.
func verdict(e *host.RunEnd) string {
	if e.OK() {
		return "nothing went wrong"
	}
	var wrong []string
	if e.Failed != "" {
		wrong = append(wrong, e.Failed)
	}
	if e.Faults > 0 {
		wrong = append(wrong, plural(e.Faults, "call")+" did not return")
	}
	if e.Errors > 0 {
		wrong = append(wrong, plural(e.Errors, "call")+" returned an error")
	}
	if e.Refused > 0 {
		wrong = append(wrong, plural(e.Refused, "reload")+" refused")
	}
	return "FAILED: " + strings.Join(wrong, "; ")
}
