package linear

import (
	"bytes"
	"context"
	"errors"
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// A rig is a wazero runtime, and an allocator with an account.
type rig struct {
	tb        testing.TB
	runtime   wazero.Runtime
	allocator *Allocator
	account   *Account
}

const testLimit = 4 * pageSize

func newRig(tb testing.TB, config wazero.RuntimeConfig) *rig {
	tb.Helper()
	r := &rig{tb: tb, runtime: wazero.NewRuntimeWithConfig(tb.Context(), config), account: &Account{}}
	r.allocator = &Allocator{Limit: testLimit, Account: r.account}
	tb.Cleanup(func() {
		if err := r.runtime.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// host defines the function host.call, which some of the guests call.
func (r *rig) host(call func(context.Context, api.Module)) {
	r.tb.Helper()
	_, err := r.runtime.NewHostModuleBuilder("host").NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, mod api.Module, _ []uint64) { call(ctx, mod) }), nil, nil).
		Export("call").Instantiate(r.tb.Context())
	if err != nil {
		r.tb.Fatal(err)
	}
}

func (r *rig) compile(name string) wazero.CompiledModule {
	r.tb.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	if err != nil {
		r.tb.Fatal(err)
	}
	compiled, err := r.runtime.CompileModule(r.tb.Context(), wasm)
	if err != nil {
		r.tb.Fatal(err)
	}
	return compiled
}

func (r *rig) instantiate(name string) (*Instance, error) {
	r.tb.Helper()
	return r.allocator.Instantiate(r.tb.Context(), r.runtime, r.compile(name), anonymous)
}

func (r *rig) must(name string) *Instance {
	r.tb.Helper()
	i, err := r.instantiate(name)
	if err != nil {
		r.tb.Fatal(err)
	}
	return i
}

// has compares the account with what should be there, in pages.
func (r *rig) has(when string, memories, reserved, committed int64) {
	r.tb.Helper()
	a := r.account
	if a.Memories() != memories || a.Reserved() != reserved*pageSize || a.Committed() != committed*pageSize {
		r.tb.Errorf("%s: %d memories, %d bytes reserved, %d committed; want %d, %d, %d", when,
			a.Memories(), a.Reserved(), a.Committed(), memories, reserved*pageSize, committed*pageSize)
	}
}

var anonymous = wazero.NewModuleConfig().WithName("")

func call(tb testing.TB, mod api.Module, function string, args ...uint64) []uint64 {
	tb.Helper()
	results, err := mod.ExportedFunction(function).Call(tb.Context(), args...)
	if err != nil {
		tb.Fatal(err)
	}
	return results
}

func grow(tb testing.TB, mod api.Module, pages uint64) int32 {
	tb.Helper()
	return int32(call(tb, mod, "grow", pages)[0])
}

// engines runs a test on wazero's compiler and on its interpreter.
func engines(t *testing.T, test func(*testing.T, wazero.RuntimeConfig)) {
	t.Run("default", func(t *testing.T) { test(t, wazero.NewRuntimeConfig()) })
	t.Run("interpreter", func(t *testing.T) { test(t, wazero.NewRuntimeConfigInterpreter()) })
}

func closed(tb testing.TB, mod api.Module) {
	tb.Helper()
	if err := mod.Close(tb.Context()); err != nil {
		tb.Error(err)
	}
}

func TestInstanceGrowsUpToItsLimit(t *testing.T) {
	engines(t, func(t *testing.T, config wazero.RuntimeConfig) {
		r := newRig(t, config)
		i := r.must("grower")
		r.has("instantiated", 1, 4, 1)
		call(t, i, "store", pageSize-4, 0x01020304)
		if got := grow(t, i, 2); got != 1 {
			t.Errorf("memory.grow = %d, want the 1 page before", got)
		}
		r.has("grown", 1, 4, 3)
		if got := call(t, i, "load", pageSize-4)[0]; got != 0x01020304 {
			t.Errorf("after growing, the last word of the first page is %#x", got)
		}
		if got := call(t, i, "load", 3*pageSize-4)[0]; got != 0 {
			t.Errorf("the new pages are not zero: %#x", got)
		}
		for _, pages := range []uint64{2, 65533, 65536} {
			if got := grow(t, i, pages); got != -1 {
				t.Errorf("memory.grow(%d) beyond the limit = %d, want -1", pages, got)
			}
		}
		r.has("refused", 1, 4, 3)
		call(t, i, "store", 3*pageSize-4, 5) // it goes on
		if got := grow(t, i, 1); got != 3 {
			t.Errorf("memory.grow to the limit = %d, want 3", got)
		}
		if _, err := i.ExportedFunction("load").Call(t.Context(), 4*pageSize-3); err == nil {
			t.Error("a load across the end of the memory does not trap")
		}
		closed(t, i)
		r.has("closed", 0, 0, 0)
		if r.account.Peak() != testLimit {
			t.Errorf("peak is %d bytes, want %d", r.account.Peak(), testLimit)
		}
		closed(t, i)
		r.has("closed again", 0, 0, 0)
	})
}

func TestModulesMaximumHoldsBelowTheLimit(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	i := r.must("bounded")
	r.has("instantiated", 1, 3, 2)
	if a, b, c := grow(t, i, 2), grow(t, i, 1), grow(t, i, 1); a != -1 || b != 2 || c != -1 {
		t.Errorf("memory.grow(2), (1), (1) = %d, %d, %d; want -1, 2, -1", a, b, c)
	}
	closed(t, i)
	r.has("closed", 0, 0, 0)
}

func TestZeroAllocatorLimitsByTheModule(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	r.allocator = &Allocator{}
	i := r.must("bounded")
	if got := grow(t, i, 1); got != 2 {
		t.Errorf("memory.grow = %d, want 2", got)
	}
	closed(t, i)
}

func TestMemoryOfFourGiB(t *testing.T) {
	if moves {
		t.Log("not tried: here it would all be allocated")
		return
	}
	r := newRig(t, wazero.NewRuntimeConfig())
	r.allocator.Limit = 0
	if bits.UintSize == 32 {
		if _, err := r.instantiate("grower"); !errors.Is(err, ErrExhausted) {
			t.Errorf("error %v, want ErrExhausted", err)
		}
		return
	}
	i := r.must("grower")
	r.has("instantiated", 1, 65536, 1)
	// Not quite all: api.Memory's size is 32 bits, and then is 0.
	if got := grow(t, i, 65534); got != 1 {
		t.Fatalf("memory.grow = %d, want 1", got)
	}
	call(t, i, "store", 65535*pageSize-4, 7)
	if got := call(t, i, "load", 65535*pageSize-4)[0]; got != 7 {
		t.Errorf("the last word is %d, want 7", got)
	}
	closed(t, i)
	r.has("closed", 0, 0, 0)
}

func TestViewsStayValidWhileTheMemoryGrows(t *testing.T) {
	if moves {
		t.Log("not so on this system, where the memory moves")
		return
	}
	r := newRig(t, wazero.NewRuntimeConfig())
	i := r.must("grower")
	view, _ := i.Memory().Read(8, 4)
	grow(t, i, 3)
	call(t, i, "store", 8, 0x64636261)
	if string(view) != "abcd" {
		t.Errorf("the view shows %q after the memory has grown and changed", view)
	}
	if _, ok := i.Memory().Read(0, 4*pageSize); !ok {
		t.Error("the grown memory can't be read")
	}
	closed(t, i)
}

func TestEmptyMemories(t *testing.T) {
	engines(t, func(t *testing.T, config wazero.RuntimeConfig) {
		r := newRig(t, config)
		empty, never, none := r.must("empty"), r.must("never"), r.must("none")
		r.has("instantiated", 2, 2, 0)
		if a, b := grow(t, empty, 0), grow(t, empty, 1); a != 0 || b != 0 {
			t.Errorf("empty: memory.grow(0), (1) = %d, %d; want 0, 0", a, b)
		}
		if a, b := grow(t, never, 0), grow(t, never, 1); a != 0 || b != -1 {
			t.Errorf("never: memory.grow(0), (1) = %d, %d; want 0, -1", a, b)
		}
		if got := call(t, none, "one")[0]; got != 1 {
			t.Errorf("none: one() = %d", got)
		}
		r.has("grown", 2, 2, 1)
		for _, i := range []*Instance{empty, never, none} {
			closed(t, i)
		}
		r.has("closed", 0, 0, 0)
	})
}

func TestFailedInstantiationsLeaveNothing(t *testing.T) {
	for _, test := range []struct{ module, want string }{
		{"start_traps", "unreachable"},
		{"data_outside", "out of bounds"},
		{"large", "may have 262144; raise memory"},
	} {
		t.Run(test.module, func(t *testing.T) {
			engines(t, func(t *testing.T, config wazero.RuntimeConfig) {
				r := newRig(t, config)
				i, err := r.instantiate(test.module)
				if i != nil || err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("instance %v, error %v, want %q", i, err, test.want)
				}
				if errors.Is(err, ErrLimit) != (test.module == "large") {
					t.Errorf("ErrLimit or not: %v", err)
				}
				r.has("failed", 0, 0, 0)
			})
		})
	}
}

