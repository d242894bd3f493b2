package provenance

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxComment is how much of a comment is shown, in characters.
const maxComment = 256

// printable makes text fit for one line of a log or a page: tabs become spaces,
// what can't be seen, or turns the direction of what follows, is escaped, and so is
// what is not UTF-8. What is too long is cut, which a last … shows.
func printable(text string) string {
	var b strings.Builder
	n := 0
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		shown := text[:size]
		switch {
		case r == '\t':
			shown = " "
		case r == utf8.RuneError && size == 1:
			shown = fmt.Sprintf(`\x%02x`, text[0])
		case !unicode.IsPrint(r) && r < 0x10000:
			shown = fmt.Sprintf(`\u%04x`, r)
		case !unicode.IsPrint(r):
			shown = fmt.Sprintf(`\U%08x`, r)
		}
		if n += utf8.RuneCountInString(shown); n > maxComment-1 && len(text) > size || n > maxComment {
			return b.String() + "…"
		}
		b.WriteString(shown)
		text = text[size:]
	}
	return b.String()
}
