package admin

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetricsPassLint(t *testing.T) {
	problems, err := testutil.CollectAndLint(&collector{inFarm(busySource())})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestMetrics(t *testing.T) {
	scrape := ask(busySource(), "GET", "/metrics").Body.String()
	for _, line := range []string{
		`sesshook_sessions 5`,
		`sesshook_cache_bytes 1234`,
		`sesshook_tombstones 2`,
		`sesshook_session_events_total{event="insert"} 9`,
		`sesshook_session_events_total{event="get"} 8`,
		`sesshook_session_events_total{event="miss"} 7`,
		`sesshook_session_events_total{event="remove"} 4`,
		`sesshook_session_removals_total{reason="explicit"} 3`,
		`sesshook_session_removals_total{reason="expired"} 1`,
		`sesshook_session_removals_total{reason="evicted"} 0`,
		`sesshook_session_removals_total{reason="consumed"} 0`,
		`sesshook_session_refusals_total{code="exists"} 2`,
		`sesshook_session_refusals_total{code="invalid"} 11`,
		`sesshook_session_refusals_total{code="not_found"} 0`,
		`sesshook_session_refusals_total{code="too_large"} 0`,
		`sesshook_handshakes_total{resumed="false",version="1.2"} 1`,
		`sesshook_handshakes_total{resumed="true",version="1.2"} 2`,
		`sesshook_handshakes_total{resumed="false",version="1.3"} 3`,
		`sesshook_handshakes_total{resumed="true",version="1.3"} 4`,
		`sesshook_plugin_running{plugin="audit"} 1`,
		`sesshook_plugin_calls_total{hook="on_session_insert",plugin="audit",result="ok"} 2`,
		`sesshook_plugin_calls_total{hook="on_session_insert",plugin="audit",result="trap"} 0`,
		`sesshook_plugin_calls_total{hook="on_session_insert",plugin="audit",result="quarantined"} 1`,
		`sesshook_plugin_calls_total{hook="on_session_resume",plugin="audit",result="refused"} 0`,
		`sesshook_plugin_call_seconds_count{hook="on_session_insert",plugin="audit"} 2`,
		`sesshook_plugin_call_seconds_sum{hook="on_session_insert",plugin="audit"} 0.0030015`,
		`sesshook_plugin_call_seconds_bucket{hook="on_session_insert",plugin="audit",le="1.024e-06"} 0`,
		`sesshook_plugin_call_seconds_bucket{hook="on_session_insert",plugin="audit",le="2.048e-06"} 1`,
		`sesshook_plugin_call_seconds_bucket{hook="on_session_insert",plugin="audit",le="0.004194304"} 2`,
		`sesshook_plugin_queue_events{plugin="audit"} 6`,
		`sesshook_plugin_events_lost_total{plugin="audit"} 11`,
		`sesshook_plugin_loads_total{plugin="audit",result="ok"} 2`,
		`sesshook_plugin_loads_total{plugin="audit",result="error"} 0`,
		`sesshook_plugin_memory_bytes{plugin="audit"} 65536`,
		`sesshook_plugin_value{name="inserts",plugin="audit"} 9`,
		`sesshook_plugin_value{name="depth",plugin="audit"} -3`,
	} {
		if !strings.Contains(scrape, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	for _, family := range []string{"go_goroutines", "process_start_time_seconds"} {
		if !strings.Contains(scrape, "\n"+family+" ") {
			t.Errorf("no %s", family)
		}
	}
}

func TestFixedLabelsAreThereFromTheStart(t *testing.T) {
	const want = 4 + 4 + 9 + 4 // events, reasons, codes, handshakes
	n := testutil.CollectAndCount(&collector{&fakeSource{}}, "sesshook_session_events_total",
		"sesshook_session_removals_total", "sesshook_session_refusals_total", "sesshook_handshakes_total")
	if n != want {
		t.Errorf("%d series, want %d", n, want)
	}
}

func TestOneBadMetricDoesNotTakeTheOthersWithIt(t *testing.T) {
	src := busySource()
	src.stats.Plugins[0].Values = []Value{{"twice", 1}, {"twice", 2}}
	src.stats.Plugins = append(src.stats.Plugins, PluginStats{Name: "not \xff UTF-8"})
	scrape := ask(src, "GET", "/metrics")
	if scrape.Code != 200 || !strings.Contains(scrape.Body.String(), "sesshook_sessions 5\n") || !strings.Contains(scrape.Body.String(), "plugin=\"not \uFFFD UTF-8\"") {
		t.Errorf("%d %s", scrape.Code, scrape.Body)
	}
}

func TestDescribeMatchesCollect(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(&collector{inFarm(busySource())})
	if _, err := reg.Gather(); err != nil {
		t.Fatal(err)
	}
}

func TestBucket(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want int
	}{{-1, 0}, {0, 0}, {1, 1}, {1023, 10}, {1024, 11}, {math.MaxInt64, 63}} {
		if got := Bucket(tt.d); got != tt.want {
			t.Errorf("Bucket(%d) is %d, want %d", tt.d, got, tt.want)
		}
	}
}

func TestCumulativeCountsWhatIsBeyondTheBounds(t *testing.T) {
	var h Histogram
	for _, d := range []time.Duration{1, 500, 2 * time.Second} {
		h.Observe(d)
	}
	total, upTo := h.cumulative()
	if total != 3 || upTo[1.024e-06] != 2 || upTo[1.073741824] != 2 || len(upTo) != lastBucket-firstBucket+1 {
		t.Errorf("%d %v", total, upTo)
	}
}
