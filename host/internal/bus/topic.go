package bus

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A topic is what a Farm knows of one that somebody here is, or was, subscribed
// to. Farm.mu guards its fields but those that never change.
type topic struct {
	name string
	ad   []byte // of its messages

	// subscribers is replaced, never written to: a delivery goes through the
	// slice that it found.
	subscribers []*subscriber
	streams     map[session.Node]*stream
	cancel      []func() // of the transport; under Farm.subscribing
}

// A subscriber is one Subscribe.
type subscriber struct {
	deliver func(session.Event)
	over    atomic.Bool
	// greeting is what others had sent before it came; the keeper tells it.
	greeting []greeting
}

// A greeting is how many messages of a node are too old for a subscriber.
type greeting struct {
	from  session.Node
	count uint64
}

// Subscribe has deliver called with what other nodes publish to topic, with
// their requests (abi.Message, whose Message.Reply is set on a request), and
// with the news that messages did not arrive (abi.Lost); see the package's
// documentation. Time is when it came here, Seq is 0 but in an abi.Lost. Nobody
// writes to an event's Message, which all subscribers share.
//
// deliver is called from several goroutines at once, though with the messages
// of one node in their order. While it runs, others wait: it must not block for
// long. One that is under way may end after cancel has returned. Errors:
// session.ErrInvalid, session.ErrLimit beyond 1024 topics,
// session.ErrUnavailable after Close.
func (f *Farm) Subscribe(topic string, deliver func(session.Event)) (cancel func(), err error) {
	if !abi.ValidTopic(topic) || deliver == nil {
		return nil, session.ErrInvalid
	}
	f.subscribing.Lock()
	defer f.subscribing.Unlock()
	if f.closed() {
		return nil, errClosed
	}
	s := &subscriber{deliver: deliver}
	t, err := f.join(topic, s)
	if err != nil {
		return nil, err
	}
	if len(t.cancel) == 0 {
		if t.cancel, err = f.listenTo(t); err != nil {
			f.leave(t, s)
			return nil, err
		}
	}
	f.keeper.joined()
	return sync.OnceFunc(func() { f.unsubscribe(t, s) }), nil
}

func (f *Farm) closed() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// join adds s to the subscribers of the topic of this name.
func (f *Farm) join(name string, s *subscriber) (*topic, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.topics[name]
	if t == nil {
		if len(f.topics) >= maxTopics {
			return nil, session.ErrLimit
		}
		t = &topic{name: name, ad: associate(frameMessages, f.name, name, nil), streams: map[session.Node]*stream{}}
		f.topics[name] = t
	}
	t.greet(s)
	t.subscribers = append(slices.Clone(t.subscribers), s)
	return t, nil
}

// greet notes for a new subscriber what the streams that are known were before
// it came: to it, all that is lost.
func (t *topic) greet(s *subscriber) {
	for _, st := range t.streams {
		if n := st.settled(); n > 0 {
			s.greeting = append(s.greeting, greeting{st.from, n})
		}
	}
}

// leave removes s, and reports whether it was the last.
func (f *Farm) leave(t *topic, s *subscriber) (last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.subscribers = slices.DeleteFunc(slices.Clone(t.subscribers), func(other *subscriber) bool { return other == s })
	return len(t.subscribers) == 0
}

// unsubscribe ends s. What is known of the streams stays for a while, so that
// nothing can be replayed to who subscribes again.
func (f *Farm) unsubscribe(t *topic, s *subscriber) {
	f.subscribing.Lock()
	defer f.subscribing.Unlock()
	s.over.Store(true)
	if !f.leave(t, s) {
		return
	}
	for _, cancel := range t.cancel {
		cancel()
	}
	t.cancel = nil
}

// listenTo subscribes to the three subjects of a topic: messages, requests to
// any node, requests to this one.
func (f *Farm) listenTo(t *topic) (cancels []func(), err error) {
	subjects := map[string]func(Delivery){messageSubject(f.name, t.name): func(d Delivery) { f.onMessages(t, d) }}
	for _, to := range []session.Node{{}, f.self.node} {
		ad := associate(frameRequest, f.name, t.name, to[:])
		subjects[requestSubject(f.name, t.name, to)] = func(d Delivery) { f.onRequest(t, ad, d) }
	}
	for subject, deliver := range subjects {
		cancel, err := f.transport.Subscribe(subject, deliver)
		if err != nil {
			for _, cancel := range cancels {
				cancel()
			}
			return nil, err
		}
		cancels = append(cancels, cancel)
	}
	return cancels, nil
}

// onMessages takes a frame of messages.
func (f *Farm) onMessages(t *topic, d Delivery) {
	plain, ok := f.open(t.ad, &d)
	if !ok {
		return
	}
	frame, ok := parseMessages(plain)
	if !ok {
		f.refuse(Malformed)
		return
	}
	now := f.now()
	if !f.fresh(frame.header, now) {
		return
	}
	subscribers, lost, ok := f.track(t, &frame, now)
	f.reportLost(t, subscribers, frame.node, lost, now)
	if !ok || frame.count == 0 {
		return
	}
	f.counters.receivedMessages.Add(uint64(frame.count))
	all := frame.messages(t.name)
	for i := range all {
		deliver(subscribers, messageEvent(&all[i], now))
	}
}

func messageEvent(m *session.Message, now int64) session.Event {
	return session.Event{Kind: abi.Message, Source: session.Source{Origin: abi.FromPlugin}, Time: now, Message: m}
}

func deliver(to []*subscriber, ev session.Event) {
	for _, s := range to {
		if !s.over.Load() {
			s.deliver(ev)
		}
	}
}

// track finds the stream that a frame belongs to, and has it judge the frame.
// subscribers are those who are to be told.
func (f *Farm) track(t *topic, frame *messageFrame, now int64) (subscribers []*subscriber, lost missing, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, begun := f.stream(t, frame.header, now)
	if s == nil {
		return nil, lost, false
	}
	ok, more := s.accept(frame.first, frame.count, now)
	if !ok {
		f.refuse(Duplicate)
	}
	if len(s.holes) > 0 && !s.listed {
		s.listed = true
		f.gaps = append(f.gaps, s)
	}
	return t.subscribers, begun.and(more), ok
}

// stream returns the stream of h on t, new or begun anew where it has to be;
// nil where h is not taken. It is called with mu.
func (f *Farm) stream(t *topic, h header, now int64) (s *stream, lost missing) {
	p, verdict := f.meet(h, now)
	if p == nil {
		return nil, lost
	}
	s = t.streams[h.node]
	if s == nil {
		if verdict == ended {
			f.refuse(Stale)
			return nil, lost
		}
		s = &stream{from: h.node, topic: t}
		t.streams[h.node] = s
	}
	// A stream may lag behind its node: what comes from the run that it knows
	// is as good as ever.
	switch s.run.admit(h, now) {
	case ended:
		f.refuse(Stale)
		return nil, lost
	case beginning:
		lost = s.begin()
	}
	return s, lost
}

// reportLost tells subscribers of what did not come.
func (f *Farm) reportLost(t *topic, to []*subscriber, from session.Node, lost missing, now int64) {
	if lost.count == 0 || len(to) == 0 {
		return
	}
	f.counters.lost.Add(lost.count)
	deliver(to, lostEvent(&session.Message{From: from, Topic: t.name, Heard: lost.heard}, lost.count, now))
}

func lostEvent(m *session.Message, count uint64, now int64) session.Event {
	return session.Event{Kind: abi.Lost, Source: session.Source{Origin: abi.FromPlugin}, Seq: count, Time: now, Message: m}
}
