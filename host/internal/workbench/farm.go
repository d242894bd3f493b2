package workbench

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// The nodes of the private farm: the plugin's own, unless the events say
// another, and one that sends it messages and answers its requests.
var (
	ownNode   = session.Node{0x3f, 0x2a, 0x9c, 0x01, 0xd4, 0xe5}
	otherNode = session.Node{0x9c, 0x01, 0xd4, 0xe5, 0x3f, 0x2a}
)

// A farm is what the plugin takes for the other nodes: it says what the events
// have it say, and keeps values in memory. It is safe for concurrent use.
type farm struct {
	now  func() int64
	self session.Node

	mu         sync.Mutex
	down       bool
	topics     map[string]map[*subscription]bool
	standing   map[question][]byte // answers, until another is given
	once       []byte              // what is answered within this step, whatever the question
	answering  bool                // by once
	values     map[value][]byte
	ends       map[value]int64 // of values that have one
	published  map[string]int  // messages by topic
	subscribed []string        // topics, in the order in which they came
}

type subscription struct{ deliver func(session.Event) }

// A question is what a standing answer is for; with a zero node it is for all
// who have none of their own.
type question struct {
	topic string
	node  session.Node
}

type value struct{ space, key string }

func newFarm(now func() int64, self session.Node) *farm {
	return &farm{
		now: now, self: self, topics: map[string]map[*subscription]bool{}, standing: map[question][]byte{},
		values: map[value][]byte{}, ends: map[value]int64{}, published: map[string]int{},
	}
}

// Publish implements plugin.Bus: nobody else is there to get it.
func (f *farm) Publish(topic string, _, _ []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return session.ErrUnavailable
	}
	f.published[topic]++
	return nil
}

// Subscribe implements plugin.Bus.
func (f *farm) Subscribe(topic string, deliver func(session.Event)) (cancel func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.topics[topic] == nil {
		f.topics[topic] = map[*subscription]bool{}
	}
	if !slices.Contains(f.subscribed, topic) {
		f.subscribed = append(f.subscribed, topic)
		slices.Sort(f.subscribed) // a plugin's come in any order
	}
	s := &subscription{deliver}
	f.topics[topic][s] = true
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.topics[topic], s)
	}, nil
}

// Request implements plugin.Bus: the answer is there at once, or there is none.
func (f *farm) Request(_ context.Context, topic string, to session.Node, _ []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down || to == f.self {
		return nil, session.ErrUnavailable
	}
	if f.answering {
		return f.once, nil
	}
	for _, q := range []question{{topic, to}, {topic, session.Node{}}} {
		if reply, ok := f.standing[q]; ok {
			return reply, nil
		}
	}
	return nil, session.ErrUnavailable
}

// KVGet implements plugin.Bus.
func (f *farm) KVGet(_ context.Context, space string, key []byte) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, session.ErrUnavailable
	}
	return f.find(value{space, string(key)})
}

// find is KVGet, with the lock.
func (f *farm) find(k value) ([]byte, error) {
	v, ok := f.values[k]
	if end, ends := f.ends[k]; ends && end <= f.now() {
		delete(f.values, k)
		delete(f.ends, k)
		ok = false
	}
	if !ok {
		return nil, session.ErrNotFound
	}
	return v, nil
}

// KVPut implements plugin.Bus.
func (f *farm) KVPut(_ context.Context, space string, key, v []byte, ttl time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return session.ErrUnavailable
	}
	k := value{space, string(key)}
	f.values[k] = slices.Clone(v)
	delete(f.ends, k)
	if end := f.now() + int64(ttl); ttl > 0 && end > 0 { // beyond the end of time is for good
		f.ends[k] = end
	}
	return nil
}

// KVDelete implements plugin.Bus.
func (f *farm) KVDelete(_ context.Context, space string, key []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return session.ErrUnavailable
	}
	k := value{space, string(key)}
	if _, err := f.find(k); err != nil {
		return err
	}
	delete(f.values, k)
	delete(f.ends, k)
	return nil
}

// send hands a message to who has subscribed to its topic, and reports whether
// anybody has.
func (f *farm) send(ev session.Event) bool {
	f.mu.Lock()
	to := slices.Collect(maps.Keys(f.topics[ev.Message.Topic]))
	f.mu.Unlock()
	for _, s := range to {
		s.deliver(ev)
	}
	return len(to) > 0
}

// reach says whether the other nodes can be reached.
func (f *farm) reach(up bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = !up
}

// answer sets what is replied to requests on a topic from now on; nobody
// answers where it is nil.
func (f *farm) answer(topic string, from session.Node, reply []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if reply == nil {
		delete(f.standing, question{topic, from})
		return
	}
	f.standing[question{topic, from}] = reply
}

// answerOnce sets what is replied within this step, if anything is.
func (f *farm) answerOnce(reply []byte, answering bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.once, f.answering = reply, answering
}

// subscriptions returns the topics that the plugin has subscribed to.
func (f *farm) subscriptions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var topics []string
	for _, topic := range f.subscribed {
		if len(f.topics[topic]) > 0 {
			topics = append(topics, topic)
		}
	}
	return topics
}

// sent returns how many messages were published, by topic.
func (f *farm) sent() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.published)
}

// kept returns what kv_* holds, by key.
func (f *farm) kept() []Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Entry
	for k, v := range f.values {
		end, ends := f.ends[k]
		if ends && end <= f.now() {
			continue
		}
		all = append(all, Entry{Key: printable([]byte(k.key)), Len: len(v), Value: shown(v), Expires: Time(end)})
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

// event makes what the bus would deliver.
func (f *farm) event(kind abi.Kind, m session.Message, count uint64) session.Event {
	if m.From == (session.Node{}) {
		m.From = otherNode
	}
	return session.Event{Kind: kind, Source: session.Source{Origin: abi.FromPlugin}, Seq: count, Time: f.now(), Message: &m}
}
