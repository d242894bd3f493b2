package plugin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/provenance"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A Manager owns all plugins of a host. All of its methods may be called
// concurrently.
type Manager struct {
	cfg    Config
	code   wazero.CompilationCache
	nodeID []byte

	table atomic.Pointer[[]*Plugin] // those that run, by name
	known atomic.Pointer[[]*Plugin] // all that have a file, by name

	mu      sync.Mutex // one scan at a time; guards what follows
	plugins map[string]*Plugin
	pending map[string]pendingChange
	numbers uint32
	closed  bool

	stopWatch func()

	quarantines quarantines
	rollbacks   sync.WaitGroup

	// refused counts the sessions that plugins wanted to insert and that were
	// refused before the cache saw them, by the negated code.
	refused [1 - int(abi.Limit)]atomic.Uint64
}

// A pendingChange is a sighting that differs from what was acted upon, and when
// it was first seen: it has to settle.
type pendingChange struct {
	seen  sighting
	since time.Time
}

// NewManager makes a Manager that runs nothing yet: Start does. An error is one
// of the compile cache's directory.
func NewManager(cfg Config) (*Manager, error) {
	cfg = cfg.withDefaults()
	m := &Manager{cfg: cfg, nodeID: []byte(cfg.Node.String()), plugins: map[string]*Plugin{}, pending: map[string]pendingChange{}}
	m.publish()
	m.code = wazero.NewCompilationCache()
	if cfg.CompileCache != "" {
		cached, err := wazero.NewCompilationCacheWithDir(cfg.CompileCache)
		if err != nil {
			return nil, fmt.Errorf("compile cache %s: %w", cfg.CompileCache, err)
		}
		m.code = cached
	}
	m.stopWatch = func() {}
	return m, nil
}

// Start loads what lies in the directory, and keeps watching it until Close. A
// module that does not load is logged and reported by Status; it is no error
// here. From now on plugins may change the cache, whose notifications must
// reach Notify already.
func (m *Manager) Start(ctx context.Context) error {
	if Engine() == "interpreter" {
		m.cfg.Log.Warn("plugins are interpreted on this machine, some fifty times slower than compiled: wazero compiles on amd64 and arm64 only")
	}
	w := m.newWatcher() // before the first look, so that nothing falls between
	if err := m.Scan(ctx); err != nil {
		closeWatcher(w)
		return err
	}
	m.stopWatch = m.watch(w)
	return nil
}

// Notify queues ev for every plugin that wants it. The cache calls it under the
// entry's lock: it does not block, and calls no guest.
func (m *Manager) Notify(ev session.Event) {
	for _, p := range *m.table.Load() {
		if p.wants(&ev) {
			p.enqueue(&ev)
		}
	}
}

