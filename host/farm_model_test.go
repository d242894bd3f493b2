package host

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	share "github.com/sesshook/sesshook/guest-examples/share/replica"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/cache"
	"github.com/sesshook/sesshook/host/internal/session"
)

var (
	modelSeeds = flag.Int("farm-seeds", 300, "how many random schedules TestFarmModel runs")
	modelSeed  = flag.Uint64("farm-seed", 0, "the only schedule that TestFarmModel runs, with its history; 0 is all")
)

// TestFarmModel runs random schedules of a farm: real caches, real buses on a
// network that loses, delays, reorders, repeats and parts, and the protocol of
// the plugin share. Clients come, come back, and have their sessions removed,
// while nodes are cut off, killed and started again. On a node, what was removed
// there is never seen again, not for a moment. A while after the last fault has
// ended, no session that was removed may be anywhere, then or at any later step,
// and in push mode all others must be everywhere.
//
// A seed decides what happens on the farm, and when: all that is chosen is chosen
// from it, in one goroutine, and from lists that do not depend on what came of it.
// What the goroutines of the farm do at one and the same moment is not decided.
func TestFarmModel(t *testing.T) {
	t.Parallel()
	for _, mode := range []struct {
		name string
		mode share.Mode
	}{{"push", share.Push}, {"pull", share.Pull}, {"both", share.Both}} {
		t.Run(mode.name, func(t *testing.T) {
			seeds, history := *modelSeeds/3, io.Discard
			if testing.Short() {
				seeds = min(seeds, 10) // with -race
			}
			first := uint64(1)
			if *modelSeed != 0 {
				first, seeds, history = *modelSeed, 1, os.Stderr
			}
			for seed := first; seed < first+uint64(seeds) && !t.Failed(); seed++ {
				// A test of its own, so that a panic has the seed in its name.
				t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
					t.Cleanup(func() {
						if t.Failed() {
							t.Logf("again with go test ./host -run 'TestFarmModel/%s' -farm-seed %d", mode.name, seed)
						}
					})
					synctest.Test(t, func(t *testing.T) { newFarmModel(t, seed, mode.mode, history).run() })
				})
			}
		})
	}
}

const modelTTL = time.Hour

// A farmModel is a farm, and what has happened to it.
type farmModel struct {
	t       *testing.T
	rng     *rand.Rand
	mode    share.Mode
	history io.Writer
	keys    *session.Keyring
	network *bus.Network
	nodes   []*modelNode
	parted  bool

	sessions []modelSession            // all that were made, in order
	kept     []session.ID              // of these, in order, what nobody has been told to remove
	removed  map[session.ID]*modelNode // by whom
	forgiven map[session.ID]bool       // whose removal died with the only node that knew of it
}

// A modelSession is what a client has of one.
type modelSession struct {
	id   session.ID
	home *modelNode
}

func newFarmModel(t *testing.T, seed uint64, mode share.Mode, history io.Writer) *farmModel {
	m := &farmModel{
		t: t, rng: rand.New(rand.NewPCG(seed, uint64(mode))), mode: mode, history: history,
		network: bus.NewNetwork(bus.NetworkConfig{Seed: seed}),
		removed: map[session.ID]*modelNode{}, forgiven: map[session.ID]bool{},
	}
	var err error
	if m.keys, err = session.NewKeyring([]session.Key{session.Key(m.bytes(session.KeySize))}); err != nil {
		t.Fatal(err)
	}
	for n := range 2 + m.rng.IntN(4) {
		name := fmt.Sprintf("node-%d", n)
		node := &modelNode{model: m, name: name, id: nodeID(name), stopped: make(turn, 1)}
		m.nodes = append(m.nodes, node)
		node.start()
	}
	return m
}

func (m *farmModel) run() {
	for range 150 + m.rng.IntN(150) {
		m.step()
		m.pass(m.rng.IntN(60))
	}
	m.heal()
	m.settle()
	gone := maps.Clone(m.removed)
	for range 40 {
		m.clientStep(m.anyNode(), m.rng.IntN(83))
		m.pass(m.rng.IntN(60))
		m.checkGone(gone)
	}
	m.settle()
	for _, n := range m.nodes {
		n.end()
	}
}

