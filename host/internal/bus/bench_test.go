package bus

import (
	"context"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// messageBytes is the size of a message of the share example: a sealed session.
const messageBytes = 400

// pair makes a farm of two nodes.
func pair(b *testing.B) (one, two *Farm) {
	n, keys := NewNetwork(NetworkConfig{}), session.RandomKeyring()
	var farms [2]*Farm
	for i, name := range []string{"one", "two"} {
		f, err := New(Config{Name: "bench", Node: nodeID(name), Keys: keys, Transport: n.Join(name)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { f.Close() })
		farms[i] = f
	}
	return farms[0], farms[1]
}

// BenchmarkPublish is a message from one node's Publish to the other's deliver,
// sealed and opened, with at most some thousand under way.
func BenchmarkPublish(b *testing.B) {
	const ahead, lot = 8, 1000
	one, two := pair(b)
	lots := make(chan struct{}, ahead)
	came, done := 0, make(chan struct{})
	if _, err := two.Subscribe("x", func(ev session.Event) {
		if ev.Kind == abi.Lost {
			b.Errorf("lost %d", ev.Seq)
		}
		if came++; came%lot == 0 {
			<-lots
		}
		if came == b.N {
			close(done)
		}
	}); err != nil {
		b.Fatal(err)
	}
	key, data := make([]byte, 32), make([]byte, messageBytes)
	b.ReportAllocs()
	b.SetBytes(messageBytes)
	b.ResetTimer()
	for n := range b.N {
		if n%lot == 0 {
			lots <- struct{}{}
		}
		if err := one.Publish("x", key, data); err != nil {
			b.Fatal(err)
		}
	}
	<-done
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(one.Status().Sent.Bytes)/float64(b.N)-messageBytes, "extraB/msg")
}

// BenchmarkPublishAlone is a message that waits for no other: how long one takes.
func BenchmarkPublishAlone(b *testing.B) {
	one, two := pair(b)
	came := make(chan struct{}, 1)
	if _, err := two.Subscribe("x", func(session.Event) { came <- struct{}{} }); err != nil {
		b.Fatal(err)
	}
	key, data := make([]byte, 32), make([]byte, messageBytes)
	b.ReportAllocs()
	for b.Loop() {
		if err := one.Publish("x", key, data); err != nil {
			b.Fatal(err)
		}
		<-came
	}
}

// BenchmarkRequest is a request and its reply.
func BenchmarkRequest(b *testing.B) {
	one, two := pair(b)
	answer := make([]byte, messageBytes)
	if _, err := two.Subscribe("x", func(ev session.Event) {
		if ev.Message.Reply != nil {
			ev.Message.Reply(answer)
		}
	}); err != nil {
		b.Fatal(err)
	}
	ctx, data := context.Background(), make([]byte, 32)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := one.Request(ctx, "x", two.self.node, data); err != nil {
			b.Fatal(err)
		}
	}
}
