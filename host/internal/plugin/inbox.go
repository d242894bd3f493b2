package plugin

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// An inbox is a plugin's end of the farm: what it has subscribed to, and how
// what arrives reaches its instances; and how much it may send. It outlives
// reloads, so that none of them misses a message.
type inbox struct {
	plugin    *Plugin
	rate      rate
	published published
	ctx       context.Context // ends what waits for other nodes
	giveUp    context.CancelFunc
	asked     chan struct{} // one element for each request that is being answered
	missed    missed

	// spreading is held while a message goes to every slot, so that all have
	// them in one order, and while a reload moves what they have to others.
	spreading sync.Mutex

	mu     sync.Mutex
	topics map[string]func() // subscriptions, with what cancels them
	closed bool
}

// maxAsked bounds how many requests may wait for an instance.
const maxAsked = 256

func (b *inbox) init(p *Plugin) {
	b.plugin = p
	b.ctx, b.giveUp = context.WithCancel(context.Background())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = make(chan struct{}, maxAsked)
	b.topics, b.closed = map[string]func(){}, false
}

// subscribe brings the subscriptions in line with gen, which runs now.
func (b *inbox) subscribe(gen *generation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bus := b.plugin.manager.cfg.Bus
	if bus == nil || b.closed {
		return
	}
	wanted := map[string]bool{}
	if gen.hooks.has(onMessage) || gen.hooks.has(onMessagesLost) {
		wanted = gen.topics.all()
	}
	for topic := range wanted {
		if b.topics[topic] != nil {
			continue
		}
		cancel, err := bus.Subscribe(topic, b.receive)
		if err != nil {
			b.plugin.lines.note(warn, "the plugin could not subscribe", "topic", topic, "err", err)
			continue
		}
		b.topics[topic] = cancel
	}
	for topic, cancel := range b.topics {
		if !wanted[topic] {
			cancel()
			delete(b.topics, topic)
		}
	}
}

// close ends the subscriptions.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, cancel := range b.topics {
		cancel()
	}
	clear(b.topics)
}

// receive takes what the bus delivers. It does not block.
func (b *inbox) receive(ev session.Event) {
	p, hooks := b.plugin, hookSet(b.plugin.hooks.Load())
	switch {
	case ev.Kind == abi.Lost:
		b.missed.note(&ev)
		b.tellMissed()
	case !hooks.has(onMessage):
	case ev.Message.Reply != nil:
		b.answer(&ev)
	case forEveryone(&ev):
		b.everywhere(&ev)
	default:
		b.pushed(&ev, p.push(&ev, false))
	}
}

// forEveryone reports whether ev is a message for every instance.
func forEveryone(ev *session.Event) bool { return ev.Kind == abi.Message && ev.Message.Key == "" }

// everywhere queues a message without a key for every instance.
func (b *inbox) everywhere(ev *session.Event) {
	b.spreading.Lock()
	defer b.spreading.Unlock()
	for _, s := range *b.plugin.slots.Load() {
		b.pushed(ev, s.ring.push(ev))
	}
}

func (b *inbox) pushed(ev *session.Event, r pushed) {
	if r == overflow {
		b.plugin.counters.lost.Add(1)
		b.missed.note(ev)
	}
}

// answer has an instance handle a request, on a goroutine of its own: the bus
// goes on, and the others that are free answer the next.
func (b *inbox) answer(ev *session.Event) {
	p := b.plugin
	select {
	case b.asked <- struct{}{}:
	default:
		p.counters.hooks[onMessage].byResult[ResultBusy].Add(1)
		return
	}
	asked, request := b.asked, *ev
	go func() {
		defer func() { <-asked }()
		p.handle(&request)
	}()
}

// handle runs on_message of a request on the first instance, or on any other
// that is free sooner.
func (p *Plugin) handle(ev *session.Event) {
	start := clock()
	gen, slots := p.gen.Load(), *p.slots.Load()
	if gen == nil || len(slots) == 0 {
		return
	}
	var s *slot
	if !gen.paused() {
		if s = tryAny(slots); s == nil && slots[0].acquireWithin(gen.side.EventDeadline) {
			s = slots[0]
		}
	}
	if s == nil {
		p.counters.hooks[onMessage].byResult[ResultBusy].Add(1)
		return
	}
	defer s.release()
	if s.inst == nil || s.inst.hooks[onMessage] == nil {
		p.counters.hooks[onMessage].byResult[ResultBusy].Add(1)
		signal(s.ring.wake)
		return
	}
	code, f := s.inst.deliver(ev)
	s.account(onMessage, clock()-start, code, f)
	if f != nil {
		signal(s.ring.wake)
	}
}

