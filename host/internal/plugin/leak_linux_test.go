package plugin

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
)

// A footprint is what a process holds.
type footprint struct {
	goroutines, files, mappings int
	heap                        uint64
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %d files, %d mappings, %d KiB of heap", f.goroutines, f.files, f.mappings, f.heap>>10)
}

func measure(t *testing.T) footprint {
	t.Helper()
	runtime.GC()
	runtime.GC() // what finalizers of the first round gave up
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	return footprint{runtime.NumGoroutine(), len(files), bytes.Count(maps, []byte{'\n'}), m.HeapAlloc}
}

// A thousand reloads and ten thousand faults leave the process as it was.
func TestReloadsAndFaultsLeakNothing(t *testing.T) {
	r := newRig(t)
	reload := func(n int) {
		r.put("moody.wasm", variant(guest(t, "moody"), n))
		r.scan()
	}
	faults := func(n int) {
		p := r.m.plugins["moody"]
		before := p.counters.faults.Load()
		for i := range uint32(n) {
			r.insert(i%1000, 0xfe)
			if i%2 == 1 { // before it is quarantined
				r.eventually("moody", "faults", func(Status) bool { return p.counters.faults.Load() == before+uint64(i)+1 })
				p.absolve()
			}
		}
		r.idle("moody")
	}
	for n := range 50 { // what grows once
		reload(n)
	}
	faults(1000)
	start := measure(t)
	for n := range 1000 {
		reload(n)
	}
	faults(10_000)
	end := measure(t)
	t.Logf("before: %v\nafter:  %v", start, end)
	if end.goroutines > start.goroutines+2 || end.files > start.files+2 || end.mappings > start.mappings+20 || end.heap > start.heap+4<<20 {
		t.Errorf("before: %v\nafter:  %v", start, end)
	}
	if st := r.status("moody"); st.MemoryBytes != wasmPage {
		t.Errorf("%d bytes of linear memory are accounted for, one page is in use", st.MemoryBytes)
	}
}

const wasmPage = 64 << 10
