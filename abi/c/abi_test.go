// Package c has no Go: its tests hold the names and numbers of both headers against
// package abi, and, with the tag languages, run the SDK's own tests and build what is
// written in C and C++. For those they need the tools of README.md:
//
//	go test -tags languages ./abi/c
package c

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/internal/declared"
)

func source(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// only returns the one group of the one match of a pattern.
func only(t *testing.T, text, pattern string) string {
	t.Helper()
	all := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
	if len(all) != 1 {
		t.Fatalf("%d matches of %s", len(all), pattern)
	}
	return all[0][1]
}

// number reads what the header has in the place of one: a literal, or INT32_MIN.
func number(t *testing.T, text string) int64 {
	t.Helper()
	if text == "INT32_MIN" {
		return math.MinInt32
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// uncommented is a text without what stands in comments.
func uncommented(text string) string {
	return regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`).ReplaceAllString(text, "")
}

// enums returns the enumerators of the header by the names of their enums.
func enums(t *testing.T) map[string]map[string]int64 {
	t.Helper()
	all := make(map[string]map[string]int64)
	for _, m := range regexp.MustCompile(`(?s)\benum (\w+) \{(.*?)\}`).FindAllStringSubmatch(uncommented(source(t, "sesshook.h")), -1) {
		all[m[1]] = make(map[string]int64)
		for e := range strings.SplitSeq(m[2], ",") {
			name, value, ok := strings.Cut(e, "=")
			if !ok {
				t.Errorf("%s has a number that is not written down: %q", m[1], e)
				continue
			}
			all[m[1]][strings.TrimSpace(name)] = number(t, strings.TrimSpace(value))
		}
	}
	return all
}

// limits returns the header's macros that are numbers.
func limits(t *testing.T) map[string]int64 {
	t.Helper()
	all := make(map[string]int64)
	for _, m := range regexp.MustCompile(`(?m)^#define (SH_\w+) +(-?\d\w*) *$`).FindAllStringSubmatch(uncommented(source(t, "sesshook.h")), -1) {
		all[m[1]] = number(t, m[2])
	}
	return all
}

// constants returns those of one type of package abi, by their names in the header.
func constants(t *testing.T, typ string, name func(constant string, n int64) string) map[string]int64 {
	t.Helper()
	types, err := declared.Constants("..")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]int64)
	for constant, n := range declared.Integers(types[typ]) {
		all[name(constant, n)] = n
	}
	if len(all) == 0 {
		t.Fatalf("package abi has no constants of type %q", typ)
	}
	return all
}

// kept are the types of package abi whose constants the header has, and how a name
// there becomes one here.
var kept = []struct {
	typ, enum string // no enum: macros
	name      func(constant string, n int64) string
	own       map[string]int64 // of the header alone
}{
	{"Code", "sh_code", func(_ string, n int64) string { return "SH_" + abi.Code(n).String() }, map[string]int64{"SH_NO_ROOM": math.MinInt32}},
	{"Kind", "sh_kind", func(_ string, n int64) string { return "SH_KIND_" + abi.Kind(n).String() }, nil},
	{"Origin", "sh_origin", func(_ string, n int64) string { return "SH_ORIGIN_" + abi.Origin(n).String() }, nil},
	{"Reason", "sh_reason", func(_ string, n int64) string { return "SH_REASON_" + abi.Reason(n).String() }, nil},
	{"Flags", "sh_flag", func(constant string, _ int64) string { return "SH_FLAG_" + declared.Snake(constant) }, nil},
	{"Format", "sh_format", func(_ string, n int64) string {
		return "SH_FORMAT_" + strings.ToUpper(strings.ReplaceAll(abi.Format(n).String(), "-", "_"))
	}, nil},
	{"Level", "sh_level", func(constant string, _ int64) string { return "SH_LEVEL_" + declared.Snake(constant) }, nil},
	{"uint32", "sh_insert_flag", func(constant string, _ int64) string { return "SH_" + declared.Snake(constant) }, nil},
	{"", "", func(constant string, _ int64) string { return "SH_" + declared.Snake(constant) }, nil},
}

