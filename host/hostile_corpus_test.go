package host

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var updateHostile = flag.Bool("update-hostile", false, "build the modules of testdata/hostile")

const hostileDir = "../testdata/hostile"

// A hostile is a module of the corpus, and what is to become of it.
//
// Those of testdata/hostile say it in the comment lines at the top of their
// text, each with one key:
//
//	outcome  what the host is to make of it: see outcomes
//	on       the hook that shows it: insert, remove, get, miss, resume, tick,
//	         lost, or the name of an export
//	sidecar  a line of its sidecar, beside or in place of the test's own
//	reload   it is reloaded once it has worked: with "yes" as another content,
//	         else with this text at the end of its sidecar
//	cases    how many plugins are made of it, each of which reads its number
//	         from its configuration
//	counts   a metric of its own that has to rise
//	refuses  the code by which the host has to refuse sessions
//	flags    options of wat2wasm
//
// What it does and why that could hurt stands below them.
type hostile struct {
	name    string
	outcome string
	on      string
	sidecar []string
	reload  string
	cases   int
	counts  string
	refuses string
	flags   []string
	module  func() []byte
}

// corpus returns all hostile modules: those that are built from text, and those
// that are too large to keep.
func corpus(t *testing.T) []*hostile {
	t.Helper()
	texts, err := filepath.Glob(filepath.Join(hostileDir, "*.wat"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("no modules in %s: %v", hostileDir, err)
	}
	var all []*hostile
	for _, path := range texts {
		h := parseHostile(t, path)
		h.module = func() []byte { return read(t, strings.TrimSuffix(path, ".wat")+".wasm") }
		all = append(all, h)
	}
	return append(all, generatedHostile()...)
}

func parseHostile(t *testing.T, path string) *hostile {
	t.Helper()
	h := &hostile{name: strings.TrimSuffix(filepath.Base(path), ".wat")}
	for line := range strings.Lines(string(read(t, path))) {
		text, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), ";; ")
		if !ok {
			break
		}
		if key, value, ok := strings.Cut(text, ": "); !ok || !h.set(key, value) {
			t.Fatalf("%s: %q is no key that this test knows", path, text)
		}
	}
	if outcomes[h.kind()] == nil {
		t.Fatalf("%s does not begin with an outcome that this test knows, but with %q", path, h.outcome)
	}
	return h
}

// set takes one line of a module's text.
func (h *hostile) set(key, value string) bool {
	switch key {
	case "outcome":
		h.outcome = value
	case "on":
		h.on = value
	case "sidecar":
		h.sidecar = append(h.sidecar, value)
	case "reload":
		h.reload = strings.ReplaceAll(value, `\n`, "\n")
	case "cases":
		h.cases, _ = strconv.Atoi(value)
		return h.cases > 0
	case "counts":
		h.counts = value
	case "refuses":
		h.refuses = value
	case "flags":
		h.flags = strings.Fields(value)
	default:
		return false
	}
	return true
}

// hook returns the export that shows the outcome.
func (h *hostile) hook() string {
	switch h.on {
	case "insert", "remove", "get", "miss", "resume":
		return "on_session_" + h.on
	case "tick":
		return "on_tick"
	case "lost":
		return "on_events_lost"
	}
	return h.on
}

// A replica is one plugin that is made of a hostile module.
type replica struct {
	name    string
	module  []byte
	sidecar string
}

// replicas returns the plugins to be loaded, all at once.
func (h *hostile) replicas() []replica {
	if h.cases == 0 {
		return []replica{{h.name, h.module(), h.sidecarWith("")}}
	}
	var all []replica
	for n := range h.cases {
		number := string([]byte{'0' + byte(n/10), '0' + byte(n%10)})
		all = append(all, replica{
			name: h.name + "-" + number,
			// Quarantine goes by content, so each case is another one.
			module:  withSection(h.module(), "case", number),
			sidecar: h.sidecarWith("[config]\ncase = \"" + number + "\"\n"),
		})
	}
	return all
}

// sidecarWith returns the module's sidecar: little fuel and short deadlines, so
// that a fault takes no time, then what the module has for itself, then rest.
func (h *hostile) sidecarWith(rest string) string {
	lines := []string{"fuel = 3_000_000", `event_deadline = "100ms"`, `miss_deadline = "20ms"`, `resume_deadline = "10ms"`, "queue = 512"}
	var b strings.Builder
	for _, line := range lines {
		key, _, _ := strings.Cut(line, " ")
		overruled := false
		for _, own := range h.sidecar {
			overruled = overruled || strings.HasPrefix(own, key+" ")
		}
		if !overruled {
			b.WriteString(line + "\n")
		}
	}
	for _, own := range h.sidecar {
		b.WriteString(own + "\n")
	}
	return b.String() + rest
}

// reloaded returns r as it is to be after a reload.
func (h *hostile) reloaded(r replica) replica {
	if h.reload == "yes" {
		r.module = withSection(r.module, "reloaded", "once")
	} else {
		r.sidecar += h.reload + "\n"
	}
	return r
}

// TestHostileFilesAreUpToDate builds every text of testdata/hostile again.
func TestHostileFilesAreUpToDate(t *testing.T) {
	if _, err := exec.LookPath("wat2wasm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("wat2wasm is missing: install wabt")
		}
		t.Skip("wat2wasm is missing, so the built modules are not compared with their text: install wabt")
	}
	texts, _ := filepath.Glob(filepath.Join(hostileDir, "*.wat"))
	built := map[string]bool{}
	for _, path := range texts {
		out := filepath.Join(t.TempDir(), "out.wasm")
		args := append(parseHostile(t, path).flags, path, "-o", out)
		if text, err := exec.Command("wat2wasm", args...).CombinedOutput(); err != nil {
			t.Fatalf("wat2wasm %s: %v\n%s", path, err, text)
		}
		want, file := read(t, out), strings.TrimSuffix(path, ".wat")+".wasm"
		built[file] = true
		if *updateHostile {
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its text makes: run go test ./host -run HostileFiles -update-hostile (%v)", file, err)
		}
	}
	files, _ := filepath.Glob(filepath.Join(hostileDir, "*.wasm"))
	for _, file := range files {
		if !built[file] {
			t.Errorf("%s has no text", file)
		}
	}
}
