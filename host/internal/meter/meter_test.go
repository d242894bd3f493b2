package meter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

//go:generate wat2wasm testdata/runaway.wat -o testdata/runaway.wasm
//go:generate wat2wasm testdata/costs.wat -o testdata/costs.wasm
//go:generate wat2wasm testdata/start.wat -o testdata/start.wasm
//go:generate wat2wasm testdata/bench.wat -o testdata/bench.wasm

func rewrite(t testing.TB, wasm []byte, opts Options) *Module {
	t.Helper()
	m, err := Rewrite(wasm, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// instantiate compiles a module for the tests, with a host function that does
// nothing.
func instantiate(t testing.TB, wasm []byte) api.Module {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { _ = r.Close(ctx) })
	_, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func() {}).Export("call").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := r.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	return mod
}

func fuelOf(mod api.Module) api.MutableGlobal {
	return mod.ExportedGlobal(FuelExport).(api.MutableGlobal)
}

// exports are the names of the guest's own functions, sorted.
func exports(mod api.Module) (names []string) {
	for name := range mod.ExportedFunctionDefinitions() {
		if !strings.HasPrefix(name, ReservedPrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Everything that doesn't end is stopped, soon, and in a way that the host can
// tell.
func TestRunawayIsStopped(t *testing.T) {
	m := rewrite(t, readFile(t, "testdata/runaway.wasm"), Options{})
	names := exports(instantiate(t, m.Bytes))
	if len(names) != 26 {
		t.Fatalf("%d functions: %q", len(names), names)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			mod := instantiate(t, m.Bytes)
			const budget = 50_000
			fuelOf(mod).Set(budget)
			began := time.Now()
			_, err := mod.ExportedFunction(name).Call(context.Background())
			if err == nil {
				t.Fatal("it ended")
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("stopped after %v", took)
			}
			used, exhausted := Spent(budget, fuelOf(mod).Get())
			if !exhausted || used != budget {
				t.Errorf("used %d, exhausted %v: %v", used, exhausted, err)
			}
		})
	}
}

// A bulk operation that isn't paid for isn't begun.
func TestBulkOperationsPayFirst(t *testing.T) {
	mod := instantiate(t, rewrite(t, readFile(t, "testdata/costs.wasm"), Options{}).Bytes)
	call := func(budget uint64) error {
		fuelOf(mod).Set(budget)
		_, err := mod.ExportedFunction("memory.fill of 80").Call(context.Background())
		return err
	}
	if err := call(51); err == nil {
		t.Error("filled on credit")
	}
	if b, _ := mod.Memory().ReadByte(0); b != 0 {
		t.Error("the memory has been filled")
	}
	if err := call(52); err != nil {
		t.Errorf("not filled: %v", err)
	}
	if b, _ := mod.Memory().ReadByte(79); b != 1 {
		t.Error("the memory hasn't been filled")
	}
}

func TestCosts(t *testing.T) {
	m := rewrite(t, readFile(t, "testdata/costs.wasm"), Options{})
	for name, want := range map[string]int64{
		"empty":                      1,
		"one nop":                    2,
		"blocks are free":            2,
		"loop without a branch back": 3,
		"loop of ten":                1 + 2 + 10*(1+6),
		"call":                       2 + 1,
		"call out":                   2 + 100,
		"dead code":                  2,
		"small arm, not taken":       1 + 2 + 2,
		"large arm, not taken":       1 + 2,
		"large arm, taken":           1 + 2 + 6,
		"20 locals":                  1 + 4,
		"memory.fill of 80":          1 + 3 + 8 + 40,
		"memory.init of 16":          1 + 3 + 8 + 8,
		"table.init of 2":            1 + 3 + 8 + 2,
		"table.grow by 5":            1 + 2 + 32 + 5 + 1,
		"memory.grow by 1":           1 + 1 + 32 + 8192 + 1,
		"memory.grow by too much":    1 + 1 + 32 + 1,
		"ref.func":                   1 + 32 + 1,
	} {
		t.Run(name, func(t *testing.T) {
			mod := instantiate(t, m.Bytes)
			for range 3 { // always the same
				fuelOf(mod).Set(100_000)
				if _, err := mod.ExportedFunction(name).Call(context.Background()); err != nil {
					t.Fatal(err)
				}
				if used, _ := Spent(100_000, fuelOf(mod).Get()); used != want {
					t.Fatalf("used %d, want %d", used, want)
				}
			}
			fuelOf(mod).Set(uint64(want))
			if _, err := mod.ExportedFunction(name).Call(context.Background()); err != nil {
				t.Errorf("a budget of exactly the cost: %v", err)
			}
		})
	}
}

func TestTrapsOfTheGuestAreNotExhaustion(t *testing.T) {
	m := rewrite(t, readFile(t, "testdata/costs.wasm"), Options{})
	for _, name := range []string{"trap", "division by zero"} {
		mod := instantiate(t, m.Bytes)
		fuelOf(mod).Set(100)
		if _, err := mod.ExportedFunction(name).Call(context.Background()); err == nil {
			t.Errorf("%s: no error", name)
		}
		if used, exhausted := Spent(100, fuelOf(mod).Get()); exhausted || used < 1 || used > 5 {
			t.Errorf("%s: used %d, exhausted %v", name, used, exhausted)
		}
	}
}

// A call that uses up its budget after the last check ends, and is told apart
// nevertheless.
func TestOverTheLineAtTheEnd(t *testing.T) {
	mod := instantiate(t, rewrite(t, readFile(t, "testdata/costs.wasm"), Options{}).Bytes)
	fuelOf(mod).Set(5)
	if _, err := mod.ExportedFunction("over the line at the end").Call(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	if used, exhausted := Spent(5, fuelOf(mod).Get()); used != 5 || !exhausted {
		t.Errorf("used %d, exhausted %v", used, exhausted)
	}
}

// Without a budget nothing runs, not even the start function.
func TestNothingRunsBeforeTheBudget(t *testing.T) {
	mod := instantiate(t, rewrite(t, readFile(t, "testdata/costs.wasm"), Options{}).Bytes)
	if _, err := mod.ExportedFunction("empty").Call(context.Background()); err == nil {
		t.Error("a function ran")
	}

	m := rewrite(t, readFile(t, "testdata/start.wasm"), Options{})
	if !m.HasStart {
		t.Error("no start function")
	}
	mod = instantiate(t, m.Bytes)
	if mod.ExportedGlobal("ran").Get() != 0 {
		t.Error("the start function ran at instantiation")
	}
	fuelOf(mod).Set(1000)
	if _, err := mod.ExportedFunction(StartExport).Call(context.Background()); err == nil {
		t.Error("the start function ended")
	}
	if _, exhausted := Spent(1000, fuelOf(mod).Get()); !exhausted || mod.ExportedGlobal("ran").Get() != 1 {
		t.Error("the start function wasn't stopped by its budget")
	}
}

// The entries of all tables together stay below the limit, whatever grows.
func TestTableEntriesAreLimited(t *testing.T) {
	m := rewrite(t, readFile(t, "testdata/costs.wasm"), Options{MaxTableEntries: 20})
	if m.Entries != 12 || len(m.Tables) != 1 || m.Tables[0] != (Limits{Min: 10}) {
		t.Errorf("%d entries, tables %+v", m.Entries, m.Tables)
	}
	mod := instantiate(t, m.Bytes)
	for _, step := range []struct {
		by   uint64
		want int32
	}{{5, 10}, {4, -1}, {math.MaxUint32, -1}, {3, 15}, {1, -1}, {0, 18}} {
		fuelOf(mod).Set(1000)
		got, err := mod.ExportedFunction("grow the table").Call(context.Background(), step.by)
		if err != nil || int32(got[0]) != step.want {
			t.Errorf("table.grow by %d: %v, %v, want %d", step.by, got, err, step.want)
		}
	}
	if _, err := Rewrite(readFile(t, "testdata/costs.wasm"), Options{MaxTableEntries: 11}); !errors.Is(err, ErrLimit) {
		t.Errorf("more entries than allowed: %v", err)
	}
}

// binary is a module of these sections, which begin with their ids.
func binary(sections ...string) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	for _, s := range sections {
		b = append(b, s[0])
		b = appendU32(b, uint32(len(s)-1))
		b = append(b, s[1:]...)
	}
	return b
}

// function is the sections of a module with a function of type () -> ().
func function(instructions string) []string {
	body := "\x00" + instructions
	return []string{"\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x0a\x01" + string(appendU32(nil, uint32(len(body)))) + body}
}

func TestRefusedByName(t *testing.T) {
	for name, c := range map[string]struct {
		wasm []byte
		kind error
		want string
	}{
		"not a module":           {[]byte("\x7fELF"), ErrMalformed, "not a WebAssembly module"},
		"a component":            {[]byte("\x00asm\x0d\x00\x01\x00"), ErrMalformed, "not a WebAssembly module of version 1"},
		"tail call":              {binary(function("\x12\x00\x0b")...), ErrUnsupported, "offset 0x17: instruction return_call of the tail call proposal isn't accepted"},
		"exceptions":             {binary(function("\x1f\x40\x00\x0b\x0b")...), ErrUnsupported, "try_table of the exception handling proposal"},
		"threads":                {binary(function("\xfe\x03\x00\x0b")...), ErrUnsupported, "threads"},
		"garbage collection":     {binary(function("\xfb\x00\x00\x0b")...), ErrUnsupported, "garbage collection"},
		"function references":    {binary(function("\x14\x00\x0b")...), ErrUnsupported, "call_ref of the typed function references proposal"},
		"relaxed vectors":        {binary(function("\xfd\x80\x02\x0b")...), ErrUnsupported, "relaxed SIMD"},
		"wide arithmetic":        {binary(function("\xfc\x13\x0b")...), ErrUnsupported, "i64.add128 of the wide arithmetic proposal"},
		"several memories":       {binary("\x05\x02\x00\x01\x00\x01"), ErrLimit, "2 memories"},
		"64-bit memory":          {binary("\x05\x01\x04\x01"), ErrUnsupported, "memory64"},
		"shared memory":          {binary("\x05\x01\x03\x01\x02"), ErrUnsupported, "threads"},
		"extended constants":     {binary("\x06\x01\x7f\x00\x41\x01\x41\x01\x6a\x0b"), ErrUnsupported, "extended constant expressions"},
		"a tag section":          {binary("\x0d\x00"), ErrUnsupported, "exception handling"},
		"the name of the fuel":   {binary("\x06\x01\x7e\x01\x42\x00\x0b", "\x07\x01\x0dsesshook:fuel\x03\x00"), ErrReserved, `"sesshook:fuel"`},
		"a reserved name":        {binary("\x05\x01\x00\x01", "\x07\x01\x0asesshook:x\x02\x00"), ErrReserved, `prefix "sesshook:"`},
		"the fuel, read":         {binary(function("\x23\x00\x1a\x0b")...), ErrMalformed, "global 0 of 0"},
		"the fuel, set":          {binary(function("\x42\x00\x24\x00\x0b")...), ErrMalformed, "global 0 of 0"},
		"the fuel, exported":     {binary("\x07\x01\x01g\x03\x00"), ErrMalformed, "export of global 0 of 0"},
		"the fuel, as a start":   {binary("\x06\x01\x7e\x00\x23\x00\x0b"), ErrMalformed, "global 0 of 0 imported"},
		"a helper, called":       {binary(function("\x41\x00\x40\x00\x10\x01\x1a\x0b")...), ErrMalformed, "function 1 of 1"},
		"a helper, exported":     {binary("\x07\x01\x01f\x00\x00"), ErrMalformed, "export of function 0 of 0"},
		"a helper, in a table":   {binary("\x04\x01\x70\x00\x01", "\x09\x01\x00\x41\x00\x0b\x01\x00"), ErrMalformed, "function 0 of 0"},
		"a helper's type":        {binary(function("\x41\x00\x11\x01\x00\x0b")...), ErrMalformed, "type 1 of 1"},
		"a block's type":         {binary(function("\x02\x01\x0b\x0b")...), ErrMalformed, "type 1 of 1"},
		"a label":                {binary(function("\x0c\x01\x0b")...), ErrMalformed, "label 1 of 1"},
		"code after the end":     {binary(function("\x0b\x0b")...), ErrMalformed, "1 bytes after the end"},
		"no end":                 {binary(function("\x01")...), ErrMalformed, "unexpected end"},
		"an else too many":       {binary(function("\x05\x0b")...), ErrMalformed, "else without if"},
		"more types than bytes":  {binary("\x01\xff\xff\xff\xff\x0f"), ErrMalformed, "4294967295 types announced"},
		"4 GiB of data":          {binary("\x0b\x01\x01\xff\xff\xff\xff\x0f"), ErrMalformed, "4294967295 bytes announced"},
		"4 billion locals":       {binary("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x0a\x01\x08\x01\xff\xff\xff\xff\x0f\x7f\x0b"), ErrLimit, "more than 50000 locals"},
		"a start with a result":  {binary("\x01\x01\x60\x00\x01\x7f", "\x03\x01\x00", "\x08\x00", "\x0a\x01\x04\x00\x41\x00\x0b"), ErrMalformed, "start function with parameters or results"},
		"a start that isn't":     {binary("\x08\x00"), ErrMalformed, "start function 0 of 0"},
		"sections out of order":  {binary("\x03\x00", "\x01\x00"), ErrMalformed, "out of order"},
		"an overlong number":     {binary("\x01\x80\x80\x80\x80\x80\x00"), ErrMalformed, "32 bits"},
		"names that aren't":      {binary("\x00\x04name\x01\x06\xff\xff\xff\xff\x0f\x00"), ErrMalformed, "4294967295 names"},
		"a section's size":       {[]byte("\x00asm\x01\x00\x00\x00\x01\x02\x00"), ErrMalformed, "2 bytes announced, 1 left"},
		"a vector's long number": {binary(function("\xfd\x80\x00\x00\x00\x0b")...), ErrMalformed, "shortest form"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Rewrite(c.wasm, Options{})
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, %v, want %v with %q", m, err, c.kind, c.want)
			}
		})
	}
	if _, err := Rewrite(make([]byte, 11), Options{MaxBytes: 10}); !errors.Is(err, ErrLimit) {
		t.Errorf("a large module: %v", err)
	}
}