// settle lets the farm come to rest, and holds it to what share promises.
func (m *farmModel) settle() {
	m.pass(20_000)
	synctest.Wait()
	m.check()
}

// pass lets time pass, and looks at all nodes.
func (m *farmModel) pass(milliseconds int) {
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	for _, n := range m.nodes {
		n.graves.check()
	}
}

func (m *farmModel) note(format string, args ...any) {
	fmt.Fprintf(m.history, "%s "+format+"\n", append([]any{time.Now().Format("05.000")}, args...)...)
}

func (m *farmModel) bytes(n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, m.rng.Uint64())
	}
	return b[:n]
}

func (m *farmModel) anyNode() *modelNode { return m.nodes[m.rng.IntN(len(m.nodes))] }

// step does one thing that happens on a farm.
func (m *farmModel) step() {
	n := m.anyNode()
	switch p := m.rng.IntN(100); {
	case p < 83:
		m.clientStep(n, p)
	case p < 86:
		m.network.SetFaults(bus.Faults{Loss: m.rng.Float64() / 3, Duplicate: m.rng.Float64() / 4, Reorder: m.rng.Float64() / 4, Delay: time.Duration(m.rng.IntN(80)) * time.Millisecond})
		m.note("faults")
	case p < 88:
		m.network.SetFaults(bus.Faults{})
		m.note("no faults")
	case p < 91:
		m.part()
	case p < 94:
		m.network.Heal()
		m.parted = false
		m.note("healed")
	case p < 96:
		m.network.SetLink(n.name, false)
		m.note("%s loses its link", n.name)
	case p < 98:
		m.network.SetLink(n.name, true)
		m.note("%s has its link", n.name)
	case p < 99:
		n.kill()
		time.Sleep(time.Duration(m.rng.IntN(1500)) * time.Millisecond)
		n.start()
		m.note("%s is back", n.name)
	default:
		n.stop(time.Duration(m.rng.IntN(5000)) * time.Millisecond)
	}
}

// clientStep does what clients do, and who removes their sessions; p is below 83.
func (m *farmModel) clientStep(n *modelNode, p int) {
	switch {
	case p < 45:
		n.clientMakesSession()
	case p < 65 && len(m.sessions) > 0:
		n.clientComesBack(m.sessions[m.rng.IntN(len(m.sessions))])
	case p >= 65 && len(m.kept) > 0:
		i := m.rng.IntN(len(m.kept))
		id := m.kept[i]
		m.kept = slices.Delete(m.kept, i, i+1)
		m.remove(id, n)
	}
}

// remove removes a session on a node; on another one, if it is not there.
func (m *farmModel) remove(id session.ID, n *modelNode) {
	first := slices.Index(m.nodes, n)
	for i := range m.nodes {
		n := m.nodes[(first+i)%len(m.nodes)]
		if n.cache.Remove(id, abi.Explicit, session.Source{Origin: abi.FromAdmin}) == nil {
			m.removed[id] = n
			m.note("%s removes %x", n.name, id[:4])
			return
		}
	}
	m.note("nobody has %x", id[:4])
}

func (m *farmModel) part() {
	var side []string
	for _, n := range m.nodes {
		if m.rng.IntN(2) == 0 {
			side = append(side, n.name)
		}
	}
	m.network.Partition(side)
	m.parted = true
	m.note("parted: %v", side)
}

func (m *farmModel) heal() {
	m.network.SetFaults(bus.Faults{})
	m.network.Heal()
	for _, n := range m.nodes {
		m.network.SetLink(n.name, true)
	}
	m.note("all faults end")
}

// check holds what share promises against all nodes.
func (m *farmModel) check() {
	m.checkGone(m.removed)
	if m.mode&share.Push == 0 {
		return
	}
	everywhere := map[session.ID]int{}
	for _, n := range m.nodes {
		for s := range n.cache.All() {
			everywhere[s.ID]++
		}
	}
	// Nobody gives further what a node made that was killed since.
	for _, n := range m.nodes {
		for s := range n.cache.All() {
			if got := everywhere[s.ID]; s.Home == n.id && s.Created > n.born && m.removed[s.ID] == nil && got != len(m.nodes) {
				m.t.Errorf("session %x of %s is on %d of %d nodes", s.ID[:4], n.name, got, len(m.nodes))
			}
		}
	}
}

