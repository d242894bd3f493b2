package workbench

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/cache"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
)

// ttl is the life of a session that says none itself, as that of a host's.
const ttl = 24 * time.Hour

// A rig is a private host with one plugin: a modules directory, a cache, a farm.
// Its methods are for one goroutine.
type rig struct {
	name     string // of the plugin
	module   []byte
	settings *settings
	node     session.Node
	keys     *session.Keyring
	clock    *clock
	cache    *cache.Cache
	farm     *farm
	plugins  *plugin.Manager
	seen     *observer
	store    *store

	dir      string
	revision int
	faults   atomic.Int64 // that have been absolved
	dead     atomic.Bool

	muted atomic.Pointer[session.ID] // the plugin is not told of what happens to it

	mu    sync.Mutex
	lives lives // of what was ever stored
}

// A rigConfig says what a rig is made of.
type rigConfig struct {
	name         string
	module       []byte
	settings     *settings
	node         session.Node // zero: ownNode
	keys         *session.Keyring
	at           int64
	real         bool   // the clock and randomness are the system's
	brief        bool   // what the plugin does is counted and not kept
	untraced     bool   // and not even counted
	compileCache string // empty: none
}

// runKey is the farm key of a run that is given none. It is no secret: what it
// seals is made up, and gone with the run.
func runKey() session.Key {
	return session.Key(sha256.Sum256([]byte("sesshook workbench: a key that everybody knows")))
}

// newRig makes a rig that runs nothing yet: load does.
func newRig(cfg rigConfig) (_ *rig, err error) {
	r := &rig{name: cfg.name, module: cfg.module, settings: cfg.settings, node: cfg.node, keys: cfg.keys, seen: &observer{brief: cfg.brief}}
	if r.node == (session.Node{}) {
		r.node = ownNode
	}
	if r.keys == nil {
		if r.keys, err = session.NewKeyring([]session.Key{runKey()}); err != nil {
			return nil, err
		}
	}
	if r.dir, err = os.MkdirTemp("", "sesshook-workbench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(r.dir)
		}
	}()
	r.clock = newClock(cfg.at)
	now, world := r.clock.now, newWorld()
	if cfg.real {
		now, world = session.NewClock().Now, nil
	}
	r.farm = newFarm(now, r.node)
	r.cache = cache.New(cache.Config{Now: now, Notify: r.notify})
	r.store = &store{Cache: r.cache, calm: r.calm}
	config := plugin.Config{
		Dir: filepath.Join(r.dir, "modules"), CompileCache: cfg.compileCache, TTL: ttl, Node: r.node,
		Store: r.store, Keys: r.keys, Bus: r.farm, Log: slog.New(logHandler{to: r.seen}), Now: now,
		World: world, Settle: time.Millisecond, Rescan: time.Hour,
	}
	if !cfg.untraced {
		config.Trace = r.seen.trace()
	}
	if err = os.Mkdir(config.Dir, 0o700); err == nil {
		r.plugins, err = plugin.NewManager(config)
	}
	if err != nil {
		r.cache.Close()
		return nil, err
	}
	return r, nil
}

// close stops the plugin in good order, and releases everything.
func (r *rig) close(ctx context.Context) error {
	err := r.plugins.Close(ctx)
	r.cache.Close()
	return errors.Join(err, os.RemoveAll(r.dir))
}

// notify is told of all that happens to the cache, under a lock of it.
func (r *rig) notify(ev session.Event) {
	if ev.Kind == abi.Insert {
		r.mu.Lock()
		heap.Push(&r.lives, life{ev.Session.Expires, ev.Session.ID})
		r.mu.Unlock()
	}
	if id := r.muted.Load(); id != nil && *id == ev.Session.ID {
		return
	}
	r.plugins.Notify(ev)
}

// load has the plugin loaded, and returns why it was not.
func (r *rig) load(ctx context.Context) (refused string, err error) {
	if err := r.place(".wasm", r.module); err != nil {
		return "", err
	}
	if err := r.place(".toml", r.settings.text(r.revision)); err != nil {
		return "", err
	}
	if err := r.plugins.Start(ctx); err != nil {
		return "", err
	}
	return r.refused(), nil
}

// reload has it loaded once more: another sidecar is another content.
func (r *rig) reload(ctx context.Context) (refused string, err error) {
	r.revision++
	if err := r.place(".toml", r.settings.text(r.revision)); err != nil {
		return "", err
	}
	if err := r.plugins.Scan(ctx); err != nil {
		return "", err
	}
	return r.refused(), nil
}

// place puts a file into the modules directory at once.
func (r *rig) place(suffix string, data []byte) error {
	tmp := filepath.Join(r.dir, "next")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	// Old enough to have settled: reading it need not wait.
	past := time.Now().Add(-time.Minute)
	if err := os.Chtimes(tmp, past, past); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(r.dir, "modules", r.name+suffix))
}