// ref.func may only refer to functions that are declared outside the code; the
// start function isn't, and must not become it by being exported.
func TestStartFunctionIsNotDeclared(t *testing.T) {
	wasm := binary("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x08\x00", "\x0a\x01\x05\x00\xd2\x00\x1a\x0b")
	m := rewrite(t, wasm, Options{})
	if accepts(wasm) || accepts(m.Bytes) {
		t.Errorf("accepted: original %v, result %v", accepts(wasm), accepts(m.Bytes))
	}
}

func TestEmptyModule(t *testing.T) {
	m := rewrite(t, binary(), Options{})
	fuelOf(instantiate(t, m.Bytes)).Set(1)
	if m.HasStart || m.Memory != nil || m.Tables != nil {
		t.Errorf("%+v", m)
	}
}

// What still is true of the code stays, and what isn't goes and is listed.
func TestCustomSections(t *testing.T) {
	f := function("\x00\x0b")
	names := "\x00\x04name\x01\x0a\x01\x00\x07culprit"
	wasm := binary("\x00\x04notehello", f[0], f[1], "\x07\x01\x01f\x00\x00", f[2], names,
		"\x00\x0b.debug_infoxyz", "\x00\x10sourceMappingURLmap", "\x00\x05empty")
	m := rewrite(t, wasm, Options{})
	if want := []string{".debug_info", "sourceMappingURL", "empty"}; !slices.Equal(m.Dropped, want) {
		t.Errorf("dropped %q, want %q", m.Dropped, want)
	}
	if !bytes.Contains(m.Bytes, []byte("\x04notehello")) || bytes.Contains(m.Bytes, []byte("debug")) {
		t.Errorf("%q", m.Bytes)
	}
	mod := instantiate(t, m.Bytes)
	fuelOf(mod).Set(10)
	_, err := mod.ExportedFunction("f").Call(context.Background())
	if err == nil || !strings.Contains(err.Error(), "culprit") {
		t.Errorf("the function's name isn't in the trace: %v", err)
	}
}

