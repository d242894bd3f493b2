package plugin

import (
	"runtime"

	"golang.org/x/sys/cpu"
)

// Engine returns how wazero runs modules here, as it chooses itself by the
// system and the processor: "compiler", or "interpreter", which is some fifty
// times slower.
func Engine() string {
	switch runtime.GOOS {
	case "linux", "darwin", "freebsd", "netbsd", "windows":
		if runtime.GOARCH == "arm64" {
			return "compiler"
		}
		fallthrough
	case "dragonfly", "solaris", "illumos":
		if runtime.GOARCH == "amd64" && cpu.X86.HasSSE41 {
			return "compiler"
		}
	}
	return "interpreter"
}
