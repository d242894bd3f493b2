package meter

import (
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// A contender is one of several ways to do the same.
type contender struct {
	unit string
	run  func()
}

// compare times contenders in turn, so that what else the machine does hits
// them alike, takes the best of each, and reports all as ratios to the first.
func compare(b *testing.B, contenders ...contender) {
	best := make([]time.Duration, len(contenders))
	for i := range best {
		best[i] = math.MaxInt64
	}
	atLeast(b, 30, func() {
		for i, c := range contenders {
			began := time.Now()
			c.run()
			best[i] = min(best[i], time.Since(began))
		}
	})
	b.ReportMetric(float64(best[0].Nanoseconds()), "ns/base")
	for i, c := range contenders[1:] {
		b.ReportMetric(float64(best[i+1])/float64(best[0]), c.unit)
	}
}

// atLeast runs a benchmark's round as often as the benchmark asks, and at least
// so many times; in short mode, once.
func atLeast(b *testing.B, rounds int, round func()) {
	if testing.Short() {
		rounds = 1
	}
	for b.Loop() {
		round()
		rounds--
	}
	for ; rounds > 0; rounds-- {
		round()
	}
}

func benchModule(b *testing.B, wasm []byte, interruptible bool) api.Module {
	ctx := context.Background()
	config := wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(interruptible)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	b.Cleanup(func() { _ = r.Close(ctx) })
	mod, err := r.Instantiate(ctx, wasm)
	if err != nil {
		b.Fatal(err)
	}
	return mod
}

// BenchmarkCall is a call that does next to nothing: metered; with its budget
// set before it; and with what it used read after it too.
func BenchmarkCall(b *testing.B) {
	wasm := readFile(b, "testdata/bench.wasm")
	plain := benchModule(b, wasm, false)
	metered := benchModule(b, rewrite(b, wasm, Options{}).Bytes, false)
	fuel := fuelOf(metered)
	fuel.Set(uint64(plenty))
	ctx, stack := context.Background(), make([]uint64, 1)
	const calls = 10_000
	var sum uint64
	call := func(f api.Function, before, after bool) func() {
		return func() {
			for range calls {
				if before {
					fuel.Set(uint64(plenty))
				}
				_ = f.CallWithStack(ctx, stack)
				if after {
					sum += fuel.Get()
				}
			}
		}
	}
	f, g := plain.ExportedFunction("call"), metered.ExportedFunction("call")
	compare(b, contender{"", call(f, false, false)},
		contender{"metered", call(g, false, false)},
		contender{"with-budget", call(g, true, false)},
		contender{"with-report", call(g, true, true)})
	if sum == 0 {
		b.Error("no fuel has been read")
	}
}

// BenchmarkLoop is code within the guest: metered, and with the runtime's own
// interruption for comparison.
func BenchmarkLoop(b *testing.B) {
	wasm := readFile(b, "testdata/bench.wasm")
	plain, interruptible := benchModule(b, wasm, false), benchModule(b, wasm, true)
	metered := benchModule(b, rewrite(b, wasm, Options{}).Bytes, false)
	ctx := context.Background()
	for name, n := range map[string]uint64{
		"loop": 100_000, "loop over memory": 100_000, "recursion": 20, "copies of 64 bytes": 10_000,
	} {
		b.Run(name, func(b *testing.B) {
			call := func(mod api.Module) func() {
				f, stack := mod.ExportedFunction(name), make([]uint64, 1)
				return func() {
					stack[0] = n
					if mod == metered {
						fuelOf(mod).Set(uint64(plenty))
					}
					if err := f.CallWithStack(ctx, stack); err != nil {
						b.Fatal(err)
					}
				}
			}
			compare(b, contender{"", call(plain)}, contender{"metered", call(metered)}, contender{"interruptible", call(interruptible)})
		})
	}
}

// guests are real modules: the project's own, when they have been built, and a
// Go program.
func guests(b *testing.B) map[string][]byte {
	found := map[string][]byte{}
	paths, err := filepath.Glob("../../../testdata/modules/*.wasm")
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range paths {
		found[filepath.Base(path)] = readFile(b, path)
	}
	path := filepath.Join(b.TempDir(), "go.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", path, "./testdata/goguest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	found["goguest"] = readFile(b, path)
	return found
}

// BenchmarkRewrite compares rewriting a module, and compiling the result, with
// compiling the original.
func BenchmarkRewrite(b *testing.B) {
	ctx := context.Background()
	for name, wasm := range guests(b) {
		b.Run(name, func(b *testing.B) {
			m := rewrite(b, wasm, Options{})
			compile := func(wasm []byte) time.Duration {
				r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
				defer func() { _ = r.Close(ctx) }()
				began := time.Now()
				if _, err := r.CompileModule(ctx, wasm); err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			plain, metered, rewriting := time.Hour, time.Hour, time.Hour
			atLeast(b, 3, func() {
				plain, metered = min(plain, compile(wasm)), min(metered, compile(m.Bytes))
				began := time.Now()
				rewrite(b, wasm, Options{})
				rewriting = min(rewriting, time.Since(began))
			})
			b.ReportMetric(float64(plain.Milliseconds()), "ms/compile")
			b.ReportMetric(float64(rewriting)/float64(plain), "rewriting")
			b.ReportMetric(float64(metered)/float64(plain), "compile-metered")
			b.ReportMetric(float64(len(m.Bytes))/float64(len(wasm)), "size")
		})
	}
}

// BenchmarkGoGuest is ordinary Go code, metered.
func BenchmarkGoGuest(b *testing.B) {
	ctx := context.Background()
	wasm := guests(b)["goguest"]
	work := func(wasm []byte) func() {
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
		b.Cleanup(func() { _ = r.Close(ctx) })
		wasi_snapshot_preview1.MustInstantiate(ctx, r)
		mod, err := r.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions())
		if err != nil {
			b.Fatal(err)
		}
		fuel, _ := mod.ExportedGlobal(FuelExport).(api.MutableGlobal)
		call := func(name string) {
			if fuel != nil {
				fuel.Set(uint64(plenty))
			}
			if _, err := mod.ExportedFunction(name).Call(ctx); err != nil {
				b.Fatal(err)
			}
		}
		call("_initialize")
		return func() { call("work") }
	}
	compare(b, contender{"", work(wasm)}, contender{"metered", work(rewrite(b, wasm, Options{}).Bytes)})
}
