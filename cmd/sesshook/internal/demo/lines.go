package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Lines shows views where there is no terminal: what happens, and once a second
// how things are, a line each, and at the end the table. It is used by one
// goroutine.
type Lines struct {
	out  io.Writer
	note string
	next time.Duration // when the next line is due
}

// NewLines returns Lines on out.
func NewLines(out io.Writer) *Lines { return &Lines{out: out, next: time.Second} }

// Show writes what is new.
func (l *Lines) Show(v *View) {
	if v.Note != "" && v.Note != l.note {
		l.note = v.Note
		l.write(fmt.Sprintf("%6.1f s  %s", v.Elapsed.Seconds(), v.Note))
	}
	if v.Elapsed >= l.next && !v.Over {
		l.next = v.Elapsed.Truncate(time.Second) + time.Second
		l.status(v)
	}
	if v.Over && len(v.Marks) > 0 {
		l.write("")
		for _, row := range table(v, maxWidth) {
			l.write(row.render(maxWidth, Style{Unicode: true}))
		}
	}
}

func (l *Lines) status(v *View) {
	r := &v.Rows[v.current()]
	l.write(fmt.Sprintf("%6.1f s  %-20s %6s resumed  %5s full/s %5s resumed/s  %d failed",
		v.Elapsed.Seconds(), r.Title, r.Share.percent(), r.Full.text(0), r.Resumed.text(0), r.Failed))
}

func (l *Lines) write(text string) { _, _ = fmt.Fprintln(l.out, strings.TrimRight(text, " ")) }
