package bus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// NetworkConfig is what NewNetwork needs to know. Its zero value is a network
// that loses nothing.
type NetworkConfig struct {
	// Seed is that of all decisions.
	Seed uint64
	// Stepped makes a network that delivers when Step is called, and from
	// nowhere else. Without it, each Subscribe has a goroutine.
	Stepped bool
	// MaxPayload is that of the Transports; 0 means 1 MiB.
	MaxPayload int
	// MaxValues is how many bytes of values are kept; 0 means 64 MiB.
	MaxValues int
}

// Faults are what a Network does to what is published from now on. Each
// probability is from 0 to 1 and counts per receiver.
type Faults struct {
	Loss      float64
	Duplicate float64 // it comes twice
	Reorder   float64 // it comes when it likes; others keep their order
	// Delay is the longest that one is under way. A stepped network does not
	// wait; in another, what is reordered takes a millisecond at least.
	Delay time.Duration
}

// A Network joins Transports within a process: for a farm on one machine, and
// for tests, to which it offers what real networks do to people. Whatever it
// loses, it loses per receiver. Its methods may be called concurrently, Step
// but once at a time.
//
// A stepped Network whose nodes are driven from one goroutine, or from a
// testing/synctest bubble that is waited for between steps, does the same each
// time for the same seed.
type Network struct {
	cfg   NetworkConfig
	store store

	mu      sync.Mutex
	rng     *rand.Rand
	faults  Faults
	nodes   []*node
	groups  map[string]int // of nodes, while there is a partition
	inboxes int
	order   uint64 // of packets
}

// maxQueue is how many bytes may wait for one subscription. What comes then is
// lost, as with a slow consumer of NATS.
const maxQueue = 64 << 20

// reorderDelay is how long what is reordered may take where there is no delay.
const reorderDelay = time.Millisecond

// NewNetwork returns a Network without nodes.
func NewNetwork(cfg NetworkConfig) *Network {
	if cfg.MaxPayload <= 0 {
		cfg.MaxPayload = defaultPayload
	}
	if cfg.MaxValues <= 0 {
		cfg.MaxValues = 64 << 20
	}
	return &Network{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0)), store: store{values: map[string]stored{}, limit: cfg.MaxValues}}
}

// Join returns the Transport of a new node. Where a name is used again, as by
// one that comes back after Close, Partition and SetLink mean all who have it.
func (n *Network) Join(name string) Transport {
	n.mu.Lock()
	defer n.mu.Unlock()
	t := &node{network: n, name: name, link: Link{Up: true, Since: time.Now(), Server: "this process"}}
	n.nodes = append(n.nodes, t)
	return t
}

// SetFaults replaces the faults. What is under way stays as it is.
func (n *Network) SetFaults(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
}

// Partition parts the nodes: those of one group reach each other and nobody
// else, and those of no group are one more. Nobody's link is down by it. What
// would arrive meanwhile from another group is lost. The values are where the
// first group is.
func (n *Network) Partition(groups ...[]string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.groups = map[string]int{}
	for i, group := range groups {
		for _, name := range group {
			n.groups[name] = i + 1
		}
	}
}

// Heal ends a partition.
func (n *Network) Heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.groups = nil
}

// SetLink takes a node's connection away, or gives it back. What would arrive
// there meanwhile, or comes from there, is lost.
func (n *Network) SetLink(name string, up bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, t := range n.nodes {
		if t.name == name && t.link.Up != up {
			t.setLink(up)
		}
	}
}

// Step delivers one of the messages that are under way in a stepped network,
// chosen by the seed, and is false where there is none, as in a network that is
// not stepped.
func (n *Network) Step() bool {
	for n.cfg.Stepped {
		s, p, ok := n.pick()
		if !ok {
			return false
		}
		if n.arrives(p, s) {
			s.deliver(p.d)
			return true
		}
	}
	return false
}

