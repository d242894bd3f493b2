package demo

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A usage is what a node has used up and done since it started, as its own
// metrics say. What they don't say is 0.
type usage struct {
	node       int
	life       *process // counters of different lives can't be compared
	at         time.Time
	cpu        float64 // seconds
	handshakes float64
	messages   float64 // that it sent to the farm
}

// adminClient asks nodes for their metrics and plugins.
var adminClient = &http.Client{Timeout: 5 * time.Second}

func getAdmin(ctx context.Context, addr, path string, read func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return err
	}
	res, err := adminClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("http://%s%s: %s", addr, path, res.Status)
	}
	return read(res.Body)
}

// readUsage reads the metrics that a usage is made of, in Prometheus' text
// format.
func readUsage(r io.Reader) (u usage, err error) {
	s := bufio.NewScanner(r)
	for s.Scan() {
		name, value, ok := sample(s.Text())
		switch {
		case !ok:
		case name == "process_cpu_seconds_total":
			u.cpu = value
		case strings.HasPrefix(name, "sesshook_handshakes_total{"):
			u.handshakes += value
		case name == `sesshook_farm_messages_total{direction="sent"}`:
			u.messages = value
		}
	}
	return u, s.Err()
}

// sample splits a line into name with labels, and value.
func sample(line string) (name string, value float64, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 || line[0] == '#' {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(line[i+1:], 64)
	return line[:i], value, err == nil
}

// A rate is what nodes did between two moments.
type rate struct {
	cpu      number // milliseconds per handshake
	messages number // per second
}

// between compares two usages of the farm. Nodes that did not live through all
// of that time are left out.
func between(from, to []usage) rate {
	var cpu, handshakes, messages, seconds float64
	for _, b := range to {
		for _, a := range from {
			if a.node == b.node && a.life == b.life {
				cpu += b.cpu - a.cpu
				handshakes += b.handshakes - a.handshakes
				messages += b.messages - a.messages
				seconds = max(seconds, b.at.Sub(a.at).Seconds())
			}
		}
	}
	r := rate{unknown, unknown}
	if handshakes > 0 && cpu > 0 {
		r.cpu = number(cpu / handshakes * 1e3)
	}
	if seconds > 0 {
		r.messages = number(messages / seconds)
	}
	return r
}
