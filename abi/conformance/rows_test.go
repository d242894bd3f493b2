package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// testHost seals by writing the session's name before it.
var testHost = Host{
	Node: "0123456789ab",
	Peer: "ba9876543210",
	Seal: func(s Session) []byte {
		return fmt.Appendf(nil, "%-100s%s", "sealed for "+s.ID[:min(len(s.ID), 50)], s.Data)
	},
}

func TestRowsHaveNamesOfTheirOwn(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Rows() {
		if r.Name == "" || seen[r.Name] {
			t.Errorf("name %q is empty or there twice", r.Name)
		}
		seen[r.Name] = true
	}
}

// TestGoSaysWhichRowsItDoesNotRun holds the number in two pages.
func TestGoSaysWhichRowsItDoesNotRun(t *testing.T) {
	n := 0
	for _, r := range Rows() {
		if r.Buffer() {
			n++
		}
	}
	for page, words := range map[string]string{"guests/go/README.md": "all rows but %d:", "../guest/README.md": "the %d rows"} {
		text, err := os.ReadFile(page)
		if want := fmt.Sprintf(words, n); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q: %v", page, want, err)
		}
	}
}

func TestRowsExpectSomething(t *testing.T) {
	for _, r := range Rows() {
		c := r.Case(testHost)
		if !c.Refused && len(c.Want)+len(c.Unset)+len(c.Logs)+len(c.Present)+len(c.Absent) == 0 {
			t.Errorf("%s: nothing to compare", r.Name)
		}
		for name := range c.Want {
			if !regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`).MatchString(name) {
				t.Errorf("%s: %q is no name of a metric", r.Name, name)
			}
		}
		if len(c.Want) > 200 {
			t.Errorf("%s: %d metrics are more than a host must have room for", r.Name, len(c.Want))
		}
	}
}

func TestRowsAreTheSameEachTime(t *testing.T) {
	first, second := Rows(), Rows()
	for i := range first {
		a, err := json.Marshal(first[i].Case(testHost))
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(second[i].Case(testHost))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", first[i].Name)
		}
	}
}

func TestARowMayBeUsedConcurrently(t *testing.T) {
	for _, r := range Rows() {
		var wg sync.WaitGroup
		var cases [4]Case
		for i := range cases {
			wg.Go(func() { cases[i] = r.Case(testHost) })
		}
		wg.Wait()
		for _, c := range cases {
			if !bytes.Equal(c.Config, cases[0].Config) {
				t.Fatalf("%s differs", r.Name)
			}
		}
	}
}

// TestRowsCoverTheSpec holds the rows against the codes that SPEC.md lists for
// each function: every one is checked by some row, and no row checks another.
func TestRowsCoverTheSpec(t *testing.T) {
	want := specCodes(t)
	got := make(map[string]bool)
	for _, r := range Rows() {
		for _, pair := range r.Covers {
			got[pair] = true
			if !want[pair] {
				t.Errorf("%s expects %s, which SPEC.md does not list", r.Name, pair)
			}
		}
	}
	for pair := range want {
		if !got[pair] {
			t.Errorf("no row expects %s", pair)
		}
	}
}

// specCodes are the pairs of function and code of SPEC.md's sections. A result
// that is not a code counts as OK, and a function with phases of its own has
// UNSUPPORTED.
func specCodes(t *testing.T) map[string]bool {
	t.Helper()
	b, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, f := range functions {
		_, text, ok := strings.Cut(string(b), "\n### "+f.Name+"\n")
		if !ok {
			t.Fatalf("SPEC.md has no section %s", f.Name)
		}
		text, _, _ = strings.Cut(text, "\n##")
		for _, item := range regexp.MustCompile(`(?m)^- ([A-Z_]{2,}:)?`).FindAllStringSubmatch(text, -1) {
			code := strings.TrimSuffix(item[1], ":")
			if code == "" {
				code = "OK"
			}
			all[f.Name+" "+code] = true
		}
		if f.Phase != abi.AnyPhase {
			all[f.Name+" UNSUPPORTED"] = true
		}
		if f.Name == "log" || f.Name == "time_now" { // they have no list
			all[f.Name+" OK"] = true
		}
	}
	return all
}