// Scan brings the plugins in line with the directory, and waits until files
// that have just been changed have settled. An error means that the directory
// can't be read; everything goes on as it was.
func (m *Manager) Scan(ctx context.Context) error {
	for {
		wait, err := m.scan(ctx)
		if err != nil || wait == 0 {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// scan acts on what has settled, and returns how long to wait until something
// else may have; 0 is nothing to wait for.
func (m *Manager) scan(ctx context.Context) (wait time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, nil
	}
	seen, trouble, err := look(m.cfg.Dir)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	for _, name := range m.names(seen) {
		if _, ok := trouble[name]; ok {
			continue
		}
		sight, there := seen[name]
		if rest := m.settling(name, sight, now); rest > 0 {
			wait = max(wait, rest)
			continue
		}
		if !there {
			m.drop(ctx, name)
			continue
		}
		if err := m.update(ctx, name, sight); errors.Is(err, errChanging) {
			m.pending[name] = pendingChange{sight, time.Now()}
			wait = m.cfg.Settle
		}
	}
	for name, err := range trouble {
		m.plugin(name).refuse(err, "")
	}
	m.publish()
	return wait, nil
}

// names lists what is there and what runs, sorted, so that plugins are loaded
// in the order of their names.
func (m *Manager) names(seen map[string]sighting) []string {
	all := map[string]sighting{}
	maps.Copy(all, seen)
	for name := range m.plugins {
		if _, ok := all[name]; !ok {
			all[name] = sighting{}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// emptySettle is how many times longer an empty file has to be left alone: most
// likely it was truncated and is about to be written, and an empty sidecar would
// give its plugin what nobody has meant to.
const emptySettle = 20

// settling returns how long name must still be left alone before it is acted
// upon: 0 where nothing changed since the last action, or the change is old
// enough.
func (m *Manager) settling(name string, sight sighting, now time.Time) time.Duration {
	if p, ok := m.plugins[name]; ok && p.acted == sight {
		delete(m.pending, name)
		return 0
	}
	settle := m.cfg.Settle
	if sight.empty() {
		settle *= emptySettle
	}
	change, ok := m.pending[name]
	if !ok || change.seen != sight {
		change = pendingChange{sight, now}
		m.pending[name] = change
		// A file that nobody has touched for a while has settled already.
		if age := now.Sub(newest(sight)); sight != (sighting{}) && age >= settle {
			return 0
		}
	}
	return max(settle-now.Sub(change.since), 0)
}

func newest(s sighting) time.Time {
	if s.sidecar.mtime.After(s.module.mtime) {
		return s.sidecar.mtime
	}
	return s.module.mtime
}

// plugin returns the plugin called name, made new if need be.
func (m *Manager) plugin(name string) *Plugin {
	p, ok := m.plugins[name]
	if !ok {
		m.numbers++
		p = newPlugin(m, name, m.numbers)
		m.plugins[name] = p
	}
	return p
}

// update loads name if its content is not what runs, or what was refused.
func (m *Manager) update(ctx context.Context, name string, sight sighting) error {
	p := m.plugin(name)
	if p.acted == sight {
		return nil
	}
	c, err := read(m.cfg.Dir, name, sight)
	if errors.Is(err, errChanging) {
		return err
	}
	p.acted = sight
	delete(m.pending, name)
	if err != nil {
		p.refuse(err, "")
		return nil
	}
	key := c.key()
	if key == p.refused() {
		return nil // touched, but still what was refused
	}
	if gen := p.gen.Load(); gen != nil && gen.content.key() == key {
		p.settled() // touched, or back to what runs
		return nil
	}
	err = p.pinned(c)
	if err == nil {
		c.signer, err = m.signer(c)
	}
	switch {
	case !c.side.Enabled:
		m.disable(ctx, p)
	case err != nil:
		p.refuse(err, key)
	default:
		m.load(ctx, p, c)
	}
	return nil
}

// pinned compares c's module with the hash in its sidecar.
func (p *Plugin) pinned(c content) error {
	if pin := c.side.SHA256; pin != "" && pin != c.sum {
		return fmt.Errorf("%s pins sha256 %s, but %s has %s: put the right module in its place, or the new sum into the sidecar", p.name+sidecarSuffix, pin, p.name+moduleSuffix, c.sum)
	}
	return nil
}

// signer returns who signed c's module, where the operator wants to know.
func (m *Manager) signer(c content) (string, error) {
	if m.cfg.TrustedKeys == "" {
		return "", nil
	}
	keys, err := provenance.ReadTrustedKeys(m.cfg.TrustedKeys)
	if err != nil {
		return "", err
	}
	signer, err := keys.Verify(c.wasm, c.signature)
	return signer.KeyID, err
}

// load replaces what runs of p by c, or says why not.
func (m *Manager) load(ctx context.Context, p *Plugin, c content) {
	start := time.Now()
	if err := p.load(ctx, c); err != nil {
		p.refuse(err, c.key())
		return
	}
	p.counters.loaded.Add(1)
	p.settled()
	gen := p.gen.Load()
	m.publish()
	p.begin()
	about := []any{"generation", gen.number, "sha256", c.sum[:16], "hooks", strings.Join(gen.report.Hooks, ","), "instances", c.side.Instances}
	if c.signer != "" {
		about = append(about, "signer", c.signer)
	}
	p.lines.log.Info("plugin loaded", append(about, "took", time.Since(start).Round(time.Millisecond))...)
}

// refuse records that something of p could not be loaded. What runs goes on.
func (p *Plugin) refuse(err error, key string) {
	p.mu.Lock()
	known := p.lastError == err.Error() && p.failedSum == key
	p.lastError, p.failedSum = err.Error(), key
	p.mu.Unlock()
	if known {
		return
	}
	p.counters.loadFailed.Add(1)
	still := "nothing runs under this name"
	if gen := p.gen.Load(); gen != nil {
		still = fmt.Sprintf("generation %d goes on", gen.number)
	}
	p.lines.log.Error("plugin not loaded", "err", err, "meanwhile", still)
}

// settled forgets an earlier refusal.
func (p *Plugin) settled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastError, p.failedSum = "", ""
}

func (p *Plugin) refused() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failedSum
}

// rollbackWindow is how long after a reload faults bring the content before back.
const rollbackWindow = time.Minute

// rollBack has the content that ran before gen take over again, if gen is new.
// It returns at once: its caller has the turn of a slot.
func (m *Manager) rollBack(gen *generation) {
	if gen.before == nil || time.Since(gen.loadedAt) > rollbackWindow {
		return
	}
	m.rollbacks.Go(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if p := gen.plugin; !m.closed && p.gen.Load() == gen && !p.stopping {
			m.putBack(gen)
		}
	})
}

// putBack is rollBack, with the lock. The content that failed is refused until
// it changes.
func (m *Manager) putBack(gen *generation) {
	p, before := gen.plugin, gen.before
	if err := p.load(context.Background(), *before); err != nil {
		p.lines.log.Error("the content that ran before could not be brought back", "sha256", before.sum[:16], "err", err)
		return
	}
	p.gen.Load().before = nil // it is the last that is known to be good
	m.publish()
	p.begin()
	p.refuse(fmt.Errorf("it had too many faults within %v of its load (the last: %s) and was rolled back to sha256 %s", rollbackWindow, p.lastFault(), before.sum[:16]), gen.content.key())
}

// Enable ends a plugin's quarantine, and lets a content that was rolled back
// try again. It is false where there is no such plugin.
func (m *Manager) Enable(ctx context.Context, name string) (bool, error) {
	m.mu.Lock()
	p, ok := m.plugins[name]
	if ok {
		if sum, _, ok := strings.Cut(p.refused(), "+"); ok {
			m.quarantines.of(sum).end()
		}
		p.settled()
		p.acted = sighting{}
		p.absolve()
	}
	m.mu.Unlock()
	if !ok {
		return false, nil
	}
	return true, m.Scan(ctx)
}

// absolve forgets the faults of what runs, and has it go on at once.
func (p *Plugin) absolve() {
	gen := p.gen.Load()
	if gen == nil {
		return
	}
	gen.quarantine.end()
	for _, s := range *p.slots.Load() {
		s.acquire()
		s.retryAt, s.fails = time.Time{}, 0
		s.release()
		signal(s.ring.wake)
	}
}

// publish makes the plugins visible to Notify, handshakes and Status.
func (m *Manager) publish() {
	var running, known []*Plugin
	for _, name := range m.names(nil) {
		p := m.plugins[name]
		known = append(known, p)
		if p.gen.Load() != nil && !p.stopping {
			running = append(running, p)
		}
	}
	m.table.Store(&running)
	m.known.Store(&known)
}

// disable stops p because its sidecar says so. Its name, metrics and keys stay.
func (m *Manager) disable(ctx context.Context, p *Plugin) {
	p.settled()
	if p.gen.Load() == nil {
		return
	}
	m.end(ctx, p)
	p.revive()
	p.lines.log.Info("plugin stopped: its sidecar disables it")
}

// drop stops the plugin whose module is gone.
func (m *Manager) drop(ctx context.Context, name string) {
	delete(m.pending, name)
	p := m.plugins[name]
	if p == nil {
		return
	}
	delete(m.plugins, name)
	if p.gen.Load() == nil {
		return
	}
	m.end(ctx, p)
	p.lines.log.Info("plugin stopped: its module was removed")
}

// dropLimit bounds how long a plugin that is taken away may still work on what
// is queued for it.
const dropLimit = 10 * time.Second

func (m *Manager) end(ctx context.Context, p *Plugin) {
	p.stopping = true
	m.publish()
	ctx, cancel := context.WithTimeout(ctx, dropLimit)
	defer cancel()
	if err := p.shutdown(ctx); err != nil {
		p.lines.log.Warn("plugin stopped before it was done", "err", err)
	}
}

// Idle reports whether no plugin has anything to do: nothing is queued, and
// none is in a call.
func (m *Manager) Idle() bool {
	for _, p := range *m.table.Load() {
		for _, s := range *p.slots.Load() {
			if !s.idle() {
				return false
			}
		}
	}
	return true
}

// Close stops watching, lets every plugin work off its queue and stop, and
// releases everything. When ctx ends first, what is still queued is given up
// and the error says how much that was.
func (m *Manager) Close(ctx context.Context) error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.mu.Unlock()
	m.stopWatch()
	m.rollbacks.Wait()
	running := *m.table.Load()
	var wg sync.WaitGroup
	errs := make([]error, len(running))
	for n, p := range running {
		wg.Go(func() { errs[n] = p.shutdown(ctx) })
	}
	wg.Wait()
	m.table.Store(&[]*Plugin{})
	return errors.Join(append(errs, m.code.Close(context.Background()))...)
}
