package sharerust

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/*.trace anew")

// committed are the seeds of the traces in testdata.
var committed = []uint64{1, 2, 3, 4}

// TestTracesAreWhatTheGoPluginDoes: the traces that the Rust plugin's tests
// follow are of package replica as it is.
func TestTracesAreWhatTheGoPluginDoes(t *testing.T) {
	for _, seed := range committed {
		file := filepath.Join("testdata", fmt.Sprintf("%d.trace", seed))
		got := []byte(trace(seed, 30, false))
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what package replica does now; run go test ./guest-examples/share-rust -update, then cargo test there", file)
		}
	}
}

// TestTracesSeeEverything: a kind of call or message that no trace has would not
// be held together.
func TestTracesSeeEverything(t *testing.T) {
	var all strings.Builder
	for _, seed := range committed {
		all.WriteString(trace(seed, 30, false))
	}
	text := all.String()
	for _, call := range []string{
		"new", "ready", "inserted", "removed", "missed", "message", "lost", "eventslost", "tick", "save", "restore", "tell",
	} {
		if !strings.Contains(text, " "+call+" ") && !strings.Contains(text, " "+call+"\n") {
			t.Errorf("no trace has the call %s", call)
		}
	}
	for _, call := range []string{"get", "insert", "remove", "replay", "publish", "request", "reply", "add", "set", "saved"} {
		if !strings.Contains(text, "\n< "+call+" ") {
			t.Errorf("no trace has %s of the host", call)
		}
	}
	for kind := 1; kind <= 7; kind++ {
		if !strings.Contains(text, fmt.Sprintf(" 01%02x", kind)) {
			t.Errorf("no trace has a message of type %d", kind)
		}
	}
}

// anyPulls finds a Replica that pulls, and from any.
var anyPulls = regexp.MustCompile(` new [23] share \d+ \d+ true `)

// TestTracesSeeWhatPullsLeaveOut: each reason not to ask is in them.
func TestTracesSeeWhatPullsLeaveOut(t *testing.T) {
	var all strings.Builder
	for _, seed := range committed {
		if text := trace(seed, 30, false); anyPulls.MatchString(text) {
			all.WriteString(text)
		}
	}
	const dead = "303030303030303064656164" // a home node
	for what, line := range map[string]string{
		"the home node is left alone": `> \d \d+ missed \w+ ` + dead + `\n< request \w+ - `,
		"there is no search":          `> \d \d+ missed \w+ ` + dead + `\n< request \w+ ` + dead + ` \w+ 60 = -7 - \d+\n>`,
		"nobody is asked":             `> \d \d+ missed \w+ ` + dead + `\n>`,
	} {
		if !regexp.MustCompile(line).MatchString(all.String()) {
			t.Errorf("no trace has a miss in which %s", what)
		}
	}
}

// TestTheSidecarIsThatOfTheGoPlugin, but for its first line.
func TestTheSidecarIsThatOfTheGoPlugin(t *testing.T) {
	mine, err := os.ReadFile("share-rust.toml")
	if err != nil {
		t.Fatal(err)
	}
	its, err := os.ReadFile(filepath.Join("..", "share", "share.toml"))
	if err != nil {
		t.Fatal(err)
	}
	_, mine, _ = bytes.Cut(mine, []byte("\n"))
	if _, its, _ = bytes.Cut(its, []byte("\n")); !bytes.Equal(mine, its) {
		t.Error("share-rust.toml differs from share.toml")
	}
}
