package plugin

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// running waits until generation n of the sequencer runs, by itself.
func (r *rig) running(generation int) {
	r.tb.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(20 * time.Second)
	for {
		for _, st := range r.m.Status() {
			if st.State == "running" && st.Generation == generation {
				return
			}
		}
		select {
		case <-ticker.C:
		case <-timeout:
			r.tb.Fatalf("generation %d never ran: %+v\n%s", generation, r.m.Status(), r.log)
		}
	}
}

func quick(c *Config) { c.Settle, c.Rescan = 20*time.Millisecond, time.Hour }

func TestWatchSeesWhatIsDroppedReplacedAndRemoved(t *testing.T) {
	r := newRig(t, quick)
	r.put("sequencer.wasm", guest(t, "sequencer"))
	r.running(1)
	r.put("sequencer.wasm", variant(guest(t, "sequencer"), 1))
	r.running(2)
	r.put("sequencer.toml", []byte("instances = 2\n"))
	r.running(3)
	if err := os.Remove(filepath.Join(r.dir, "sequencer.wasm")); err != nil {
		t.Fatal(err)
	}
	for ticker := time.NewTicker(time.Millisecond); len(r.m.Status()) > 0; <-ticker.C {
		if t.Context().Err() != nil {
			t.Fatal("never stopped")
		}
	}
}

// A ConfigMap's files are links through ..data, a link that is swapped: nothing
// but that link changes in the directory.
func TestWatchSeesAConfigMapSwap(t *testing.T) {
	r := newRig(t, quick)
	mount := func(name string, module []byte) {
		t.Helper()
		must(t, os.Mkdir(filepath.Join(r.dir, name), 0o700))
		must(t, os.WriteFile(filepath.Join(r.dir, name, "sequencer.wasm"), module, 0o600))
		must(t, os.Symlink(name, filepath.Join(r.dir, "..data_tmp")))
		must(t, os.Rename(filepath.Join(r.dir, "..data_tmp"), filepath.Join(r.dir, "..data")))
	}
	mount("..v1", guest(t, "sequencer"))
	must(t, os.Symlink(filepath.Join("..data", "sequencer.wasm"), filepath.Join(r.dir, "sequencer.wasm")))
	r.running(1)
	mount("..v2", variant(guest(t, "sequencer"), 2))
	r.running(2)
}

// The directory itself may be replaced, and is found again by its path.
func TestRescanFindsAReplacedDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "modules")
	must(t, os.Mkdir(dir, 0o700))
	r := newRig(t, func(c *Config) { c.Dir, c.Settle, c.Rescan = dir, time.Millisecond, 20*time.Millisecond })
	must(t, os.Rename(dir, dir+".old"))
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "sequencer.wasm"), guest(t, "sequencer"), 0o600))
	r.running(1)
}

// A file that is written slowly, in pieces, is not loaded before it is whole,
// whatever of it can be seen meanwhile.
func TestHalfWrittenModuleIsNeverLoaded(t *testing.T) {
	module := variant(guest(t, "sequencer"), 1)
	r := newRig(t)
	r.load("sequencer", "")
	path := filepath.Join(r.dir, "sequencer.wasm")
	f, err := os.Create(path)
	must(t, err)
	for n := range module {
		_, err := f.Write(module[n : n+1])
		must(t, err)
		if n%16 == 0 {
			r.scan()
		}
		if st := r.status("sequencer"); st.Generation != 1 && n < len(module)-1 {
			// What ends before the custom section of the variant is the module
			// that runs already, and is not loaded again.
			t.Fatalf("generation %d runs after %d of %d bytes", st.Generation, n+1, len(module))
		}
	}
	must(t, f.Close())
	r.scan()
	if st := r.status("sequencer"); st.Generation != 2 || st.LastError != "" {
		t.Errorf("generation %d, last error %q", st.Generation, st.LastError)
	}
}

// An empty sidecar gives the defaults; but one that was only truncated, to be
// written, is not taken for it.
func TestAnEmptyFileSettlesLonger(t *testing.T) {
	m := newRig(t, quick).m
	now := time.Now()
	module, sidecar := stamp{size: 100, mtime: now}, stamp{size: 10, mtime: now}
	truncated := stamp{mtime: now}
	for _, tt := range []struct {
		name  string
		sight sighting
		after time.Duration
		want  time.Duration
	}{
		{"both written", sighting{module: module, sidecar: sidecar}, 0, 20 * time.Millisecond},
		{"a little later", sighting{module: module, sidecar: sidecar}, 5 * time.Millisecond, 15 * time.Millisecond},
		{"no sidecar", sighting{module: module}, 0, 20 * time.Millisecond},
		{"a truncated sidecar", sighting{module: module, sidecar: truncated}, 0, 400 * time.Millisecond},
		{"a truncated module", sighting{module: truncated, sidecar: sidecar}, 0, 400 * time.Millisecond},
		{"still truncated", sighting{module: module, sidecar: truncated}, 399 * time.Millisecond, time.Millisecond},
		{"meant to be empty", sighting{module: module, sidecar: truncated}, 400 * time.Millisecond, 0},
		{"empty for long", sighting{module: module, sidecar: stamp{mtime: now.Add(-time.Hour)}}, 0, 400 * time.Millisecond},
		{"all for long", sighting{module: stamp{size: 1, mtime: now.Add(-time.Hour)}, sidecar: stamp{mtime: now.Add(-time.Hour)}}, 0, 0},
		{"removed", sighting{}, 0, 20 * time.Millisecond},
	} {
		m.pending = map[string]pendingChange{}
		got := m.settling("x", tt.sight, now)
		if tt.after > 0 {
			got = m.settling("x", tt.sight, now.Add(tt.after))
		}
		if got != tt.want {
			t.Errorf("%s: %v to wait, want %v", tt.name, got, tt.want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
