package host

import (
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/cache"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/tlsbind"
)

// A copyFarm is nodes that copy each other's sessions, as the plugin share does
// it: what a client's handshake inserts at one node is opened by the keyring of
// each other, and inserted there.
type copyFarm struct {
	nodes []*copyNode
	wg    sync.WaitGroup

	mu     sync.Mutex
	change sync.Cond // of what follows
	queue  []copyJob
	queued int
	copied int
	closed bool
	errs   []error
}

type copyNode struct {
	keys   *session.Keyring
	cache  *cache.Cache
	binder *tlsbind.Binder
	addr   string
}

type copyJob struct {
	from    *copyNode
	session *session.Session
}

func newCopyFarm(t *testing.T, nodes int, ttl time.Duration, now func() int64, keys ...session.Key) *copyFarm {
	t.Helper()
	f := new(copyFarm)
	f.change.L = &f.mu
	for i := range nodes {
		n := new(copyNode)
		if err := n.init(byte(i+1), ttl, now, f.notify(n), keys); err != nil {
			t.Fatal(err)
		}
		n.addr = echoServer(t, func(ln net.Listener, cfg *tls.Config) net.Listener { return n.binder.Listener(ln, cfg) })
		t.Cleanup(n.cache.Close)
		f.nodes = append(f.nodes, n)
	}
	f.wg.Go(f.run)
	t.Cleanup(f.close)
	return f
}

func (n *copyNode) init(number byte, ttl time.Duration, now func() int64, notify func(session.Event), keys []session.Key) (err error) {
	if n.keys, err = session.NewKeyring(keys); err != nil {
		return err
	}
	n.cache = cache.New(cache.Config{MaxSessions: 1 << 16, Now: now, Notify: notify})
	n.binder = tlsbind.New(tlsbind.Config{Cache: n.cache, Keys: n.keys, Node: session.Node{number}, TTL: ttl, Now: now})
	return nil
}

// notify queues what n's clients insert. It is called under a lock of n's cache,
// where nothing may be inserted into another's.
func (f *copyFarm) notify(n *copyNode) func(session.Event) {
	return func(ev session.Event) {
		if ev.Kind != abi.Insert || ev.Source.Origin != abi.FromClient {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.queue = append(f.queue, copyJob{n, ev.Session})
		f.queued++
		f.change.Broadcast()
	}
}

func (f *copyFarm) run() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		for len(f.queue) == 0 && !f.closed {
			f.change.Wait()
		}
		if len(f.queue) == 0 {
			return
		}
		jobs := f.queue
		f.queue = nil
		f.mu.Unlock()
		var errs []error
		for _, job := range jobs {
			errs = append(errs, f.copy(job))
		}
		f.mu.Lock()
		f.errs = append(f.errs, errors.Join(errs...))
		f.copied += len(jobs)
		f.change.Broadcast()
	}
}

// copy does what session_insert does.
func (f *copyFarm) copy(job copyJob) (err error) {
	s := job.session
	for i, n := range f.nodes {
		if n == job.from {
			continue
		}
		meta, _, openErr := n.keys.Open(s.ID, s.Sealed)
		if openErr != nil {
			err = errors.Join(err, fmt.Errorf("node %d: %w", i, openErr))
			continue
		}
		insertErr := n.cache.Insert(&session.Session{ID: s.ID, Meta: meta, Sealed: slices.Clone(s.Sealed)}, 0, session.Source{Origin: abi.FromPlugin, Plugin: 1})
		err = errors.Join(err, insertErr)
	}
	return err
}

// settle waits until what has been inserted anywhere is everywhere, and returns
// what was refused on the way since the last call.
func (f *copyFarm) settle() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for want := f.queued; f.copied < want; {
		f.change.Wait()
	}
	err := errors.Join(f.errs...)
	f.errs = nil
	return err
}

func (f *copyFarm) close() {
	f.mu.Lock()
	f.closed = true
	f.change.Broadcast()
	f.mu.Unlock()
	f.wg.Wait()
}