// missed are the messages that did not arrive, by sender and topic, until the
// plugin has been told.
type missed struct {
	any atomic.Bool
	mu  sync.Mutex
	by  map[missedFrom]*missedCount
}

type missedFrom struct {
	node  session.Node
	topic string
}

type missedCount struct {
	n     uint64
	heard int64
}

// maxMissed bounds from how many senders missed messages are told apart.
const maxMissed = 4096

// note adds a message that the queue had no room for, or an abi.Lost of the bus.
func (m *missed) note(ev *session.Event) {
	n, heard := uint64(1), ev.Time
	if ev.Kind == abi.Lost {
		n, heard = ev.Seq, ev.Message.Heard
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.add(missedFrom{ev.Message.From, ev.Message.Topic}, n, heard)
}

func (m *missed) add(from missedFrom, n uint64, heard int64) {
	if m.by == nil {
		m.by = map[missedFrom]*missedCount{}
	}
	c := m.by[from]
	if c == nil && len(m.by) >= maxMissed {
		from, heard = missedFrom{topic: from.topic}, 0 // somebody's
		c = m.by[from]
	}
	if c == nil {
		c = &missedCount{heard: heard}
		m.by[from] = c
	}
	c.n += n
	c.heard = min(c.heard, heard)
	m.any.Store(true)
}

// take returns all, and forgets it.
func (m *missed) take() map[missedFrom]*missedCount {
	m.mu.Lock()
	defer m.mu.Unlock()
	by := m.by
	m.by = nil
	m.any.Store(false)
	return by
}

// tellMissed queues what is missed for the first instance, as soon as there is
// room. Its place in the queue is behind what came before it was noticed.
func (b *inbox) tellMissed() {
	if !b.missed.any.Load() {
		return
	}
	slots := *b.plugin.slots.Load()
	if len(slots) == 0 {
		return
	}
	for from, c := range b.missed.take() {
		b.plugin.lines.note(warn, "messages of another node were lost", "node", from.node, "topic", from.topic, "messages", c.n)
		if !hookSet(b.plugin.hooks.Load()).has(onMessagesLost) {
			continue
		}
		ev := session.Event{
			Kind: abi.Lost, Source: session.Source{Origin: abi.FromHost}, Seq: c.n, Time: b.plugin.manager.cfg.Now(),
			Message: &session.Message{From: from.node, Topic: from.topic, Heard: c.heard},
		}
		if slots[0].ring.push(&ev) != queued { // full, or a reload: the next batch tries again
			b.missed.mu.Lock()
			b.missed.add(from, c.n, c.heard)
			b.missed.mu.Unlock()
		}
	}
}

// topics are those that the instances of a generation have subscribed to.
type topics struct {
	mu    sync.Mutex
	names map[string]string // to themselves, as in published
}

func (t *topics) add(names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names == nil {
		t.names = map[string]string{}
	}
	for _, name := range names {
		t.names[name] = name
	}
}

// admit reports whether an instance that has subscribed to some topics may
// subscribe to one more. All instances together are bounded, also those that
// take the place of others after a fault: none is unsubscribed before a reload.
func (t *topics) admit(some []string, topic session.ID, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.names[string(topic)]; ok {
		return true
	}
	count := len(t.names)
	for _, name := range some {
		if _, ok := t.names[name]; !ok {
			count++
		}
	}
	return count < limit
}

// find returns topic as a string that may be kept; false where none is
// subscribed to it.
func (t *topics) find(topic []byte) (name string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name, ok = t.names[string(topic)]
	return name, ok
}

func (t *topics) all() map[string]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make(map[string]bool, len(t.names))
	for name := range t.names {
		all[name] = true
	}
	return all
}

// A rate bounds how much a plugin may send in a second.
type rate struct {
	mu        sync.Mutex
	perSecond int
	second    int64
	sent      int
}

func (r *rate) limit(perSecond int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.perSecond = perSecond
}

// rateUnit is how many bytes a message may have that counts as one; a longer
// one counts as several, so that message_rate bounds bytes as well.
const rateUnit = 1024

// take reports whether a message of that size may be sent now, and counts it.
func (r *rate) take(size int) bool {
	count := 1 + size/rateUnit
	r.mu.Lock()
	defer r.mu.Unlock()
	if second := int64(clock() / time.Second); second != r.second {
		r.second, r.sent = second, 0
	}
	if r.sent+count > r.perSecond {
		return false
	}
	r.sent += count
	return true
}
