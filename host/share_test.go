package host

import (
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// TestShare has real hosts with the plugin share, as it was built, on a network
// within this process. It is compiled once, into the folder cache.
func TestShare(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	if err := os.Chmod(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"push", "pull"} { // both is no more than these
		t.Run("a partition heals in mode "+mode, func(t *testing.T) { testPartitionHeals(t, cache, mode) })
	}
	t.Run("keys rotate while clients come", func(t *testing.T) { testShareRotation(t, cache) })
	t.Run("what is forged is refused", func(t *testing.T) { testForgedMessages(t, cache) })
	t.Run("what is old stays removed", func(t *testing.T) { testReplayedMessages(t, cache) })
	t.Run("a flood is bounded", func(t *testing.T) { testFlood(t, cache) })
	t.Run("a flood of questions is bounded", func(t *testing.T) { testFloodOfQuestions(t, cache) })
}

// A shareFarm is hosts with share on a network of their own, with one key file.
type shareFarm struct {
	network *bus.Network
	key     session.Key
	keys    string // the file
	cache   string
	sidecar string
	nodes   []*rig
}

func newShareFarm(tb testing.TB, cache, mode string, nodes ...string) *shareFarm {
	tb.Helper()
	f := &shareFarm{network: bus.NewNetwork(bus.NetworkConfig{}), key: session.NewKey(), cache: cache}
	f.keys, f.sidecar = filepath.Join(tb.TempDir(), "farm.keys"), shareSidecar(tb, mode)
	if err := os.WriteFile(f.keys, []byte(f.key.Encode()+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	for _, node := range nodes {
		f.nodes = append(f.nodes, f.join(tb, node, nil))
	}
	for _, r := range f.nodes {
		r.eventually("all others are heard", func() bool { return len(r.host.Status().Farm.Peers) == len(nodes)-1 })
	}
	return f
}

// shareModule is share as it was built.
var shareModule = filepath.Join("..", "testdata", "farm", "share.wasm")

// shareSidecar writes the example's sidecar with a mode.
func shareSidecar(tb testing.TB, mode string) string {
	tb.Helper()
	text := regexp.MustCompile(`(?m)^mode = "\w+"`).ReplaceAll(read(tb, filepath.Join("..", "testdata", "farm", "share.toml")), []byte(`mode = "`+mode+`"`))
	path := filepath.Join(tb.TempDir(), "share.toml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// join starts a node, with what with changes.
func (f *shareFarm) join(tb testing.TB, node string, with func(*Config), modules ...string) *rig {
	tb.Helper()
	cfg := Config{Node: node, FarmKeyFile: f.keys, CompileCache: f.cache, Farm: Farm{Name: "eu-1", transport: f.network.Join(node)}}
	if with != nil {
		with(&cfg)
	}
	return newRig(tb, cfg, append([]string{f.sidecar, shareModule}, modules...)...)
}

// A throng is clients that go from one node of a farm to the next, for as long
// as it lasts. Some have their sessions removed.
type throng struct {
	farm *shareFarm
	stop chan struct{}
	wg   sync.WaitGroup

	mu       sync.Mutex
	turn     int
	failures []string
	returns  []throngVisit
	removed  []*tls.Config // of clients that keep what was removed
	ids      []session.ID
}

type throngVisit struct {
	at      time.Time
	resumed bool
}

func (f *shareFarm) throng(clients int, removals bool) *throng {
	c := &throng{farm: f, stop: make(chan struct{})}
	for n := range clients {
		c.wg.Go(func() { c.frequent(tls.VersionTLS12+uint16(n%2), removals) })
	}
	return c
}

func (c *throng) frequent(version uint16, removals bool) {
	cfg := client(version)
	for came := 0; ; came++ {
		select {
		case <-c.stop:
			return
		case <-time.After(30*time.Millisecond + rand.N(60*time.Millisecond)):
		}
		c.mu.Lock()
		c.turn++
		r := c.farm.nodes[c.turn%len(c.farm.nodes)]
		c.mu.Unlock()
		begun := time.Now()
		resumed, err := visitWithin(r.addr, cfg, 10*time.Second)
		c.mu.Lock()
		if err != nil {
			c.failures = append(c.failures, fmt.Sprintf("after %v: %v", time.Since(begun), err))
		} else if came > 0 {
			c.returns = append(c.returns, throngVisit{begun, resumed})
		}
		c.mu.Unlock()
		if removals && rand.N(10) == 0 {
			c.remove(cfg)
			cfg, came = client(version), -1
		}
	}
}

// remove has the session of a client removed on some node that has it. The
// client keeps it.
func (c *throng) remove(cfg *tls.Config) {
	s, ok := cfg.ClientSessionCache.Get("example.com")
	if !ok {
		return
	}
	id, _, err := s.ResumptionState()
	if err != nil {
		return
	}
	for _, n := range rand.Perm(len(c.farm.nodes)) {
		if c.farm.nodes[n].host.cache.Remove(session.ID(id), abi.Explicit, session.Source{Origin: abi.FromAdmin}) != nil {
			continue
		}
		kept := client(cfg.MinVersion)
		kept.ClientSessionCache = &keepsake{s}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.removed, c.ids = append(c.removed, kept), append(c.ids, session.ID(id))
		return
	}
}

func (c *throng) end() {
	close(c.stop)
	c.wg.Wait()
}

// since returns how many came back since a time, and resumed.
func (c *throng) since(from time.Time) (resumed, returns int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.returns {
		if v.at.Before(from) {
			continue
		}
		returns++
		if v.resumed {
			resumed++
		}
	}
	return resumed, returns
}

// until waits until so many have come since a time.
func (c *throng) until(from time.Time, visits int) {
	c.farm.nodes[0].eventually("clients come", func() bool {
		_, n := c.since(from)
		return n >= visits
	})
}

// anywhere returns how many of the removed sessions some node still has.
func (c *throng) anywhere() (n int) {
	c.mu.Lock()
	ids := c.ids
	c.mu.Unlock()
	for _, r := range c.farm.nodes {
		for _, id := range ids {
			if _, err := r.host.cache.Get(id); err == nil {
				n++
			}
		}
	}
	return n
}

// Clients come to both sides of a partition, and sessions that both sides have
// are removed on one.
func testPartitionHeals(t *testing.T, cache, mode string) {
	f := newShareFarm(t, cache, mode, "a", "b", "c")
	a, b := f.nodes[0], f.nodes[1]
	c := f.throng(8, true)
	c.until(time.Now(), 100)
	known := f.known(t, 20)
	f.network.Partition([]string{"a"}, []string{"b", "c"})
	parted := time.Now()
	for n, k := range known {
		c.discard(t, f.nodes[n%2], k)
	}
	a.resumes(known[1].cfg, true) // removed on b, of which a can't know
	b.resumes(known[0].cfg, true)
	c.until(parted, 300)
	during, of := c.since(parted)
	t.Logf("%d of %d resume while parted; sessions that were removed are in %d places", during, of, c.anywhere())
	f.network.Heal()
	healed := time.Now()
	// What was lost is noticed, asked for, and comes: see share/replica.
	a.eventually("sessions that were removed are nowhere", func() bool { return c.anywhere() == 0 })
	whole := time.Since(healed)
	again := time.Now()
	c.until(again, 300)
	c.end()
	resumed, returns := c.since(again)
	t.Logf("%v after healing nothing removed is left; then %d of %d resume", whole.Round(time.Millisecond), resumed, returns)
	if whole > 5*time.Second || float64(resumed) < 0.99*float64(returns) {
		t.Errorf("not healed: %v, %d of %d", whole, resumed, returns)
	}
	for _, failure := range c.failures {
		t.Errorf("a handshake failed %s", failure)
	}
	a.eventually("the last removals are known", func() bool { return c.anywhere() == 0 })
	for _, r := range f.nodes {
		for _, cfg := range c.removed {
			r.resumes(cfg, false)
		}
	}
	if mode != "pull" {
		f.expectSame(t)
	}
}

// A knownSession is one that all nodes have, and the client that keeps it.
type knownSession struct {
	cfg *tls.Config
	id  session.ID
}

// known makes n sessions, and sees to it that all nodes have them.
func (f *shareFarm) known(t *testing.T, n int) (all []knownSession) {
	t.Helper()
	for n := range n {
		k := knownSession{cfg: client(tls.VersionTLS12 + uint16(n%2))}
		kept := &keepsake{}
		k.cfg.ClientSessionCache = kept
		f.nodes[n%len(f.nodes)].resumes(k.cfg, false)
		id, _, err := kept.first.ResumptionState()
		if err != nil {
			t.Fatal(err)
		}
		k.id = session.ID(id)
		for _, r := range f.nodes {
			r.eventually("the session resumes everywhere", func() bool {
				resumed, err := visit(r.addr, k.cfg)
				return err == nil && resumed
			})
		}
		all = append(all, k)
	}
	return all
}

// discard removes a session from a node.
func (c *throng) discard(t *testing.T, r *rig, k knownSession) {
	t.Helper()
	if err := r.host.cache.Remove(k.id, abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.removed, c.ids = append(c.removed, k.cfg), append(c.ids, k.id)
}

// expectSame waits until all nodes have the same sessions.
func (f *shareFarm) expectSame(t *testing.T) {
	t.Helper()
	f.nodes[0].eventually("all nodes have the same sessions", func() bool {
		for _, r := range f.nodes[1:] {
			if r.host.cache.Len() != f.nodes[0].host.cache.Len() {
				return false
			}
		}
		return true
	})
	for s := range f.nodes[0].host.cache.All() {
		for _, r := range f.nodes[1:] {
			if _, err := r.host.cache.Get(s.ID); err != nil {
				t.Errorf("%x: %v", s.ID[:4], err)
			}
		}
	}
}