// set gives node i its keys.
func (f *copyFarm) set(t *testing.T, i int, keys ...session.Key) {
	t.Helper()
	if err := f.nodes[i].keys.Set(keys); err != nil {
		t.Fatal(err)
	}
}

// lookups adds up what came of the ids that clients presented.
func (f *copyFarm) lookups() (resumable, others uint64) {
	for _, n := range f.nodes {
		st := n.binder.Stats()
		resumable += st.Resumable
		others += st.Foreign + st.Missed + st.Expired + st.WrongName + st.Incompatible + st.Unreadable + st.Refused
	}
	return resumable, others
}

// A crowd is clients that come back again and again to random nodes, each time
// as soon as its session is on all of them.
type crowd struct {
	addrs  []string                // of the nodes
	settle func(*tls.Config) error // waits for that
	stop   atomic.Bool
	wg     sync.WaitGroup

	mu     sync.Mutex
	change sync.Cond // of visits
	visits []int     // by client
	faults []error
}

func newCrowd(each int, settle func(*tls.Config) error, addrs ...string) *crowd {
	c := &crowd{addrs: addrs, settle: settle, visits: make([]int, 2*each)}
	c.change.L = &c.mu
	for i := range c.visits {
		c.wg.Go(func() { c.come(i, []uint16{tls.VersionTLS12, tls.VersionTLS13}[i%2]) })
	}
	return c
}

func (c *crowd) come(i int, version uint16) {
	cfg := client(version)
	random := rand.New(rand.NewPCG(1, uint64(i)))
	for n := 0; !c.stop.Load(); n++ {
		node := random.IntN(len(c.addrs))
		resumed, err := visit(c.addrs[node], cfg)
		if err == nil && resumed != (n > 0) {
			err = fmt.Errorf("resumed is %v", resumed)
		}
		if err != nil {
			err = fmt.Errorf("client %d (%s), visit %d, node %d: %w", i, tls.VersionName(version), n, node, err)
		}
		err = errors.Join(err, c.settle(cfg))
		c.mu.Lock()
		c.visits[i]++
		if err != nil {
			c.faults = append(c.faults, err)
		}
		c.change.Broadcast()
		c.mu.Unlock()
	}
}

// more waits until every client has come n times more, beginning and end.
func (c *crowd) more(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	want := slices.Clone(c.visits)
	for i := range want {
		want[i] += n + 1 // the visit that is under way began before
	}
	for !slices.EqualFunc(c.visits, want, func(is, want int) bool { return is >= want }) {
		c.change.Wait()
	}
}

func (c *crowd) leave() (visits int, faults []error) {
	c.stop.Store(true)
	c.wg.Wait()
	for _, n := range c.visits {
		visits += n
	}
	return visits, c.faults
}

// Keys rotate on a running farm, one node after the other in each step, while
// clients of TLS 1.2 and 1.3 come back to all nodes without a pause: no
// handshake fails, and nobody who returns pays a full one. The old key is
// dropped here as soon as every client has come back since the last node sealed
// under it: each return makes a successor under the new one.
func TestFarmKeysRotateUnderLoad(t *testing.T) {
	const nodes, clients = 3, 4 // of each version
	old, fresh := session.NewKey(), session.NewKey()
	f := newCopyFarm(t, nodes, time.Hour, nil, old)
	var addrs []string
	for _, n := range f.nodes {
		addrs = append(addrs, n.addr)
	}
	crowd := newCrowd(clients, func(*tls.Config) error { return f.settle() }, addrs...)
	crowd.more(2)
	for _, keys := range [][]session.Key{{old, fresh}, {fresh, old}, {fresh}} {
		for i := range nodes {
			f.set(t, i, keys...)
			crowd.more(2)
		}
	}
	visits, faults := crowd.leave()
	for _, err := range faults {
		t.Error(err)
	}
	resumable, others := f.lookups()
	if want := uint64(visits - 2*clients); resumable != want || others != 0 {
		t.Errorf("%d visits of %d clients: %d resumable, want %d; %d not", visits, 2*clients, resumable, want, others)
	}
	t.Logf("%d visits", visits)
}

