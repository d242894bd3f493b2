package demo

import (
	"io"
	"strings"
)

// A Screen shows views on a terminal, each in the place of the one before. It is
// used by one goroutine.
type Screen struct {
	out   io.Writer
	style Style
	size  func() (columns, lines int)

	drawn int // lines of the last frame, above the cursor
	width int // that it was drawn for
}

// NewScreen returns a Screen on a terminal that understands ANSI sequences. size
// is asked for each view.
func NewScreen(out io.Writer, style Style, size func() (columns, lines int)) *Screen {
	return &Screen{out: out, style: style, size: size}
}

// The sequences that are used: of ECMA-48, and of DEC's and xterm's private ones.
const (
	hideCursor  = "\x1b[?25l"
	showCursor  = "\x1b[?25h"
	beginUpdate = "\x1b[?2026h" // show nothing until it is complete
	endUpdate   = "\x1b[?2026l" // terminals that don't know these two ignore them
	clearLine   = "\x1b[K"      // the rest of it
	clearBelow  = "\x1b[J"
	lineUp      = "\x1b[A"
)

// Show draws a view. The last one, which is Over, is drawn whole, and leaves the
// cursor below it, where it was.
func (s *Screen) Show(v *View) {
	width, height := s.size()
	if v.Over {
		height = 1000
	}
	// In the last column terminals differ in when they begin a new line, and the
	// last line is the cursor's.
	lines := frame(v, width-1, height-1)

	var b strings.Builder
	b.WriteString(beginUpdate + hideCursor + "\r" + strings.Repeat(lineUp, s.drawn))
	if width != s.width {
		b.WriteString(clearBelow) // lines were wrapped, or their rest is not ours
	}
	for _, l := range lines {
		b.WriteString(l.render(width-1, s.style) + clearLine + "\r\n")
	}
	b.WriteString(clearBelow)
	s.drawn, s.width = len(lines), width
	if v.Over {
		b.WriteString(showCursor)
		s.drawn = 0
	}
	b.WriteString(endUpdate)
	_, _ = io.WriteString(s.out, b.String()) // a terminal that is gone is told of by a signal
}

// Close gives the cursor back, whatever was shown.
func (s *Screen) Close() { _, _ = io.WriteString(s.out, showCursor) }
