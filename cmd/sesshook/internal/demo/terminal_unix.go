//go:build unix

package demo

import (
	"os"

	"golang.org/x/sys/unix"
)

// openTerminal reports whether f is a terminal.
func openTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

func sizeOf(f *os.File) (columns, lines int) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return usualColumns, usualLines
	}
	return int(size.Col), int(size.Row)
}