// checkGone holds against all nodes that they have none of these.
func (m *farmModel) checkGone(removed map[session.ID]*modelNode) {
	for _, n := range m.nodes {
		for s := range n.cache.All() {
			if by := removed[s.ID]; by != nil && !m.forgiven[s.ID] {
				m.t.Errorf("%s has session %x, which %s has removed", n.name, s.ID[:4], by.name)
			}
		}
	}
}

// A modelNode is one node, which may be killed and started again.
type modelNode struct {
	model   *farmModel
	name    string
	id      session.Node
	stopped turn // taken while the process stands still
	*modelLife
}

// A modelLife is one life of a node: what a host has, with a plugin's instances
// that run natively. What it has under way when it ends stays its own.
type modelLife struct {
	node      *modelNode
	cache     *cache.Cache
	graves    *modelGraves
	farm      *bus.Farm
	instances []*modelInstance
	born      int64
	over      chan struct{}
}

// A turn is a mutex that a bubble of synctest takes for what it is: who waits for
// one lets time pass.
type turn chan struct{}

func (t turn) Lock()   { t <- struct{}{} }
func (t turn) Unlock() { <-t }

// pass waits until nobody has the turn.
func (t turn) pass() {
	t <- struct{}{}
	<-t
}

// modelGraves are what was removed on a node since it was started. Nothing of it
// may come back.
type modelGraves struct {
	node  *modelNode
	cache *cache.Cache

	mu  sync.Mutex
	ids map[session.ID]bool
}

// watch takes an event of the cache, under its lock: no session is here for so
// short that it is not seen.
func (g *modelGraves) watch(ev session.Event) {
	switch ev.Kind {
	case abi.Remove:
		if ev.Reason == abi.Explicit || ev.Reason == abi.Consumed {
			g.dig(ev.Session.ID)
		}
	case abi.Insert:
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.ids[ev.Session.ID] {
			g.node.model.t.Errorf("%s: session %x came to %s after it was removed there", time.Now().Format("05.000"), ev.Session.ID[:4], g.node.name)
		}
	}
}

func (g *modelGraves) dig(id session.ID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ids[id] = true
}

func (g *modelGraves) check() {
	g.mu.Lock()
	ids := slices.Collect(maps.Keys(g.ids))
	g.mu.Unlock()
	for _, id := range ids {
		if _, err := g.cache.Get(id); err == nil {
			g.node.model.t.Errorf("%s: %s has session %x, which was removed there", time.Now().Format("05.000"), g.node.name, id[:4])
		}
	}
}

// sharePlugin marks what share does itself.
var sharePlugin = session.Source{Origin: abi.FromPlugin, Plugin: 1}

