// Package rust has no Go: its tests hold the names and numbers of the Rust SDK
// against package abi, and, with the tag languages, run the SDK's own tests and
// build what is written in Rust. For those they need the tools of README.md:
//
//	go test -tags languages ./abi/rust
package rust

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func source(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("src", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// numbered returns what a file has of `= NUMBER "NAME"`.
func numbered(t *testing.T, file string) map[int]string {
	t.Helper()
	found := make(map[int]string)
	for _, m := range regexp.MustCompile(`\w+ = (\d+) "([^"]+)",`).FindAllStringSubmatch(source(t, file), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		found[n] = m[2]
	}
	return found
}

// named returns the numbers that have a name, up to where they can't have one.
func named[N ~uint8 | ~uint16](text func(N) string) map[int]string {
	names := make(map[int]string)
	for n := N(0); n < 255; n++ {
		if name := text(n); name != "UNKNOWN" {
			names[int(n)] = name
		}
	}
	return names
}

func TestNumbersHaveTheNamesOfTheABI(t *testing.T) {
	for file, want := range map[string]map[int]string{
		"kind.rs":   named(abi.Kind.String),
		"origin.rs": named(abi.Origin.String),
		"reason.rs": named(abi.Reason.String),
		"format.rs": named(abi.Format.String),
	} {
		if got := numbered(t, file); !maps.Equal(got, want) {
			t.Errorf("%s has %v, the ABI %v", file, got, want)
		}
	}
}

// constants returns what a text has of the pattern, whose groups are a name and a
// number.
func constants(t *testing.T, text, pattern string) map[string]int64 {
	t.Helper()
	found := make(map[string]int64)
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		number, shift, shifted := strings.Cut(m[2], " << ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if shifted {
			by, err := strconv.Atoi(shift)
			if err != nil {
				t.Fatal(err)
			}
			n <<= by
		}
		found[m[1]] = n
	}
	return found
}

func TestBitsLevelsAndLimitsAreThoseOfTheABI(t *testing.T) {
	for _, c := range []struct {
		file, pattern string
		want          map[string]int64
	}{
		{"flags.rs", `(?m)^ +([A-Z_]+) = (\d+),$`, map[string]int64{
			"EXISTING": int64(abi.Existing), "REPLACED": int64(abi.Replaced), "RESUMED": int64(abi.Resumed),
			"CLIENT_CERT": int64(abi.ClientCert), "TRUNCATED": int64(abi.Truncated), "REQUEST": int64(abi.Request),
		}},
		{"session.rs", `(?m)^ +([A-Z_]+) = (\d+),$`, map[string]int64{"OVERWRITE": int64(abi.Overwrite), "REVIVE": int64(abi.Revive)}},
		{"level.rs", `(?m)^ +(\w+) = (-?\d+),$`, map[string]int64{
			"Debug": int64(abi.Debug), "Info": int64(abi.Info), "Warn": int64(abi.Warn), "Error": int64(abi.Error),
		}},
		{"lib.rs", `pub const (\w+): usize = ([\d <]+);`, map[string]int64{
			"MAX_ID": abi.MaxID, "MAX_SESSION": abi.MaxSession, "MAX_MESSAGE": abi.MaxMessage, "MAX_TOPIC": abi.MaxTopic,
			"MIN_EVENT_BUFFER": abi.MinEventBuffer, "EVENT_BUFFER": 4096,
		}},
		{"event.rs", `pub const (\w+): usize = ([\d <]+);`, map[string]int64{"HEADER_SIZE": abi.HeaderSize}},
		{"node.rs", `pub const (\w+): usize = ([\d <]+);`, map[string]int64{"NODE_ID_SIZE": abi.NodeIDSize}},
	} {
		if got := constants(t, source(t, c.file), c.pattern); !maps.Equal(got, c.want) {
			t.Errorf("%s has %v, the ABI %v", c.file, got, c.want)
		}
	}
}

func TestErrorsAreTheCodesOfTheABI(t *testing.T) {
	text := source(t, "error.rs")
	names := make(map[string]string) // by variant
	for _, m := range regexp.MustCompile(`Error::(\w+) => "([A-Z_]+)"`).FindAllStringSubmatch(text, -1) {
		names[m[1]] = m[2]
	}
	want := make(map[string]int64)
	for _, code := range abi.Codes()[1:] {
		want[code.String()] = int64(code)
	}
	for what, pattern := range map[string]string{"code": `Error::(\w+) => (-\d+)`, "from_code": `()(-\d+) => Error::(\w+)`} {
		got := make(map[string]int64)
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			n, err := strconv.ParseInt(m[2], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			got[names[m[1]+strings.Join(m[3:], "")]] = n
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s has %v, the ABI %v", what, got, want)
		}
	}
}

// wasmTypes are what Rust's types are to WebAssembly, which has 32-bit pointers.
var wasmTypes = map[string]string{"*const u8": "i32", "*mut u8": "i32", "usize": "i32", "u32": "i32", "i32": "i32", "i64": "i64"}

// signature writes a Rust function's type as package abi does.
func signature(t *testing.T, parameters, result string) string {
	t.Helper()
	typeOf := func(rust string) string {
		wasm, ok := wasmTypes[strings.TrimSpace(rust)]
		if !ok {
			t.Errorf("unknown type %q", rust)
		}
		return wasm
	}
	var groups []string
	var types []string
	for p := range strings.SplitSeq(parameters, ",") {
		if _, rust, ok := strings.Cut(p, ":"); ok {
			types = append(types, typeOf(rust))
		}
	}
	if len(types) > 0 {
		groups = append(groups, "(param "+strings.Join(types, " ")+")")
	}
	if result != "" {
		groups = append(groups, "(result "+typeOf(result)+")")
	}
	return strings.Join(groups, " ")
}

func TestImportsAreTheHostFunctions(t *testing.T) {
	text := source(t, filepath.Join("sys", "wasm.rs"))
	if !strings.Contains(text, fmt.Sprintf("wasm_import_module = %q", abi.Module)) {
		t.Errorf("the imports are not of %s", abi.Module)
	}
	got := make(map[string]string)
	for _, m := range regexp.MustCompile(`pub\(super\) fn (\w+)\(([^)]*)\)(?: -> (\w+))?;`).FindAllStringSubmatch(text, -1) {
		got[m[1]] = signature(t, m[2], m[3])
	}
	want := make(map[string]string)
	for _, f := range abi.HostFunctions() {
		want[f.Name] = f.Type.String()
	}
	if !maps.Equal(got, want) {
		t.Errorf("imports are %v, the ABI has %v", got, want)
	}
}

func TestExportsAreTheGuestExports(t *testing.T) {
	text := source(t, "export.rs")
	got := make(map[string]string)
	for _, m := range regexp.MustCompile(`pub extern "C" fn (\w+)\(([^)]*)\)(?: -> (\w+))? `).FindAllStringSubmatch(text, -1) {
		got[m[1]] = signature(t, m[2], m[3])
	}
	event := regexp.MustCompile(`pub extern "C" fn \$name\(([^)]*)\)(?: -> (\w+))? `).FindStringSubmatch(text)
	for _, m := range regexp.MustCompile(`\$crate::__event!\((\w+),`).FindAllStringSubmatch(text, -1) {
		got[m[1]] = signature(t, event[1], event[2])
	}
	want := map[string]string{"_initialize": ""}
	for _, e := range abi.GuestExports() {
		want[e.Name] = e.Type.String()
	}
	if !maps.Equal(got, want) {
		t.Errorf("exports are %v, the ABI has %v", got, want)
	}
	for name := range want {
		if !strings.Contains(text, "/// | `"+name) && !strings.Contains(text, "`, `"+name+"`") && name != "event_buffer" {
			t.Errorf("the table of export! has no %s", name)
		}
	}
}
