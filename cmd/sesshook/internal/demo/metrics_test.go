package demo

import (
	"strings"
	"testing"
	"time"
)

func TestReadUsage(t *testing.T) {
	u, err := readUsage(strings.NewReader(`# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1.5e+01
sesshook_handshakes_total{resumed="false",version="1.2"} 1
sesshook_handshakes_total{resumed="true",version="1.2"} 2
sesshook_handshakes_total{resumed="true",version="1.3"} 4
sesshook_farm_messages_total{direction="received"} 8
sesshook_farm_messages_total{direction="sent"} 16

nonsense
sesshook_other NaN
`))
	if err != nil || u != (usage{cpu: 15, handshakes: 7, messages: 16}) {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestBetween(t *testing.T) {
	first, second, other := &process{}, &process{}, &process{}
	at := time.Now()
	from := []usage{
		{node: 0, life: first, at: at, cpu: 1, handshakes: 100, messages: 10},
		{node: 1, life: other, at: at, cpu: 50, handshakes: 5000, messages: 500},
	}
	to := []usage{
		{node: 0, life: first, at: at.Add(2 * time.Second), cpu: 1.5, handshakes: 1100, messages: 30},
		{node: 1, life: second, at: at.Add(2 * time.Second), cpu: 1, handshakes: 1, messages: 1}, // killed and started meanwhile
	}
	if r := between(from, to); r.cpu != 0.5 || r.messages != 10 {
		t.Errorf("%+v", r)
	}
	for name, r := range map[string]rate{"no looks": between(nil, nil), "one look": between(from, nil), "no common life": between(from[1:], to[1:])} {
		if r.cpu.known() || r.messages.known() {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if r := between(from, from); r.cpu.known() || r.messages.known() {
		t.Errorf("no time: %+v", r)
	}
}
