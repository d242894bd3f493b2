package demo

import (
	"fmt"
	"time"
)

// frameHeight is the lines of a whole frame: see frame.
func frameHeight(v *View) int { return len(v.Rows) + chartHeight + 9 }

// maxWidth is how wide a frame gets at most: wider ones are hard to read.
const maxWidth = 110

// frame draws a view, in at most so many columns and lines. It leaves out the
// chart first, and then the table but for what runs.
func frame(v *View, width, height int) []line {
	if v.Over && len(v.Marks) == 0 {
		return nil // it ended before it began
	}
	width = min(width, maxWidth)
	lines := []line{title(v), nil}
	full := height >= frameHeight(v)
	if full {
		lines = append(append(lines, chart(v, width)...), nil)
	}
	rows := table(v, width)
	if height < len(rows)+5 {
		current := 1 + v.current()
		lines, rows = nil, []line{rows[0], rows[current]}
	}
	lines = append(lines, rows...)
	if v.Over {
		return lines
	}
	lines = append(lines, nil, nodesLine(v), noteLine(v))
	return lines[max(0, len(lines)-height):]
}

func title(v *View) line {
	l := line{{"  sesshook demo", bold}, {fmt.Sprintf("   %d nodes · %d clients · %s", v.Config.Nodes, v.Config.Clients, v.Config.Mode), normal}}
	if v.Balancer != "" {
		l = append(l, piece{" · https://" + v.Balancer, dim})
	}
	return l
}

// nodesLine shows which nodes are up, and how busy.
func nodesLine(v *View) line {
	l := line{{"  ", normal}}
	for _, n := range v.Nodes {
		switch {
		case n.Up:
			l = append(l, piece{"● ", good}, piece{n.Name + " ", normal}, piece{pad(n.PerSecond.text(0)+"/s", 8), dim})
		case v.Elapsed > 0:
			l = append(l, piece{"○ ", bad}, piece{n.Name + " ", normal}, piece{pad("down", 8), bad})
		default:
			l = append(l, piece{"○ " + n.Name + " " + pad("", 8), dim})
		}
	}
	return l
}

// noteLine says what is happening now.
func noteLine(v *View) line {
	clock := ""
	if v.Elapsed > 0 {
		clock = fmt.Sprintf("%d/%d s  ", int(v.Elapsed.Seconds()), int(v.length().Round(time.Second).Seconds()))
	}
	return line{{"  ", normal}, {clock, dim}, {v.Note, accent}}
}