func TestNumbersAreThoseOfTheABI(t *testing.T) {
	inHeader := enums(t)
	for _, k := range kept {
		want := constants(t, k.typ, k.name)
		maps.Copy(want, k.own)
		got := inHeader[k.enum]
		if k.enum == "" {
			got = limits(t)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s of the header has\n%v, type %s of the ABI\n%v", k.enum, got, k.typ, want)
		}
		delete(inHeader, k.enum)
	}
	// SPEC.md has these in its words on on_session_resume.
	if want := map[string]int64{"SH_ALLOW": 0, "SH_REFUSE": 1}; !maps.Equal(inHeader["sh_verdict"], want) {
		t.Errorf("sh_verdict has %v, the ABI %v", inHeader["sh_verdict"], want)
	}
	delete(inHeader, "sh_verdict")
	if len(inHeader) > 0 {
		t.Errorf("nothing is compared with %v", inHeader)
	}
}

// TestNoTypeOfTheABIIsLeftOut finds numbers that are new in package abi.
func TestNoTypeOfTheABIIsLeftOut(t *testing.T) {
	types, err := declared.Constants("..")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"Grant", "Phase", "ValueType"} // the host's side
	for _, k := range kept {
		known = append(known, k.typ)
	}
	for typ := range types {
		if !slices.Contains(known, typ) {
			t.Errorf("the header has nothing of type %s", typ)
		}
	}
}

func TestCodesHaveTheNamesOfTheABI(t *testing.T) {
	var got []string
	for _, m := range regexp.MustCompile(`case SH_(\w+): return SH_STR\("(\w+)"\);`).FindAllStringSubmatch(source(t, "sesshook.h"), -1) {
		if m[1] != m[2] {
			t.Errorf("SH_%s is called %s", m[1], m[2])
		}
		got = append(got, m[2])
	}
	var want []string
	for _, c := range abi.Codes() {
		want = append(want, c.String())
	}
	if want = append(want, "NO_ROOM"); !slices.Equal(got, want) {
		t.Errorf("sh_code_name knows %v, the ABI has %v", got, want)
	}
}

// TestClassesOfCPPHaveWhatTheHeaderHas: each is an enum of the header under the names
// that C++ has for it.
func TestClassesOfCPPHaveWhatTheHeaderHas(t *testing.T) {
	inHeader := enums(t)
	other := map[string]string{"explicitly": "explicit"} // a word of the language
	seen := 0
	for _, m := range regexp.MustCompile(`(?s)\benum class (\w+) : [\w:]+ \{(.*?)\}`).FindAllStringSubmatch(uncommented(source(t, "sesshook.hpp")), -1) {
		enum := map[string]string{"Insert": "sh_insert_flag"}[m[1]]
		if enum == "" {
			enum = "sh_" + strings.ToLower(m[1])
		}
		want := maps.Clone(inHeader[enum])
		for e := range strings.SplitSeq(m[2], ",") {
			name, c, _ := strings.Cut(strings.TrimSpace(e), " = ")
			if m[1] == "Insert" && name == "plain" && c == "0" {
				continue
			}
			if alias, ok := other[name]; ok {
				name = alias
			}
			if _, ok := want[c]; !ok || !strings.HasSuffix(c, "_"+strings.ToUpper(name)) {
				t.Errorf("%s::%s is %q, which %s does not have under that name", m[1], name, c, enum)
			}
			delete(want, c)
		}
		if len(want) > 0 {
			t.Errorf("%s does not have %v", m[1], want)
		}
		seen++
	}
	if seen != len(inHeader) {
		t.Errorf("there are %d classes of C++ for %d enums of C", seen, len(inHeader))
	}
}

// record is an event whose fields all differ, byte by byte where there are several.
var record = abi.Event{
	Kind: abi.Resume, Origin: abi.FromSnapshot, Reason: abi.Evicted, Flags: abi.Request | abi.Resumed,
	Seq: 0x0807060504030201, Time: 0x1817161514131211, Created: 0x2827262524232221, Expires: 0x3837363534333231,
	SessionLen: 0x44434241, Version: 0x5251, CipherSuite: 0x6261, Format: 0x7271,
	ID: "an id", ServerName: "a server name", ALPN: "alpn", Node: "0123456789ab", Topic: "a.topic", Key: "the key", Data: "all of the data",
}

