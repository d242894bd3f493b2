package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/host"
)

// A played is what came of a run.
type played struct {
	lines   []string // of the log, with their level
	stored  int64    // bytes of the sessions that the plugin was told of
	metrics map[string]int64
}

// play plays events to a module that is kept in testdata, on the real runtime and with
// its sidecar.
func play(t *testing.T, module, events string, set ...string) *played {
	t.Helper()
	p := &played{}
	cfg := host.RunConfig{Module: filepath.Join("..", "testdata", module+".wasm"), Events: strings.NewReader(events), EventsName: "events", Set: set}
	end, err := host.Run(t.Context(), cfg, func(s *host.RunStep) error {
		for _, c := range s.Calls {
			p.add(&c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !end.OK() {
		t.Errorf("something went wrong: %+v", end)
	}
	p.metrics = end.Metrics
	return p
}

func (p *played) add(c *host.RunCall) {
	if c.Export == "on_session_insert" {
		p.stored += int64(c.Record.SessionLen)
	}
	for _, d := range c.Did {
		if d.Log != "" {
			p.lines = append(p.lines, d.Log+" "+d.Text)
		}
	}
}

// expect fails unless lines and metrics are those.
func (p *played) expect(t *testing.T, lines []string, metrics map[string]int64) {
	t.Helper()
	if !slices.Equal(p.lines, lines) {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(p.lines, "\n"), strings.Join(lines, "\n"))
	}
	if !maps.Equal(p.metrics, metrics) {
		t.Errorf("metrics are %v, want %v", p.metrics, metrics)
	}
}

// TestHelloIsTheSameInEveryLanguage plays the same to hello in WAT, C++ and Zig: what
// they count, log, and hand on to their successor.
func TestHelloIsTheSameInEveryLanguage(t *testing.T) {
	const events = `{"event":"insert", "id":"a", "server_name":"www.example.org"}
{"event":"insert", "id":"b"}
{"event":"get", "id":"a"}
{"event":"remove", "id":"b"}
{"event":"tick"}
{"event":"reload"}
{"event":"get", "id":"a"}
{"event":"tick"}
`
	for _, module := range []string{"modules/hello", "languages/hello-cpp", "languages/hello-zig"} {
		name := filepath.Base(module)
		t.Run(name, func(t *testing.T) {
			p := play(t, module, events)
			started := "info " + name + ": counting sessions"
			p.expect(t, []string{started, "debug www.example.org", "debug ", started}, map[string]int64{
				"insert": 2, "get": 2, "remove": 1, "session_bytes": p.stored,
				"total": 5, // with what was counted before the reload
			})
			if p.stored == 0 {
				t.Error("no session was stored")
			}
		})
	}
}

// handshakes are events of watch: full ones, and resumed ones, of one server name.
func handshakes(name string, full, resumed int) string {
	var b strings.Builder
	for i := range full {
		fmt.Fprintf(&b, "{\"event\":\"insert\", \"id\":\"%s %d\", \"server_name\":%q}\n", name, i, name)
	}
	for range resumed {
		fmt.Fprintf(&b, "{\"event\":\"get\", \"id\":\"%s 0\"}\n", name)
	}
	return b.String()
}

func TestWatchSaysWhoseClientsResumeLess(t *testing.T) {
	const window = "{\"event\":\"wait\", \"at\":\"+10s\"}\n"
	events := window +
		handshakes("www.example.org", 8, 2) + handshakes("few.example.org", 1, 0) + window +
		"{\"event\":\"reload\"}\n" + // which hands on what was said
		handshakes("www.example.org", 0, 10) + window
	play(t, "languages/watch", events, "window=5s", "at_least=10").expect(t, []string{
		"warn www.example.org: 20% of 10 handshakes are resumed, fewer than 50%",
		"info www.example.org: 100% of 10 handshakes are resumed, no longer fewer than 50%",
	}, map[string]int64{"full": 9, "resumed": 12, "percent": 100, "low": 0})
}

func TestRatelimitRefusesWhatIsTooMuch(t *testing.T) {
	const events = `{"event":"insert", "id":"a", "server_name":"www.example.org"}
{"event":"resume", "id":"a"}
{"event":"resume", "id":"a", "at":"+1m"}
{"event":"insert", "id":"b", "server_name":"www.example.org"}
{"event":"insert", "id":"c", "server_name":"www.example.org"}
{"event":"reload"}
{"event":"resume", "id":"b"}
`
	play(t, "languages/ratelimit", events, "rate=1", "per=1m").expect(t, []string{
		"debug too many sessions for www.example.org",
		"debug too many sessions for www.example.org",
	}, map[string]int64{"made": 3, "over": 1, "refused": 2})
}
