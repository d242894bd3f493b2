//go:build unix

package host

import (
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkHandshakesBesideHostile compares handshakes on a host with a plugin
// that loops, recurses or fills memory in every hook with those on a host
// without plugins, in turns. The metrics p50 and p99 are ratios of latencies of
// resumed handshakes with one exchange; stall-ms is by how much a ticker of one
// millisecond was late at most, and calm-stall-ms the same in the other's turns:
// what is in both is the machine's.
func BenchmarkHandshakesBesideHostile(b *testing.B) {
	for _, name := range []string{"loop-in-every-hook", "recursion", "memory-fill-everything"} {
		b.Run(name, func(b *testing.B) {
			quiet := Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
			hostile := newRig(b, quiet, filepath.Join("..", "testdata", "hostile", name+".wasm"))
			calm := newRig(b, quiet)
			var with, without latencies
			mine, other := newClients(b, hostile.addr, versions["TLS 1.3"], 1), newClients(b, calm.addr, versions["TLS 1.3"], 1)
			b.ResetTimer()
			for n := 0; n < b.N; n += 50 {
				with.visit(b, mine, 50)
				without.visit(b, other, 50)
			}
			b.StopTimer()
			b.ReportMetric(with.quantile(0.5)/without.quantile(0.5), "p50")
			b.ReportMetric(with.quantile(0.99)/without.quantile(0.99), "p99")
			b.ReportMetric(with.stall.Seconds()*1000, "stall-ms")
			b.ReportMetric(without.stall.Seconds()*1000, "calm-stall-ms")
			for _, p := range hostile.host.pluginStatus() {
				b.ReportMetric(float64(p.Faults), "faults")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// latencies are those of some visits, and the longest stall of the process
// meanwhile.
type latencies struct {
	all   []time.Duration
	stall time.Duration
}

func (l *latencies) visit(b *testing.B, c *clients, n int) {
	stop, done := make(chan struct{}), make(chan time.Duration)
	go func() { done <- longestStall(stop) }()
	for range n {
		start := time.Now()
		if resumed, err := visit(c.addr, c.cfgs[0]); err != nil || !resumed {
			b.Errorf("resumed: %v, %v", resumed, err)
		}
		l.all = append(l.all, time.Since(start))
	}
	close(stop)
	l.stall = max(l.stall, <-done)
}

// longestStall returns by how much a ticker of one millisecond was late at most.
func longestStall(stop <-chan struct{}) (worst time.Duration) {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-stop:
			return worst
		case <-ticker.C:
			now := time.Now()
			worst = max(worst, now.Sub(last)-time.Millisecond)
			last = now
		}
	}
}

func (l *latencies) quantile(q float64) float64 {
	slices.Sort(l.all)
	return l.all[int(q*float64(len(l.all)-1))].Seconds()
}
