package plugin

import (
	"bytes"

	"github.com/tetratelabs/wazero"

	"github.com/sesshook/sesshook/abi"
)

// moduleConfig is the world of an instance: real clocks and randomness (the
// defaults of wazero are fakes) unless Config.World has others, stdout and stderr
// as log lines, and no files, sockets, arguments or environment. Sleeping returns at once: a guest that
// slept would hold up its queue where no budget of instructions can see it.
func (g *generation) moduleConfig(i *instance) wazero.ModuleConfig {
	return g.plugin.manager.cfg.clocks(wazero.NewModuleConfig()).
		WithName("").         // several instances of one module in one runtime
		WithStartFunctions(). // _initialize is called under the guard, _start never
		WithRandSource(randomSource{i}).
		WithStdout(&lineWriter{inst: i, level: abi.Info}).
		WithStderr(&lineWriter{inst: i, level: abi.Warn})
}

// A randomSource is the randomness of an instance, which it pays for.
type randomSource struct{ inst *instance }

// Read fills p; it never fails.
func (r randomSource) Read(p []byte) (int, error) {
	r.inst.guard.charge(int64(len(p)))
	r.inst.plugin.manager.cfg.random(p)
	return len(p), nil
}

// A lineWriter turns what a guest prints into log lines. It belongs to one
// instance.
type lineWriter struct {
	inst  *instance
	level abi.Level
	line  []byte
}

// Write never fails: a line that is too long is cut where log cuts it.
func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	w.inst.guard.charge(costs["log"] + int64(n))
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		if room := int(w.inst.gen.side.LogLine) - len(w.line); len(line) > room {
			line = line[:room]
		}
		w.line = append(w.line, line...)
		if ended {
			w.inst.plugin.lines.write(w.level, w.line)
			w.line = w.line[:0]
		}
		p = rest
	}
	return n, nil
}