func TestGrowthRefusedToTheStartSectionIsTheGuestsMatter(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	i := r.must("start_overgrows")
	r.has("instantiated", 1, 4, 1)
	closed(t, i)
}

// failing is a space that can't commit more than its first pages.
type failing struct {
	space
	pages uint64
}

var errNoMore = errors.New("the system has no more")

func (f failing) commit(size uint64) ([]byte, error) {
	if size > f.pages*pageSize {
		return nil, errNoMore
	}
	return f.space.commit(size)
}

func failAfter(pages uint64) func(uint64) (space, error) {
	return func(size uint64) (space, error) {
		s, err := reserveSpace(size)
		return failing{s, pages}, err
	}
}

func TestWantOfMemoryIsAnError(t *testing.T) {
	none := func(uint64) (space, error) { return nil, errNoMore }
	for _, test := range []struct {
		name, module string
		reserve      func(uint64) (space, error)
	}{
		{"no address space", "grower", none},
		{"no address space for an empty memory", "empty", none},
		{"no memory", "grower", failAfter(0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			engines(t, func(t *testing.T, config wazero.RuntimeConfig) {
				r := newRig(t, config)
				r.allocator.reserve = test.reserve
				i, err := r.instantiate(test.module)
				if i != nil || !errors.Is(err, ErrExhausted) || !errors.Is(err, errNoMore) {
					t.Errorf("instance %v, error %v; want ErrExhausted with its cause", i, err)
				}
				r.has("failed", 0, 0, 0)
				r.allocator.reserve = nil
				closed(t, r.must(test.module)) // the runtime is as good as before
			})
		})
	}
}

