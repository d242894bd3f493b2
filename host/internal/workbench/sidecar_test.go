package workbench

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

const everyKey = `
enabled = false
grants = ["sessions:read", "kv"]
instances = 3
fuel = 123_456
start_fuel = 7_000
memory = "3MiB"
queue = 99
tick = "90s"
sha256 = "` + "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" + `"
miss_deadline = "60ms"
resume_deadline = "6ms"
event_deadline = "1.5s"
resume_fail = "closed"
module_size = "1000000"
compile_time = "3s"
kv_bytes = "1KiB"
kv_keys = 5
metric_names = 6
log_lines = 7
log_line = "100"
subscriptions = 8
message_rate = 9
queue_bytes = "2MiB"
gather = "1ms"
[config]
text = "ä \" \\ \n \u007f"
n = 5
f = 1.5
large = 1e300
whole = 1e20
yes = true
when = 2026-01-31
list = [1, "b", [true]]
"a key" = {x = {y = 1}}
`

func TestASidecarIsWrittenAsItWasRead(t *testing.T) {
	set, err := newSettings("a.toml", []byte(everyKey))
	if err != nil {
		t.Fatal(err)
	}
	again, err := sidecar.Parse("b.toml", set.text(7))
	if err != nil {
		t.Fatalf("%v\n%s", err, set.text(7))
	}
	if !reflect.DeepEqual(*again, set.side) {
		t.Errorf("got  %+v\nwant %+v", *again, set.side)
	}
	plain, err := newSettings("a.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err = sidecar.Parse("b.toml", plain.text(0))
	if want := sidecar.Default(); err != nil || !reflect.DeepEqual(*again, want) {
		t.Errorf("%v: got  %+v\nwant %+v", err, again, want)
	}
}

func TestWhatGoesByTheClockIsTamed(t *testing.T) {
	set, err := newSettings("a.toml", []byte(everyKey))
	if err != nil {
		t.Fatal(err)
	}
	if tick := set.tame(); tick != 90*time.Second {
		t.Errorf("tick is %v", tick)
	}
	side := set.side
	if !side.Enabled || side.Instances != 1 || side.Tick != 0 || side.Gather != 0 || side.LogLines < 1e6 || side.MessageRate < 1e6 || side.Fuel != 123_456 || len(set.notes) != 2 {
		t.Errorf("%+v, notes %q", side, set.notes)
	}
}

func TestSettingsKeepTheirTypes(t *testing.T) {
	const table = "s = \"x\"\nn = 5\nb = true\nl = []"
	for _, tt := range []struct{ set, want string }{
		{"s=5", `"s":"5"`}, {"s=", `"s":""`}, {"n=7.5", `"n":7.5`}, {"n=1e3", `"n":1e3`}, {"b=false", `"b":false`},
		{"new=5", `"new":5`}, {"new=-1.5", `"new":-1.5`}, {"new=true", `"new":true`}, {"new=abc", `"new":"abc"`}, {`new="5"`, `"new":"5"`},
		{"new=a=b", `"new":"a=b"`}, {"new=05", `"new":"05"`}, {"new=0x10", `"new":"0x10"`}, {"new=99999999999999999999", `"new":"99999999999999999999"`}, {"new=NaN", `"new":"NaN"`},
		{"n=five", "error: n is a number in the sidecar"}, {"b=1.5", "error: b is true or false in the sidecar"}, {"l=1", "error: l is an array or a table"},
		{"novalue", "error: \"novalue\" is not a setting"}, {"=x", "error: \"=x\" is not a setting"},
	} {
		set, err := newSettings("a.toml", []byte("[config]\n"+table))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := set.set(tt.set); err != nil {
			got = "error: " + err.Error()
		} else {
			b, err := json.Marshal(set.config)
			if err != nil {
				t.Fatal(err)
			}
			got = string(b)
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.set, got, tt.want)
		}
		if _, err := sidecar.Parse("b.toml", set.text(0)); err != nil {
			t.Errorf("%s: %v", tt.set, err)
		}
	}
}
