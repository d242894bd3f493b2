package replica

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

var (
	seeds    = flag.Int("replica.seeds", 100, "random schedules of the model")
	seedOnly = flag.Uint64("replica.seed", 0, "run the model with this seed alone")
)

// TestAfterHealingNoRemovedSessionIsAnywhere runs farms through random
// schedules of sessions that are stored, removed and pulled, of lost and
// delayed messages, cuts, instances that fail, queues that overflow, reloads,
// and nodes that die and come back; then lets everything heal and come to rest.
func TestAfterHealingNoRemovedSessionIsAnywhere(t *testing.T) {
	if *seedOnly != 0 {
		schedule(t, *seedOnly)
		return
	}
	n := uint64(*seeds)
	if testing.Short() {
		n /= 10
	}
	const lanes = 4
	for lane := range uint64(lanes) {
		t.Run(fmt.Sprintf("lane %d", lane), func(t *testing.T) {
			t.Parallel()
			for seed := 1 + lane; seed <= n && !t.Failed(); seed += lanes {
				schedule(t, seed)
			}
		})
	}
}

func schedule(t *testing.T, seed uint64) {
	t.Helper()
	f := newFarm(seed)
	for range 2 + f.rng.IntN(3) {
		f.join()
	}
	for range 100 + f.rng.IntN(200) {
		f.act()
		f.run(int64(f.rng.IntN(400)) * millisecond)
	}
	f.loss, f.queue = 0, 100000
	f.heal()
	for _, n := range f.nodes {
		n.start()
	}
	f.run(minute) // with the last beats, and all that is said then
	for range 20 {
		if f.rests() {
			break
		}
		f.run(30 * second)
	}
	problems := f.check()
	for _, p := range problems[:min(len(problems), 10)] {
		t.Errorf("seed %d (mode %d, %d nodes, long %v): %s", seed, f.cfg.Mode, len(f.nodes), f.long, p)
	}
	if len(problems) > 0 {
		t.Logf("run it alone: go test ./guest-examples/share/replica -run AfterHealing -replica.seed %d", seed)
	}
}

// A farm is a model of nodes with their hosts, and of the bus between them. A
// step of its time is a millisecond, or more where nothing happens.
type farm struct {
	rng   *rand.Rand
	cfg   Config
	now   int64
	tick  int64
	loss  float64 // of messages
	long  bool    // it takes hours; then no instance fails, see "What is left"
	queue int     // events of an instance that may wait
	nodes []*node

	flying  []flight
	replied []byte // what the request that is under way was replied: the model does one thing at a time
	ids     int
	stored  map[string]*node // by whom, where it did not die since
	removed map[string]*node
}

type flight struct {
	at       int64
	from, to *node
	epoch    int64
	topic    string
	n        uint64 // of the stream; 0 is a head
	next     uint64 // of a head
	key      string
	data     []byte
}

func newFarm(seed uint64) *farm {
	rng := rand.New(rand.NewPCG(seed, 0))
	cfg := Defaults()
	cfg.Mode = []Mode{Push, Pull, Both}[rng.IntN(3)]
	cfg.Batch = []int{512, 4 << 10, 64 << 10}[rng.IntN(3)]
	return &farm{
		rng: rng, cfg: cfg, now: 1_700_000_000 * second, tick: 250 * millisecond,
		long: rng.IntN(4) == 0, loss: []float64{0, 0.02, 0.2}[rng.IntN(3)], queue: []int{8, 100, 100000}[rng.IntN(3)],
		stored: map[string]*node{}, removed: map[string]*node{},
	}
}

