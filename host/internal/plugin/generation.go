package plugin

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/lint"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// startLimit bounds each of the calls that bring an instance up or save its
// state.
const startLimit = 5 * time.Second

// A generation is one content of a module with one sidecar. It has a wazero
// runtime of its own, because wazero's limits are per runtime, and modules of
// one runtime could import each other.
type generation struct {
	plugin   *Plugin
	number   int
	content  content
	side     *sidecar.Sidecar
	grants   []abi.Grant
	secrets  bool // sessions in clear
	report   *lint.Report
	hooks    hookSet
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	loadedAt time.Time
	memory   atomic.Int64 // bytes of linear memory of its instances
}

// build compiles a content for p. Only the manager's goroutine calls it, so
// that no two modules are compiled, or closed, at the same time.
func (p *Plugin) build(ctx context.Context, c content, side *sidecar.Sidecar) (*generation, error) {
	g := &generation{plugin: p, content: c, side: side, grants: side.Grants}
	if g.grants == nil {
		g.grants = p.manager.cfg.Grants
	}
	g.secrets = slices.Contains(g.grants, abi.SessionsSecrets)
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(lint.Features()).
		WithMemoryLimitPages(side.Memory.Pages()).
		WithCloseOnContextDone(true). // the guard's: see there
		WithDebugInfoEnabled(false).  // DWARF of strangers would be parsed while a trap unwinds
		WithCompilationCache(p.manager.code)
	g.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	g.report = lint.Check(ctx, c.wasm, lint.Options{
		Name: p.name, Grants: g.grants, MaxSize: maxModule, MemoryLimitPages: side.Memory.Pages(), Compile: g.compile,
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

// compile is what the check of a module validates it by.
func (g *generation) compile(ctx context.Context, module []byte) (err error) {
	g.compiled, err = g.runtime.CompileModule(ctx, module)
	return err
}

// prepare makes everything ready that an instance needs.
func (g *generation) prepare(ctx context.Context) error {
	exported := g.compiled.ExportedFunctions()
	for h := range hookCount {
		if _, ok := exported[h.String()]; ok {
			g.hooks |= 1 << h
		}
	}
	if err := instantiateHost(ctx, g.runtime); err != nil {
		return err
	}
	for _, imported := range g.report.Imports {
		if imported.Module == wasi_snapshot_preview1.ModuleName {
			_, err := wasi_snapshot_preview1.Instantiate(ctx, g.runtime)
			return err
		}
	}
	return nil
}

// instantiate makes one instance and brings it up, as far as event_buffer.
func (g *generation) instantiate() (*instance, error) {
	i := &instance{plugin: g.plugin, gen: g}
	i.guard = newGuard(i)
	i.phase = abi.InInit
	i.guard.enter(startLimit)
	mod, err := g.runtime.InstantiateModule(i.guard.ctx, g.compiled, g.moduleConfig(i))
	exceeded := i.guard.leave()
	if err == nil {
		i.mod, i.mem = mod, mod.Memory()
		i.measure()
		for h := range hookCount {
			if g.hooks.has(h) {
				i.hooks[h] = mod.ExportedFunction(h.String())
			}
		}
		if !exceeded {
			err = i.start(startLimit)
		}
	}
	if exceeded {
		err = fmt.Errorf("the module's start function took longer than %v and was stopped", startLimit)
	}
	if err == nil {
		return i, nil
	}
	if i.mod != nil {
		i.close()
	} else {
		i.guard.close()
	}
	return nil, err
}

// close releases the compiled code and everything else of the generation. Its
// instances must be idle.
func (g *generation) close() {
	_ = g.runtime.Close(context.Background()) // it frees; it has nothing to report
	if g.compiled != nil {
		_ = g.compiled.Close(context.Background())
	}
}