// fields and parts are what the header's accessors have to give of record.
var (
	fields = map[string]uint64{
		"kind": uint64(record.Kind), "origin": uint64(record.Origin), "reason": uint64(record.Reason), "flags": uint64(record.Flags),
		"seq": record.Seq, "time": uint64(record.Time), "created": uint64(record.Created), "expires": uint64(record.Expires),
		"session_len": uint64(record.SessionLen), "tls_version": uint64(record.Version), "cipher_suite": uint64(record.CipherSuite), "format": uint64(record.Format),
	}
	parts = map[string]string{
		"id": record.ID, "server_name": record.ServerName, "alpn": record.ALPN, "node": record.Node, "topic": record.Topic, "key": record.Key, "data": record.Data,
	}
)

func encoded() []byte {
	b := make([]byte, record.Size())
	record.Encode(b)
	return b
}

// at reads what an expression of the header reads: e->at[2], or sh_u64_(e->at + 8).
func at(t *testing.T, b []byte, expression string) uint64 {
	t.Helper()
	m := regexp.MustCompile(`^(?:\(int64_t\))?(?:e->at\[(\d+)\]|sh_u(\d+)_\(e->at(?: \+ (\d+))?\))$`).FindStringSubmatch(expression)
	if m == nil {
		t.Fatalf("%q is nothing that is known", expression)
	}
	offset, _ := strconv.Atoi(m[1] + m[3]) // none is 0
	switch m[2] {
	case "":
		return uint64(b[offset])
	case "16":
		return uint64(binary.LittleEndian.Uint16(b[offset:]))
	case "32":
		return uint64(binary.LittleEndian.Uint32(b[offset:]))
	}
	return binary.LittleEndian.Uint64(b[offset:])
}

func TestAccessorsReadTheFieldsOfTheRecord(t *testing.T) {
	b, got := encoded(), make(map[string]uint64)
	for _, m := range regexp.MustCompile(`(?m)^static inline u?int\d+_t sh_event_(\w+)\(const sh_event \*e\) \{ return (.*); \}$`).FindAllStringSubmatch(source(t, "sesshook.h"), -1) {
		got[m[1]] = at(t, b, m[2])
	}
	if !maps.Equal(got, fields) {
		t.Errorf("the header reads\n%v, of a record of\n%v", got, fields)
	}
}

// begins returns where each part of a record begins, as the header says: behind
// another, whose length it adds.
func begins(t *testing.T, b []byte) map[string]uint64 {
	t.Helper()
	text := source(t, "sesshook.h")
	all := map[string]uint64{"id": at(t, b, only(t, text, `sh_at_id_\(const sh_event \*e\) \{ return (.*); \}`))}
	for _, m := range regexp.MustCompile(`sh_at_(\w+)_\(const sh_event \*e\) \{ return sh_at_(\w+)_\(e\) \+ (.*); \}`).FindAllStringSubmatch(text, -1) {
		all[m[1]] = all[m[2]] + at(t, b, m[3])
	}
	return all
}

func TestAccessorsReadThePartsOfTheRecord(t *testing.T) {
	b, got := encoded(), make(map[string]string)
	from := begins(t, b)
	for _, m := range regexp.MustCompile(`sh_event_(\w+)\(const sh_event \*e\) \{ return sh_part_\(e, sh_at_(\w+)_\(e\), (.*)\); \}`).FindAllStringSubmatch(source(t, "sesshook.h"), -1) {
		begin := from[m[2]]
		end := min(begin+at(t, b, m[3]), uint64(len(b)))
		got[m[1]] = string(b[begin:end])
	}
	if !maps.Equal(got, parts) {
		t.Errorf("the header reads\n%q, of a record of\n%q", got, parts)
	}
}