// act does one random thing.
func (f *farm) act() {
	n := f.nodes[f.rng.IntN(len(f.nodes))]
	switch p := f.rng.IntN(100); {
	case p < 45:
		for range 1 + f.rng.IntN(2)*f.rng.IntN(40) {
			if n.up {
				f.ids++
				n.client(fmt.Sprintf("session-%d", f.ids))
			}
		}
	case p < 70:
		for range 1 + f.rng.IntN(2)*f.rng.IntN(10) {
			if id, ok := f.any(n.sessions); n.up && ok {
				n.remove(id)
			}
		}
	case p < 80:
		f.pull(n)
	case p < 85:
		for _, m := range f.nodes {
			m.cell = f.rng.IntN(2)
		}
	case p < 90:
		f.heal()
	case p < 92:
		if f.long {
			break
		}
		i := f.rng.IntN(instances)
		if id, ok := f.any(n.sessions); n.up && ok { // with the news of a removal
			n.remove(id)
			i = n.slot(id).i
		}
		n.fail(i)
	case p < 93:
		n.reload()
	case p < 94:
		n.kill()
	case p < 96:
		n.start()
	case p < 97:
		if len(f.nodes) < 5 {
			f.join()
		}
	case p < 99:
		if f.long {
			f.pass(int64(f.rng.IntN(30)) * minute)
		}
	default:
		f.now += int64(f.rng.IntN(90)) * second // the machine slept
	}
}

// pass lets a long time pass in large steps, without loss.
func (f *farm) pass(ns int64) {
	loss := f.loss
	f.tick, f.loss = 5*second, 0
	f.run(ns)
	f.tick, f.loss = 250*millisecond, loss
}

func (f *farm) any(m map[string]held) (string, bool) {
	if len(m) == 0 {
		return "", false
	}
	return slices.Sorted(maps.Keys(m))[f.rng.IntN(len(m))], true
}

func (f *farm) heal() {
	for _, m := range f.nodes {
		m.cell = 0
	}
}

// pull has a client present a session of another node.
func (f *farm) pull(n *node) {
	from := f.nodes[f.rng.IntN(len(f.nodes))]
	id, ok := f.any(from.sessions)
	if _, here := n.sessions[id]; !ok || here || !n.up {
		return
	}
	if i := 1 + f.rng.IntN(instances-1); n.slots[i].r != nil && !n.slots[i].busy {
		home := from.sessions[id].home
		n.slots[i].enter(func(r *Replica) { r.Missed([]byte(id), []byte(home)) })
	}
}

// rests reports whether nobody waits for anything.
func (f *farm) rests() bool {
	for _, n := range f.nodes {
		for _, s := range n.slots {
			if s.r.Behind() > 0 || s.r.owed.any || slices.ContainsFunc(s.r.transfers, func(t *transfer) bool { return t.phase != finished }) {
				return false
			}
		}
	}
	return true
}

func (f *farm) check() (problems []string) {
	for id, by := range f.removed {
		for _, n := range f.nodes {
			if _, ok := n.sessions[id]; ok && by.up {
				problems = append(problems, id+", removed on "+by.id+", is on "+n.id)
			}
		}
	}
	for _, n := range f.nodes {
		for _, s := range n.slots {
			if s.r.Behind() > 0 {
				problems = append(problems, n.id+" is still behind")
			}
		}
	}
	if !f.cfg.Mode.pushes() {
		return problems
	}
	for id, by := range f.stored {
		if f.removed[id] != nil {
			continue
		}
		for _, n := range f.nodes {
			_, here := n.sessions[id]
			if _, gone := n.tombstones[id]; !here && !gone && by.up {
				problems = append(problems, id+", stored on "+by.id+", is not on "+n.id)
			}
		}
	}
	return problems
}

// run lets that much time pass.
func (f *farm) run(ns int64) {
	for end := f.now + ns; f.now < end; {
		f.step()
		f.now += f.pace()
	}
}

// pace is how far the clock goes: to what happens next.
func (f *farm) pace() int64 {
	next := f.now + f.tick
	for _, m := range f.flying {
		next = min(next, m.at)
	}
	for _, n := range f.nodes {
		if !n.up {
			continue
		}
		next = min(next, n.headsAt+4*f.tick, n.holeAt)
		if len(n.replay) > 0 {
			return millisecond
		}
		for _, s := range n.slots {
			if len(s.waiting) > 0 || s.lost > 0 {
				return millisecond
			}
			next = min(next, s.tickAt)
		}
	}
	return max(next-f.now, millisecond)
}

func (f *farm) step() {
	var still []flight
	due := f.flying
	f.flying = nil
	f.rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	for _, m := range due {
		if m.at > f.now {
			still = append(still, m)
		} else if m.to.up && m.to.cell == m.from.cell {
			m.to.receive(&m)
		}
	}
	f.flying = append(f.flying, still...)
	for _, n := range f.nodes {
		if n.up {
			n.step()
		}
	}
}

