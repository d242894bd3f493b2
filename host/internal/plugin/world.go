package plugin

import (
	"crypto/rand"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"
)

// A World stands in for what guests can reach that is not the same twice, so
// that a run can be repeated: for the workbench. With it, WASI's wall clock is
// Config.Now.
type World struct {
	// Random fills p with what random_fill and WASI give for randomness.
	Random func(p []byte)
	// Nanotime is WASI's monotonic clock, in ns; it must rise from call to call:
	// guests wait for it.
	Nanotime func() int64
}

// random fills p with randomness.
func (c *Config) random(p []byte) {
	if c.World != nil {
		c.World.Random(p)
		return
	}
	_, _ = rand.Read(p) // crypto/rand never fails: it ends the process instead
}

// clocks gives a guest its WASI clocks.
func (c *Config) clocks(m wazero.ModuleConfig) wazero.ModuleConfig {
	if c.World == nil {
		return m.WithSysWalltime().WithSysNanotime()
	}
	wall := func() (sec int64, nsec int32) {
		now := time.Unix(0, c.Now())
		return now.Unix(), int32(now.Nanosecond())
	}
	const resolution = sys.ClockResolution(1)
	return m.WithWalltime(wall, resolution).WithNanotime(c.World.Nanotime, resolution)
}
