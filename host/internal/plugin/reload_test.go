package plugin

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// variant returns a module of the same behaviour and other bytes: the module
// with a custom section of its own.
func variant(module []byte, n int) []byte {
	text := fmt.Sprintf("variant %d", n)
	section := append([]byte{byte(len("v")), 'v'}, text...)
	return append(append(bytes.Clone(module), 0, byte(len(section))), section...)
}

func metric(st Status, name string) int64 { return st.Values[name].Value }

func TestReplacedModuleTakesOver(t *testing.T) {
	ways := map[string]func(r *rig, data []byte){
		"by rename": func(r *rig, data []byte) { r.put("sequencer.wasm", data) },
		"in place": func(r *rig, data []byte) {
			if err := os.WriteFile(filepath.Join(r.dir, "sequencer.wasm"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"by symlink swap": func(r *rig, data []byte) {
			target := filepath.Join(t.TempDir(), "other.wasm")
			if err := os.WriteFile(target, data, 0o600); err != nil {
				t.Fatal(err)
			}
			link := filepath.Join(t.TempDir(), "link")
			if err := os.Symlink(target, link); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(link, filepath.Join(r.dir, "sequencer.wasm")); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, replace := range ways {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.load("sequencer", "")
			r.insert(1, 1)
			r.idle("sequencer")
			replace(r, variant(guest(t, "sequencer"), 1))
			r.scan()
			st := r.eventually("sequencer", "ready twice", func(st Status) bool { return metric(st, "ready") == 2 })
			if st.Generation != 2 || st.Loads != 2 || metric(st, "restored") != 1 {
				t.Errorf("generation %d, loads %d, restored %d; want 2, 2, 1", st.Generation, st.Loads, metric(st, "restored"))
			}
		})
	}
}

func TestUnchangedContentIsNotReloaded(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "")
	now := time.Now().Add(time.Minute)
	if err := os.Chtimes(filepath.Join(r.dir, "sequencer.wasm"), now, now); err != nil {
		t.Fatal(err)
	}
	r.scan()
	r.put("sequencer.wasm", guest(t, "sequencer"))
	r.scan()
	if st := r.status("sequencer"); st.Generation != 1 || st.Loads != 1 {
		t.Errorf("generation %d after %d loads; want 1 after 1", st.Generation, st.Loads)
	}
}

func TestSidecarChangeReloads(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "")
	r.put("sequencer.toml", []byte("instances = 3\n"))
	r.scan()
	if st := r.status("sequencer"); st.Generation != 2 || st.Instances != 3 {
		t.Errorf("generation %d with %d instances; want 2 with 3", st.Generation, st.Instances)
	}
}

func TestRemovedModuleStops(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "")
	if err := os.Remove(filepath.Join(r.dir, "sequencer.wasm")); err != nil {
		t.Fatal(err)
	}
	r.scan()
	if all := r.m.Status(); len(all) != 0 {
		t.Errorf("still known: %+v", all)
	}
	r.logged("plugin stopped", "plugin=sequencer")
}

func TestDisabledModuleStops(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "")
	r.put("sequencer.toml", []byte("enabled = false\n"))
	r.scan()
	if st := r.status("sequencer"); st.State != "disabled" {
		t.Errorf("state %q", st.State)
	}
	r.put("sequencer.toml", []byte("enabled = true\n"))
	r.scan()
	if st := r.status("sequencer"); st.State != "running" {
		t.Errorf("state %q", st.State)
	}
}

// What does not load leaves the old one running, says why, and does so once.
func TestBadContentKeepsTheOldOne(t *testing.T) {
	good := guest(t, "sequencer")
	tests := map[string]struct {
		module  []byte
		sidecar string
		want    string
	}{
		"truncated":         {good[:len(good)/2], "", "truncated"},
		"empty":             {[]byte{}, "", "empty"},
		"refuses to start":  {guest(t, "unwilling"), "", "plugin_start returned 3"},
		"bad sidecar":       {good, "instances = \"many\"\n", "sequencer.toml:1"},
		"wrong pin":         {good, "sha256 = \"" + string(bytes.Repeat([]byte("ab"), 32)) + "\"\n", "pins sha256"},
		"grant not given":   {good, "grants = []\n", "metrics"},
		"memory that fits":  {good, "memory = \"128KiB\"\n", ""},
		"memory over limit": {good, "memory = \"64KiB\"\n", "64"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.load("sequencer", "")
			if tt.sidecar != "" {
				r.put("sequencer.toml", []byte(tt.sidecar))
			}
			r.put("sequencer.wasm", tt.module)
			r.scan()
			if tt.want == "" {
				if st := r.status("sequencer"); st.Generation != 2 {
					t.Errorf("generation %d, last error %q", st.Generation, st.LastError)
				}
				return
			}
			r.scan()
			r.logged("plugin not loaded", tt.want, "generation 1 goes on")
			st := r.status("sequencer")
			if st.State != "running" || st.Generation != 1 || st.LoadErrors != 1 {
				t.Errorf("%s, generation %d, %d failed loads; want running, 1, 1", st.State, st.Generation, st.LoadErrors)
			}
			r.insert(1, 1)
			r.eventually("sequencer", "event delivered", func(st Status) bool { return metric(st, "events") == 1 })
		})
	}
}

// A hundred reloads, with the number of instances changing, while events come
// from many goroutines: each is delivered, in order per id.
func TestReloadLosesAndReordersNothing(t *testing.T) {
	r := newRig(t)
	r.load("sequencer", "queue = 1000000\n")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var sent atomic.Int64
	for w := range 8 {
		wg.Go(func() {
			// Each writer has 32 ids of its own, so that the rig's events are in
			// order per id by themselves. It stays within what the queue holds.
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if n%64 == 0 {
					r.eventually("sequencer", "room", func(st Status) bool { return st.Queue < 10_000 })
				}
				s := r.session(uint32(w), byte(w*32+n%32))
				if r.store.Insert(s, abi.Overwrite, session.Source{Origin: abi.FromClient}) == nil {
					sent.Add(1)
				}
			}
		})
	}
	reloads := 100
	if testing.Short() {
		reloads = 40
	}
	for n := range reloads {
		// The hand-over of state is per instance, so the number changes once in
		// a while only, and the sequencer's memory of an id starts anew then.
		r.put("sequencer.toml", fmt.Appendf(nil, "queue = 1000000\ninstances = %d\n", 1+4*n/reloads))
		r.put("sequencer.wasm", variant(guest(t, "sequencer"), n))
		r.scan()
	}
	close(stop)
	wg.Wait()
	st := r.idle("sequencer")
	if st.Loads < uint64(reloads) {
		t.Errorf("%d loads; want at least %d", st.Loads, reloads)
	}
	if metric(st, "events") != sent.Load() || st.EventsLost != 0 || metric(st, "disorder") != 0 {
		t.Errorf("%d of %d events delivered, %d lost, %d out of order", metric(st, "events"), sent.Load(), st.EventsLost, metric(st, "disorder"))
	}
}
