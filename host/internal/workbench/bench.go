package workbench

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
)

// empty is a plugin with all hooks and nothing in them, built from empty.wat by
// wat2wasm.
//
//go:embed empty.wasm
var empty []byte

// A BenchConfig says what Bench measures.
type BenchConfig struct {
	// Modules are the paths of the modules. The sidecar beside each holds.
	Modules []string
	// Time is how long each hook of each module is measured, half of it the empty
	// plugin's; 0 is a second.
	Time time.Duration
	// Set and Grants are as those of a run, and for every module.
	Set    []string
	Grants []abi.Grant
}

// A Report is what Bench has measured. Durations are in ns.
type Report struct {
	Engine  string     `json:"engine"` // "compiler" or "interpreter"
	Go      string     `json:"go"`
	System  string     `json:"system"`
	Modules []Measured `json:"modules"`
}

// A Measured is one module.
type Measured struct {
	Path     string `json:"path"`
	Name     string `json:"name"`
	SHA256   string `json:"sha256"`
	Language string `json:"language,omitempty"`
	Size     int    `json:"size"` // bytes

	LoadCold    time.Duration `json:"load_cold_ns"`   // check, compile, and bring up
	LoadCached  time.Duration `json:"load_cached_ns"` // the same with its code in the compile cache
	Instantiate time.Duration `json:"instantiate_ns"` // one more instance: the fastest of some
	PagesStart  int64         `json:"pages_start"`    // of 64 KiB, after it was loaded
	PagesEnd    int64         `json:"pages_end"`      // after all hooks were measured

	Hooks []MeasuredHook `json:"hooks"`
	// Error is why there is nothing, or not all: it does not load.
	Error string `json:"error,omitempty"`
}

