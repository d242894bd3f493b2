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
	pageTaken = regexp.MustCompile("(?ms)^<!-- record -->\n```sh\n(.*?)^```\n```\n(.*?)^```")
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
		sees(t, m[1], out.String(), m[2])
	}
}

// sees fails unless commands have printed what the page shows.
func sees(t *testing.T, commands, got, shown string) {
	t.Helper()
	want := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(shown)), "…", `(?s:.*)`)
	if !regexp.MustCompile("^" + want + `$`).MatchString(strings.TrimSpace(got)) {
		t.Errorf("%sgot\n%s\nwant\n%s", commands, got, shown)
	}
}

// TestEventsPageRecords types what the page says of a server, beside one.
func TestEventsPageRecords(t *testing.T) {
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(repository, "guest-examples", "EVENTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	y := newTypist(t, t.TempDir(), "curl")
	if y == nil {
		return
	}
	y.serve(nil)
	blocks := pageTaken.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 1 {
		t.Fatalf("the page has %d blocks about a server", len(blocks))
	}
	typed := strings.ReplaceAll(blocks[0][1], " testdata/", " "+repository+"/testdata/")
	sees(t, typed, y.block(typed), blocks[0][2])
}
