package eventfile

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// page is what authors read about this package.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "guest-examples", "EVENTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExamplesOfThePageAreEvents(t *testing.T) {
	blocks := regexp.MustCompile("(?ms)^```jsonl\n(.*?)^```").FindAllStringSubmatch(page(t), -1)
	if len(blocks) < 2 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, b := range blocks {
		if _, err := ReadAll("EVENTS.md", strings.NewReader(b[1])); err != nil {
			t.Errorf("%v\n%s", err, b[1])
		}
	}
}

// names are the code spans of a cell.
func names(cell string) (all []string) {
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

func section(t *testing.T, title string) string {
	t.Helper()
	_, text, ok := strings.Cut(page(t), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("no section %s", title)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

func rows(text string) (all [][]string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `") {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			all = append(all, cells)
		}
	}
	return all
}

func TestThePageHasEveryEventWithItsFields(t *testing.T) {
	of := map[string][]string{"a session": {"server_name", "alpn", "tls_version", "cipher_suite", "format", "client_cert", "resumed", "home", "created", "expires", "data", "session"}}
	var seen []Kind
	for _, row := range rows(section(t, "Events")) {
		k := Kind(names(row[0])[0])
		seen = append(seen, k)
		var told []string
		for _, word := range strings.Split(row[2], ",") {
			word = strings.TrimSpace(word)
			name, need := strings.CutPrefix(word, "**")
			name = strings.TrimSuffix(name, "**")
			if need != slices.Contains(needed[k], name) {
				t.Errorf("%s: %s is needed: %v", k, name, !need)
			}
			switch {
			case name == "those of a session":
				told = append(told, of["a session"]...)
			case name != "":
				told = append(told, name)
			}
		}
		var has []string
		for _, name := range fieldNames(k) {
			if name != "event" && name != "at" && name != "reply" && name != "seq" || slices.Contains(told, name) {
				has = append(has, name)
			}
		}
		slices.Sort(told)
		slices.Sort(has)
		if !slices.Equal(told, has) {
			t.Errorf("%s: the page has\n%q, the reader\n%q", k, told, has)
		}
	}
	if !slices.Equal(seen, kinds) {
		t.Errorf("the page has %q, the reader %q", seen, kinds)
	}
}

func TestThePageHasEveryField(t *testing.T) {
	var told []string
	for _, row := range rows(section(t, "Fields")) {
		told = append(told, names(row[0])...)
	}
	var has []string
	for i := range fields {
		has = append(has, fields[i].name)
	}
	slices.Sort(told)
	slices.Sort(has)
	if !slices.Equal(told, has) {
		t.Errorf("the page has\n%q, the reader\n%q", told, has)
	}
}
