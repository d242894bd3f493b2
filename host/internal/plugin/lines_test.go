package plugin

import (
	"bytes"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

func TestEscape(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":              {"hello", "hello"},
		"line feed":          {"a\nb", `a\nb`},
		"terminal escape":    {"\x1b[31mred", `\x1b[31mred`},
		"delete":             {"\x7f", `\x7f`},
		"letters":            {"grüße 世界", "grüße 世界"},
		"right to left":      {"\u202egnp", `\u202egnp`},
		"not UTF-8":          {"a\xffb", `a\xffb`},
		"nul":                {"\x00", `\x00`},
		"line separator":     {"\u2028", `\u2028`},
		"byte order mark":    {"\ufeff", `\ufeff`},
		"quotes stay quotes": {`"a"`, `"a"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := string(escape(nil, []byte(tt.in))); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzEscape(f *testing.F) {
	f.Add([]byte("a\n\x1b[0m\xff\u2028"))
	f.Fuzz(func(t *testing.T, text []byte) {
		out := escape(nil, text)
		if !utf8.Valid(out) {
			t.Errorf("%q is not UTF-8", out)
		}
		if bytes.ContainsAny(out, "\n\r\x1b\x00") {
			t.Errorf("%q has a control character", out)
		}
	})
}

func TestLogFloodIsBoundedAndCounted(t *testing.T) {
	var out bytes.Buffer
	var lost atomic.Uint64
	const linesPerSecond = 1000
	l := &lines{log: slog.New(slog.NewTextHandler(&out, nil)), lost: &lost, perSecond: linesPerSecond}
	for range linesPerSecond + 500 {
		if l.allow(100, 1) {
			l.log.Info("line")
		}
	}
	if n := strings.Count(out.String(), "msg=line"); n != linesPerSecond || lost.Load() != 500 {
		t.Errorf("%d lines written, %d lost", n, lost.Load())
	}
	l.allow(101, 1)
	if !strings.Contains(out.String(), "lines=500") {
		t.Error("the loss was not reported in the next second")
	}
}

func TestLevelsAreRoundedDown(t *testing.T) {
	for level, want := range map[abi.Level]slog.Level{
		-100: slog.LevelDebug, -1: slog.LevelDebug, 0: slog.LevelInfo, 3: slog.LevelInfo, 7: slog.LevelWarn, 8: slog.LevelError, 100: slog.LevelError,
	} {
		if got := slogLevel(level); got != want {
			t.Errorf("level %d is %v, want %v", level, got, want)
		}
	}
}

func TestPrintedLinesBecomeLogLines(t *testing.T) {
	var out bytes.Buffer
	var lost atomic.Uint64
	p := &Plugin{}
	p.lines.log, p.lines.lost = slog.New(slog.NewTextHandler(&out, nil)), &lost
	side := sidecar.Default()
	p.limit(&side)
	inst := &instance{plugin: p, gen: &generation{side: &side}}
	inst.guard.fuel = &fuelTank{left: 1 << 30}
	w := &lineWriter{inst: inst, level: abi.Warn}
	for _, part := range []string{"first li", "ne\nsecond\nthi", "rd", strings.Repeat("x", 2*int(side.LogLine)), "\n"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(part), err)
		}
	}
	for _, want := range []string{`level=WARN msg="first line"`, "msg=second", "msg=thirdxxx"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %.200s", want, out.String())
		}
	}
}

// A fuelTank is fuel without a guest.
type fuelTank struct {
	api.MutableGlobal // for the methods that nobody calls
	left              uint64
}

func (f *fuelTank) Get() uint64     { return f.left }
func (f *fuelTank) Set(left uint64) { f.left = left }

func TestNotesAreWrittenOnceASecond(t *testing.T) {
	var out bytes.Buffer
	var lost atomic.Uint64
	l := &lines{log: slog.New(slog.NewTextHandler(&out, nil)), lost: &lost}
	for range 1000 {
		l.note(slog.LevelWarn, "again and again")
	}
	if n := strings.Count(out.String(), "again and again"); n > 3 {
		t.Errorf("%d lines", n)
	}
	l.noted["again and again"].second = 0
	l.note(slog.LevelWarn, "again and again")
	if !strings.Contains(out.String(), "more_before=") {
		t.Errorf("what was skipped is not said: %s", out.String())
	}
}
