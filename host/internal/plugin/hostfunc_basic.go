package plugin

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/abi"
)

// maxRandom is how much random_fill gives at once, in bytes.
const maxRandom = 64 << 10

// configGet is config_get(buf, cap).
func configGet(c *call) abi.Code { return c.reply(0, c.gen.side.Config) }

// stateRead is state_read(offset, buf, cap): the rest of the state from offset
// on, as much of it as there is room for.
func stateRead(c *call) abi.Code {
	buf, offset := c.bytes(1), c.u32(0)
	if uint64(offset) >= uint64(len(c.state)) {
		return 0
	}
	rest := c.state[offset:]
	copy(buf, rest)
	return abi.Code(len(rest))
}

// eventRead is event_read(offset, buf, cap): the same of the current event's
// record.
func eventRead(c *call) abi.Code {
	buf := c.bytes(1)
	if c.delivered == nil {
		return abi.Unsupported
	}
	return abi.Code(c.event.ReadAt(buf, c.u32(0)))
}

// nodeID is node_id(buf, cap).
func nodeID(c *call) abi.Code { return c.reply(0, c.plugin.manager.nodeID) }

// randomFill is random_fill(buf, len).
func randomFill(c *call) abi.Code {
	buf := c.bytes(0)
	if len(buf) > maxRandom {
		return abi.TooLarge
	}
	c.owed += int64(len(buf))
	c.plugin.manager.cfg.random(buf)
	return abi.OK
}

// logEnabled is log_enabled(level).
func logEnabled(c *call) abi.Code {
	if c.plugin.lines.enabled(abi.Level(int32(c.u32(0)))) {
		return 1
	}
	return 0
}

// logLine is log(level, text, text_len), which has no result.
func logLine(ctx context.Context, mod api.Module, stack []uint64) {
	c := call{caller(ctx, mod), stack}
	text := c.bytes(1)
	c.guard.charge(costs["log"] + 4*int64(min(len(text), int(c.gen.side.LogLine))))
	c.plugin.lines.write(abi.Level(int32(c.u32(0))), text)
}

// timeNow is time_now().
func timeNow(ctx context.Context, _ api.Module, stack []uint64) {
	stack[0] = uint64(ctx.(*callContext).inst.plugin.manager.cfg.Now())
}
