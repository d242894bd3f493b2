package conformance

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// TestMachineIsDefined holds the numbers of MACHINE.md, which guests are written
// by, against those that scripts are made of.
func TestMachineIsDefined(t *testing.T) {
	b, err := os.ReadFile("MACHINE.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i, f := range functions {
		if !regexp.MustCompile(fmt.Sprintf("[ \n]%d `%s`", i, f.Name)).MatchString(text) {
			t.Errorf("function %d is not %s", i, f.Name)
		}
	}
	exports := append(abi.GuestExports(), abi.GuestExport{Name: "_initialize"})
	if n := len(handlerNames); n != len(exports) {
		t.Errorf("%d handlers of %d exports", n, len(exports))
	}
	for _, e := range exports {
		if !regexp.MustCompile("(?m)^\\| \\d+ \\| `" + e.Name + "`").MatchString(text) {
			t.Errorf("%s has no number", e.Name)
		}
	}
	for h := range handlerNames {
		if !strings.Contains(text, fmt.Sprintf("\n| %d | `", h)) {
			t.Errorf("handler %d (%s) has no line", h, Handler(h))
		}
	}
	for op := opEnd; op <= opView; op++ {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^\| %d[ |]`, op)).MatchString(text) {
			t.Errorf("instruction %d has no line", op)
		}
	}
	for _, at := range []uint32{addrParam, addrConfLen, addrResults, addrEvent, addrView, addrConfig, addrScript, addrScratch} {
		if !strings.Contains(text, fmt.Sprintf("| 0x%05x |", at)) {
			t.Errorf("address %#05x has no line", at)
		}
	}
}
