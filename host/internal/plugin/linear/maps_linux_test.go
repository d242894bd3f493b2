package linear

import (
	"bytes"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
)

// mappings is the number of the process's mappings.
func mappings(tb testing.TB) int {
	tb.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.Count(maps, []byte("\n"))
}

// The Go runtime maps too, now and then: this much more is not ours.
const slack = 20

func TestMappingsReturnToWhereTheyWere(t *testing.T) {
	const n = 1000
	r := newRig(t, wazero.NewRuntimeConfig())
	compiled := r.compile("grower")
	instantiate := func() *Instance {
		i, err := r.allocator.Instantiate(t.Context(), r.runtime, compiled, anonymous)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	closed(t, instantiate())
	before := mappings(t)

	for range n {
		i := instantiate()
		grow(t, i, 1)
		closed(t, i)
	}
	if after := mappings(t); after > before+slack {
		t.Errorf("%d mappings before and %d after %d instances, one after the other", before, after, n)
	}

	var all []*Instance
	for range n {
		all = append(all, instantiate())
	}
	if open := mappings(t); open < before+n {
		t.Errorf("%d mappings with %d instances: the memories are somewhere else", open, n)
	}
	r.has("open", n, 4*n, n)
	for _, i := range all {
		closed(t, i)
	}
	if after := mappings(t); after > before+slack {
		t.Errorf("%d mappings before and %d after %d instances at once", before, after, n)
	}
	r.has("closed", 0, 0, 0)
}
