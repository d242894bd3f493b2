package plugin

import (
	"context"
	"fmt"
	"log/slog"
	"math/bits"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/meter"
	"github.com/sesshook/sesshook/host/internal/plugin/linear"
	"github.com/sesshook/sesshook/host/internal/plugin/lint"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// A generation is one content of a module with one sidecar. It has a wazero
// runtime of its own, because wazero's limits are per runtime, and modules of
// one runtime could import each other.
type generation struct {
	plugin     *Plugin
	number     int
	content    content
	side       *sidecar.Sidecar
	grants     []abi.Grant
	secrets    bool // sessions in clear
	report     *lint.Report
	hooks      hookSet
	budgets    [hookCount]int64 // instructions per call
	runtime    wazero.Runtime
	compiled   wazero.CompiledModule
	loadedAt   time.Time
	before     *content    // what ran before it, if that was in good order
	quarantine *quarantine // of its content
	topics     topics
	failing    atomic.Bool // a fault has not been followed by a call that returned
	pausing    atomic.Bool // the quarantine has begun, and may be over
}

// build compiles a content for p. Only the manager's goroutine calls it, so
// that no two modules are compiled, or closed, at the same time.
func (p *Plugin) build(ctx context.Context, c content) (*generation, error) {
	side := c.side
	g := &generation{plugin: p, content: c, side: side, grants: side.Grants}
	if g.grants == nil {
		g.grants = p.manager.cfg.Grants
	}
	for h := range hookCount {
		g.budgets[h] = budgetOf(h, side)
	}
	g.quarantine = p.manager.quarantines.of(c.sum)
	g.pausing.Store(!g.quarantine.pausedUntil(time.Now()).IsZero())
	g.secrets = slices.Contains(g.grants, abi.SessionsSecrets)
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(lint.Features()).
		WithMemoryLimitPages(side.Memory.Pages()).
		WithDebugInfoEnabled(false). // DWARF of strangers would be parsed while a trap unwinds
		WithCompilationCache(p.manager.code)
	g.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	g.report = lint.Check(ctx, c.wasm, lint.Options{
		Name: p.name, Grants: g.grants, MaxSize: int64(side.ModuleSize), MemoryLimitPages: side.Memory.Pages(), Compile: g.compile,
	})
	err := g.report.Err()
	if err == nil {
		err = g.prepare(ctx)
	}
	if err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

// compile is what the check of a module validates it by: the module is rewritten
// to carry its budget, and compiled. The rewritten form is as valid as the
// original.
func (g *generation) compile(ctx context.Context, module []byte) error {
	metered, err := rewrite(module, g.side)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, g.side.CompileTime)
	defer cancel()
	// With more than one worker, wazero looks at the context between functions.
	g.compiled, err = g.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, 2), metered.Bytes)
	if err != nil && ctx.Err() != nil {
		return &lint.Refusal{
			Text: fmt.Sprintf("took longer to compile than compile_time, %v", g.side.CompileTime),
			Hint: "it is valid: raise compile_time in the sidecar, or make the module smaller; a machine that is less busy is faster",
		}
	}
	return err
}

// prepare makes everything ready that an instance needs.
func (g *generation) prepare(ctx context.Context) error {
	exported := g.compiled.ExportedFunctions()
	for h := range hookCount {
		if _, ok := exported[h.export()]; ok {
			g.hooks |= 1 << h
		}
	}
	if err := instantiateHost(ctx, g.runtime, g.plugin.manager.cfg.Trace); err != nil {
		return err
	}
	for _, imported := range g.report.Imports {
		if imported.Module == wasi_snapshot_preview1.ModuleName {
			return instantiateWASI(ctx, g.runtime)
		}
	}
	return nil
}

// instantiate makes one instance and brings it up, as far as event_buffer.
func (g *generation) instantiate() (*instance, error) {
	i := &instance{plugin: g.plugin, gen: g}
	i.ctx = &callContext{context.Background(), i}
	// No code of the guest runs here: the meter has taken the start function out.
	alloc := linear.Allocator{Limit: uint64(g.side.Memory), Account: &g.plugin.memory}
	mod, err := alloc.Instantiate(context.Background(), g.runtime, g.compiled, g.moduleConfig(i))
	if err != nil {
		return nil, trim(err)
	}
	i.mod, i.mem = mod, mod.Memory()
	i.guard.fuel = mod.ExportedGlobal(meter.FuelExport).(api.MutableGlobal)
	for h := range hookCount {
		if g.hooks.has(h) {
			i.hooks[h] = mod.ExportedFunction(h.export())
		}
	}
	if err := i.start(); err != nil {
		i.close()
		return nil, err
	}
	g.topics.add(i.topics)
	return i, nil
}

// faulted counts a fault of the content, and pauses or replaces it where there
// were too many.
func (g *generation) faulted() {
	g.failing.Store(true)
	pause := g.quarantine.fault(time.Now())
	if pause == 0 {
		return
	}
	g.pausing.Store(true)
	g.plugin.lines.note(slog.LevelError, "the plugin is quarantined: too many faults", "sha256", g.content.sum[:16], "pause", pause,
		"ended_by", "another content, or POST /plugins/"+g.plugin.name+"/enable")
	g.plugin.manager.rollBack(g)
}

// returned notes that a call came back after faults.
func (g *generation) returned() {
	g.failing.Store(false)
	g.quarantine.returned()
}

// paused reports whether the content is quarantined now. It costs a load where
// it never was.
func (g *generation) paused() bool {
	if !g.pausing.Load() {
		return false
	}
	if g.quarantine.pausedUntil(time.Now()).IsZero() {
		g.pausing.Store(false)
		return false
	}
	return true
}

// stackBytes is about what the stacks of one instance take: wazero gives each
// exported function one of some 10 KiB, which grows with recursion and is given
// up after a call that may have been deep (see deepCall).
func (g *generation) stackBytes() int64 { return int64(bits.OnesCount32(uint32(g.hooks))) * 10 << 10 }

// close releases the compiled code and everything else of the generation. Its
// instances must be idle.
func (g *generation) close() {
	_ = g.runtime.Close(context.Background()) // it frees; it has nothing to report
	if g.compiled != nil {
		_ = g.compiled.Close(context.Background())
	}
}