func TestMemoryLimits(t *testing.T) {
	m := rewrite(t, binary("\x02\x01\x01a\x01b\x02\x01\x02\x03"), Options{})
	if want := (Limits{Min: 2, Max: 3, HasMax: true, Imported: true}); m.Memory == nil || *m.Memory != want {
		t.Errorf("%+v, want %+v", m.Memory, want)
	}
}

// The result depends on nothing but the original, which stays as it is.
func TestRewriteIsPure(t *testing.T) {
	for _, name := range []string{"runaway", "costs", "start", "bench"} {
		wasm := readFile(t, "testdata/"+name+".wasm")
		original := bytes.Clone(wasm)
		a, b := rewrite(t, wasm, Options{}), rewrite(t, wasm, Options{})
		if !bytes.Equal(a.Bytes, b.Bytes) || !bytes.Equal(wasm, original) {
			t.Errorf("%s: different results", name)
		}
	}
}

// Modules made to be slow take time and memory by their size only.
func TestHostileSizes(t *testing.T) {
	const n = 1_500_000
	for name, instructions := range map[string]string{
		"nested blocks": strings.Repeat("\x02\x40", n) + strings.Repeat("\x0b", n+1),
		"nested loops":  strings.Repeat("\x03\x40\x41\x00\x0d\x00", n/2) + strings.Repeat("\x0b", n/2+1),
		"loops":         strings.Repeat("\x03\x40\x0c\x00\x0b", n) + "\x0b",
		"branches":      strings.Repeat("\x41\x00\x0d\x00", n) + "\x0b",
		"memory.grow":   strings.Repeat("\x41\x00\x40\x00\x1a", n) + "\x0b",
	} {
		t.Run(name, func(t *testing.T) {
			f := function(instructions)
			wasm := binary(f[0], f[1], "\x05\x01\x00\x01", f[2])
			began := time.Now()
			m := rewrite(t, wasm, Options{MaxCompileWork: math.MaxUint64})
			took, growth := time.Since(began), float64(len(m.Bytes))/float64(len(wasm))
			t.Logf("%d bytes: %v, %.2f times the size", len(wasm), took, growth)
			if took > time.Minute || growth > 5 {
				t.Errorf("%v, %.2f times the size", took, growth)
			}
		})
	}
	t.Run("functions", func(t *testing.T) {
		count := string(appendU32(nil, n/2))
		wasm := binary("\x01\x01\x60\x00\x00", "\x03"+count+strings.Repeat("\x00", n/2), "\x0a"+count+strings.Repeat("\x02\x00\x0b", n/2))
		m := rewrite(t, wasm, Options{})
		t.Logf("%d bytes, %.2f times the size", len(wasm), float64(len(m.Bytes))/float64(len(wasm)))
	})
}

