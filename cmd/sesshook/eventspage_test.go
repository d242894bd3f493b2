package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	pageFiles = regexp.MustCompile("(?ms)^<!-- file: (\\S+) -->\n```\\w*\n(.*?)^```")
	pageRuns  = regexp.MustCompile("(?ms)^<!-- run -->\n```sh\n(.*?)^```\n```\n(.*?)^```")
)

// TestEventsPage types what guest-examples/EVENTS.md says, and has to see what
// stands below it, where … is anything.
func TestEventsPage(t *testing.T) {
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(repository, "guest-examples", "EVENTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, m := range pageFiles.FindAllStringSubmatch(string(page), -1) {
		if err := os.WriteFile(m[1], []byte(m[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs := pageRuns.FindAllStringSubmatch(string(page), -1)
	if len(runs) == 0 {
		t.Fatal("the page has nothing to run")
	}
	for _, m := range runs {
		args := strings.Fields(strings.ReplaceAll(m[1], " testdata/", " "+repository+"/testdata/"))
		var out, errs bytes.Buffer
		if args[0] != "sesshook" || run(t.Context(), args[1:], strings.NewReader(""), &out, &errs) != exitOK {
			t.Fatalf("%s%s", m[1], &errs)
		}
		want := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(m[2])), "…", `(?s:.*)`)
		if !regexp.MustCompile("^" + want + `$`).MatchString(strings.TrimSpace(out.String())) {
			t.Errorf("%sgot\n%s\nwant\n%s", m[1], &out, m[2])
		}
	}
}
