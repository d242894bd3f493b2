//go:build unix

package host

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// examples are the plugins that an operator would run.
func examples() []string {
	return []string{filepath.Join("..", "testdata", "modules", "audit.wasm"), filepath.Join("..", "testdata", "modules", "pin.wasm")}
}

// BenchmarkResumedHandshakes compares the host, with audit and pin loaded, with
// crypto/tls and its own tickets: clients and server in this process, over
// loopback, one client or two at a time: one leaves this machine's second
// processor to the plugins, as a host that is not at its limit does, two use all
// of it. Both take turns in short blocks, so that
// what else the machine does hits both. A block of the host's ends when the
// plugins have worked off their queues. Two metrics, of which each is above 1
// where the host is faster: vs-tickets is the ratio of resumed handshakes per
// second, vs-tickets-cpu that of handshakes per second of processor time, which
// a busy machine does not disturb.
func BenchmarkResumedHandshakes(b *testing.B) {
	for _, name := range []string{"TLS 1.2", "TLS 1.3"} {
		for _, plugins := range []string{"none", "audit and pin"} {
			b.Run(name+"/plugins="+plugins, func(b *testing.B) {
				var modules []string
				if plugins != "none" {
					modules = examples()
				}
				ours := newRig(b, Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), CompileCache: filepath.Join(os.TempDir(), "sesshook-bench")}, modules...)
				theirs := echoServer(b, tls.NewListener)
				for _, clients := range []int{1, 2} {
					b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { compare(b, versions[name], ours, theirs, clients) })
				}
			})
		}
	}
}

func compare(b *testing.B, version uint16, ours *rig, theirs string, clients int) {
	const block = 128
	mine, other := newClients(b, ours.addr, version, clients), newClients(b, theirs, version, clients)
	var spent, reference cost
	var visits int
	b.ResetTimer()
	for visits < b.N {
		// Whoever comes first has the colder caches.
		for turn := range 2 {
			if (turn+visits/(clients*block))%2 == 0 {
				spent.add(mine.visit(b, block, ours.idle))
			} else {
				reference.add(other.visit(b, block, func() {}))
			}
		}
		visits += clients * block
	}
	b.StopTimer()
	b.ReportMetric(float64(reference.wall)/float64(spent.wall), "vs-tickets")
	b.ReportMetric(float64(reference.cpu)/float64(spent.cpu), "vs-tickets-cpu")
	b.ReportMetric(float64(spent.cpu.Microseconds())/float64(visits), "cpu-µs/visit")
	b.ReportMetric(float64(visits)/spent.wall.Seconds(), "visits/s")
	b.ReportMetric(0, "ns/op")
}

// A cost is what some visits took.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(d cost) { c.wall, c.cpu = c.wall+d.wall, c.cpu+d.cpu }

// processorTime is what this process has used of all processors.
func processorTime() time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// idle waits until the plugins have nothing to do.
func (r *rig) idle() {
	for r.host.plugins != nil && !r.host.plugins.Idle() {
		time.Sleep(500 * time.Microsecond)
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

// visit has each client resume n times, then calls after, and returns what all
// of that took.
func (c *clients) visit(b *testing.B, n int, after func()) cost {
	start, used := time.Now(), processorTime()
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
	return cost{time.Since(start), processorTime() - used}
}