// instances is how many each node has.
const instances = 3

type held struct {
	home string
	at   int64
}

// A node is one host: its cache, its end of the bus, its instances.
type node struct {
	f    *farm
	id   string
	cell int
	up   bool

	sessions   map[string]held
	tombstones map[string]int64
	replay     []func()

	epoch   int64
	next    map[string]uint64 // of the streams that it sends
	heard   map[stream]*hearing
	headsAt int64
	holeAt  int64 // when the next hole is given up
	slots   []*slot
}

type stream struct{ from, topic string }

// hearing is what a node knows of a stream.
type hearing struct {
	epoch int64
	next  uint64
	last  int64
	holes []hole
}

type hole struct {
	from, to uint64
	heard    int64
	until    int64
}

// A slot is an instance with its queue.
type slot struct {
	n       *node
	i       int
	r       *Replica
	busy    bool
	waiting []func(r *Replica)
	lost    int64
	tickAt  int64
}

func (f *farm) join() {
	n := &node{f: f, id: fmt.Sprintf("%012x", len(f.nodes)+1)}
	f.nodes = append(f.nodes, n)
	n.start()
}

func (n *node) start() {
	if n.up {
		return
	}
	n.up, n.epoch = true, n.f.now
	n.sessions, n.tombstones = map[string]held{}, map[string]int64{}
	n.next, n.heard, n.replay = map[string]uint64{}, map[stream]*hearing{}, nil
	n.slots = nil
	for i := range instances {
		s := &slot{n: n, i: i, tickAt: n.f.now}
		s.r = n.replica()
		n.slots = append(n.slots, s)
	}
	n.slots[0].push(func(r *Replica) { r.Ready() })
}

func (n *node) replica() *Replica {
	cfg := n.f.cfg
	cfg.Nonce = n.f.rng.Uint64()
	return New(host{n}, cfg)
}

func (n *node) kill() {
	if !n.up {
		return
	}
	n.up = false
	for id, by := range n.f.stored {
		if by == n {
			delete(n.f.stored, id)
		}
	}
	for id, by := range n.f.removed {
		if by == n {
			delete(n.f.removed, id)
		}
	}
}

// fail discards an instance, with what it was about.
func (n *node) fail(i int) {
	if n.up && !n.slots[i].busy {
		if s := n.slots[i]; len(s.waiting) > 0 {
			s.waiting = s.waiting[1:] // the event at fault counts as handled
		}
		n.slots[i].r = n.replica()
	}
}

func (n *node) reload() {
	if !n.up {
		return
	}
	for _, s := range n.slots {
		state := s.r.Save(nil)
		s.r = n.replica()
		s.r.Restore(state)
	}
	n.slots[0].push(func(r *Replica) { r.Ready() })
}

func (n *node) slot(id string) *slot {
	h := 0
	for _, c := range []byte(id) {
		h = h*31 + int(c)
	}
	return n.slots[(h%instances+instances)%instances]
}

func (n *node) client(id string) {
	n.sessions[id] = held{n.id, n.f.now}
	n.f.stored[id] = n
	at := n.f.now
	n.slot(id).event(func(r *Replica) { r.Inserted([]byte(id), []byte(n.id), abi.FromClient, 0, at) })
}

func (n *node) remove(id string) {
	delete(n.sessions, id)
	n.tombstones[id] = n.f.now
	n.f.removed[id] = n
	at := n.f.now
	reason := []abi.Reason{abi.Explicit, abi.Consumed}[n.f.rng.IntN(2)]
	n.slot(id).event(func(r *Replica) { r.Removed([]byte(id), reason, 0, at) })
}

// event queues a change, or counts it as lost.
func (s *slot) event(ev func(*Replica)) {
	if !s.push(ev) {
		s.lost++
	}
}

func (s *slot) push(ev func(*Replica)) bool {
	if len(s.waiting) >= s.n.f.queue {
		return false
	}
	if s.lost > 0 { // told at the place where they are missing
		lost := s.lost
		s.lost = 0
		s.waiting = append(s.waiting, func(r *Replica) { r.EventsLost(lost) })
	}
	s.waiting = append(s.waiting, ev)
	return true
}

func (s *slot) enter(ev func(*Replica)) {
	s.busy = true
	ev(s.r)
	s.busy = false
}

