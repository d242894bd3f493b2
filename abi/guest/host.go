package guest

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// Config returns the [config] table of the plugin's sidecar as JSON, "{}" where
// there is none. It does not change while the instance lives: read it in
// plugin_start. Package config reads it without the weight of encoding/json.
func Config() ([]byte, error) {
	return appendValue(make([]byte, 0, 512), hostcall.ConfigGet)
}

// Now returns the host's wall clock, in ns since the Unix epoch. The time of an
// event is in the event.
func Now() int64 { return hostcall.TimeNow() }

// RandomFill fills b with cryptographic randomness.
func RandomFill(b []byte) error { return result(hostcall.RandomFill(b)) }

// NodeID returns this node's id, 12 hexadecimal digits, as it stands in events
// and is given to Request. It does not change while the host runs.
func NodeID() string {
	var id [abi.NodeIDSize]byte
	n := hostcall.NodeID(id[:])
	return string(id[:min(max(int(n), 0), len(id))])
}