// A MeasuredHook is one hook of a module, per event. Times are those of the
// fastest of many blocks, so that what else the machine does is left out.
type MeasuredHook struct {
	Hook      string  `json:"hook"`
	Events    int     `json:"events"`     // that were measured
	NS        float64 `json:"ns"`         // from the host's call to its return
	Fuel      float64 `json:"fuel"`       // instructions
	HostCalls float64 `json:"host_calls"` // of host functions
	Allocs    float64 `json:"allocs"`     // on the host's heap
	EmptyNS   float64 `json:"empty_ns"`   // the same hook of the empty plugin, in the same moments
	EmptyFuel float64 `json:"empty_fuel"`
	Ratio     float64 `json:"ratio"` // of the times
	// Failed is how many events the hook returned an error for; of a hook that
	// traps, nothing but Error is said.
	Failed int    `json:"failed,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Bench measures modules, one after the other, each hook beside that of an empty
// plugin. An error is one of the files or of ctx; what is wrong with a module
// stands in the report.
func Bench(ctx context.Context, cfg BenchConfig) (*Report, error) {
	if cfg.Time <= 0 {
		cfg.Time = time.Second
	}
	cache, err := os.MkdirTemp("", "sesshook-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(cache)
	b := &bench{cfg: cfg, cache: filepath.Join(cache, "code")}
	subjects, err := b.subjects()
	if err != nil {
		return nil, err
	}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	defer b.empty.close(context.Background())
	report := &Report{Engine: plugin.Engine(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	for _, s := range subjects {
		if err := b.measure(ctx, s); err != nil {
			return nil, err
		}
		report.Modules = append(report.Modules, s.Measured)
	}
	return report, nil
}

// A bench is one run of Bench.
type bench struct {
	cfg       BenchConfig
	cache     string // for compiled code
	empty     *load
	emptyFuel map[string]float64
}

// A subject is a module that is measured.
type subject struct {
	Measured
	module []byte
	hooks  []string
	set    func() (*settings, error)
}

// subjects reads all modules and sidecars, so that mistakes are found before
// anything is measured.
func (b *bench) subjects() ([]*subject, error) {
	var all []*subject
	for _, path := range b.cfg.Modules {
		p := &player{cfg: RunConfig{Module: path, Set: b.cfg.Set, Grants: b.cfg.Grants}, about: &Module{}}
		module, err := readModule(path)
		if err != nil {
			return nil, err
		}
		if _, err := p.readSettings(); err != nil {
			return nil, err
		}
		s := &subject{module: module, set: p.readSettings}
		s.Path, s.Name, s.Size, s.Hooks = path, pluginName(path), len(module), []MeasuredHook{}
		report := plugin.Inspect(context.Background(), s.Name, module, abi.Grants())
		s.SHA256, s.Language, s.hooks = report.SHA256, report.Language, report.Hooks
		all = append(all, s)
	}
	return all, nil
}

// open makes a rig for a module, and loads it.
func (b *bench) open(ctx context.Context, s *subject, traced bool) (l *load, took time.Duration, refused string, err error) {
	set, err := s.set()
	if err != nil {
		return nil, 0, "", err
	}
	set.tame()
	set.side.Queue = max(set.side.Queue, 2*maxBlock)
	r, err := newRig(rigConfig{name: s.Name, module: s.module, settings: set, real: true, brief: true, untraced: !traced, compileCache: b.cache})
	if err != nil {
		return nil, 0, "", err
	}
	l = newLoad(r)
	start := time.Now()
	refused, err = r.load(ctx)
	took = time.Since(start)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err == nil && refused == "":
		err = r.settle(ctx)
	}
	if err != nil || refused != "" {
		err = errors.Join(err, r.close(context.WithoutCancel(ctx)))
		return nil, 0, refused, err
	}
	l.subscribed()
	return l, took, "", nil
}

// prepare has the empty plugin ready.
func (b *bench) prepare(ctx context.Context) error {
	s := &subject{module: empty, set: func() (*settings, error) { return newSettings("empty.toml", nil) }}
	s.Name = "empty"
	counted, _, refused, err := b.open(ctx, s, true)
	if err != nil || refused != "" {
		return errors.Join(err, errors.New(refused))
	}
	b.emptyFuel = map[string]float64{}
	for hook := range drives {
		var m MeasuredHook
		if err := counted.count(ctx, hook, &m); err != nil {
			return errors.Join(err, counted.close(ctx))
		}
		b.emptyFuel[hook] = m.Fuel
	}
	if err := counted.close(ctx); err != nil {
		return err
	}
	b.empty, _, _, err = b.open(ctx, s, false)
	return err
}

// instances is how many more instances are made to see how long it takes.
const instances = 10

// measure measures one module: what is counted with a trace, what takes time
// without.
func (b *bench) measure(ctx context.Context, s *subject) error {
	counted, took, refused, err := b.open(ctx, s, true)
	if err != nil || refused != "" {
		s.Error = refused
		return err
	}
	s.LoadCold = took
	for _, hook := range s.hooks {
		if drives[hook] == nil {
			continue
		}
		m := MeasuredHook{Hook: hook, EmptyFuel: b.emptyFuel[hook]}
		if err := counted.count(ctx, hook, &m); err != nil {
			return errors.Join(err, counted.close(context.WithoutCancel(ctx)))
		}
		s.Hooks = append(s.Hooks, m)
	}
	if err := counted.close(ctx); err != nil {
		return err
	}
	timed, took, refused, err := b.open(ctx, s, false)
	if err != nil || refused != "" {
		s.Error = refused
		return err
	}
	s.LoadCached = took
	err = b.time(ctx, s, timed)
	return errors.Join(err, timed.close(context.WithoutCancel(ctx)))
}

// time measures what takes time.
func (b *bench) time(ctx context.Context, s *subject, l *load) error {
	for range instances {
		took, err := l.rig.plugins.Instantiate(s.Name)
		if err != nil {
			return err
		}
		if s.Instantiate == 0 || took < s.Instantiate {
			s.Instantiate = took
		}
	}
	s.PagesStart = pages(l.rig.status().MemoryBytes)
	for i := range s.Hooks {
		if s.Hooks[i].Error != "" {
			continue
		}
		if err := b.hook(ctx, l, &s.Hooks[i]); err != nil {
			return err
		}
	}
	s.PagesEnd = pages(l.rig.status().MemoryBytes)
	return nil
}

// blockTime is about how long a block takes: long enough for the clock, short
// enough for some of them to be left alone by what else the machine does.
const blockTime = 5 * time.Millisecond

// hook measures one hook, in blocks that take turns with the empty plugin's.
func (b *bench) hook(ctx context.Context, l *load, m *MeasuredHook) error {
	n, none := 8, 8 // events a block
	var best, bestNone float64
	began := time.Now()
	for round := 0; round < 3 || time.Since(began) < b.cfg.Time; round++ {
		took, err := l.block(ctx, m.Hook, n)
		if err != nil {
			return err
		}
		if took == 0 {
			m.Error = l.trouble() + seeRun
			return nil
		}
		tookNone, err := b.empty.block(ctx, m.Hook, none)
		if err != nil {
			return err
		}
		best, bestNone = least(best, took), least(bestNone, tookNone)
		m.Events += n
		n, none = size(best), size(bestNone)
	}
	m.NS, m.EmptyNS = best, bestNone
	if bestNone > 0 {
		m.Ratio = best / bestNone
	}
	m.Failed = l.failed(m.Hook)
	return l.allocs(ctx, m, size(best))
}

func least(best, now float64) float64 {
	if best == 0 {
		return now
	}
	return min(best, now)
}

// size is how many events make a block, where each takes so many ns.
func size(ns float64) int { return min(max(int(float64(blockTime)/max(ns, 1)), 4), maxBlock) }

// allocs counts what the host allocates: the least of some blocks, because others
// allocate, too.
func (l *load) allocs(ctx context.Context, m *MeasuredHook, n int) error {
	var all []float64
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := l.drive(ctx, m.Hook, n); err != nil {
			return err
		}
		runtime.ReadMemStats(&after)
		all = append(all, float64(after.Mallocs-before.Mallocs)/float64(n))
	}
	m.Allocs = slices.Min(all)
	return nil
}

// counted is how many events it takes to see what a hook does: fuel differs from
// event to event.
const counted = 64

// count finds out what a hook does, on a rig that has a trace.
func (l *load) count(ctx context.Context, hook string, m *MeasuredHook) error {
	l.rig.seen.tally()                         // what was before does not count
	took, err := l.block(ctx, hook, counted/2) // nor what a plugin does at first only
	if err != nil {
		return err
	}
	_, _, trouble := l.rig.seen.tally()
	if trouble == "" && took == 0 {
		trouble = l.trouble()
	}
	if trouble == "" {
		if _, err := l.block(ctx, hook, counted); err != nil {
			return err
		}
		var calls int
		var fuel int64
		fuel, calls, trouble = l.rig.seen.tally()
		m.Fuel, m.HostCalls = float64(fuel)/counted, float64(calls)/counted
	}
	if trouble != "" {
		m.Error = trouble + seeRun
		if err := l.rig.settle(ctx); err != nil && !errors.Is(err, errDead) {
			return err
		}
	}
	return nil
}

// seeRun is what to do about a fault.
const seeRun = "; sesshook run shows more"

// trouble says why a plugin did not take what it was given.
func (l *load) trouble() string {
	if st := l.rig.status(); st.LastError != "" {
		return withoutStack(st.LastError)
	}
	return "some events were not handled"
}