// TestEventOfCPPHasEveryAccessor finds one that C++ does not have, or has of another
// field.
func TestEventOfCPPHasEveryAccessor(t *testing.T) {
	text := source(t, "sesshook.hpp")
	for _, name := range append(slices.Collect(maps.Keys(fields)), slices.Collect(maps.Keys(parts))...) {
		if !regexp.MustCompile(`(?m)^  \S+ ` + name + `\(\) const \{ return .*\bsh_event_` + name + `\(&e_\)`).MatchString(text) {
			t.Errorf("Event does not have %s", name)
		}
	}
}

// wasmTypes are what the header's types are to WebAssembly, which has 32-bit pointers.
var wasmTypes = map[string]string{"const void *": "i32", "void *": "i32", "uint32_t": "i32", "int32_t": "i32", "int64_t": "i64", "sh_result": "i32", "void": ""}

// parameter is a type with a name, or without one.
var parameter = regexp.MustCompile(`^(.*?[ *])\w+$`)

// signature writes a C function's type as package abi does.
func signature(t *testing.T, parameters, result string) string {
	t.Helper()
	typeOf := func(c string) string {
		wasm, ok := wasmTypes[c]
		if !ok {
			t.Errorf("unknown type %q", c)
		}
		return wasm
	}
	var groups, types []string
	for p := range strings.SplitSeq(parameters, ", ") {
		if m := parameter.FindStringSubmatch(p); m != nil {
			p = strings.TrimSpace(m[1])
		}
		if typ := typeOf(p); typ != "" {
			types = append(types, typ)
		}
	}
	if len(types) > 0 {
		groups = append(groups, "(param "+strings.Join(types, " ")+")")
	}
	if typ := typeOf(result); typ != "" {
		groups = append(groups, "(result "+typ+")")
	}
	return strings.Join(groups, " ")
}

func TestImportsAreTheHostFunctions(t *testing.T) {
	text := source(t, "sesshook.h")
	if !strings.Contains(text, fmt.Sprintf("import_module(%q)", abi.Module)) {
		t.Errorf("the imports are not of %s", abi.Module)
	}
	got := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^SH_IMPORT_\((\w+), (\w+)\)\((.*)\);$`).FindAllStringSubmatch(text, -1) {
		got[m[2]] = signature(t, m[3], m[1])
	}
	want := make(map[string]string)
	for _, f := range abi.HostFunctions() {
		want[f.Name] = f.Type.String()
	}
	if !maps.Equal(got, want) {
		t.Errorf("imports are %v, the ABI has %v", got, want)
	}
}

// hooks are the macros that others are made of, with the type of what they export.
var hooks = []struct{ pattern, parameters, result string }{
	{`SH_EVENT_HOOK_\((\w+), event, sh_open_\)`, "uint32_t len", "int32_t"},
	{`SH_HOOK_\(sh_result, (\w+), int64_t, \w+\)`, "int64_t n", "sh_result"},
	{`SH_HOOK_\(sh_result, (\w+), uint32_t, \w+\)`, "uint32_t n", "sh_result"},
	{`SH_PLAIN_HOOK_\(sh_result, (\w+)\)`, "void", "sh_result"},
	{`SH_VOID_HOOK_\((\w+)\)`, "void", "void"},
	{`SH_EXPORT\((\w+)\) int64_t \w+\(void\)`, "void", "int64_t"},
}

func TestExportsAreTheGuestExports(t *testing.T) {
	text := regexp.MustCompile(`(?s)#define SH_\w+_HOOK_\(.*?\n\n|#define SH_HOOK_\(.*?\n\n`).ReplaceAllString(source(t, "sesshook.h"), "")
	got := make(map[string]string)
	for _, h := range hooks {
		for _, m := range regexp.MustCompile(h.pattern).FindAllStringSubmatch(text, -1) {
			got[m[1]] = signature(t, h.parameters, h.result)
		}
	}
	want := map[string]string{"_initialize": ""}
	for _, e := range abi.GuestExports() {
		want[e.Name] = e.Type.String()
	}
	if !maps.Equal(got, want) {
		t.Errorf("exports are\n%v, the ABI has\n%v", got, want)
	}
}