func (n *node) step() {
	now := n.f.now
	for _, k := range n.f.rng.Perm(instances) {
		s := n.slots[k]
		for range n.f.rng.IntN(30) {
			if len(s.waiting) == 0 {
				break
			}
			ev := s.waiting[0]
			s.waiting = s.waiting[1:]
			s.enter(ev)
		}
		if s.lost > 0 && len(s.waiting) == 0 {
			lost := s.lost
			s.lost = 0
			s.enter(func(r *Replica) { r.EventsLost(lost) })
		}
		if now >= s.tickAt {
			s.tickAt = now + n.f.tick
			s.enter(func(r *Replica) { r.Tick(now) })
		}
	}
	for range n.f.rng.IntN(60) {
		if len(n.replay) == 0 {
			break
		}
		n.replay[0]()
		n.replay = n.replay[1:]
	}
	n.miss(now)
	if now-n.headsAt >= 4*n.f.tick {
		n.headsAt = now
		n.heads()
	}
}

// heads tells the others how far this node's streams are.
func (n *node) heads() {
	for _, topic := range slices.Sorted(maps.Keys(n.next)) {
		for _, to := range n.f.nodes {
			if to.hears(topic) && to != n {
				n.f.fly(flight{from: n, to: to, topic: topic, next: n.next[topic] + 1})
			}
		}
	}
}

func (n *node) hears(topic string) bool { return topic == "share" || topic == "share."+n.id }

func (f *farm) fly(m flight) {
	if f.rng.Float64() < f.loss {
		return
	}
	m.epoch = m.from.epoch
	m.at = f.now + int64(f.rng.IntN(30))*millisecond
	f.flying = append(f.flying, m)
}

// receive does what a bus does: finds what is missing, and passes on.
func (n *node) receive(m *flight) {
	key := stream{m.from.id, m.topic}
	h := n.heard[key]
	if h == nil {
		h = &hearing{epoch: m.epoch, next: 1}
		n.heard[key] = h
	}
	if m.epoch < h.epoch {
		return
	}
	if m.epoch > h.epoch {
		h.epoch, h.next, h.holes = m.epoch, 1, nil
		n.missed(key, 1, h.last)
	}
	first := m.n
	if m.n == 0 {
		first = m.next
	}
	if first > h.next {
		h.holes = append(h.holes, hole{h.next, first, h.last, n.f.now + 300*millisecond})
		n.holeAt = min(n.holeAt, n.f.now+300*millisecond)
		h.next = first
	}
	if m.n == 0 {
		return
	}
	if m.n == h.next {
		h.next++
	} else if !h.fill(m.n) {
		return // lost already, or twice
	}
	h.last = n.f.now
	n.pass(m, key)
}

func (h *hearing) fill(n uint64) bool {
	for i, o := range h.holes {
		if n < o.from || n >= o.to {
			continue
		}
		h.holes = slices.Delete(h.holes, i, i+1)
		if n > o.from {
			h.holes = append(h.holes, hole{o.from, n, o.heard, o.until})
		}
		if n+1 < o.to {
			h.holes = append(h.holes, hole{n + 1, o.to, o.heard, o.until})
		}
		return true
	}
	return false
}

func (n *node) pass(m *flight, from stream) {
	deliver := func(r *Replica) { r.Message([]byte(m.from.id), []byte(m.topic), []byte(m.key), m.data, false) }
	to := n.slots
	if m.key != "" {
		to = []*slot{n.slot(m.key)}
	}
	for _, s := range to {
		if !s.push(deliver) {
			n.missed(from, 1, n.f.now)
		}
	}
}

// miss gives up the holes whose time is over.
func (n *node) miss(now int64) {
	if now < n.holeAt {
		return
	}
	n.holeAt = math.MaxInt64
	for _, key := range slices.SortedFunc(maps.Keys(n.heard), func(a, b stream) int { return strings.Compare(a.from+a.topic, b.from+b.topic) }) {
		h := n.heard[key]
		h.holes = slices.DeleteFunc(h.holes, func(o hole) bool {
			if o.until <= now {
				n.missed(key, int64(o.to-o.from), o.heard)
			} else {
				n.holeAt = min(n.holeAt, o.until)
			}
			return o.until <= now
		})
	}
}

