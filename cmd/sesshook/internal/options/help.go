package options

import (
	"fmt"
	"strings"
)

// Columns of the help text: where the explanation starts, and where it wraps.
const (
	helpIndent = 30
	helpWidth  = 100
)

// Help returns the explanation of every flag, in groups, with the defaults.
func Help() string {
	var b strings.Builder
	for _, g := range groups(defaults()) {
		fmt.Fprintf(&b, "%s:\n", g.title)
		for _, s := range g.settings {
			b.WriteString(helpLine(s))
		}
		b.WriteByte('\n')
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func helpLine(s setting) string {
	head, words := strings.TrimRight("  --"+s.name+" "+s.arg, " "), strings.Fields(s.help)
	if d := s.value.String(); d != "" && d != "false" {
		words = append(words, "(default "+d+")") // stays on one line
	}
	lines := wrap(words, helpWidth-helpIndent)
	text := fmt.Sprintf("%-*s", helpIndent, head)
	if len(head) >= helpIndent-1 {
		text = head + "\n" + strings.Repeat(" ", helpIndent)
	}
	return text + strings.Join(lines, "\n"+strings.Repeat(" ", helpIndent)) + "\n"
}

// wrap makes lines of words, of at most width bytes where it can.
func wrap(words []string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
