package plugin

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A rig is a Manager on an empty directory, with a store and a log of its own.
type rig struct {
	tb    testing.TB
	dir   string
	store *mapStore
	keys  *session.Keyring
	m     *Manager
	log   *logBuffer
}

// newRig starts a Manager. It looks at its directory when scan is called; the
// watch is as good as off unless change says otherwise.
func newRig(tb testing.TB, change ...func(*Config)) *rig {
	tb.Helper()
	r := &rig{tb: tb, dir: tb.TempDir(), store: newMapStore(), keys: session.RandomKeyring(), log: &logBuffer{}}
	cfg := Config{
		Dir: r.dir, Store: r.store, Keys: r.keys, Node: session.Node{1, 2, 3, 4, 5, 6}, TTL: time.Hour,
		Log:    slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Settle: time.Millisecond, Rescan: time.Hour,
	}
	for _, f := range change {
		f(&cfg)
	}
	m, err := NewManager(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	r.m = m
	r.store.notify = m.Notify
	if err := m.Start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := m.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// put writes a file into the modules directory as `mv` does.
func (r *rig) put(name string, data []byte) {
	r.tb.Helper()
	tmp := filepath.Join(r.tb.TempDir(), "file")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		r.tb.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(r.dir, name)); err != nil {
		r.tb.Fatal(err)
	}
}

// load puts a module of testdata, and its sidecar where there is one, and scans.
func (r *rig) load(module, sidecar string) {
	r.tb.Helper()
	if sidecar != "" {
		r.put(module+".toml", []byte(sidecar))
	}
	r.put(module+".wasm", guest(r.tb, module))
	r.scan()
}

func guest(tb testing.TB, module string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", module+".wasm"))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func (r *rig) scan() {
	r.tb.Helper()
	if err := r.m.Scan(r.tb.Context()); err != nil {
		r.tb.Fatal(err)
	}
}

// status returns the status of a plugin, which must be known.
func (r *rig) status(name string) Status {
	r.tb.Helper()
	for _, st := range r.m.Status() {
		if st.Name == name {
			return st
		}
	}
	r.tb.Fatalf("no plugin %s; log:\n%s", name, r.log)
	return Status{}
}

// eventually waits until ok is true of the plugin's status.
func (r *rig) eventually(name, what string, ok func(Status) bool) Status {
	r.tb.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(20 * time.Second)
	for {
		if st := r.status(name); ok(st) {
			return st
		}
		select {
		case <-ticker.C:
		case <-timeout:
			r.tb.Fatalf("never happened: %s; status %+v; log:\n%s", what, r.status(name), r.log)
		}
	}
}

// idle waits until the plugin's queue is empty.
func (r *rig) idle(name string) Status {
	r.tb.Helper()
	return r.eventually(name, "queue empty", func(st Status) bool { return st.Queue == 0 })
}

// session makes a sealed session of 200 bytes under an id whose last byte is b.
func (r *rig) session(n uint32, b byte) *session.Session {
	var id [32]byte
	binary.BigEndian.PutUint32(id[:], n)
	id[31] = b
	meta := session.Meta{Created: time.Now().UnixNano(), Expires: time.Now().Add(time.Hour).UnixNano(), Version: 0x0304, CipherSuite: 0x1301, ServerName: "example.com", ALPN: "h2", Home: session.Node{1, 2, 3, 4, 5, 6}}
	return &session.Session{ID: session.ID(id[:]), Meta: meta, Sealed: r.keys.Seal(session.ID(id[:]), meta, bytes.Repeat([]byte{b}, 200))}
}

// insert inserts a session as a client's handshake does.
func (r *rig) insert(n uint32, b byte) *session.Session {
	r.tb.Helper()
	s := r.session(n, b)
	if err := r.store.Insert(s, abi.Overwrite, session.Source{Origin: abi.FromClient}); err != nil {
		r.tb.Fatal(err)
	}
	return s
}

// logged fails the test unless the log has a line with all of words.
func (r *rig) logged(words ...string) {
	r.tb.Helper()
	for line := range strings.Lines(r.log.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return
		}
	}
	r.tb.Errorf("no line of the log has %q:\n%s", words, r.log)
}

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
