package admin

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// inFarm puts src into a farm that is up.
func inFarm(src *fakeSource) *fakeSource {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	src.farm = &Farm{
		Name: "eu-1", Up: true, Since: at, Server: "nats://10.0.0.1:4222", Downs: 2,
		Peers: []Peer{{"010203040506", at}, {"a1a2a3a4a5a6", at}},
		Sent:  Traffic{10, 1000}, Received: Traffic{20, 2000}, Lost: 3,
		Unsent: 7, Served: 8, Waiting: 9,
		Refused: map[string]uint64{"forged": 1, "stale": 0}, Requests: map[string]uint64{"answered": 4, "nobody": 5},
	}
	return src
}

// cutOff puts src into a farm that is not reached.
func cutOff(src *fakeSource) *fakeSource {
	inFarm(src).farm.Up = false
	src.farm.Error = "connection refused\nstart it"
	src.farm.Peers = src.farm.Peers[:1]
	return src
}

func TestFarmAnswers(t *testing.T) {
	draining := inFarm(busySource())
	draining.notReady = errDraining
	for _, tt := range []struct {
		behaviour string
		src       Source
		path      string
		status    int
		has       string
	}{
		{"readiness tells of a farm in a second line", inFarm(busySource()), "/readyz", 200, "ready\nfarm: eu-1, 2 other nodes, by nats://10.0.0.1:4222\n"},
		{"a farm out of reach leaves the node ready", cutOff(busySource()), "/readyz", 200, "ready\nfarm: eu-1, not reached since 2026-01-02T03:04:05Z: connection refused; start it\n"},
		{"a node that is not ready tells of its farm too", draining, "/readyz", 503, "not ready: draining\nfarm: eu-1, 2 other nodes"},
		{"a node without a farm tells of none", busySource(), "/readyz", 200, "ready\n"},
		{"a node without a farm has none to show", busySource(), "/farm", 404, "this node is in no farm: sesshook serve --nats"},
		{"the index shows the farm", inFarm(busySource()), "/", 200, "reached by nats://10.0.0.1:4222"},
		{"the index shows why it is not reached", cutOff(busySource()), "/", 200, "not reached: connection refused"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			w := ask(tt.src, "GET", tt.path)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) || strings.Contains(tt.has, "ready\n") && len(w.Body.String()) != len(tt.has) {
				t.Errorf("%s: %d %s\nwant %d with %q", tt.path, w.Code, w.Body, tt.status, tt.has)
			}
		})
	}
	if body := ask(busySource(), "GET", "/").Body.String(); strings.Contains(body, "<h2>Farm") {
		t.Error("the index shows a farm where there is none")
	}
}

func TestFarmKeys(t *testing.T) {
	src := cutOff(busySource())
	src.farm.Peers = nil
	var got map[string]any
	if err := json.Unmarshal(ask(src, "GET", "/farm").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"name", "up", "since", "server", "error", "downs", "peers", "sent", "received", "waiting_bytes", "unsent", "lost", "refused", "requests", "served"} {
		if v, ok := got[key]; !ok || v == nil {
			t.Errorf("%s is %v", key, v)
		}
	}
}

func TestFarmMetrics(t *testing.T) {
	scrape := ask(inFarm(busySource()), "GET", "/metrics").Body.String()
	for _, line := range []string{
		`sesshook_farm_up 1`,
		`sesshook_farm_peers 2`,
		`sesshook_farm_messages_total{direction="sent"} 10`,
		`sesshook_farm_messages_total{direction="received"} 20`,
		`sesshook_farm_bytes_total{direction="sent"} 1000`,
		`sesshook_farm_bytes_total{direction="received"} 2000`,
		`sesshook_farm_lost_total 3`,
		`sesshook_farm_refused_total{reason="forged"} 1`,
		`sesshook_farm_refused_total{reason="stale"} 0`,
		`sesshook_farm_requests_total{result="answered"} 4`,
		`sesshook_farm_requests_total{result="nobody"} 5`,
		`sesshook_farm_unsent_total 7`,
		`sesshook_farm_replies_total 8`,
		`sesshook_farm_reconnects_total 2`,
	} {
		if !strings.Contains(scrape, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if scrape := ask(cutOff(busySource()), "GET", "/metrics").Body.String(); !strings.Contains(scrape, "\nsesshook_farm_up 0\n") {
		t.Error("a farm out of reach is up")
	}
	if scrape := ask(busySource(), "GET", "/metrics").Body.String(); strings.Contains(scrape, "sesshook_farm") {
		t.Error("a node without a farm has metrics of one")
	}
}
