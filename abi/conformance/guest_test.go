package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// TestGuestIsBuiltFromItsSource rebuilds the guest. wat2wasm (Debian's wabt)
// has to be there in CI; elsewhere there is nothing to compare without it.
func TestGuestIsBuiltFromItsSource(t *testing.T) {
	tool, err := exec.LookPath("wat2wasm")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("wat2wasm is missing: apt-get install wabt")
		}
		t.Log("guest.wasm is not compared to guest.wat: wat2wasm is not installed")
		return
	}
	built := filepath.Join(t.TempDir(), "guest.wasm")
	if out, err := exec.Command(tool, "guest.wat", "-o", built).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(Guest, want) {
		t.Error("guest.wasm differs from what guest.wat makes; run: wat2wasm guest.wat -o guest.wasm")
	}
}

func source(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("guest.wat")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestGuestImportsEveryHostFunctionInOrder(t *testing.T) {
	imports := regexp.MustCompile(`\(import "(\w+)" "(\w+)" \(func \$\w+ ?(.*?)\)\)\n`).FindAllStringSubmatch(source(t), -1)
	if len(imports) != len(functions) {
		t.Fatalf("%d imports of %d functions", len(imports), len(functions))
	}
	for i, f := range functions {
		if got := imports[i]; got[1] != abi.Module || got[2] != f.Name || got[3] != f.Type.String() {
			t.Errorf("import %d is %q, want %s %s", i, got[1:], f.Name, f.Type)
		}
	}
}

func TestGuestExportsEveryFunction(t *testing.T) {
	exports := make(map[string]string)
	for _, m := range regexp.MustCompile(`\(func \(export "(\w+)"\)((?: \((?:param|result) i\d\d\))*)`).FindAllStringSubmatch(source(t), -1) {
		exports[m[1]] = strings.TrimSpace(m[2])
	}
	for _, e := range abi.GuestExports() {
		if got, ok := exports[e.Name]; !ok || got != e.Type.String() {
			t.Errorf("%s is exported as %q, want %q", e.Name, got, e.Type)
		}
	}
	if len(exports) != len(abi.GuestExports())+1 { // _initialize
		t.Errorf("%d exports: %v", len(exports), exports)
	}
}
