package demo

import (
	"strings"
	"time"
	"unicode/utf8"
)

const (
	chartHeight = 5
	chartMargin = 9 // columns left of it
)

// bars are the eighths of a block.
var bars = []rune(" ▁▂▃▄▅▆▇█")

// chart draws the share of returning clients that resumed, over all the time
// that the demo takes, in so many columns.
func chart(v *View, width int) []line {
	columns := max(10, width-chartMargin-2)
	shares := v.columns(columns)
	var lines []line
	for row := range chartHeight {
		lines = append(lines, append(line{{chartScale(row), dim}}, chartRow(shares, chartHeight-1-row)...))
	}
	axis, labels := v.axis(columns)
	return append(lines, line{{pad("0 % └", -chartMargin-1) + axis, dim}}, line{{pad("", chartMargin) + labels, dim}})
}

func chartScale(row int) string {
	if row == 0 {
		return pad("100 % ┤", -chartMargin-1)
	}
	return pad("│", -chartMargin-1)
}

// columns returns the share in each column that time has reached.
func (v *View) columns(n int) []number {
	var shares []number
	came, resumed := make([]int, n), make([]int, n)
	last := -1
	for _, p := range v.History {
		c := v.column(p.At, n)
		came[c] += p.Came
		resumed[c] += p.Resumed
		last = max(last, c)
	}
	for c := range last + 1 {
		share := quotient(resumed[c], came[c])
		if !share.known() && c > 0 {
			share = shares[c-1] // time was too short for a visit
		}
		shares = append(shares, share)
	}
	return shares
}

// column returns where in n columns a moment is.
func (v *View) column(at time.Duration, n int) int {
	return min(n-1, int(float64(at)/float64(v.length())*float64(n)))
}

// chartRow draws the part of the columns between two heights, level 0 at the
// bottom. Neighbours of one look are one piece.
func chartRow(shares []number, level int) (l line) {
	for _, s := range shares {
		r, lk := bars[0], warm
		if s.known() {
			r = bars[min(8, max(0, int(float64(s)*chartHeight*8+0.5)-level*8))]
		}
		if s >= goal {
			lk = good
		}
		if n := len(l); n > 0 && l[n-1].look == lk {
			l[n-1].text += string(r)
		} else {
			l = append(l, piece{string(r), lk})
		}
	}
	return l
}

// axis draws the time, and the names of the phases where they began.
func (v *View) axis(n int) (axis, labels string) {
	marks := []rune(strings.Repeat("─", n))
	for _, m := range v.Marks {
		c := v.column(m.At, n)
		if c > 0 {
			marks[c] = '┴'
		}
		if free := utf8.RuneCountInString(labels); c > free || c == 0 {
			labels = pad(labels, c) + " " + m.Label
		}
	}
	return string(marks), labels
}
