package nats

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/sesshook/sesshook/host/internal/bus"
)

// BenchmarkPublish has one node publish 400 bytes at a time, and another count
// them, by this package and by nats.go alone, on one server.
func BenchmarkPublish(b *testing.B) {
	s := serve(b, noJetStream)
	data := make([]byte, 400)
	b.Run("transport", func(b *testing.B) {
		from, to := connected(b, s.Addr()), connected(b, s.Addr())
		var n atomic.Int64
		if _, err := to.Subscribe("x", func(bus.Delivery) { n.Add(1) }); err != nil {
			b.Fatal(err)
		}
		settle(b, to)
		measure(b, &n, func() error { return from.Publish("x", "", data) })
	})
	b.Run("nats.go", func(b *testing.B) {
		from, to := raw(b, s.ClientURL()), raw(b, s.ClientURL())
		var n atomic.Int64
		if _, err := to.Subscribe("x", func(*nats.Msg) { n.Add(1) }); err != nil {
			b.Fatal(err)
		}
		if err := to.Flush(); err != nil {
			b.Fatal(err)
		}
		measure(b, &n, func() error { return from.Publish("x", data) })
	})
}

func raw(b *testing.B, url string) *nats.Conn {
	b.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	return nc
}

// measure publishes b.N messages, and never lets more be under way than a
// subscription holds.
func measure(b *testing.B, n *atomic.Int64, publish func() error) {
	b.Helper()
	const window = pendingMessages / 4
	b.SetBytes(400)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		for int64(i)-n.Load() > window {
			time.Sleep(50 * time.Microsecond)
		}
		if err := publish(); err != nil {
			b.Fatal(err)
		}
	}
	await(b, "the last", func() bool { return n.Load() == int64(b.N) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
