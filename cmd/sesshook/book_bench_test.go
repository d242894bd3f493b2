//go:build languages

package main

import (
	"flag"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// update has TestBook write what bench prints into the pages, between <!-- bench: begin
// --> and <!-- bench: end -->:
//
//	go test -tags languages -run TestBook/languages ./cmd/sesshook -update
var update = flag.Bool("update", false, "write what bench prints into the book")

// benchHook is the hook that the book shows.
const benchHook = "on_session_insert"

// benchBegin stands above a block with what bench has printed.
const benchBegin = "<!-- bench: begin -->\n"

// benched is what bench says of a module and is the same in every run: for a plugin
// that was built by the same tools.
type benched struct{ language, bytes, pages, after, fuel, calls, allocations string }

var cells = regexp.MustCompile(`  +`)

// readBench reads the tables of bench, by the module's name.
func readBench(text string) map[string]benched {
	all := make(map[string]benched)
	hook := ""
	for line := range strings.Lines(text) {
		row := cells.Split(strings.TrimSpace(line), -1)
		switch {
		case row[0] == "module" || row[0] == "per event" || len(row) < 5:
			continue
		case len(row) == 8:
			all[row[0]] = benched{language: row[1], bytes: row[2], pages: row[3], after: row[4]}
			continue
		case strings.HasPrefix(row[0], "on_"):
			hook, row = row[0], row[1:]
		}
		if hook != benchHook {
			continue
		}
		b := all[row[0]]
		b.fuel, b.calls = row[3], row[4]
		if len(row) > 5 {
			b.allocations = row[5]
		}
		all[row[0]] = b
	}
	return all
}

// drifted says in what a module is not any more what the page has; empty is in nothing.
// What another version of a tool has built may differ in everything. Go's collector
// does not run at the same instant twice: it decides how much memory there is, and
// takes a little fuel.
func (page benched) drifted(now benched) string {
	if page.language != now.language {
		return ""
	}
	if strings.HasPrefix(now.language, "Go ") {
		if math.Abs(amount(page.fuel)-amount(now.fuel)) <= amount(page.fuel)/100 {
			now.fuel = page.fuel
		}
		now.after = page.after
	}
	if math.Abs(amount(page.allocations)-amount(now.allocations)) < 0.05 { // the runtime has some of its own
		now.allocations = page.allocations
	}
	if page == now {
		return ""
	}
	return strings.Join([]string{now.bytes, "bytes,", now.pages, "pages,", now.after, "after,", now.fuel, "fuel,", now.calls, "calls,", now.allocations, "allocations"}, " ")
}

// amount reads a number with its thousands apart.
func amount(text string) float64 {
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// bench compares a block of the page with what bench has just printed.
func (y *typist) bench(printed, shown string) {
	y.Helper()
	page, now := readBench(shown), readBench(printed)
	if len(now) < 2 {
		y.Fatalf("bench has not printed what is known of it:\n%s", printed)
	}
	for name, b := range now {
		was, ok := page[name]
		if !ok {
			y.Errorf("the page does not have %s", name)
		} else if drift := was.drifted(b); drift != "" {
			y.Errorf("%s is not as the page says: it has %s; -update writes it", name, drift)
		} else if was.language != b.language {
			y.Logf("%s is not compared: it is of %s, and on the page of %s", name, b.language, was.language)
		}
	}
	for name := range page {
		if _, ok := now[name]; !ok {
			y.Errorf("the page has %s, which was not measured", name)
		}
	}
}

// benchBlock is what a page shows of what bench has printed: not what machine it was,
// and one hook.
func benchBlock(printed string) string {
	var b strings.Builder
	shown := false
	for line := range strings.Lines(printed) {
		switch {
		case strings.HasPrefix(line, "module "), strings.HasPrefix(line, "per event "), strings.HasPrefix(line, benchHook):
			shown = true
		case strings.HasPrefix(line, "on_"):
			shown = false
		}
		if shown {
			b.WriteString(strings.TrimRight(line, " \n") + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// rewrite puts the blocks, in their order, into a page.
func rewrite(t *testing.T, page string, blocks []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	written := regexp.MustCompile("(?s)"+benchBegin+"```\n.*?\n```\n").ReplaceAllStringFunc(string(text), func(string) string {
		i++
		return benchBegin + "```\n" + blocks[i-1] + "\n```\n"
	})
	if err := os.WriteFile(page, []byte(written), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBookBenchFindsWhatHasDrifted(t *testing.T) {
	const printed = `linux/amd64, go1.26.8, compiler

module  language       bytes      pages  after  load  cached  instance
in-c    C (clang 1.0)  4,504      1      1      1ms   1ms     1µs
in-go   Go 1.26.8      1,950,234  38     104    1ms   1ms     1µs

per event          module   ns    x empty  fuel   host calls  allocations
on_session_insert  in-c     1284  7.6      3,263  2           1.00
                   in-go    3350  21.3     8,197  3           1.00
                   (empty)  151   1.0      2      0
on_tick            in-c     99    1.0      99     9           9.00
`
	page := readBench(benchBlock(printed))
	for _, c := range []struct {
		name, was, is string
		drifts        bool
	}{
		{"the same", "1284", "1285", false},
		{"fuel", "3,263", "3,264", true},
		{"size", "4,504", "4,505", true},
		{"memory", "4,504      1      1", "4,504      1      2", true},
		{"host calls", "3,263  2", "3,263  3", true},
		{"allocations", "2           1.00", "2           1.10", true},
		{"an allocation of the runtime's", "2           1.00", "2           1.01", false},
		{"fuel of a collector", "8,197", "8,209", false},
		{"more than that", "8,197", "8,297", true},
		{"memory of a collector", "104", "56", false},
		{"another tool", "C (clang 1.0)  4,504", "C (clang 2.0)  4,604", false},
	} {
		drift := ""
		for name, b := range readBench(strings.Replace(printed, c.was, c.is, 1)) {
			drift += page[name].drifted(b)
		}
		if (drift != "") != c.drifts {
			t.Errorf("%s: %q", c.name, drift)
		}
	}
	if strings.Contains(benchBlock(printed), "on_tick") || strings.Contains(benchBlock(printed), "linux") || len(page) != 3 {
		t.Errorf("the block is\n%s", benchBlock(printed))
	}
}