// pick takes a packet out of the queues: any whose sender has none before it in
// the same queue, or any at all if it is reordered.
func (n *Network) pick() (*subscription, packet, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var waiting []*subscription
	for _, t := range n.nodes {
		for _, s := range t.subscriptions {
			if len(s.queue) > 0 {
				waiting = append(waiting, s)
			}
		}
	}
	if len(waiting) == 0 {
		return nil, packet{}, false
	}
	s := waiting[n.rng.IntN(len(waiting))]
	i := n.rng.IntN(len(s.queue))
	if from := s.queue[i].from; !s.queue[i].unordered {
		i = slices.IndexFunc(s.queue, func(p packet) bool { return p.from == from && !p.unordered })
	}
	return s, s.remove(i), true
}

func (n *Network) arrives(p packet, s *subscription) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.reaches(p.from, s.node)
}

// reaches tells whether something comes from one node to another.
func (n *Network) reaches(from, to *node) bool {
	return from.link.Up && to.link.Up && n.groups[from.name] == n.groups[to.name]
}

// publish puts data on its way from t.
func (n *Network) publish(t *node, subject, reply string, data []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case t.closed:
		return fmt.Errorf("%w: this transport is closed", session.ErrUnavailable)
	case !t.link.Up:
		return session.ErrUnavailable
	case len(data) > n.cfg.MaxPayload:
		return session.ErrTooLarge
	}
	d := Delivery{Subject: subject, Reply: reply}
	there := false
	for _, other := range n.nodes {
		if other == t || !n.reaches(t, other) {
			continue
		}
		for _, s := range other.subscriptions {
			if !s.matches(subject) {
				continue
			}
			if !there {
				there, d.Data = true, slices.Clone(data)
			}
			n.send(packet{d: d, from: t}, s)
		}
	}
	if !there && reply != "" {
		n.nobody(t, reply)
	}
	return nil
}

// nobody tells t that its request found no subscriber.
func (n *Network) nobody(t *node, reply string) {
	for _, s := range t.subscriptions {
		if s.matches(reply) {
			n.enqueue(packet{d: Delivery{Subject: reply, Nobody: true}, from: t}, s)
		}
	}
}

// send lets the faults have a packet.
func (n *Network) send(p packet, s *subscription) {
	if n.happens(n.faults.Loss) {
		return
	}
	times := 1
	if n.happens(n.faults.Duplicate) {
		times = 2
	}
	for range times {
		p.unordered = n.happens(n.faults.Reorder)
		n.enqueue(p, s)
	}
}

func (n *Network) happens(probability float64) bool {
	return probability > 0 && n.rng.Float64() < probability
}

func (n *Network) enqueue(p packet, s *subscription) {
	if s.bytes+len(p.d.Data) > maxQueue {
		return
	}
	p.order = n.order
	n.order++
	if !n.cfg.Stepped {
		p.due = n.due(p, s)
	}
	s.add(p)
}

// due returns when a packet arrives: ordered ones never before an earlier one
// of their sender.
func (n *Network) due(p packet, s *subscription) time.Time {
	delay := n.faults.Delay
	if p.unordered {
		delay = max(delay, reorderDelay)
	}
	if delay <= 0 && len(s.latest) == 0 {
		return time.Time{}
	}
	due := time.Now()
	if delay > 0 {
		due = due.Add(time.Duration(n.rng.Int64N(int64(delay) + 1)))
	}
	if p.unordered {
		return due
	}
	if latest := s.latest[p.from]; latest.After(due) {
		due = latest
	}
	if s.latest == nil {
		s.latest = map[*node]time.Time{}
	}
	s.latest[p.from] = due
	return due
}

// A node is a Transport of a Network, whose mu guards it.
type node struct {
	network       *Network
	name          string
	link          Link
	closed        bool
	subscriptions []*subscription
	running       sync.WaitGroup
}

func (t *node) setLink(up bool) {
	t.link.Up, t.link.Since = up, time.Now()
	t.link.Err = ""
	if !up {
		t.link.Downs++
		t.link.Err = "a test took the link down"
	}
}

func (t *node) Publish(subject, reply string, data []byte) error {
	return t.network.publish(t, subject, reply, data)
}

