package host

import (
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// farmKeysPoll is how often the key file is looked at. Polling a single file
// costs nothing and works on every file system and mount.
const farmKeysPoll = 2 * time.Second

// farmKeys keeps the keyring in line with the key file.
type farmKeys struct {
	ring *session.Keyring
	path string
	log  *slog.Logger
	stop chan struct{}
	done chan struct{}

	mu   sync.Mutex
	last os.FileInfo // of the content in force
}

// openFarmKeys reads path and begins to watch it. An empty path is random keys.
func openFarmKeys(path string, log *slog.Logger) (*farmKeys, error) {
	k := &farmKeys{path: path, log: log, stop: make(chan struct{}), done: make(chan struct{})}
	if path == "" {
		k.ring = session.RandomKeyring()
		close(k.done)
		return k, nil
	}
	k.last, _ = os.Stat(path) // before reading: a change in between is seen later
	keys, err := session.ReadKeyFile(path)
	if err != nil {
		return nil, err
	}
	if err := session.KeyFileExposed(path); err != nil {
		log.Warn("farm key file", "err", err)
	}
	if k.ring, err = session.NewKeyring(keys); err != nil {
		return nil, err
	}
	go k.watch()
	return k, nil
}

func (k *farmKeys) watch() {
	defer close(k.done)
	ticker := time.NewTicker(farmKeysPoll)
	defer ticker.Stop()
	for {
		select {
		case <-k.stop:
			return
		case <-ticker.C:
			if k.changed() {
				if err := k.reload(); err != nil {
					k.log.Error("farm keys not changed", "err", err)
				}
			}
		}
	}
}

// changed reports whether the file is another one than that in force. A file
// that is gone is no change: the keys stay.
func (k *farmKeys) changed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, err := os.Stat(k.path)
	if err != nil || k.last == nil {
		return err == nil
	}
	return !os.SameFile(now, k.last) || now.Size() != k.last.Size() || !now.ModTime().Equal(k.last.ModTime())
}

// reload puts the file's keys in force. On an error the old ones stay, and the
// same content is not tried again by watch.
func (k *farmKeys) reload() error {
	if k.path == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.last, _ = os.Stat(k.path)
	keys, err := session.ReadKeyFile(k.path)
	if err != nil {
		return err
	}
	if err := k.ring.Set(keys); err != nil {
		return err
	}
	k.log.Info("farm keys read", "file", k.path, "keys", len(keys), "sealing_with", keys[0])
	return nil
}

// close ends the watch.
func (k *farmKeys) close() {
	if k.path != "" {
		close(k.stop)
	}
	<-k.done
}
