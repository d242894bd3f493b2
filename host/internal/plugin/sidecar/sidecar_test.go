package sidecar

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
)

const digits = "9F86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestParseReadsEveryKey(t *testing.T) {
	got, err := Parse("full.toml", []byte(`# everything
enabled = false
grants = ["sessions:read", "kv", "kv"]
instances = 4
fuel = 1_000_000
memory = "16MiB"
queue = 1024
tick = "1m30s"
sha256 = "`+digits+`"
miss_deadline = "20ms"
resume_deadline = "2ms"
event_deadline = "3s"
resume_fail = "closed"
start_fuel = 2_000_000
module_size = "8MiB"
compile_time = "10s"
kv_bytes = "1MiB"
kv_keys = 10
metric_names = 20
log_lines = 30
log_line = "1KiB"
subscriptions = 40
message_rate = 50
queue_bytes = "2MiB"
gather = "0s"
[config]
topic = "sessions"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Sidecar{
		Enabled: false, Grants: []abi.Grant{abi.SessionsRead, abi.KV}, Instances: 4, Fuel: 1_000_000, Memory: 16 * MiB, Queue: 1024,
		Tick: 90 * time.Second, SHA256: strings.ToLower(digits), MissDeadline: 20 * time.Millisecond, ResumeDeadline: 2 * time.Millisecond,
		EventDeadline: 3 * time.Second, ResumeFailClosed: true,
		StartFuel: 2_000_000, ModuleSize: 8 * MiB, CompileTime: 10 * time.Second, KVBytes: MiB, KVKeys: 10, MetricNames: 20,
		LogLines: 30, LogLine: KiB, Subscriptions: 40, MessageRate: 50, QueueBytes: 2 * MiB, Gather: 0, Config: []byte(`{"topic":"sessions"}`),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseKeepsTheDefaultOfWhatIsAbsent(t *testing.T) {
	for _, text := range []string{"", "\n# nothing\n", "\ufeff", "[config]\n", "enabled = true\r\n"} {
		got, err := Parse("empty.toml", []byte(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if want := Default(); !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: got %+v, want %+v", text, *got, want)
		}
	}
	if Default().Grants != nil {
		t.Error("default grants are not nil, which stands for those of the host")
	}
}

func TestEmptyGrantsAreNotTheDefault(t *testing.T) {
	s, err := Parse("a.toml", []byte("grants = []"))
	if err != nil || s.Grants == nil || len(s.Grants) != 0 {
		t.Errorf("got %#v, %v; want an empty list that is not nil", s, err)
	}
}

func TestMistakesSayWhereAndWhatIsRight(t *testing.T) {
	for _, tt := range []struct{ behaviour, text, want string }{
		{"a misspelt key", "\ninstanecs = 2", `a.toml:2:1: unknown key "instanecs": did you mean instances?`},
		{"a key in capitals", "Enabled = true", `a.toml:1:1: unknown key "Enabled": did you mean enabled?`},
		{"an unknown key", "colour = 1", `a.toml:1:1: unknown key "colour": a sidecar has enabled, grants, instances, fuel, memory, queue, tick, sha256, miss_deadline, resume_deadline, event_deadline, resume_fail, start_fuel, module_size, compile_time, kv_bytes, kv_keys, metric_names, log_lines, log_line, subscriptions, message_rate, queue_bytes, gather, config; what is for the plugin itself goes under [config]`},
		{"an indented key", "  topic = 1", `a.toml:1:3: unknown key "topic": a sidecar has`},
		{"a quoted key", `"" = 1`, `a.toml:1:1: unknown key ""`},
		{"a misspelt table", "queue = 1\n[confg]\nx = 1", `a.toml:2:2: unknown key "confg": did you mean config?`},
		{"an unknown list of tables", "[[config2]]\nx = 1", `a.toml:1:3: unknown key "config2": did you mean config?`},
		{"a key behind the config table goes to the plugin", "[config]\ninstances = \"x\"", ""},
		{"no TOML", "enabled: true", "a.toml:1:8: "},
		{"a key twice", "queue = 1\nqueue = 2", "a.toml:2:1: key queue is already defined"},
		{"a date that does not exist", "[config]\nday = 2021-02-31", "a.toml:2:15: impossible date"},

		{"a string for a boolean", `enabled = "yes"`, "a.toml:1:1: enabled: it has to be true or false, and it is a string"},
		{"a string for a number", "\n\n  instances = \"four\"", "a.toml:3:3: instances: it has to be a whole number, and it is a string"},
		{"a fraction for a number", "queue = 1.5", "a.toml:1:1: queue: it has to be a whole number, and it is a number with a fraction"},
		{"a date for a number", "fuel = 2026-01-01", "a.toml:1:1: fuel: it has to be a whole number, and it is a date or time"},
		{"a table for a number", "[queue]\nx = 1", "a.toml:1:2: queue: it has to be a whole number, and it is a table"},
		{"too few instances", "instances = 0", "a.toml:1:1: instances: it has to be 1 to 64, and it is 0"},
		{"too many instances", "instances = 65", "a.toml:1:1: instances: it has to be 1 to 64, and it is 65"},
		{"negative fuel", "fuel = -1", "a.toml:1:1: fuel: it has to be 1000 to 1000000000000, and it is -1"},
		{"a number beyond 64 bits", "fuel = 99999999999999999999", "a.toml:1:"},
		{"a queue that is too long", "queue = 16777217", "a.toml:1:1: queue: it has to be 1 to 16777216, and it is 16777217"},

		{"a size with a unit of ten", `memory = "16MB"`, `a.toml:1:1: memory: "16MB" is no size: write a whole number of bytes, or one with KiB, MiB or GiB, as in "16MiB"`},
		{"a size with a fraction", `memory = "1.5GiB"`, `a.toml:1:1: memory: "1.5GiB" is no size`},
		{"a size beyond 64 bits", `memory = "99999999999999GiB"`, `a.toml:1:1: memory: "99999999999999GiB" is no size`},
		{"a size below a page", "memory = 65535", "a.toml:1:1: memory: it has to be 64KiB to 4GiB, and it is 65535"},
		{"a negative size", "memory = -1", "a.toml:1:1: memory: it has to be 64KiB to 4GiB, and it is -1"},
		{"a size that is too large", `memory = "5GiB"`, "a.toml:1:1: memory: it has to be 64KiB to 4GiB, and it is 5GiB"},
		{"a boolean for a size", "memory = true", `a.toml:1:1: memory: it has to be a size such as "16MiB", or a number of bytes, and it is a boolean`},

		{"a duration without a unit", `tick = "1"`, `a.toml:1:1: tick: "1" is no duration: write a number with its unit, such as "1s", "50ms" or "1m30s"`},
		{"a number for a duration", "tick = 1", `a.toml:1:1: tick: it has to be a duration in quotes, such as "1s" or "50ms", and it is a whole number`},
		{"a tick that is too short", `tick = "9ms"`, "a.toml:1:1: tick: it has to be 10ms to 24h, and it is 9ms"},
		{"a deadline that is too long", `miss_deadline = "11s"`, "a.toml:1:1: miss_deadline: it has to be 1ms to 10s, and it is 11s"},
		{"a resume deadline that is too long", `resume_deadline = "2s"`, "a.toml:1:1: resume_deadline: it has to be 1ms to 1s, and it is 2s"},
		{"an event deadline that is too long", `event_deadline = "2m"`, "a.toml:1:1: event_deadline: it has to be 1ms to 1m, and it is 2m"},
		{"a negative deadline", `event_deadline = "-1s"`, "a.toml:1:1: event_deadline: it has to be 1ms to 1m, and it is -1s"},

		{"a hash that is too short", `sha256 = "abc"`, "a.toml:1:1: sha256: it has to be 64 hexadecimal digits, the output of sha256sum for the module, and it is 3 characters long"},
		{"a hash with another letter", `sha256 = "` + strings.Repeat("g", 64) + `"`, "and it is 64 characters long with 'g' in it"},
		{"a third choice", `resume_fail = "maybe"`, `a.toml:1:1: resume_fail: it has to be "open" or "closed", and it is "maybe"`},

		{"a misspelt grant", `grants = ["session:read"]`, `a.toml:1:1: grants: there is no grant "session:read": did you mean sessions:read?`},
		{"an unknown grant", `grants = ["root"]`, `a.toml:1:1: grants: there is no grant "root": there are sessions:read, sessions:write, sessions:secrets, messages, kv, metrics`},
		{"a grant that is no string", `grants = ["kv", 3]`, "a.toml:1:1: grants: number 2 has to be a string, and it is a whole number"},
		{"a string for grants", `grants = "kv"`, `a.toml:1:1: grants: it has to be a list such as ["sessions:read", "kv"], and it is a string`},

		{"infinity for the plugin", "[config]\n\nratio = -inf", "a.toml:3:9: config: -inf cannot be handed to a plugin: JSON has no such number"},
		{"nan deep in the config", "[config.a]\nb = [1, {c = nan}]", "a.toml:2:14: config: nan cannot be handed to a plugin"},
		{"nan in a dotted key", "config.a.b = nan", "a.toml:1:14: config: nan cannot be handed to a plugin"},
		{"config that is no table", "config = 3", "a.toml:1:1: config: it has to be a table: [config], and it is a whole number"},
		{"config that is many tables", "[[config]]\nx = 1", "a.toml:1:3: config: it has to be a table: [config], and it is a list"},
		{"a file that is too large", strings.Repeat("#", MaxSize+1), "a.toml:1:1: the file is 65537 bytes long; at most 65536 are read"},
		{"nesting without end", "[config]\nx = " + strings.Repeat("[", MaxSize/2), "a.toml:2:"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			_, err := Parse("a.toml", []byte(tt.text))
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got  %v\nwant %s", err, tt.want)
			case tt.want != "" && strings.Contains(err.Error(), "\n"):
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	_, err := Parse("a.toml", []byte("tick = \"1\"\ninstances = 0\nqueue = \"x\"\n"))
	want := `a.toml:1:1: tick: "1" is no duration: write a number with its unit, such as "1s", "50ms" or "1m30s"
a.toml:2:1: instances: it has to be 1 to 64, and it is 0
a.toml:3:1: queue: it has to be a whole number, and it is a string`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestMistakesAreBounded(t *testing.T) {
	var text strings.Builder
	for i := 0; text.Len() < MaxSize-32; i++ {
		fmt.Fprintf(&text, "key%d = 1\n", i)
	}
	_, err := Parse("a.toml", []byte(text.String()))
	if err == nil {
		t.Fatal("accepted")
	}
	if n := strings.Count(err.Error(), "\n"); n >= maxMistakes {
		t.Errorf("%d lines of mistakes", n+1)
	}
}

func TestConfigBecomesJSON(t *testing.T) {
	for _, tt := range []struct{ behaviour, text, want string }{
		{"no table", "", `{}`},
		{"an empty table", "[config]", `{}`},
		{"keys are sorted", "[config]\nb = 1\na = 2\n[config.c]\nz = 1\ny = 2", `{"a":2,"b":1,"c":{"y":2,"z":1}}`},
		{"an inline table", "config = {b = true, a = \"x\"}", `{"a":"x","b":true}`},
		{"dotted keys", "config.a.b = 1", `{"a":{"b":1}}`},
		{"lists of tables", "[[config.rule]]\nname = \"a\"\n[[config.rule]]\nname = \"b\"", `{"rule":[{"name":"a"},{"name":"b"}]}`},
		{"numbers", "[config]\ni = 9223372036854775807\nf = 0.5\nh = 0xff", `{"f":0.5,"h":255,"i":9223372036854775807}`},
		{"times are RFC 3339", "[config]\na = 1979-05-27T07:32:00-08:00\nb = 1979-05-27\nc = 07:32:00\nd = 1979-05-27T07:32:00", `{"a":"1979-05-27T07:32:00-08:00","b":"1979-05-27","c":"07:32:00","d":"1979-05-27T07:32:00"}`},
		{"markup stays as it is", "[config]\nx = \"<a> & ü\"", `{"x":"<a> & ü"}`},
		{"an empty key", "[config]\n\"\" = 1", `{"":1}`},
		{"words that end like numbers that JSON lacks", "[config]\nx = \"nan\"\ny = \"inf\"", `{"x":"nan","y":"inf"}`},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			s, err := Parse("a.toml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if string(s.Config) != tt.want {
				t.Errorf("got %s, want %s", s.Config, tt.want)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "65536": 65536, "64KiB": 64 * KiB, " 16 MiB ": 16 * MiB, "4GiB": 4 * GiB} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1e3", "16mib", "0x10", "1 2", "18446744073709551616", "18446744073709551615KiB"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", text, got)
		}
	}
	for size, want := range map[Size]string{0: "0 bytes", 1: "1 bytes", 1023: "1023 bytes", KiB: "1KiB", 64 * MiB: "64MiB", 3 * GiB: "3GiB", MiB + 1: "1048577 bytes"} {
		if got := size.String(); got != want {
			t.Errorf("Size(%d) = %q, want %q", uint64(size), got, want)
		}
	}
	if got := (MiB + MiB/2).Rounded(); got != "1.5MiB" {
		t.Errorf("Rounded = %q", got)
	}
	if got := (64*MiB + 1).Pages(); got != 1024 {
		t.Errorf("Pages = %d", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "enabled = true", "memory = \"16MiB\"", "tick = \"1s\"\n[config]\na.b = [1, {c = nan}]", "[[config.a]]\nb = 1979-05-27T07:32:00Z", "sha256 = \"" + digits + "\"",
		"grants = [\"kv\", 1]", "\"\" = 1", "[a.b.c]\nd = inf", "x = '''\n'''", "config = {a = {b = []}}", "instances = 0x7fffffffffffffff", "a = 1 # \xff", "[config]\nk = \"\\u0000\"",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse("f.toml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.toml:") {
				t.Fatalf("an error without its place: %v", err)
			}
			return
		}
		if !json.Valid(s.Config) || s.Instances < 1 || s.Queue < 1 || s.Memory < Page || s.MissDeadline <= 0 {
			t.Fatalf("accepted %+v", s)
		}
		again, err := Parse("f.toml", data)
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("a second time: %+v, %v", again, err)
		}
	})
}

// TestSpecTableHasEveryKeyAndDefault holds the table of abi/SPEC.md.
func TestSpecTableHasEveryKeyAndDefault(t *testing.T) {
	spec, err := os.ReadFile("../../../../abi/SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(spec), "\n## The sidecar\n")
	d := Default()
	defaults := map[string]string{
		"enabled": "true", "grants": "", "instances": strconv.Itoa(d.Instances), "fuel": grouped(d.Fuel), "start_fuel": grouped(d.StartFuel),
		"memory": quoted(d.Memory), "queue": strconv.Itoa(d.Queue), "tick": "", "sha256": "", "resume_fail": `"open"`,
		"miss_deadline": quoted(brief(d.MissDeadline)), "resume_deadline": quoted(brief(d.ResumeDeadline)), "event_deadline": quoted(brief(d.EventDeadline)),
		"module_size": quoted(d.ModuleSize), "compile_time": quoted(brief(d.CompileTime)), "kv_bytes": quoted(d.KVBytes), "kv_keys": strconv.Itoa(d.KVKeys),
		"metric_names": strconv.Itoa(d.MetricNames), "log_lines": grouped(int64(d.LogLines)), "log_line": quoted(d.LogLine),
		"subscriptions": strconv.Itoa(d.Subscriptions), "message_rate": grouped(int64(d.MessageRate)), "queue_bytes": quoted(d.QueueBytes), "gather": quoted(brief(d.Gather)), "config": "{}",
	}
	for _, key := range keys {
		value, ok := defaults[key]
		if !ok {
			t.Errorf("this test knows no default of %s", key)
		}
		row := "| `" + key + "` | "
		if value != "" {
			row += "`" + value + "` |"
		}
		if !strings.Contains(table, "\n"+row) {
			t.Errorf("SPEC.md has no row that begins %q", row)
		}
	}
	if got := strings.Count(table[:strings.Index(table, "\n## ")], "\n| `"); got != len(keys) {
		t.Errorf("SPEC.md has %d rows, and there are %d keys", got, len(keys))
	}
}

func quoted(v any) string { return fmt.Sprintf("\"%v\"", v) }

// grouped writes 10000000 as 10_000_000.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "_" + digits[i:]
	}
	return digits
}
