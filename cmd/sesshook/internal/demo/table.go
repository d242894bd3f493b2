package demo

import "strconv"

// A column of the table.
type column struct {
	title string
	width int
	rank  int // columns of a higher rank are left out first where the screen is narrow
	cell  func(f *Figures) string
}

var columns = []column{
	{"full/s", 7, 3, func(f *Figures) string { return f.Full.text(0) }},
	{"resumed/s", 10, 3, func(f *Figures) string { return f.Resumed.text(0) }},
	{"share", 8, 0, func(f *Figures) string { return f.Share.percent() }},
	{"CPU ms", 7, 1, func(f *Figures) string { return f.CPU.text(2) }},
	{"p50 ms", 7, 4, func(f *Figures) string { return f.P50.text(1) }},
	{"p99 ms", 7, 2, func(f *Figures) string { return f.P99.text(1) }},
	{"msg/s", 6, 5, func(f *Figures) string { return f.Messages.text(0) }},
	{"failed", 7, 0, func(f *Figures) string { return strconv.Itoa(f.Failed) }},
}

const (
	titleWidth = 19 // of the first column, which is the phase
	maxRank    = 5  // of all columns
)

// table draws the phases, in so many columns of the screen.
func table(v *View, width int) []line {
	shown := fitting(width)
	head := line{{pad("", titleWidth), dim}}
	for _, c := range shown {
		head = append(head, piece{pad(c.title, -c.width), dim})
	}
	lines := []line{head}
	for i := range v.Rows {
		lines = append(lines, tableRow(&v.Rows[i], shown))
	}
	return lines
}

// fitting returns the columns for which there is room, a little apart where
// there is room for that too.
func fitting(width int) []column {
	for rank := maxRank; ; rank-- {
		var shown []column
		total := titleWidth
		for _, c := range columns {
			if c.rank <= rank {
				shown, total = append(shown, c), total+c.width
			}
		}
		if total > width && rank > 0 {
			continue
		}
		for i := range shown {
			if total+len(shown) <= width {
				shown[i].width++
			}
		}
		return shown
	}
}

func tableRow(r *Row, shown []column) line {
	mark, lk := "  ", dim
	switch r.State {
	case Running:
		mark, lk = "▶ ", bold
	case Done:
		lk = normal
	}
	l := line{{mark, accent}, {pad(r.Title, titleWidth-2), lk}}
	for _, c := range shown {
		text, cellLook := "", lk
		if r.State != Waiting {
			text = c.cell(&r.Figures)
		}
		if c.title == "share" && r.State != Waiting {
			cellLook = warm
			if r.Share >= goal {
				cellLook = good
			}
		}
		if c.title == "failed" && r.Failed > 0 {
			cellLook = bad
		}
		l = append(l, piece{pad(text, -c.width), cellLook})
	}
	return l
}
