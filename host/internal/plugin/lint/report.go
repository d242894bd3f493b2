package lint

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// A Report is what lint found out about one file. The parts that describe the
// module are filled in as far as the file could be read. It holds nothing of
// the file's bytes, and is not changed after Check has returned it.
type Report struct {
	Name     string `json:"name"`           // of the file, as given
	Size     int64  `json:"size"`           // bytes
	SHA256   string `json:"sha256"`         // 64 hexadecimal digits, of the original bytes; empty where the file is too large
	Language string `json:"language"`       // what built it, "Go 1.26.0"; empty is unknown
	Start    bool   `json:"start_function"` // it has code that runs before every export, _initialize included

	Imports []Import `json:"imports"`
	Exports []Export `json:"exports"`

	// Hooks are the exported hooks that the host would call, in the order of
	// SPEC.md.
	Hooks []string `json:"hooks"`
	// Grants are those that the imports need, in the order of SPEC.md.
	Grants []abi.Grant `json:"grants"`
	Memory Memory      `json:"memory"`

	HasNames bool `json:"has_names"` // traps name functions
	HasDWARF bool `json:"has_dwarf"` // traps name their source lines

	whole bool   // it could be read to its end
	names string // how it would have names

	// Problems keep the module from loading. They come in the order in which
	// to look at them.
	Problems []Finding `json:"problems"`
	// Warnings do not.
	Warnings []Finding `json:"warnings"`

	// MoreProblems is the number of problems that there was no room for.
	MoreProblems int `json:"more_problems,omitempty"`
}

// An Import is one import of a module.
type Import struct {
	Module string    `json:"module"`
	Name   string    `json:"name"`
	Type   string    `json:"type"`  // in the text format: "(func (param i32) (result i32))"
	Grant  abi.Grant `json:"grant"` // that it needs; abi.Always where none
}

// An Export is one export of a module.
type Export struct {
	Name  string `json:"name"`
	Type  string `json:"type"`  // in the text format
	Known bool   `json:"known"` // the host has a use for it
}

// Memory is the linear memory that each instance starts with, and may grow to.
type Memory struct {
	MinPages uint32 `json:"min_pages"` // of 64 KiB
	MaxPages uint32 `json:"max_pages"` // 0 where HasMax is false
	HasMax   bool   `json:"has_max"`
}

// A Finding is something for a person to read: what is wrong and where, and
// what to do about it. Neither ends in a full stop; both are one line of
// printable characters, whatever the file held.
type Finding struct {
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// maxFindings bounds how much a hostile file can have the host say.
const maxFindings = 100

func (r *Report) problem(text, hint string) {
	for _, p := range r.Problems {
		if p.Text == text {
			return
		}
	}
	if len(r.Problems) == maxFindings {
		r.MoreProblems++
		return
	}
	r.Problems = append(r.Problems, Finding{text, hint})
}

func (r *Report) warn(text, hint string) {
	if len(r.Warnings) < maxFindings {
		r.Warnings = append(r.Warnings, Finding{text, hint})
	}
}

func (r *Report) refuse(f *formatError) { r.problem(f.text, f.hint) }

// Err returns nil where the module would load, else an *Error with every
// problem.
func (r *Report) Err() error {
	if len(r.Problems) == 0 {
		return nil
	}
	return &Error{Problems: r.Problems, More: r.MoreProblems}
}

// An Error lists why a module would not load. It does not say which module:
// the caller does, once.
type Error struct {
	Problems []Finding // one or more
	More     int       // problems that there was no room for
}

// Error returns one line for one problem, else a line for each and for its
// hint.
func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].line()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems:\n", len(e.Problems)+e.More)
	writeNumbered(&b, e.Problems, e.More)
	return strings.TrimSuffix(b.String(), "\n")
}

// Line returns all of it in one line, for logs.
func (e *Error) Line() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.line()
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(lines, "; ")
}

func (f Finding) line() string {
	if f.Hint == "" {
		return f.Text
	}
	return f.Text + " (" + f.Hint + ")"
}

// maxUnknown is the number of exports without a use that WriteText lists.
const maxUnknown = 20

