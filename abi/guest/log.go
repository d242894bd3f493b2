package guest

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// Log writes one line to the host's log, where it stands beside the plugin's
// name. The host escapes control characters, and bounds length and rate.
func Log(level abi.Level, text string) { hostcall.Log(int32(level), text) }

// LogBytes is Log for a line that was built in a buffer.
func LogBytes(level abi.Level, text []byte) { hostcall.LogBytes(int32(level), text) }

// LogEnabled reports whether the host keeps lines of that level. A line that
// costs something to build is built only then.
func LogEnabled(level abi.Level) bool { return hostcall.LogEnabled(int32(level)) != 0 }
