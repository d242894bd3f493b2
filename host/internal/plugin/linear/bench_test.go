package linear

import (
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// BenchmarkInstantiate makes and closes an instance with 64 KiB or 1 MiB of
// memory, in the Go heap, as wazero does by itself, and in a mapping: untouched,
// and with each 4 KiB written, where a mapping pays with a page fault.
func BenchmarkInstantiate(b *testing.B) {
	for _, load := range []struct {
		name, guest string
		written     bool
	}{
		{"64KiB/untouched", "grower", false},
		{"64KiB/written", "grower", true},
		{"1MiB/untouched", "large", false},
		{"1MiB/written", "large", true},
	} {
		b.Run(load.name, func(b *testing.B) { compare(b, load.guest, load.written) })
	}
}

func compare(b *testing.B, guest string, written bool) {
	r := newRig(b, wazero.NewRuntimeConfig())
	r.allocator.Limit = 16 << 20
	compiled := r.compile(guest)
	heap := func() (api.Module, error) { return r.runtime.InstantiateModule(b.Context(), compiled, anonymous) }
	mapping := func() (api.Module, error) {
		return r.allocator.Instantiate(b.Context(), r.runtime, compiled, anonymous)
	}
	once := func(b *testing.B, instantiate func() (api.Module, error)) {
		mod, err := instantiate()
		if err != nil {
			b.Fatal(err)
		}
		for at := uint32(0); written && at < mod.Memory().Size(); at += 4 << 10 {
			mod.Memory().WriteByte(at, 1)
		}
		closed(b, mod)
	}
	alone := func(instantiate func() (api.Module, error)) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				once(b, instantiate)
			}
		}
	}
	b.Run("heap", alone(heap))
	b.Run("mapping", alone(mapping))
	b.Run("ratio", func(b *testing.B) {
		var times [2]time.Duration
		for b.Loop() { // in turns, so that both meet the same machine
			for i, instantiate := range []func() (api.Module, error){heap, mapping} {
				start := time.Now()
				once(b, instantiate)
				times[i] += time.Since(start)
			}
		}
		b.ReportMetric(float64(times[1])/float64(times[0]), "mapping/heap")
	})
}