// missed tells the first instance. The host keeps the news until there is room.
func (n *node) missed(from stream, count, heard int64) {
	s := n.slots[0]
	s.waiting = append(s.waiting, func(r *Replica) { r.MessagesLost([]byte(from.from), []byte(from.topic), count, heard) })
}

// A host is a Host on a node of the model.
type host struct{ n *node }

func (h host) Get(dst, id []byte) ([]byte, abi.Code) {
	if s, ok := h.n.sessions[string(id)]; ok {
		return append(append(append(dst, s.home...), "|sealed|"...), id...), abi.OK
	}
	return dst, abi.NotFound
}

func (h host) Insert(id, sealed []byte) abi.Code {
	home, of, ok := strings.Cut(string(sealed), "|sealed|")
	if !ok || of != string(id) {
		return abi.Invalid
	}
	if _, ok := h.n.tombstones[of]; ok {
		return abi.Removed
	}
	if _, ok := h.n.sessions[of]; ok {
		return abi.Exists
	}
	h.n.sessions[of] = held{home, h.n.f.now}
	return abi.OK
}

func (h host) Remove(id []byte) abi.Code {
	if _, ok := h.n.tombstones[string(id)]; !ok {
		h.n.tombstones[string(id)] = h.n.f.now
	}
	if _, ok := h.n.sessions[string(id)]; !ok {
		return abi.NotFound
	}
	delete(h.n.sessions, string(id))
	return abi.OK
}

func (h host) Replay() abi.Code {
	n := h.n
	n.replay = nil
	var announce func(id string)
	announce = func(id string) {
		var ev func(*Replica)
		if at, ok := n.tombstones[id]; ok {
			ev = func(r *Replica) { r.Removed([]byte(id), abi.Explicit, abi.Existing, at) }
		} else if s, ok := n.sessions[id]; ok {
			ev = func(r *Replica) { r.Inserted([]byte(id), []byte(s.home), abi.FromHost, abi.Existing, s.at) }
		} else {
			return
		}
		if s := n.slot(id); len(s.waiting) < n.f.queue/2 {
			s.push(ev)
		} else { // the replay waits for room
			n.replay = append([]func(){nil, func() { announce(id) }}, n.replay[1:]...)
		}
	}
	for _, id := range slices.Concat(slices.Sorted(maps.Keys(n.tombstones)), slices.Sorted(maps.Keys(n.sessions))) {
		n.replay = append(n.replay, func() { announce(id) })
	}
	return abi.Code(len(n.sessions))
}

func (h host) Publish(topic string, key, data []byte) abi.Code {
	n := h.n
	if n.f.rng.Float64() < n.f.loss/4 {
		return abi.Limit // without a number
	}
	n.next[topic]++
	if n.f.rng.Float64() < n.f.loss/4 {
		return abi.Unavailable
	}
	for _, to := range n.f.nodes {
		if to != n && to.hears(topic) && to.up && to.cell == n.cell {
			n.f.fly(flight{from: n, to: to, topic: topic, n: n.next[topic], key: string(key), data: slices.Clone(data)})
		}
	}
	return abi.OK
}

func (h host) Request(dst []byte, topic string, to, data []byte, _ uint32) ([]byte, abi.Code) {
	for _, k := range h.n.f.rng.Perm(len(h.n.f.nodes)) {
		n := h.n.f.nodes[k]
		if n == h.n || !n.up || n.cell != h.n.cell || len(to) > 0 && string(to) != n.id {
			continue
		}
		for _, s := range n.slots {
			if s.busy {
				continue
			}
			h.n.f.replied = nil
			s.enter(func(r *Replica) { r.Message([]byte(h.n.id), []byte(topic), nil, data, true) })
			if h.n.f.replied != nil {
				return append(dst, h.n.f.replied...), abi.OK
			}
			break
		}
	}
	return dst, abi.Unavailable
}

func (h host) Reply(data []byte) abi.Code {
	h.n.f.replied = slices.Clone(data)
	return abi.OK
}

func (h host) Add(string, int64)     {}
func (h host) Set(string, int64)     {}
func (h host) Log(abi.Level, string) {}
func (h host) Now() int64            { return h.n.f.now }
func (h host) Node() string          { return h.n.id }