func (n *modelNode) start() {
	l := &modelLife{node: n, born: wallClock(), over: make(chan struct{})}
	n.modelLife = l
	l.cache = cache.New(cache.Config{MaxSessions: 10_000, Now: wallClock, Notify: l.notify})
	l.graves = &modelGraves{node: n, cache: l.cache, ids: map[session.ID]bool{}}
	var err error
	l.farm, err = bus.New(bus.Config{Name: "model", Node: n.id, Keys: n.model.keys, Transport: n.model.network.Join(n.name), Now: wallClock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		n.model.t.Fatal(err)
	}
	for range 3 {
		inst := &modelInstance{modelLife: l, mu: make(turn, 1), events: make(chan session.Event, 1<<16)}
		cfg := share.Defaults()
		cfg.Mode, cfg.Nonce, cfg.Beat = n.model.mode, n.model.rng.Uint64(), int64(time.Second)
		inst.replica = share.New(inst, cfg)
		l.instances = append(l.instances, inst)
	}
	for _, topic := range l.instances[0].replica.Topics() {
		if _, err := l.farm.Subscribe(topic, l.receive); err != nil {
			n.model.t.Fatal(err)
		}
	}
	l.instances[0].replica.Ready()
	for _, inst := range l.instances {
		go inst.run()
	}
}

func wallClock() int64 { return time.Now().UnixNano() }

// kill ends the node as SIGKILL does.
func (n *modelNode) kill() {
	m := n.model
	m.note("%s is killed", n.name)
	m.network.SetLink(n.name, false) // what is on its way out is lost
	for id := range m.removed {
		if n.buried(id) && !n.known(id) {
			m.forgiven[id] = true
		}
	}
	n.end()
	m.network.SetLink(n.name, true)
}

// known tells whether somebody else has heard of a removal that this node knows
// of: anybody, or all where some can't reach each other.
func (n *modelNode) known(id session.ID) bool {
	some, all := false, true
	for _, other := range n.model.nodes {
		if other != n {
			buried := other.buried(id)
			some, all = some || buried, all && buried
		}
	}
	return all || some && !n.model.parted
}

func (n *modelNode) buried(id session.ID) bool {
	return n.cache.AnnounceRemoved(id, func(session.Event) {})
}

func (l *modelLife) end() {
	close(l.over)
	if err := l.farm.Close(); err != nil {
		l.node.model.t.Error(err)
	}
	l.cache.Close()
}

// stop has the node stand still, as SIGSTOP does; its sockets take what comes.
func (n *modelNode) stop(d time.Duration) {
	n.model.note("%s stands still for %v", n.name, d)
	n.stopped.Lock()
	time.Sleep(d)
	n.stopped.Unlock()
}

func (l *modelLife) instance(key string) *modelInstance {
	h := fnv.New32a()
	_, _ = io.WriteString(h, key)
	return l.instances[h.Sum32()%uint32(len(l.instances))]
}

// notify is what the cache tells the plugin.
func (l *modelLife) notify(ev session.Event) {
	l.graves.watch(ev)
	if ev.Source.Plugin != sharePlugin.Plugin {
		l.instance(string(ev.Session.ID)).events <- ev
	}
}

// receive is what the bus tells the plugin, as package plugin passes it on.
func (l *modelLife) receive(ev session.Event) {
	switch m := ev.Message; {
	case ev.Kind == abi.Lost:
		l.instances[0].events <- ev
	case m.Reply != nil:
		inst := l.instances[0] // the one that never waits for others
		go func() {
			inst.mu.Lock()
			defer inst.mu.Unlock()
			inst.handle(&ev)
		}()
	case m.Key == "":
		for _, inst := range l.instances {
			inst.events <- ev
		}
	default:
		l.instance(m.Key).events <- ev
	}
}

func (n *modelNode) clientMakesSession() {
	m := n.model
	id := session.ID(m.bytes(session.IDSize))
	now := wallClock()
	meta := session.Meta{Created: now, Expires: now + int64(modelTTL), Version: 0x0304, Home: n.id}
	s := &session.Session{ID: id, Meta: meta, Sealed: m.keys.Seal(id, meta, []byte("state"))}
	if err := n.cache.Insert(s, 0, session.Source{Origin: abi.FromClient}); err != nil {
		m.t.Error(err)
	}
	m.sessions, m.kept = append(m.sessions, modelSession{id, n}), append(m.kept, id)
	m.note("%s makes %x", n.name, id[:4])
}

func (n *modelNode) clientComesBack(s modelSession) {
	inst := n.instances[1+n.model.rng.IntN(2)]
	if _, err := n.cache.Fetch(s.id, session.Source{Origin: abi.FromClient}); err == nil {
		return
	}
	go func() {
		inst.mu.Lock()
		defer inst.mu.Unlock()
		inst.replica.Missed([]byte(s.id), []byte(s.home.id.String()))
	}()
}

// A modelInstance is an instance of share, and its host.
type modelInstance struct {
	*modelLife
	events  chan session.Event
	mu      turn
	replica *share.Replica
	event   *session.Session // of the INSERT that is handled
	reply   func([]byte) error
}

// run is the worker.
func (i *modelInstance) run() {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case ev := <-i.events:
			i.turn(func() { i.handle(&ev) })
		case now := <-tick.C:
			i.turn(func() { i.replica.Tick(now.UnixNano()) })
		case <-i.over:
			return
		}
	}
}

