package meter

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// addSeeds adds the modules of the specification's tests, the invalid ones too,
// up to a size that keeps the fuzzer quick.
func addSeeds(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(wazeroDir(f), "v2", "testdata", "*.wasm"))
	if err != nil || len(paths) < 3000 {
		f.Fatalf("%d modules, %v", len(paths), err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Size() > 1500 {
			continue
		}
		f.Add(readFile(f, path))
	}
	for _, wasm := range handMade {
		f.Add(wasm)
	}
}

// handMade are modules for what the specification's tests don't try: encodings
// that a decoder can take for something else.
var handMade = [][]byte{
	code(0xfd, 0x80, 0x01, 0x0b),             // a vector instruction of two bytes
	code(0xfd, 0x80, 0x00, 0x00, 0x00, 0x0b), // overlong
	code(0xfd, 0x0b),
	code(0xfc, 0x8b, 0x00, 0x00, 0x0b), // memory.fill, overlong
	code(0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b),
	code(0x03, 0xc0, 0x7f, 0x0d, 0x00, 0x0b, 0x0b),
	code(0x02, 0x40, 0x0e, 0x01, 0x00, 0x00, 0x0b, 0x0b),
	code(0x00, 0x04, 0x40, 0x05, 0x0b, 0x0b),
	code(0x23, 0x00, 0x1a, 0x0b), // a global that isn't there
	code(0x42, 0x00, 0x24, 0x00, 0x0b),
	code(0x41, 0x00, 0x10, 0x01, 0x1a, 0x0b), // a function that isn't there
	code(0xd2, 0x00, 0x1a, 0x0b),
	code(0x41, 0x01, 0x40, 0x00, 0x1a, 0x0b),
	code(0xd0, 0x70, 0x41, 0x01, 0xfc, 0x0f, 0x00, 0x1a, 0x0b),
	code(0x41, 0x00, 0x41, 0x00, 0x41, 0x7f, 0xfc, 0x0b, 0x00, 0x0b),
	code(0x02, 0x00, 0x02, 0x01, 0x0b, 0x0b, 0x0b),                          // a type that isn't there
	[]byte("\x00asm\x01\x00\x00\x00\x00\n\x04name0\x00\x010\x00"),           // names beyond the end
	[]byte("\x00asm\x01\x00\x00\x00\x02\x09\x01\x01a\x01b\x01\x41\x00\x00"), // a table of no type
	[]byte("\x00asm\x01\x00\x00\x00\x00\x01\x00"),                           // an empty custom section
}

// code is a module with a function of type () -> (), a table, a memory and an
// export, and with these instructions.
func code(instructions ...byte) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x04\x04\x01\x70\x00\x01\x05\x03\x01\x00\x01\x07\x05\x01\x01f\x00\x00\x0a")
	b = append(b, byte(len(instructions)+3), 1, byte(len(instructions)+1), 0)
	return append(b, instructions...)
}

// accepts is whether the runtime accepts a module. Its decoder panics on some,
// which is a way to refuse them.
func accepts(wasm []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	defer func() { _ = r.Close(ctx) }()
	_, err := r.CompileModule(ctx, wasm)
	return err == nil
}

// custom is a custom section. At the end of a module the runtime refuses an
// empty custom section, and forgives sizes that lead beyond the end; behind a
// module, this shows what it makes of it otherwise.
var custom = []byte{secCustom, 3, 1, 'x', 'y'}

// safe is whether the runtime's decoder can be given a module that the meter
// has refused: it allocates for numbers before it checks them, so there must be
// none of more than 21 bits.
func safe(wasm []byte) bool {
	run := 0
	for _, b := range wasm {
		if run++; b < 0x80 {
			run = 0
		}
		if run > 2 {
			return false
		}
	}
	return true
}

// lenient is whether an error is about what the specification calls malformed,
// and the runtime accepts: see the package doc.
func lenient(err error) bool {
	return strings.Contains(err.Error(), "shortest form") || strings.Contains(err.Error(), "table of type")
}

// The meter never panics, and the runtime accepts its result exactly when it
// accepts the original. What the meter itself calls malformed, the runtime
// refuses as well.
func FuzzRewrite(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		original := bytes.Clone(wasm)
		m, err := Rewrite(wasm, Options{MaxBytes: 1 << 20, MaxTableEntries: 1 << 16})
		if !bytes.Equal(original, wasm) {
			t.Fatal("the original has changed")
		}
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(wasm) {
				t.Fatalf("error %#v", err)
			}
			if errors.Is(err, ErrMalformed) && safe(wasm) && !lenient(err) &&
				accepts(wasm) && accepts(append(original, custom...)) {
				t.Fatalf("accepted by the runtime: %v", err)
			}
			return
		}
		before := accepts(wasm) || accepts(append(original, custom...))
		if after := accepts(m.Bytes); before != after {
			t.Fatalf("the runtime accepts the original: %v, the result: %v", before, after)
		}
		if len(m.Bytes) > 6*len(wasm)+512 {
			t.Fatalf("%d bytes have become %d", len(wasm), len(m.Bytes))
		}
		if again, err := Rewrite(m.Bytes, Options{}); !errors.Is(err, ErrReserved) {
			t.Fatalf("metered twice: %v, %v", again, err)
		}
	})
}

// Whatever a module does, it ends when its fuel does, and the same call uses
// the same fuel.
func FuzzBudget(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := Rewrite(wasm, Options{MaxBytes: 1 << 16, MaxTableEntries: 1 << 16})
		if err != nil || !accepts(m.Bytes) {
			return
		}
		first, second := burn(m), burn(m)
		if len(first) != len(second) {
			t.Fatalf("%d calls, then %d", len(first), len(second))
		}
		for i := range first {
			if first[i] != second[i] {
				t.Fatalf("call %d: fuel %d, then %d", i, first[i], second[i])
			}
		}
	})
}

// burn calls everything that a module exports, each with a small budget and
// zeros, and returns what is left of the budgets.
func burn(m *Module) (left []uint64) {
	ctx := context.Background()
	config := wazero.NewRuntimeConfigCompiler().WithCoreFeatures(api.CoreFeaturesV2).WithMemoryLimitPages(64)
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer func() { _ = r.Close(ctx) }()
	compiled, err := r.CompileModule(ctx, m.Bytes)
	if err != nil {
		return nil // more memory than this host allows
	}
	mod, err := r.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil // it imports something
	}
	fuel := mod.ExportedGlobal(FuelExport).(api.MutableGlobal)
	for i := range 20 { // in the module's order, which a map hasn't
		for name, def := range compiled.ExportedFunctions() {
			if int(def.Index()) != i {
				continue
			}
			fuel.Set(100_000)
			began := time.Now()
			_, _ = mod.ExportedFunction(name).Call(ctx, make([]uint64, 2*len(def.ParamTypes()))[:paramWords(def)]...)
			if time.Since(began) > 5*time.Second {
				panic("a small budget has lasted for long")
			}
			left = append(left, fuel.Get())
			break
		}
	}
	return left
}

func paramWords(def api.FunctionDefinition) (n int) {
	for _, t := range def.ParamTypes() {
		n++
		if t == 0x7b {
			n++
		}
	}
	return n
}