// What an operator waits for before the old key is dropped: the sessions that
// it seals are over once their TTL has passed since the last node put the new
// key first, and not before.
func TestOldKeyIsInUseUntilTheTTLHasPassed(t *testing.T) {
	const ttl = time.Hour
	old, fresh := session.NewKey(), session.NewKey()
	onlyFresh, err := session.NewKeyring([]session.Key{fresh})
	if err != nil {
		t.Fatal(err)
	}
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	f := newCopyFarm(t, 2, ttl, now.Load, old, fresh)
	come := func(node int, cfg *tls.Config, want bool, when string) {
		t.Helper()
		resumed, err := visit(f.nodes[node].addr, cfg)
		if err = errors.Join(err, f.settle()); err != nil || resumed != want {
			t.Errorf("%s: resumed is %v, %v", when, resumed, err)
		}
	}
	underOld := func() (n int) {
		for _, node := range f.nodes {
			for s := range node.cache.All() {
				if _, _, err := onlyFresh.Open(s.ID, s.Sealed); err != nil {
					n++
				}
			}
		}
		return n
	}

	f.set(t, 0, fresh, old)
	now.Add(int64(10 * time.Minute))
	last12, last13 := client(tls.VersionTLS12), client(tls.VersionTLS13)
	come(1, last12, false, "at the node that has not moved")
	come(1, last13, false, "at the node that has not moved")
	f.set(t, 1, fresh, old)
	moved := now.Load()
	if n := underOld(); n != 4 { // two sessions, at two nodes
		t.Errorf("%d sessions under the old key", n)
	}
	busy := client(tls.VersionTLS12)
	come(1, busy, false, "after the last node moved")

	now.Store(moved + int64(ttl) - 1)
	come(0, last12, true, "at the last moment")
	come(0, last13, true, "at the last moment")
	if n := underOld(); n != 4 {
		t.Errorf("%d sessions under the old key at the last moment", n)
	}
	now.Store(moved + int64(ttl))
	if n := underOld(); n != 0 {
		t.Errorf("%d sessions under the old key after the TTL", n)
	}
	for i := range f.nodes {
		f.set(t, i, fresh)
	}
	late := client(tls.VersionTLS13)
	come(0, late, false, "a new client after the end")
	come(1, late, true, "a client after the end")
}

// The order of the steps matters: what happens if it is not kept is that some
// clients pay a full handshake, and nothing worse.
func TestRotationInTheWrongOrder(t *testing.T) {
	old, fresh := session.NewKey(), session.NewKey()
	for name, tc := range map[string]struct {
		made  [2][]session.Key // of two nodes, when a session is made at the first
		shown [2][]session.Key // when it is shown to the second
	}{
		"moved first where another has not got it": {
			made:  [2][]session.Key{{fresh, old}, {old}},
			shown: [2][]session.Key{{fresh, old}, {old}},
		},
		"dropped while sessions live under it": {
			made:  [2][]session.Key{{old, fresh}, {fresh, old}},
			shown: [2][]session.Key{{fresh}, {fresh}},
		},
		"replaced at once": {
			made:  [2][]session.Key{{old}, {old}},
			shown: [2][]session.Key{{fresh}, {fresh}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newCopyFarm(t, 2, time.Hour, nil, old)
			set := func(keys [2][]session.Key) {
				f.set(t, 0, keys[0]...)
				f.set(t, 1, keys[1]...)
			}
			set(tc.made)
			cfg := client(tls.VersionTLS13)
			if _, err := visit(f.nodes[0].addr, cfg); err != nil {
				t.Fatal(err)
			}
			if err := f.settle(); err != nil && !errors.Is(err, session.ErrInvalid) {
				t.Error(err)
			}
			set(tc.shown)
			if resumed, err := visit(f.nodes[1].addr, cfg); err != nil || resumed {
				t.Errorf("resumed is %v, %v", resumed, err)
			}
			if foreign := f.nodes[1].binder.Stats().Foreign; foreign != 1 {
				t.Errorf("%d ids were not of this farm", foreign)
			}
		})
	}
}