// What would keep the compiler busy for hours, or fill the host's memory, is
// refused, and the measure of it is in the report.
func TestCompileWork(t *testing.T) {
	locals := func(n uint32) string { return "\x01" + string(appendU32(nil, n)) + "\x7f" }
	loops := func(n int) string { return strings.Repeat("\x03\x40\x41\x00\x0d\x00\x0b", n) + "\x0b" }
	withBody := func(body string) []byte {
		return binary("\x01\x01\x60\x00\x00", "\x03\x01\x00", "\x0a\x01"+string(appendU32(nil, uint32(len(body))))+body)
	}
	calls := function(strings.Repeat("\x10\x00", 5000) + "\x0b")
	globals := "\x06" + string(appendU32(nil, 1000)) + strings.Repeat("\x7f\x01\x41\x00\x0b", 1000)
	for name, wasm := range map[string][]byte{
		"blocks":            withBody("\x00" + loops(20_000)),
		"blocks and locals": withBody(locals(10_000) + loops(200)),
		"calls and globals": binary(calls[0], calls[1], globals, calls[2]),
	} {
		if m, err := Rewrite(wasm, Options{}); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	one := rewrite(t, withBody("\x00"+loops(100)), Options{})
	two := rewrite(t, withBody("\x00"+loops(200)), Options{})
	if one.CompileWork == 0 || two.CompileWork < 3*one.CompileWork {
		t.Errorf("work of 100 loops is %d, of 200 %d", one.CompileWork, two.CompileWork)
	}
	if _, err := Rewrite(withBody("\x00"+loops(200)), Options{MaxCompileWork: two.CompileWork - 1}); !errors.Is(err, ErrLimit) {
		t.Errorf("over the limit: %v", err)
	}
}

func ExampleSpent() {
	used, exhausted := Spent(1000, 400)
	fmt.Println(used, exhausted)
	left := int64(-3)
	used, exhausted = Spent(1000, uint64(left))
	fmt.Println(used, exhausted)
	// Output:
	// 600 false
	// 1000 true
}