func TestWantOfMemoryWhileGrowingIsTheGuestsMatter(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	r.allocator.reserve = failAfter(2)
	i := r.must("grower")
	if a, b, c := grow(t, i, 2), grow(t, i, 1), grow(t, i, 1); a != -1 || b != 1 || c != -1 {
		t.Errorf("memory.grow(2), (1), (1) = %d, %d, %d; want -1, 1, -1", a, b, c)
	}
	r.has("refused", 1, 4, 2)
	closed(t, i)
	r.has("closed", 0, 0, 0)
}

func TestSystemRefusesWhatItCantHave(t *testing.T) {
	if moves {
		t.Log("a slice reserves nothing")
		return
	}
	if _, err := reserveSpace(1 << 62); err == nil {
		t.Error("2^62 bytes of address space were reserved")
	}
}

// panics is a space that fails in a way that nobody planned.
type panics struct{ space }

func (panics) commit(uint64) ([]byte, error) { panic("unplanned") }

func TestPanicIsAnError(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	r.allocator.reserve = func(size uint64) (space, error) {
		s, err := reserveSpace(size)
		return panics{s}, err
	}
	if i, err := r.instantiate("grower"); i != nil || err == nil || !strings.Contains(err.Error(), "unplanned") {
		t.Errorf("instance %v, error %v", i, err)
	}
	r.has("failed", 0, 0, 0)
}