// status returns what is known of the plugin.
func (r *rig) status() plugin.Status {
	for _, st := range r.plugins.Status() {
		if st.Name == r.name {
			return st
		}
	}
	return plugin.Status{}
}

// refused returns why the newest content does not run; empty where it does.
func (r *rig) refused() string {
	st := r.status()
	if st.LastError == "" && st.State != "running" {
		return "it does not run, and does not say why"
	}
	return withoutStack(st.LastError)
}

// errDead is returned when no instance of the plugin can be made any more.
var errDead = errors.New("no new instance of the plugin could be made")

// settle waits until the plugin is at rest, and sees to it that it can go on
// after its faults. It is an error if it can't.
func (r *rig) settle(ctx context.Context) error {
	if err := r.wait(ctx, func(now plugin.Rest) bool { return now == plugin.Idle }); err != nil {
		return err
	}
	if r.dead.Load() {
		return errDead
	}
	return nil
}

// calm waits until the plugin has nothing to do but a replay.
func (r *rig) calm() {
	_ = r.wait(context.Background(), func(now plugin.Rest) bool { return now == plugin.Idle || now == plugin.Replaying })
}

// wait waits until the plugin is so, or there is no waiting for it. A host would
// leave a plugin with faults alone for a while; here it gets its next instance at
// once.
func (r *rig) wait(ctx context.Context, is func(plugin.Rest) bool) error {
	var discarded uint64 // instances, when it was last found without one
	for tries, downs := 0, 0; ; tries++ {
		switch now := r.plugins.Rest(r.name); {
		case now == plugin.Absent:
			return nil
		case now == plugin.Down:
			if n := r.status().Faults; n != discarded {
				discarded, downs = n, 0 // it had one meanwhile
			}
			if downs++; downs > 2 {
				r.dead.Store(true)
				return nil
			}
			r.plugins.Absolve(r.name)
		case is(now):
			n := int64(r.seen.faulted())
			if r.faults.Swap(n) == n {
				return nil
			}
			r.plugins.Absolve(r.name)
		}
		if tries < 100 {
			runtime.Gosched()
			continue
		}
		if err := r.pause(ctx); err != nil {
			return err
		}
	}
}

// pause waits a moment for the plugin's goroutine.
func (r *rig) pause(ctx context.Context) error {
	timer := time.NewTimer(20 * time.Microsecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// quietly changes the session under id without the plugin being told.
func (r *rig) quietly(id session.ID, change func()) {
	before := r.muted.Swap(&id)
	change()
	r.muted.Store(before)
}

// forget has a session gone as if it had never been there.
func (r *rig) forget(id session.ID) {
	r.quietly(id, func() { r.end(id) })
}

// end has a session's life end now: it is stored once more, by a clock that is
// 1 ns behind, so that it ends at this moment.
func (r *rig) end(id session.ID) {
	s, err := r.cache.Get(id)
	if err != nil {
		return
	}
	short, now := *s, r.clock.now()
	short.Expires = now
	r.clock.ns.Store(now - 1)
	r.quietly(id, func() { _ = r.cache.Insert(&short, abi.Overwrite, session.Source{Origin: abi.FromHost}) })
	r.clock.ns.Store(now)
	_, _ = r.cache.Get(id) // which finds that it is over
}

// A life is when a session ends that was stored once.
type life struct {
	end int64
	id  session.ID
}

// lives is a heap, the first to end first. A session may stand there more than
// once, or not be there any more.
type lives []life

func (l lives) Len() int      { return len(l) }
func (l lives) Swap(i, k int) { l[i], l[k] = l[k], l[i] }
func (l lives) Less(i, k int) bool {
	return l[i].end < l[k].end || l[i].end == l[k].end && l[i].id < l[k].id
}
func (l *lives) Push(x any) { *l = append(*l, x.(life)) }
func (l *lives) Pop() any {
	last := len(*l) - 1
	x := (*l)[last]
	(*l)[last] = life{}
	*l = (*l)[:last]
	return x
}

// due returns the next session that ends by a time, and takes it off.
func (r *rig) due(by int64) (life, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lives) == 0 || r.lives[0].end > by {
		return life{}, false
	}
	return heap.Pop(&r.lives).(life), true
}

// pluginName returns the name that a file's plugin has: the file's, as far as it
// can be that of a module in a directory.
func pluginName(path string) string {
	base := filepath.Base(path)
	if name := base[:len(base)-len(filepath.Ext(base))]; strings.EqualFold(filepath.Ext(base), ".wasm") && name != "" && name[0] != '.' {
		return name
	}
	return "plugin"
}

// pages turns bytes into pages.
func pages(bytes int64) int64 { return bytes / (64 << 10) }
