package demo

import (
	"strings"
	"unicode/utf8"
)

// A look is how a piece of text is shown where there are colours.
type look string

// Looks, by the parameters of their ANSI sequences.
const (
	normal look = ""
	bold   look = "1"
	dim    look = "2"
	bad    look = "31"
	good   look = "32"
	warm   look = "33"
	accent look = "1;36"
)

// A line of the screen is pieces of text. Every rune in it takes one column.
type line []piece

type piece struct {
	text string
	look look
}

// Style is what a terminal can show.
type Style struct {
	Color   bool
	Unicode bool
}

// render returns the line for a terminal, at most width columns of it.
func (l line) render(width int, s Style) string {
	var b strings.Builder
	for _, p := range l {
		text := p.text
		if !s.Unicode {
			text = ascii.Replace(text)
		}
		if n := utf8.RuneCountInString(text); n > width {
			text = string([]rune(text)[:width])
		}
		width -= utf8.RuneCountInString(text)
		if s.Color && p.look != normal && strings.TrimSpace(text) != "" {
			text = "\x1b[" + string(p.look) + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
	}
	return b.String()
}

// ascii is what stands for other characters where there are none, one for one.
var ascii = strings.NewReplacer(
	"▁", " ", "▂", ".", "▃", ".", "▄", "o", "▅", "o", "▆", "o", "▇", "#", "█", "#",
	"┤", "|", "│", "|", "└", "+", "┴", "+", "─", "-", "●", "*", "○", "o", "▶", ">", "·", "-", "–", "-", "✓", "x",
)

// pad returns text in so many columns, at their right end for a negative number.
func pad(text string, columns int) string {
	space := strings.Repeat(" ", max(0, max(columns, -columns)-utf8.RuneCountInString(text)))
	if columns < 0 {
		return space + text
	}
	return text + space
}
