package plugin

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// peer is the node that fakeBus stands for.
var peer = session.Node{9, 9, 9, 9, 9, 9}

// fakeBus is a Bus with one other node, which the test plays.
type fakeBus struct {
	answer  func(ctx context.Context, topic string, to session.Node, data []byte) ([]byte, error)
	putting func(key []byte) // nil, or called while a put is under way

	mu          sync.Mutex
	err         error // of Publish and of kv
	published   []session.Message
	subscribers map[string]func(session.Event)
	values      map[string][]byte
}

func newFakeBus() *fakeBus {
	return &fakeBus{subscribers: map[string]func(session.Event){}, values: map[string][]byte{}}
}

func (b *fakeBus) Publish(topic string, key, data []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.published = append(b.published, session.Message{Topic: topic, Key: string(key), Data: slices.Clone(data)})
	}
	return b.err
}

func (b *fakeBus) Subscribe(topic string, deliver func(session.Event)) (func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribers[topic] = deliver
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers, topic)
	}, nil
}

func (b *fakeBus) Request(ctx context.Context, topic string, to session.Node, data []byte) ([]byte, error) {
	if b.answer == nil {
		return nil, session.ErrUnavailable
	}
	return b.answer(ctx, topic, to, data)
}

func (b *fakeBus) KVGet(_ context.Context, space string, key []byte) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, ok := b.values[space+"/"+string(key)]
	if b.err == nil && !ok {
		return nil, session.ErrNotFound
	}
	return value, b.err
}

func (b *fakeBus) KVPut(_ context.Context, space string, key, value []byte, _ time.Duration) error {
	if b.putting != nil {
		b.putting(key)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.values[space+"/"+string(key)] = slices.Clone(value)
	}
	return b.err
}

func (b *fakeBus) KVDelete(_ context.Context, space string, key []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.values[space+"/"+string(key)]; b.err == nil && !ok {
		return session.ErrNotFound
	}
	delete(b.values, space+"/"+string(key))
	return b.err
}

func (b *fakeBus) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *fakeBus) topics() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []string
	for topic := range b.subscribers {
		all = append(all, topic)
	}
	slices.Sort(all)
	return all
}

// send has a message of the other node arrive. reply is nil of what is no
// request.
func (b *fakeBus) send(key, data string, reply func([]byte) error) {
	b.deliver(session.Event{Kind: abi.Message, Message: &session.Message{Key: key, Data: []byte(data), Reply: reply}})
}

// lose has n of its messages not arrive.
func (b *fakeBus) lose(n uint64) {
	b.deliver(session.Event{Kind: abi.Lost, Seq: n, Message: &session.Message{}})
}

func (b *fakeBus) deliver(ev session.Event) {
	b.mu.Lock()
	deliver := b.subscribers["talk"]
	b.mu.Unlock()
	ev.Source.Origin = abi.FromPlugin
	ev.Message.From, ev.Message.Topic = peer, "talk"
	if deliver != nil {
		deliver(ev)
	}
}
