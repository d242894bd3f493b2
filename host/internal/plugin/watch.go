package plugin

import (
	"context"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watch scans the directory whenever w reports a change, and from time to time
// anyway: watches get lost, and network file systems have none. w is watch's
// from now on, and may be nil. It returns the function that ends it and waits
// for its end.
func (m *Manager) watch(w *fsnotify.Watcher) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { m.watchUntil(ctx, w) })
	return func() {
		cancel()
		wg.Wait()
	}
}

// closeWatcher releases w, if there is one.
func closeWatcher(w *fsnotify.Watcher) {
	if w != nil {
		_ = w.Close()
	}
}

func (m *Manager) watchUntil(ctx context.Context, w *fsnotify.Watcher) {
	defer func() { closeWatcher(w) }()
	timer := time.NewTimer(m.cfg.Rescan)
	defer timer.Stop()
	for {
		var changes chan fsnotify.Event
		var failures chan error
		if w != nil {
			changes, failures = w.Events, w.Errors
		}
		select {
		case <-ctx.Done():
			return
		case <-changes:
			// The rest of the burst comes while the file settles.
			timer.Reset(m.cfg.Settle)
			continue
		case err := <-failures:
			m.cfg.Log.Warn("watching the modules directory failed; it is read again from time to time", "dir", m.cfg.Dir, "err", err)
		case <-timer.C:
		}
		wait, err := m.scan(ctx)
		if err != nil && ctx.Err() == nil {
			m.cfg.Log.Warn("modules directory can't be read; plugins go on as they are", "dir", m.cfg.Dir, "err", err)
		}
		if wait == 0 {
			wait = m.cfg.Rescan
			w = m.renew(w)
		}
		timer.Reset(wait)
	}
}

func (m *Manager) newWatcher() *fsnotify.Watcher {
	w, err := fsnotify.NewWatcher()
	if err == nil {
		if err = w.Add(m.cfg.Dir); err == nil {
			return w
		}
		_ = w.Close()
	}
	m.cfg.Log.Warn("modules directory can't be watched; it is read from time to time", "dir", m.cfg.Dir, "every", m.cfg.Rescan, "err", err)
	return nil
}

// renew replaces a watch that was lost because the directory itself was
// removed, replaced, or is a link to another one now.
func (m *Manager) renew(w *fsnotify.Watcher) *fsnotify.Watcher {
	if w == nil {
		return m.newWatcher()
	}
	// Adding a path again is free where the watch is alive, and watches what
	// the path leads to now where it is not.
	if err := w.Add(m.cfg.Dir); err != nil {
		_ = w.Close()
		return m.newWatcher()
	}
	return w
}
