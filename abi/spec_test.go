package abi

import (
	"flag"
	"fmt"
	"go/constant"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi/internal/declared"
)

var update = flag.Bool("update", false, "write the example record into SPEC.md")

// A specTable is a markdown table: its rows by column, code marks taken off.
type specTable struct {
	columns []string
	rows    [][]string
}

func readSpec(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// table returns the one table of SPEC.md whose first column is named first.
func table(t *testing.T, first string) specTable {
	t.Helper()
	var found []specTable
	lines := strings.Split(readSpec(t), "\n")
	for i, line := range lines {
		cells := cellsOf(line)
		if len(cells) == 0 || cells[0] != first || i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "| ---") {
			continue
		}
		tab := specTable{columns: cells}
		for _, row := range lines[i+2:] {
			if !strings.HasPrefix(row, "|") {
				break
			}
			cells := cellsOf(row)
			if len(cells) != len(tab.columns) {
				t.Fatalf("SPEC.md: %d cells where the table has %d columns: %s", len(cells), len(tab.columns), row)
			}
			tab.rows = append(tab.rows, cells)
		}
		found = append(found, tab)
	}
	if len(found) != 1 {
		t.Fatalf("SPEC.md has %d tables whose first column is %q", len(found), first)
	}
	return found[0]
}

func cellsOf(line string) []string {
	if !strings.HasPrefix(line, "|") {
		return nil
	}
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
	}
	return cells
}

// numbers returns the table's first two columns.
func (tab specTable) numbers(t *testing.T) map[string]int64 {
	t.Helper()
	all := make(map[string]int64)
	for _, row := range tab.rows {
		n, err := strconv.ParseInt(row[1], 0, 64)
		if err != nil {
			t.Fatalf("SPEC.md: %v", err)
		}
		if _, twice := all[row[0]]; twice {
			t.Fatalf("SPEC.md has %s twice", row[0])
		}
		all[row[0]] = n
	}
	return all
}