// WriteText writes the report for people, and ends it with the verdict: "would
// load" or "would not load". It returns the first error of w.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d bytes\n", clip(r.Name), r.Size)
	r.writeFacts(&b)
	r.writeImports(&b)
	r.writeExports(&b)
	writeFindings(&b, "warnings", r.Warnings, 0)
	writeFindings(&b, "problems", r.Problems, r.MoreProblems)
	b.WriteByte('\n')
	switch n := len(r.Problems) + r.MoreProblems; n {
	case 0:
		b.WriteString("would load\n")
	case 1:
		b.WriteString("would not load: 1 problem\n")
	default:
		fmt.Fprintf(&b, "would not load: %d problems\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// table writes rows of cells, aligned and indented.
func table(b *strings.Builder, rows [][]string) {
	var t strings.Builder
	tw := tabwriter.NewWriter(&t, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(tw, "  "+strings.Join(row, "\t"))
	}
	tw.Flush() // into a Builder: never fails
	for line := range strings.Lines(t.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
}

func (r *Report) writeFacts(b *strings.Builder) {
	var rows [][]string
	fact := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	fact("sha256", r.SHA256)
	if r.whole && r.Language == "" {
		fact("language", "unknown: the module does not say what built it, so hints are for all")
	}
	fact("language", r.Language)
	fact("hooks", strings.Join(r.Hooks, ", "))
	fact("grants", joinGrants(r.Grants))
	if r.Memory != (Memory{}) {
		fact("memory", r.Memory.String())
	}
	if r.Start {
		fact("start", "a start function, which runs before every export")
	}
	switch {
	case r.HasNames && r.HasDWARF:
		fact("debug", "names and source lines")
	case r.HasNames:
		fact("debug", "names")
	case r.HasDWARF:
		fact("debug", "source lines")
	case r.whole:
		fact("debug", "no function names: the stack of a trap shows numbers (names: "+r.names+")")
	}
	table(b, rows)
}

// String writes the memory's limits in pages and bytes.
func (m Memory) String() string {
	pages := func(n uint32) string {
		unit := " pages"
		if n == 1 {
			unit = " page"
		}
		return fmt.Sprint(n, unit, " (", sidecar.Pages(n).Rounded(), ")")
	}
	if m.HasMax {
		return "starts with " + pages(m.MinPages) + ", grows to " + pages(m.MaxPages)
	}
	return "starts with " + pages(m.MinPages) + ", no maximum"
}

func (r *Report) writeImports(b *strings.Builder) {
	if len(r.Imports) == 0 {
		return
	}
	var rows [][]string
	for _, i := range r.Imports[:min(len(r.Imports), maxFindings)] {
		rows = append(rows, []string{plain(i.Module) + "." + plain(i.Name), i.Type, string(i.Grant)})
	}
	b.WriteString("\nimports\n")
	table(b, rows)
	if n := len(r.Imports) - maxFindings; n > 0 {
		fmt.Fprintf(b, "  and %d more\n", n)
	}
}

func (r *Report) writeExports(b *strings.Builder) {
	if len(r.Exports) == 0 {
		return
	}
	var rows [][]string
	unknown := 0
	for _, e := range r.Exports {
		note := ""
		if !e.Known {
			if unknown++; unknown > maxUnknown {
				continue
			}
			note = "the host does not use it"
		}
		rows = append(rows, []string{plain(e.Name), e.Type, note})
	}
	b.WriteString("\nexports\n")
	table(b, rows)
	if n := unknown - maxUnknown; n > 0 {
		fmt.Fprintf(b, "  and %d more that the host does not use\n", n)
	}
}

func writeFindings(b *strings.Builder, title string, list []Finding, more int) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\n" + title + "\n")
	writeNumbered(b, list, more)
}

func writeNumbered(b *strings.Builder, list []Finding, more int) {
	for i, f := range list {
		number := fmt.Sprintf("  %d. ", i+1)
		b.WriteString(number + f.Text + "\n")
		if f.Hint != "" {
			fmt.Fprintf(b, "%*s%s\n", len(number), "", f.Hint)
		}
	}
	if more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

func joinGrants(grants []abi.Grant) string {
	list := make([]string, len(grants))
	for i, g := range grants {
		list[i] = string(g)
	}
	return strings.Join(list, ", ")
}

// maxName is the number of bytes of a name from the file that messages show.
const maxName = 80

// clip makes s one short line of printable characters.
func clip(s string) string {
	if len(s) > maxName {
		return printable(s[:maxName]) + "…"
	}
	return printable(s)
}

// printable replaces what a terminal or a log should not see.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

// plain shows a name from the file as it is where it is an ordinary one, else
// quoted.
func plain(s string) string {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || c == '"' {
			return quote(s)
		}
	}
	if s == "" || len(s) > maxName {
		return quote(s)
	}
	return s
}

// quote shows a name from the file in quotes, with what cannot be printed as
// escapes.
func quote(s string) string {
	if len(s) > maxName {
		return strconv.QuoteToASCII(s[:maxName]) + "…"
	}
	return strconv.QuoteToASCII(s)
}
