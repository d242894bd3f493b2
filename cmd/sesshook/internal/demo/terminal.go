package demo

import (
	"io"
	"os"
	"runtime"
	"strings"
)

// NewDisplay returns a Screen where out is a terminal that can be drawn on, else
// Lines. restore has to be called when the demo is over.
func NewDisplay(out io.Writer, getenv func(string) string) (d Display, restore func()) {
	f, ok := out.(*os.File)
	if !ok || getenv("TERM") == "dumb" || runtime.GOOS != "windows" && getenv("TERM") == "" || !openTerminal(f) {
		return NewLines(out), func() {}
	}
	s := NewScreen(out, styleOf(getenv), func() (int, int) { return sizeOf(f) })
	return s, s.Close
}

// styleOf reads the environment: NO_COLOR (no-color.org), and whether a locale
// is named that is not of UTF-8.
func styleOf(getenv func(string) string) Style {
	s := Style{Color: getenv("NO_COLOR") == "", Unicode: true}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			s.Unicode = strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8") || runtime.GOOS == "windows"
			break
		}
	}
	return s
}

// Sizes for a terminal that does not tell its own.
const (
	usualColumns = 80
	usualLines   = 24
)