func (i *modelInstance) turn(f func()) {
	i.node.stopped.pass()
	i.mu.Lock()
	defer i.mu.Unlock()
	f()
}

func (i *modelInstance) handle(ev *session.Event) {
	switch s, m := ev.Session, ev.Message; ev.Kind {
	case abi.Insert:
		i.event = s
		i.replica.Inserted([]byte(s.ID), []byte(s.Home.String()), ev.Source.Origin, ev.Flags, ev.Time)
		i.event = nil
	case abi.Remove:
		i.replica.Removed([]byte(s.ID), ev.Reason, ev.Flags, ev.Time)
	case abi.Message:
		i.reply = m.Reply
		i.replica.Message([]byte(m.From.String()), []byte(m.Topic), []byte(m.Key), m.Data, m.Reply != nil)
		i.reply = nil
	case abi.Lost:
		i.replica.MessagesLost([]byte(m.From.String()), []byte(m.Topic), int64(ev.Seq), m.Heard)
	}
}

// Get implements share.Host.
func (i *modelInstance) Get(dst, id []byte) ([]byte, abi.Code) {
	if i.event != nil && i.event.ID == session.ID(id) {
		return append(dst, i.event.Sealed...), abi.OK
	}
	s, err := i.cache.Get(session.ID(id))
	if err != nil {
		return dst, session.Code(err)
	}
	return append(dst, s.Sealed...), abi.OK
}

// Insert implements share.Host.
func (i *modelInstance) Insert(id, sealed []byte) abi.Code {
	meta, _, err := i.node.model.keys.Open(session.ID(id), sealed)
	if err != nil {
		return session.Code(err)
	}
	meta.Expires = min(meta.Expires, meta.Created+int64(modelTTL))
	return session.Code(i.cache.Insert(&session.Session{ID: session.ID(id), Meta: meta, Sealed: append([]byte(nil), sealed...)}, 0, sharePlugin))
}

// Remove implements share.Host.
func (i *modelInstance) Remove(id []byte) abi.Code {
	for {
		err := i.cache.Remove(session.ID(id), abi.Explicit, sharePlugin)
		if err != session.ErrNotFound {
			return session.Code(err)
		}
		if i.cache.Bury(session.ID(id), wallClock()+int64(modelTTL+5*time.Minute)) != session.ErrExists {
			i.graves.dig(session.ID(id))
			return session.Code(err)
		}
	}
}

// Replay implements share.Host.
func (i *modelInstance) Replay() abi.Code {
	for id := range i.cache.Removed() {
		i.cache.AnnounceRemoved(id, func(ev session.Event) { i.instance(string(id)).events <- ev })
	}
	for s := range i.cache.All() {
		i.cache.Announce(s.ID, func(ev session.Event) { i.instance(string(s.ID)).events <- ev })
	}
	return abi.OK
}

// Publish implements share.Host.
func (i *modelInstance) Publish(topic string, key, data []byte) abi.Code {
	return session.Code(i.farm.Publish(topic, key, data))
}

// Request implements share.Host.
func (i *modelInstance) Request(dst []byte, topic string, node, data []byte, timeoutMS uint32) ([]byte, abi.Code) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(timeoutMS)*time.Millisecond)
	defer cancel()
	var to session.Node
	for _, other := range i.node.model.nodes {
		if other.id.String() == string(node) {
			to = other.id
		}
	}
	reply, err := i.farm.Request(ctx, topic, to, data)
	return append(dst, reply...), session.Code(err)
}

// Reply implements share.Host.
func (i *modelInstance) Reply(data []byte) abi.Code { return session.Code(i.reply(data)) }

// Add implements share.Host.
func (*modelInstance) Add(string, int64) {}

// Set implements share.Host.
func (*modelInstance) Set(string, int64) {}

// Log implements share.Host.
func (i *modelInstance) Log(_ abi.Level, text string) { i.node.model.note("%s: %s", i.node.name, text) }

// Now implements share.Host.
func (*modelInstance) Now() int64 { return wallClock() }

// Node implements share.Host.
func (i *modelInstance) Node() string { return i.node.id.String() }