func TestGoroutinesEndInTheStartSectionLeavesNothing(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	r.host(func(context.Context, api.Module) { runtime.Goexit() })
	compiled := r.compile("start_calls")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, err := r.allocator.Instantiate(t.Context(), r.runtime, compiled, anonymous)
		t.Errorf("it went on with %v", err)
	}()
	<-ended
	r.has("ended", 0, 0, 0)
}

// TestCloseReleasesWhatWazeroForgot has the context end while the guest is in the
// host, which then panics: wazero has the instance down as closed, with its
// memory, and its Close does nothing.
func TestCloseReleasesWhatWazeroForgot(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
	ctx, cancel := context.WithCancel(t.Context())
	r.host(func(_ context.Context, mod api.Module) {
		cancel()
		for !mod.IsClosed() { // by wazero's goroutine
			runtime.Gosched()
		}
		panic("the host function failed")
	})
	i := r.must("caller")
	if _, err := i.ExportedFunction("run").Call(ctx); err == nil {
		t.Fatal("the call succeeded")
	}
	closed(t, i)
	r.has("closed", 0, 0, 0)
}

func TestGuestMayCloseItself(t *testing.T) {
	engines(t, func(t *testing.T, config wazero.RuntimeConfig) {
		r := newRig(t, config)
		r.host(func(ctx context.Context, mod api.Module) { // as WASI's proc_exit does
			_ = mod.CloseWithExitCode(ctx, 3)
			panic("exit")
		})
		i := r.must("caller")
		if _, err := i.ExportedFunction("run").Call(t.Context()); err == nil {
			t.Error("the call succeeded")
		}
		r.has("closed by itself", 0, 0, 0)
		closed(t, i)
		r.has("closed again", 0, 0, 0)
	})
}

func TestClosingTheRuntimeReleases(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	for range 3 {
		r.must("grower")
	}
	r.has("instantiated", 3, 12, 3)
	if err := r.runtime.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.has("closed", 0, 0, 0)
}

func TestMemoryAfterItsEndGivesNothing(t *testing.T) {
	a := Allocator{Limit: testLimit}
	m := a.newMemory(testLimit)
	if len(m.Reallocate(pageSize)) != pageSize {
		t.Fatal("no memory")
	}
	if len(m.Reallocate(0)) != 0 || len(m.view) != pageSize {
		t.Error("it shrank")
	}
	m.Free()
	m.Free()
	if m.Reallocate(pageSize) != nil {
		t.Error("memory after Free")
	}
}

// TestConcurrentInstances is for the race detector: an allocator and an account
// are shared, an instance is not.
func TestConcurrentInstances(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfig())
	compiled := r.compile("grower")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				i, err := r.allocator.Instantiate(t.Context(), r.runtime, compiled, anonymous)
				if err != nil {
					t.Error(err)
					return
				}
				if grow(t, i, 1) != 1 || grow(t, i, 3) != -1 {
					t.Error("growing gives what it should not")
				}
				call(t, i, "store", 2*pageSize-4, 1)
				closed(t, i)
			}
		})
	}
	group.Wait()
	r.has("closed", 0, 0, 0)
	if peak := r.account.Peak(); peak < 2*pageSize || peak > 16*pageSize {
		t.Errorf("the peak of 8 memories of at most 2 pages is %d bytes", peak)
	}
}

// TestGuestsAreBuiltFromTheirSource rebuilds the guests. wat2wasm (Debian's wabt)
// has to be there in CI; elsewhere there is nothing to compare without it.
func TestGuestsAreBuiltFromTheirSource(t *testing.T) {
	tool, err := exec.LookPath("wat2wasm")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("wat2wasm is missing: apt-get install wabt")
		}
		t.Log("the guests are not compared with their text: wat2wasm is not installed")
		return
	}
	texts, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(texts) == 0 {
		t.Fatalf("no guests: %v", err)
	}
	for _, text := range texts {
		built := filepath.Join(t.TempDir(), "guest.wasm")
		if out, err := exec.Command(tool, text, "-o", built).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", text, err, out)
		}
		want, err := os.ReadFile(built)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimSuffix(text, ".wat") + ".wasm"
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what %s makes (%v); run: wat2wasm %[2]s -o %[1]s", path, text, err)
		}
	}
}
