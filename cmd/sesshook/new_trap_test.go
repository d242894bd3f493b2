package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// An overboard gives a plugin a function of that name, which traps when a session is
// stored. It is what an author's mistake is in that language.
type overboard struct {
	file  string
	edits []string // pairs of a text in the file, and what comes in its place
}

// overboards are those of the templates' plugins.
var overboards = map[string]overboard{
	"go": {"main.go", []string{
		"func inserted(e *guest.Event) error {\n\tname := e.ServerName()\n",
		"//go:noinline\nfunc overboard(at int) int { return []int{1}[at] }\n\nfunc inserted(e *guest.Event) error {\n\tname := e.ServerName()\n\t_ = overboard(len(name) + 1)\n",
	}},
	"rust": {"src/lib.rs", []string{
		"/// After a session was stored.\n",
		"#[inline(never)]\nfn overboard(at: usize) -> u8 {\n    [1u8][at]\n}\n\n/// After a session was stored.\n",
		"    let server = event.server_name();\n",
		"    let server = event.server_name();\n    if overboard(server.len() + 1) == 0 {\n        return Ok(());\n    }\n",
	}},
	"c": {"a-plugin.c", []string{
		"/* After a session was stored. */\n",
		"__attribute__((noinline)) static void overboard(size_t at) { if (at) __builtin_trap(); }\n\n/* After a session was stored. */\n",
		"  sh_bytes server = sh_event_server_name(event);\n",
		"  sh_bytes server = sh_event_server_name(event);\n  overboard(server.len + 1);\n",
	}},
	"assemblyscript": {"assembly/index.ts", []string{
		"function inserted(e: Event): Result {\n  const server = e.serverName;\n",
		// It calls itself, because it would be inlined otherwise.
		"function overboard(at: i32): void {\n  if (at == 0) unreachable();\n  overboard(at - 1);\n  ignore.clear();\n}\n\nfunction inserted(e: Event): Result {\n  const server = e.serverName;\n  overboard(server.length);\n",
	}},
	"wat": {"a-plugin.wat", []string{
		"  ;; After a session was stored.\n",
		"  (func $overboard unreachable)\n\n  ;; After a session was stored.\n",
		"    ;; Nothing to count: a replay",
		"    (call $overboard)\n    ;; Nothing to count: a replay",
	}},
}

// TestEveryTemplateTraps finds a template that trap knows nothing to do to.
func TestEveryTemplateTraps(t *testing.T) {
	for language := range tried {
		if len(overboards[language].edits) == 0 {
			t.Errorf("nothing is known to make the template of %s trap", language)
		}
	}
}

// builds finds what builds a plugin.
var builds = regexp.MustCompile(`\b(go build|cargo build|clang-19|npm run build|wat2wasm)\b`)

// building are those commands of a page that build the plugin.
func building(blocks []string) string {
	var all strings.Builder
	for _, b := range blocks {
		if builds.MatchString(b) {
			all.WriteString(b)
		}
	}
	return all.String()
}

// trap has the plugin that runs in y's server fail in overboard, which build puts into
// it, and expects that name in the stack, in what run prints and in the server's log.
func (y *typist) trap(o overboard, build string) {
	y.Helper()
	o.edit(y)
	y.block(build)
	played := y.block("! sesshook run --events events.jsonl a-plugin.wasm\n")
	if !strings.Contains(played, "\n    trap: ") || !named(played, "\n      at ") {
		y.Errorf("run does not say where it was:\n%s", played)
	}
	y.block("cp a-plugin.wasm modules/new && mv modules/new modules/a-plugin.wasm\n" +
		"for n in {1..300}; do curl -s http://127.0.0.1:9180/plugins | grep '\"generation\": 2' && break; sleep 0.1; done\n" +
		"curl -sk https://127.0.0.1:8443/ > page.json\n")
	for late := time.Now().Add(patience); !named(y.server.log(), "the plugin's instance was discarded"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			y.Fatal("the server's log does not say where it was")
		}
	}
}

// edit puts the mistake into the source.
func (o overboard) edit(y *typist) {
	y.Helper()
	path := filepath.Join(y.dir, o.file)
	source, err := os.ReadFile(path)
	if err != nil {
		y.Fatal(err)
	}
	text := string(source)
	for i := 0; i < len(o.edits); i += 2 {
		if strings.Count(text, o.edits[i]) != 1 {
			y.Fatalf("%s does not have once\n%s", o.file, o.edits[i])
		}
		text = strings.Replace(text, o.edits[i], o.edits[i+1], 1)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		y.Fatal(err)
	}
}

// named reports whether overboard stands in a line behind begin.
func named(text, begin string) bool {
	for {
		_, after, found := strings.Cut(text, begin)
		if !found {
			return false
		}
		line, _, _ := strings.Cut(after, "\n")
		if strings.Contains(line, "overboard") {
			return true
		}
		text = after
	}
}
