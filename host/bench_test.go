package host

import (
	"crypto/tls"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// examples are the plugins that an operator would run.
func examples() []string {
	return []string{filepath.Join("..", "testdata", "modules", "audit.wasm"), filepath.Join("..", "testdata", "modules", "pin.wasm")}
}

// BenchmarkResumedHandshakes compares the host, with audit and pin loaded, with
// crypto/tls and its own tickets: clients and server in this process, over
// loopback, two clients at a time. Both take turns in short blocks, so that
// what else the machine does hits both. A block of the host's ends when the
// plugins have worked off their queues. The metric vs-tickets is the ratio of
// resumed handshakes per second: above 1, the host is faster.
func BenchmarkResumedHandshakes(b *testing.B) {
	for _, name := range []string{"TLS 1.2", "TLS 1.3"} {
		b.Run(name, func(b *testing.B) {
			version := versions[name]
			ours := newRig(b, Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil))}, examples()...)
			theirs := echoServer(b, tls.NewListener)
			compare(b, version, ours, ours.addr, theirs)
		})
	}
}

func compare(b *testing.B, version uint16, ours *rig, addr, theirs string) {
	const clients, block = 2, 32
	mine, other := newClients(b, addr, version, clients), newClients(b, theirs, version, clients)
	var spent, reference time.Duration
	var visits int
	b.ResetTimer()
	for visits < b.N {
		// Whoever comes first has the colder caches.
		for turn := range 2 {
			if (turn+visits/block)%2 == 0 {
				spent += mine.visit(b, block, func() { ours.idle() })
			} else {
				reference += other.visit(b, block, func() {})
			}
		}
		visits += clients * block
	}
	b.StopTimer()
	b.ReportMetric(float64(reference)/float64(spent), "vs-tickets")
	b.ReportMetric(float64(visits)/spent.Seconds(), "ours/s")
	b.ReportMetric(float64(visits)/reference.Seconds(), "tickets/s")
	b.ReportMetric(0, "ns/op")
}

// idle waits until the plugins have nothing to do.
func (r *rig) idle() {
	for r.host.plugins != nil && !r.host.plugins.Idle() {
		time.Sleep(10 * time.Microsecond)
	}
}

// clients are so many, each with a session of its own.
type clients struct {
	addr string
	cfgs []*tls.Config
}

func newClients(b *testing.B, addr string, version uint16, n int) *clients {
	c := &clients{addr: addr}
	for range n {
		cfg := client(version)
		if _, err := visit(addr, cfg); err != nil {
			b.Fatal(err)
		}
		c.cfgs = append(c.cfgs, cfg)
	}
	return c
}

// visit has each client resume n times, then calls after, and returns how long
// all of that took.
func (c *clients) visit(b *testing.B, n int, after func()) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for _, cfg := range c.cfgs {
		wg.Go(func() {
			for range n {
				if resumed, err := visit(c.addr, cfg); err != nil || !resumed {
					b.Errorf("resumed: %v, %v", resumed, err)
					return
				}
			}
		})
	}
	wg.Wait()
	after()
	return time.Since(start)
}