func (t *node) Subscribe(subject string, deliver func(Delivery)) (cancel func(), err error) {
	n := t.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if t.closed {
		return nil, fmt.Errorf("%w: this transport is closed", session.ErrUnavailable)
	}
	s := &subscription{node: t, subject: subject, deliver: deliver, wake: make(chan struct{}, 1)}
	t.subscriptions = append(t.subscriptions, s)
	if !n.cfg.Stepped {
		t.running.Go(s.run)
	}
	return func() { t.unsubscribe(s) }, nil
}

func (t *node) unsubscribe(s *subscription) {
	n := t.network
	n.mu.Lock()
	defer n.mu.Unlock()
	t.subscriptions = slices.DeleteFunc(t.subscriptions, func(other *subscription) bool { return other == s })
	s.end()
}

func (t *node) NewInbox() string {
	n := t.network
	n.mu.Lock()
	defer n.mu.Unlock()
	n.inboxes++
	return fmt.Sprintf("_INBOX.%d", n.inboxes)
}

func (t *node) MaxPayload() int { return t.network.cfg.MaxPayload }

func (t *node) Link() Link {
	n := t.network
	n.mu.Lock()
	defer n.mu.Unlock()
	link := t.link
	if t.closed {
		link.Up, link.Err = false, "closed"
	}
	return link
}

func (t *node) Close() error {
	t.leave()
	t.running.Wait()
	return nil
}

func (t *node) leave() {
	n := t.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	for _, s := range t.subscriptions {
		s.end()
	}
	t.subscriptions = nil
	n.nodes = slices.DeleteFunc(n.nodes, func(other *node) bool { return other == t })
}

// A packet is on its way to one subscription.
type packet struct {
	d         Delivery
	from      *node
	due       time.Time // zero: at once
	order     uint64
	unordered bool
}

func (p *packet) before(other *packet) bool {
	if !p.due.Equal(other.due) {
		return p.due.Before(other.due)
	}
	return p.order < other.order
}

// A subscription is one Subscribe; Network.mu guards it.
type subscription struct {
	node    *node
	subject string
	deliver func(Delivery)
	wake    chan struct{} // to run, capacity 1

	queue  []packet // by due, then order
	bytes  int
	latest map[*node]time.Time // when the last ordered packet of each is due
	ended  bool
}

// matches: the last token of a subscription may be a star.
func (s *subscription) matches(subject string) bool {
	if prefix, ok := strings.CutSuffix(s.subject, "*"); ok {
		rest, ok := strings.CutPrefix(subject, prefix)
		return ok && rest != "" && !strings.Contains(rest, ".")
	}
	return s.subject == subject
}

func (s *subscription) add(p packet) {
	i := len(s.queue)
	for i > 0 && p.before(&s.queue[i-1]) {
		i--
	}
	s.queue = slices.Insert(s.queue, i, p)
	s.bytes += len(p.d.Data)
	s.rouse()
}

func (s *subscription) remove(i int) packet {
	p := s.queue[i]
	s.bytes -= len(p.d.Data)
	if i > 0 {
		s.queue = slices.Delete(s.queue, i, i+1)
		return p
	}
	s.queue[0] = packet{}
	s.queue = s.queue[1:] // not slices.Delete: the queue may be long
	return p
}

func (s *subscription) end() {
	s.ended, s.queue = true, nil
	s.rouse()
}

func (s *subscription) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run delivers, one packet at a time, each when it is due.
func (s *subscription) run() {
	for {
		p, wait, ended := s.next()
		switch {
		case ended:
			return
		case wait == 0:
			s.deliver(p.d)
		case wait < 0:
			<-s.wake
		default:
			s.sleep(wait)
		}
	}
}

// next returns the packet that is due, or how long to wait for it; a negative
// time is until woken.
func (s *subscription) next() (p packet, wait time.Duration, ended bool) {
	n := s.node.network
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(s.queue) > 0 {
		if due := s.queue[0].due; !due.IsZero() {
			if wait := time.Until(due); wait > 0 {
				return p, wait, false
			}
		}
		if p = s.remove(0); n.reaches(p.from, s.node) {
			return p, 0, false
		}
	}
	return p, -1, s.ended
}

// sleep waits, though not for longer than until something else comes.
func (s *subscription) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.wake:
	}
}