// constants are the exported ones of this package by the name of their type.
func constants(t *testing.T) map[string]map[string]constant.Value {
	t.Helper()
	all, err := declared.Constants(".")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSpecNumbersAreTheConstants(t *testing.T) {
	from := func(prefix string) func(string, int64) string {
		return func(name string, _ int64) string { return declared.Snake(strings.TrimPrefix(name, prefix)) }
	}
	tests := []struct {
		table string // name of the table's first column
		typ   string // Go type of the constants
		name  func(constant string, number int64) string
		text  func(number int64) string // what String says, where there is one
	}{
		{"code", "Code", func(name string, _ int64) string {
			if name == "OK" {
				return name
			}
			return declared.Snake(name)
		}, func(n int64) string { return Code(n).String() }},
		{"kind", "Kind", from(""), func(n int64) string { return Kind(n).String() }},
		{"origin", "Origin", from("From"), func(n int64) string { return Origin(n).String() }},
		{"reason", "Reason", func(name string, n int64) string {
			if n == 0 {
				return "NONE"
			}
			return declared.Snake(name)
		}, func(n int64) string { return Reason(n).String() }},
		{"format", "Format", func(_ string, n int64) string { return Format(n).String() }, nil},
		{"flag", "Flags", from(""), nil},
		{"flag of session_insert", "uint32", from(""), nil},
		{"level", "Level", func(name string, _ int64) string { return strings.ToLower(name) }, nil},
		{"limit", "", func(name string, _ int64) string { return name }, nil},
	}
	all := constants(t)
	for _, tt := range tests {
		t.Run(tt.table, func(t *testing.T) {
			want := make(map[string]int64)
			for name, n := range declared.Integers(all[tt.typ]) {
				want[tt.name(name, n)] = n
			}
			if len(want) == 0 {
				t.Fatalf("no constants of type %q", tt.typ)
			}
			got := table(t, tt.table).numbers(t)
			if !maps.Equal(got, want) {
				t.Errorf("SPEC.md has\n%v, the constants are\n%v", got, want)
			}
			for name, n := range got {
				if tt.text != nil && tt.text(n) != name {
					t.Errorf("%s is called %s by String", name, tt.text(n))
				}
			}
		})
	}
}

func TestSpecKindsNameTheirHook(t *testing.T) {
	hooks := make(map[string]bool)
	for _, e := range GuestExports() {
		if e.Event {
			hooks[e.Name] = true
		}
	}
	for _, row := range table(t, "kind").rows {
		word := strings.ToLower(row[0])
		if !hooks[row[2]] || !strings.HasSuffix(row[2], "_"+word) {
			t.Errorf("kind %s goes to %s", row[0], row[2])
		}
		delete(hooks, row[2])
	}
	for hook := range hooks {
		t.Errorf("no kind goes to %s", hook)
	}
}

// phaseNames are the constants of type Phase by SPEC.md's name for them.
func phaseNames(t *testing.T) map[string]Phase {
	t.Helper()
	all := make(map[string]Phase)
	for name, value := range constants(t)["Phase"] {
		n, _ := constant.Int64Val(value)
		if in, ok := strings.CutPrefix(name, "In"); ok {
			all[strings.ToLower(in)] = Phase(n)
		}
	}
	return all
}

func TestSpecPhases(t *testing.T) {
	names := phaseNames(t)
	var every Phase
	for _, row := range table(t, "phase").rows {
		if names[row[0]] == 0 {
			t.Errorf("SPEC.md has a phase %q that is not a constant", row[0])
		}
		every |= names[row[0]]
		delete(names, row[0])
	}
	for name := range names {
		t.Errorf("SPEC.md does not have the phase %q", name)
	}
	if every != AnyPhase {
		t.Errorf("SPEC.md's phases are %b, AnyPhase is %b", every, AnyPhase)
	}
}

func TestSpecHostFunctions(t *testing.T) {
	phases := phaseNames(t)
	rows := table(t, "function").rows
	functions := HostFunctions()
	if len(rows) != len(functions) {
		t.Fatalf("SPEC.md has %d functions, the host %d", len(rows), len(functions))
	}
	for i, f := range functions {
		row := rows[i]
		if row[0] != f.Name || row[1] != f.Type.String() {
			t.Errorf("SPEC.md has %s %s in place %d, the host %s %s", row[0], row[1], i, f.Name, f.Type)
		}
		phase := AnyPhase
		if row[2] != "any" {
			phase = 0
			for word := range strings.SplitSeq(row[2], ", ") {
				if phases[word] == 0 {
					t.Errorf("%s: there is no phase %q", f.Name, word)
				}
				phase |= phases[word]
			}
		}
		if phase != f.Phase {
			t.Errorf("%s: SPEC.md says phases %q, the host %b", f.Name, row[2], f.Phase)
		}
		if grant := Grant(strings.TrimSuffix(row[3], "always")); grant != f.Grant {
			t.Errorf("%s: SPEC.md says grant %q, the host %q", f.Name, grant, f.Grant)
		}
	}
}

func TestSpecGuestExports(t *testing.T) {
	rows := table(t, "export").rows
	exports := GuestExports()
	if len(rows) != len(exports) {
		t.Fatalf("SPEC.md has %d exports, the host %d", len(rows), len(exports))
	}
	for i, e := range exports {
		kind := "life"
		switch {
		case e.Event:
			kind = "event hook"
		case e.Hook:
			kind = "hook"
		}
		if want := []string{e.Name, e.Type.String(), kind}; !slices.Equal(rows[i], want) {
			t.Errorf("SPEC.md has %v in place %d, the host %v", rows[i], i, want)
		}
		if !strings.Contains(readSpec(t), "**`"+e.Name) {
			t.Errorf("SPEC.md does not explain %s", e.Name)
		}
	}
}

func TestSpecGrants(t *testing.T) {
	rows := table(t, "grant").rows
	if len(rows) != len(Grants()) {
		t.Fatalf("SPEC.md has %d grants, the host %d", len(rows), len(Grants()))
	}
	for i, g := range Grants() {
		byDefault := "no"
		if slices.Contains(DefaultGrants(), g) {
			byDefault = "yes"
		}
		if rows[i][0] != string(g) || rows[i][1] != byDefault {
			t.Errorf("SPEC.md has %v in place %d, the host %s, by default: %s", rows[i], i, g, byDefault)
		}
		for _, f := range HostFunctions() {
			if f.Grant == g && !strings.Contains(rows[i][2], f.Name) {
				t.Errorf("SPEC.md does not name %s at %s", f.Name, g)
			}
		}
	}
	if n := len(constants(t)["Grant"]); n != len(Grants())+1 {
		t.Errorf("%d constants of type Grant, but %d in Grants and Always", n, len(Grants()))
	}
}

// fields says how to make each field of the header differ from zero. The
// lengths are made to differ by the part that they measure.
var fields = map[string]func(e *Event){
	"kind":            func(e *Event) { e.Kind = 0x81 },
	"origin":          func(e *Event) { e.Origin = 0x81 },
	"reason":          func(e *Event) { e.Reason = 0x81 },
	"flags":           func(e *Event) { e.Flags = 0x81 },
	"id_len":          func(e *Event) { e.ID = strings.Repeat("x", 0x8001) },
	"seq":             func(e *Event) { e.Seq = 0x81ffffffffffff81 },
	"time":            func(e *Event) { e.Time = -0x7effffffffffff7f },
	"created":         func(e *Event) { e.Created = -0x7effffffffffff7f },
	"expires":         func(e *Event) { e.Expires = -0x7effffffffffff7f },
	"session_len":     func(e *Event) { e.SessionLen = 0x81ffff81 },
	"tls_version":     func(e *Event) { e.Version = 0x8181 },
	"cipher_suite":    func(e *Event) { e.CipherSuite = 0x8181 },
	"server_name_len": func(e *Event) { e.ServerName = strings.Repeat("x", 0x8101) },
	"alpn_len":        func(e *Event) { e.ALPN = strings.Repeat("x", 0x8101) },
	"node_len":        func(e *Event) { e.Node = strings.Repeat("x", 0x8101) },
	"topic_len":       func(e *Event) { e.Topic = strings.Repeat("x", 0x8101) },
	"key_len":         func(e *Event) { e.Key = strings.Repeat("x", 0x8101) },
	"format":          func(e *Event) { e.Format = 0x8181 },
	"data_len":        func(e *Event) { e.Data = strings.Repeat("x", 0x1010101) },
}

// TestSpecHeader encodes one record for each field of SPEC.md's table, with
// only that field set, and looks at which bytes of the header have changed.
func TestSpecHeader(t *testing.T) {
	sizes := map[string]int{"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8}
	rows := table(t, "offset").rows
	end, seen := 0, 0
	for _, row := range rows[:slices.IndexFunc(rows, func(r []string) bool { return r[0] == "header_size" })] {
		offset, err := strconv.Atoi(row[0])
		size := sizes[row[1]]
		if err != nil || size == 0 || offset != end {
			t.Fatalf("field %q at %q of type %q, want one at %d", row[2], row[0], row[1], end)
		}
		end = offset + size
		if row[2] == "header_size" {
			continue
		}
		set := fields[row[2]]
		if set == nil {
			t.Errorf("SPEC.md has a field %q that the record does not have", row[2])
			continue
		}
		seen++
		if from, to := changed(set); from != offset || to != end {
			t.Errorf("%s is at %d to %d, SPEC.md says %d to %d", row[2], from, to, offset, end)
		}
	}
	if end != HeaderSize || seen != len(fields) {
		t.Errorf("SPEC.md's header has %d bytes and %d fields, the record's %d and %d", end, seen, HeaderSize, len(fields))
	}
}

// changed returns the range of header bytes that set changes.
func changed(set func(e *Event)) (from, to int) {
	var zero, one Event
	set(&one)
	before := make([]byte, zero.Size())
	after := make([]byte, one.Size())
	zero.Encode(before)
	one.Encode(after)
	from = -1
	for i := range HeaderSize {
		if before[i] != after[i] {
			if from < 0 {
				from = i
			}
			to = i + 1
		}
	}
	return from, to
}

func TestSpecVariableParts(t *testing.T) {
	e := Event{ID: "id", ServerName: "server_name", ALPN: "alpn", Node: "node", Topic: "topic", Key: "key", Data: "data"}
	rows := table(t, "offset").rows
	var parts strings.Builder
	for _, row := range rows[slices.IndexFunc(rows, func(r []string) bool { return r[0] == "header_size" }):] {
		parts.WriteString(row[2])
	}
	buf := make([]byte, e.Size())
	e.Encode(buf)
	if got := string(buf[HeaderSize:]); got != parts.String() {
		t.Errorf("the record has %q, SPEC.md %q", got, parts.String())
	}
}

// TestSpecExampleRecord holds the annotated dump against the codec.
func TestSpecExampleRecord(t *testing.T) {
	spec := readSpec(t)
	const begin, end = "```record\n", "```\n"
	head, rest, ok := strings.Cut(spec, begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("SPEC.md has no record block")
	}
	dump := exampleDump()
	if old == dump {
		return
	}
	if !*update {
		t.Fatalf("the example of SPEC.md differs; go test ./abi -run SpecExampleRecord -update writes it:\n%s", dump)
	}
	if err := os.WriteFile("SPEC.md", []byte(head+begin+dump+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// exampleDump is the example record, one line per field.
func exampleDump() string {
	e := exampleEvent()
	buf := make([]byte, e.Size())
	e.Encode(buf)
	notes := []struct {
		size int
		note string
	}{
		{2, "header_size 64"}, {1, "kind 1 INSERT"}, {1, "origin 1 CLIENT"}, {1, "reason 0"}, {1, "flags 8 CLIENT_CERT"},
		{2, "id_len 32"}, {8, "seq 7"}, {8, fmt.Sprint("time ", e.Time)}, {8, fmt.Sprint("created ", e.Created)},
		{8, fmt.Sprint("expires ", e.Expires, ", a day later")}, {4, "session_len 1187"}, {2, "tls_version 0x0304, TLS 1.3"},
		{2, "cipher_suite 0x1301, TLS_AES_128_GCM_SHA256"}, {2, "server_name_len 11"}, {2, "alpn_len 2"}, {2, "node_len 12"},
		{2, "topic_len 0"}, {2, "key_len 0"}, {2, "format 1 go-tls"}, {4, "data_len 0"},
		{16, "id"}, {16, "id, continued"}, {11, "server_name example.org"}, {2, "alpn h2"}, {12, "node 3f2a9c01d4e5"},
	}
	var b strings.Builder
	at := 0
	for _, n := range notes {
		fmt.Fprintf(&b, "%04x  %-48s %s\n", at, fmt.Sprintf("% x", buf[at:at+n.size]), n.note)
		at += n.size
	}
	if at != len(buf) {
		panic("the notes do not cover the example record")
	}
	return b.String()
}

// A specFunction is the section of one host function.
type specFunction struct {
	name, text string
}

func specFunctions(t *testing.T) []specFunction {
	t.Helper()
	_, text, ok := strings.Cut(readSpec(t), "\n## Host functions\n")
	if !ok {
		t.Fatal("SPEC.md has no section Host functions")
	}
	text, _, _ = strings.Cut(text, "\n## ")
	var all []specFunction
	for _, section := range strings.Split(text, "\n### ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		all = append(all, specFunction{name, text})
	}
	return all
}

var (
	importLine = regexp.MustCompile(`(?m)^\(import "(\w+)" "(\w+)" \(func (.*)\)\)$`)
	paramNames = regexp.MustCompile(`\(param \$(\w+) (i32|i64)\)`)
	results    = regexp.MustCompile(`\(result (i32|i64)\)`)
	codeItem   = regexp.MustCompile(`(?m)^- ([A-Z][A-Z_]+):`)
)

func TestSpecImportLines(t *testing.T) {
	sections := specFunctions(t)
	functions := HostFunctions()
	if len(sections) != len(functions) {
		t.Fatalf("SPEC.md has %d sections for %d functions", len(sections), len(functions))
	}
	for i, f := range functions {
		line := importLine.FindStringSubmatch(sections[i].text)
		if sections[i].name != f.Name || line == nil || line[1] != Module || line[2] != f.Name {
			t.Errorf("section %s, import %q; want those of %s", sections[i].name, line, f.Name)
			continue
		}
		var words []string
		for _, p := range paramNames.FindAllStringSubmatch(line[3], -1) {
			words = append(words, p[2])
		}
		want := f.Type.String()
		got := ""
		if len(words) > 0 {
			got = "(param " + strings.Join(words, " ") + ")"
		}
		if r := results.FindString(line[3]); r != "" {
			got = strings.TrimPrefix(got+" "+r, " ")
		}
		if got != want {
			t.Errorf("%s is imported as %s, it is %s", f.Name, got, want)
		}
	}
}

// TestSpecCodesHaveNames checks the lists of results: each code is one of the
// table, and every code of the table is returned by some function.
func TestSpecCodesHaveNames(t *testing.T) {
	codes := table(t, "code").numbers(t)
	used := map[string]bool{"UNSUPPORTED": true} // said once, for all
	for _, f := range specFunctions(t) {
		for _, m := range codeItem.FindAllStringSubmatch(f.text, -1) {
			if _, ok := codes[m[1]]; !ok {
				t.Errorf("%s returns %s, which is no code", f.name, m[1])
			}
			used[m[1]] = true
		}
	}
	for code := range codes {
		if !used[code] {
			t.Errorf("no function returns %s", code)
		}
	}
}
