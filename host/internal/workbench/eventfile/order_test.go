package eventfile

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTimeDoesNotGoBack(t *testing.T) {
	begin := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	const host = `{"event":"host","node":"3f2a9c01d4e5","at":"2026-01-01T00:00:00Z"}`
	for _, tt := range []struct {
		behaviour string
		lines     []string
		want      string // beginnings of mistakes
	}{
		{"forward", []string{`{"event":"tick"}`, `{"event":"wait","at":"+1h"}`, `{"event":"wait","at":"2026-01-01T01:00:00.001Z"}`, `{"event":"wait","at":"+0s"}`}, ""},
		{"a relative time", []string{`{"event":"tick"}`, `{"event":"wait", "at":"-5s"}`}, `f:2:23: time does not go back: a time after the event above is written +5s`},
		{"a relative time in the first line", []string{`{"event":"wait","at":"-1ns"}`}, `f:1:22: time does not go back`},
		{"an absolute time", []string{`{"event":"wait","at":"+1h"}`, `# a comment`, `{"event":"tick","at":"2026-01-01T00:59:59Z"}`}, `f:3:22: time does not go back: this is 1s before the event above`},
		{"a millisecond too early for what came between", []string{`{"event":"tick"}`, `{"event":"tick"}`, `{"event":"tick","at":"2026-01-01T00:00:00.001Z"}`}, `f:3:22: time does not go back: this is 1ms before the event above`},
		{"each is told", []string{`{"event":"wait","at":"-1s"}`, `{"event":"wait","at":"-2s"}`}, "f:1:22: time|f:2:22: time"},
		{"a recording by a little", []string{host, `{"event":"get","id":"a","at":"2026-01-01T00:00:02Z"}`, `{"event":"get","id":"b","at":"2026-01-01T00:00:01.5Z"}`, `{"event":"get","id":"c","at":"2026-01-01T00:00:01Z"}`}, ""},
		{"a recording by more", []string{host, `{"event":"get","id":"a","at":"2026-01-01T00:00:02Z"}`, `{"event":"get","id":"b","at":"2026-01-01T00:00:00.9Z"}`}, `f:3:30: time does not go back: this is 1.1s before the event above`},
		{"what was dropped takes no time", []string{host, `{"event":"dropped","count":3}`, `{"event":"get","id":"b","at":"2026-01-01T00:00:00Z"}`}, ""},
		{"to the end of time", []string{`{"event":"wait","at":"+2000000h"}`}, ""},
		{"beyond the end of time", []string{`{"event":"wait","at":"+400000h"}`, `{"event":"wait","at":"+2000000h"}`}, `f:2:22: this is after 2261, where time ends`},
		{"beyond what can be said", []string{`{"event":"wait","at":"+2562047h"}`, `{"event":"tick"}`}, `f:1:22: this is after 2261, where time ends`},
		{"an absolute time after its end", []string{`{"event":"wait","at":"2262-02-01T00:00:00Z"}`}, `f:1:22: this is after 2261, where time ends`},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			events, err := ReadAll("f", strings.NewReader(strings.Join(tt.lines, "\n")))
			if err != nil {
				t.Fatal(err)
			}
			err = Order("f", events, begin)
			if (err == nil) != (tt.want == "") {
				t.Fatal(err)
			}
			for _, want := range strings.Split(tt.want, "|") {
				if err != nil && !strings.Contains("\n"+err.Error(), "\n"+want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}
}

func TestMistakesOfOrderAreLimited(t *testing.T) {
	events, err := ReadAll("f", strings.NewReader(strings.Repeat("{\"event\":\"wait\",\"at\":\"-1s\"}\n", 100)))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(fmt.Sprint(Order("f", events, 0)), "\n") + 1; n != maxMistakes {
		t.Errorf("%d mistakes are told", n)
	}
}
