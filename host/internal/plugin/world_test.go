package plugin

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// exampleModule returns one of the example plugins.
func exampleModule(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "modules", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestAWorldStandsInForChance loads a Go guest, whose runtime reads both of
// WASI's clocks and asks for randomness when it starts.
func TestAWorldStandsInForChance(t *testing.T) {
	fuel := func() (used uint64, random int64) {
		var asked, ns atomic.Int64
		r := newRig(t, func(c *Config) {
			c.Now = func() int64 { return 1e18 }
			c.World = &World{
				Random: func(p []byte) {
					asked.Add(1)
					for i := range p {
						p[i] = byte(i)
					}
				},
				Nanotime: func() int64 { return ns.Add(1000) },
			}
		})
		r.put("audit.wasm", exampleModule(t, "audit"))
		r.scan()
		r.insert(1, 1)
		r.atRest("audit", Idle)
		if ns.Load() == 0 {
			t.Error("the clock was not read")
		}
		return r.status("audit").Fuel, asked.Load()
	}
	first, random := fuel()
	second, _ := fuel()
	if random == 0 {
		t.Error("nobody asked for randomness")
	}
	if first != second {
		t.Errorf("%d instructions, and then %d, in the same world", first, second)
	}
}

func TestATraceSeesWhatAHostFunctionIsGiven(t *testing.T) {
	var begun, ended []string
	trace := &Trace{
		Call:     func(GuestCall) {},
		Begins:   func(c HostCall) { begun = append(begun, c.Function) },
		HostCall: func(c HostCall) { ended = append(ended, c.Function) },
	}
	r, _ := farmRig(t, "", func(c *Config) { c.Trace = trace })
	r.insert(1, 'p')
	r.result(abi.OK)
	r.atRest("talker", Idle)
	if len(begun) == 0 || len(begun) != len(ended) {
		t.Errorf("begun %q, ended %q", begun, ended)
	}
}
