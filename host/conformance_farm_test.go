package host

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/conformance"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A farmPeer is the other node of a row's farm, and the farm itself, as the
// plugin runtime sees them.
type farmPeer struct {
	node    session.Node
	answers []conformance.Answer

	mu          sync.Mutex
	away        bool
	published   []conformance.FarmMessage
	strangest   []string // requests that the row has no answer to
	subscribers map[string]func(session.Event)
	values      map[string]string // of the guest's space
}

func newFarmPeer(node session.Node) *farmPeer {
	return &farmPeer{node: node, subscribers: map[string]func(session.Event){}, values: map[string]string{}}
}

// present returns ErrUnavailable while the farm is lost. mu is held.
func (p *farmPeer) present() error {
	if p.away {
		return session.ErrUnavailable
	}
	return nil
}

func (p *farmPeer) Publish(topic string, key, data []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.present()
	if err == nil {
		p.published = append(p.published, conformance.FarmMessage{Topic: topic, Key: string(key), Data: string(data)})
	}
	return err
}

func (p *farmPeer) Subscribe(topic string, deliver func(session.Event)) (func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subscribers[topic] = deliver
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.subscribers, topic)
	}, nil
}

func (p *farmPeer) Request(ctx context.Context, topic string, to session.Node, data []byte) ([]byte, error) {
	if to != (session.Node{}) && to != p.node {
		return nil, session.ErrUnavailable
	}
	reply, err := p.answer(topic, to, string(data))
	if reply == nil && err == nil {
		<-ctx.Done()
		err = session.ErrUnavailable
	}
	if err != nil {
		return nil, err
	}
	return []byte(*reply), nil
}

// answer returns what the row has the other node reply; nil is nothing.
func (p *farmPeer) answer(topic string, to session.Node, data string) (*string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.present(); err != nil {
		return nil, err
	}
	asked := ""
	if to == p.node {
		asked = p.node.String()
	}
	for _, a := range p.answers {
		if a.Topic == topic && a.To == asked && a.Data == data {
			return a.Reply, nil
		}
	}
	p.strangest = append(p.strangest, topic+": "+data)
	return nil, session.ErrUnavailable
}

func (p *farmPeer) KVGet(_ context.Context, _ string, key []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.present(); err != nil {
		return nil, err
	}
	value, ok := p.values[string(key)]
	if !ok {
		return nil, session.ErrNotFound
	}
	return []byte(value), nil
}

func (p *farmPeer) KVPut(_ context.Context, _ string, key, value []byte, _ time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.present()
	if err == nil {
		p.values[string(key)] = string(value)
	}
	return err
}

func (p *farmPeer) KVDelete(_ context.Context, _ string, key []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.present(); err != nil {
		return err
	}
	if _, ok := p.values[string(key)]; !ok {
		return session.ErrNotFound
	}
	delete(p.values, string(key))
	return nil
}

// deliver has m arrive, where somebody has subscribed to its topic.
func (p *farmPeer) deliver(ev session.Event, m session.Message) bool {
	p.mu.Lock()
	deliver := p.subscribers[m.Topic]
	p.mu.Unlock()
	m.From = p.node
	ev.Source.Origin, ev.Time, ev.Message = abi.FromPlugin, time.Now().UnixNano(), &m
	if deliver != nil {
		deliver(ev)
	}
	return deliver != nil
}

func (p *farmPeer) setAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// compare holds what the other node has got against what the row wants.
func (p *farmPeer) compare(t *testing.T, c conformance.Case) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !c.AnyPublished && !slices.Equal(p.published, c.Published) {
		t.Errorf("published %s\nwant      %s", short(p.published), short(c.Published))
	}
	if c.Stored != nil && !maps.Equal(p.values, c.Stored) {
		t.Errorf("stored %q, want %q", p.values, c.Stored)
	}
	if len(p.strangest) > 0 {
		t.Errorf("requests that nobody expects: %.100q", p.strangest)
	}
}

// short writes messages without most of what is in long ones.
func short(messages []conformance.FarmMessage) string {
	var all strings.Builder
	for _, m := range messages {
		all.WriteString("\n  " + m.Topic + " " + m.Key + " " + m.Data[:min(len(m.Data), 100)])
	}
	return cmp.Or(all.String(), "nothing")
}

// farmStep is step for what happens on a farm.
func (b *bench) farmStep(n int, step conformance.Step) {
	switch step.Do {
	case conformance.DoMessage:
		for _, m := range step.Messages {
			b.peer.deliver(session.Event{Kind: abi.Message}, session.Message{Topic: m.Topic, Key: m.Key, Data: []byte(m.Data)})
		}
	case conformance.DoLose:
		b.peer.deliver(session.Event{Kind: abi.Lost, Seq: step.Lost.Count}, session.Message{Topic: step.Lost.Topic, Heard: step.Lost.Heard})
	case conformance.DoRequest:
		b.request(n, step)
	case conformance.DoPut:
		b.must(b.peer.KVPut(b.t.Context(), "guest", []byte(step.Messages[0].Key), []byte(step.Messages[0].Data), 0))
	case conformance.DoPart:
		b.peer.setAway(true)
	case conformance.DoRejoin:
		b.peer.setAway(false)
	default:
		b.t.Fatalf("unknown trigger %q", step.Do)
	}
}

// request asks the guest, waits until it has been called, and looks at what it
// replied.
func (b *bench) request(n int, step conformance.Step) {
	b.t.Helper()
	var mu sync.Mutex
	var replies []string
	before, m := b.calls("on_message"), step.Messages[0]
	reply := func(data []byte) error {
		mu.Lock()
		defer mu.Unlock()
		if step.Gone {
			return session.ErrUnavailable
		}
		replies = append(replies, string(data))
		return nil
	}
	if !b.peer.deliver(session.Event{Kind: abi.Message}, session.Message{Topic: m.Topic, Key: m.Key, Data: []byte(m.Data), Reply: reply}) {
		b.t.Fatalf("step %d: nobody has subscribed to %s", n, m.Topic)
	}
	b.until("asked", func() bool { return b.calls("on_message") > before })
	mu.Lock()
	defer mu.Unlock()
	var want []string
	if step.Reply != nil {
		want = []string{*step.Reply}
	}
	if !slices.Equal(replies, want) {
		b.t.Errorf("step %d: replies are %.100q, want %.100q", n, replies, want)
	}
}
