package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A visitor is a client that comes with the session of its last visit, each time
// on a new connection. It is used by one goroutine at a time.
type visitor struct {
	version uint16
	session *tls.ClientSessionState
}

// Get and Put implement tls.ClientSessionCache for one server.
func (v *visitor) Get(string) (*tls.ClientSessionState, bool)    { return v.session, v.session != nil }
func (v *visitor) Put(_ string, session *tls.ClientSessionState) { v.session = session }

// visitTime is when a visitor gives up: later than people would.
const visitTime = 15 * time.Second

// visit connects, asks for the page, and reads all of it: to a client of TLS 1.3
// that brings its next session.
func (v *visitor) visit(addr string) (resumed bool, err error) {
	tcp, err := net.DialTimeout("tcp", addr, visitTime)
	if err != nil {
		return false, err
	}
	defer tcp.Close()
	if err := tcp.SetDeadline(time.Now().Add(visitTime)); err != nil {
		return false, err
	}
	conn := tls.Client(tcp, &tls.Config{
		InsecureSkipVerify: true, ServerName: "shop.example", MinVersion: v.version, MaxVersion: v.version, ClientSessionCache: v,
	})
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n"); err != nil {
		return false, err
	}
	answer, err := io.ReadAll(conn)
	if err == nil && !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 ")) {
		err = fmt.Errorf("the answer is %.40q", answer)
	}
	return conn.ConnectionState().DidResume, err
}

// id returns that of v's session, in hex; "" where it has none.
func (v *visitor) id() string {
	if v.session == nil {
		return ""
	}
	ticket, _, err := v.session.ResumptionState()
	if err != nil {
		return ""
	}
	return hex.EncodeToString(ticket)
}

// stay returns a visitor who comes with v's session again and again.
func (v *visitor) stay() *stayer { return &stayer{visitor{v.version, v.session}} }

// A stayer is a visitor that takes no new session.
type stayer struct{ v visitor }

func (s *stayer) visit(addr string) (resumed bool, err error) {
	again := s.v
	return again.visit(addr)
}

// A door is where visitors get into a node.
type door struct {
	node     string
	listen   string
	admin    string
	shut     bool
	shutting int         // how often it was shut
	killed   []time.Time // when it was killed
}

// A crowd is visitors that come back again and again, through the doors that
// are open in turn, as behind a balancer that does not pin them. From time to
// time one has its session removed, on any node, and starts anew. Its methods
// may be called concurrently.
type crowd struct {
	stop chan struct{}
	wg   sync.WaitGroup

	mu       sync.Mutex
	doors    []*door
	turn     int
	visits   []visited
	failures []string
	removed  []removal
}

// visited is one visit of somebody who had come before.
type visited struct {
	at      time.Time // when it began
	resumed bool
}

// A removal is a session that was removed while its client kept it.
type removal struct {
	client *stayer
	id     string
	node   string
	at     time.Time
}

const (
	crowdSize = 16
	// thinkTime is how long a visitor stays away, on average.
	thinkTime = 100 * time.Millisecond
	// removeEvery is how many visits of one end with a removal: one in so many.
	removeEvery = 25
)

func newCrowd() *crowd { return &crowd{stop: make(chan struct{})} }

// open has visitors come to a node, or come to it again.
func (c *crowd) open(node, listen, admin string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.door(node)
	if d == nil {
		d = &door{node: node}
		c.doors = append(c.doors, d)
	}
	d.listen, d.admin, d.shut = listen, admin, false
}

// close keeps them from a node. What is under way there may fail.
func (c *crowd) close(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.door(node)
	d.shut, d.shutting = true, d.shutting+1
}

// reopen has them come again to a node that they were kept from.
func (c *crowd) reopen(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.door(node).shut = false
}

// forgive is for a node that is killed now: nobody hears of what it alone knew.
func (c *crowd) forgive(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.door(node)
	d.killed = append(d.killed, time.Now())
}

// door is called with the lock.
func (c *crowd) door(node string) *door {
	for _, d := range c.doors {
		if d.node == node {
			return d
		}
	}
	return nil
}

// addresses returns those of the nodes that are open, but for one.
func (c *crowd) addresses(but string) (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.doors {
		if !d.shut && d.node != but {
			all = append(all, d.listen)
		}
	}
	return all
}

// next returns the door whose turn it is, as it is now.
func (c *crowd) next() door {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		c.turn++
		if d := c.doors[c.turn%len(c.doors)]; !d.shut {
			return *d
		}
	}
}

func (c *crowd) start() {
	for n := range crowdSize {
		v := &visitor{version: tls.VersionTLS12 + uint16(n%2)}
		c.wg.Go(func() {
			for c.pause() {
				c.visit(v)
			}
		})
	}
}

// end stops the visitors and waits for them.
func (c *crowd) end() {
	close(c.stop)
	c.wg.Wait()
}

func (c *crowd) pause() bool {
	select {
	case <-time.After(thinkTime/2 + rand.N(thinkTime)):
		return true
	case <-c.stop:
		return false
	}
}

func (c *crowd) visit(v *visitor) {
	d, begun, returned := c.next(), time.Now(), v.session != nil
	resumed, err := v.visit(d.listen)
	c.record(d, begun, returned, resumed, err)
	if err == nil && rand.N(removeEvery) == 0 {
		c.remove(v)
	}
}

func (c *crowd) record(d door, begun time.Time, returned, resumed bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if c.door(d.node).shutting == d.shutting {
			c.failures = append(c.failures, fmt.Sprintf("%s on %s, after %v: %v", begun.Format("05.000"), d.node, time.Since(begun), err))
		}
	} else if returned {
		c.visits = append(c.visits, visited{begun, resumed})
	}
}

// remove has v's session removed on a node that has it, and v forget it.
func (c *crowd) remove(v *visitor) {
	r := removal{client: v.stay(), id: v.id()}
	c.mu.Lock()
	doors := slices.Clone(c.doors)
	c.mu.Unlock()
	rand.Shuffle(len(doors), func(i, j int) { doors[i], doors[j] = doors[j], doors[i] })
	for _, d := range doors {
		c.mu.Lock()
		admin, shut := d.admin, d.shut
		c.mu.Unlock()
		r.at = time.Now()
		if shut || deleteSession(admin, r.id) != nil {
			continue
		}
		r.node, v.session = d.node, nil
		c.mu.Lock()
		c.removed = append(c.removed, r)
		c.mu.Unlock()
		return
	}
}

// admins asks the admin endpoints of nodes, for not so long that it would matter
// that one of them has just been stopped.
var admins = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// deleteSession removes a session from a node that has it.
func deleteSession(admin, id string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodDelete, "http://"+admin+"/sessions/"+id, nil)
	if err != nil {
		return err
	}
	res, err := admins.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}

// removedSince returns what was removed since a time, but for what died with
// the only node that knew of it.
func (c *crowd) removedSince(since time.Time) (all []removal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.removed {
		forgiven := false
		for _, at := range c.door(r.node).killed {
			forgiven = forgiven || r.at.After(at.Add(-arrival)) && r.at.Before(at.Add(arrival))
		}
		if !r.at.Before(since) && !forgiven {
			all = append(all, r)
		}
	}
	return all
}

// takeFailures returns the visits that failed since the last call.
func (c *crowd) takeFailures() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.failures
	c.failures = nil
	return all
}

// A tally is what became of visits that were returns.
type tally struct{ returns, resumed int }

func (t tally) share() float64 { return float64(t.resumed) / float64(max(t.returns, 1)) }

func (t tally) String() string {
	return fmt.Sprintf("%d of %d resumed, %.1f%%", t.resumed, t.returns, 100*t.share())
}

func (t *tally) add(resumed bool) {
	t.returns++
	if resumed {
		t.resumed++
	}
}

// between counts the visits that began from one time to another.
func (c *crowd) between(from, to time.Time) (t tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.visits {
		if !v.at.Before(from) && v.at.Before(to) {
			t.add(v.resumed)
		}
	}
	return t
}

// recovered returns how long after healed 99% of all later visits resumed.
func (c *crowd) recovered(healed time.Time) time.Duration {
	c.mu.Lock()
	all := slices.Clone(c.visits)
	c.mu.Unlock()
	slices.SortFunc(all, func(a, b visited) int { return b.at.Compare(a.at) })
	var t tally
	at := time.Now()
	for _, v := range all {
		if v.at.Before(healed) {
			break
		}
		t.add(v.resumed)
		if t.share() < 0.99 && t.returns >= 100 {
			return at.Sub(healed)
		}
		at = v.at
	}
	return 0
}

// A watch is visitors who came once to one node, and are to come back to the
// others.
type watch struct {
	from    string
	clients []*stayer
}

// post has n visitors come to a node, half of them in each version, and leave.
func (c *crowd) post(node string, n int) (watch, error) {
	c.mu.Lock()
	listen := c.door(node).listen
	c.mu.Unlock()
	w := watch{from: node}
	for i := range n {
		v := &visitor{version: tls.VersionTLS12 + uint16(i%2)}
		if _, err := v.visit(listen); err != nil {
			return w, fmt.Errorf("%s: %w", node, err)
		}
		w.clients = append(w.clients, v.stay())
	}
	return w, nil
}

// comeBack has them come to the nodes at addresses in turn, with the sessions of
// their first visit.
func (w watch) comeBack(addresses []string) (t tally, err error) {
	for i, client := range w.clients {
		resumed, err := client.visit(addresses[i%len(addresses)])
		if err != nil {
			return t, err
		}
		t.add(resumed)
	}
	return t, nil
}

// risen presents every session that was removed to every node, and returns those
// that were resumed all the same.
func (c *crowd) risen(removed []removal) (bad []string, err error) {
	for _, r := range removed {
		for _, addr := range c.addresses("") {
			resumed, err := r.client.visit(addr)
			if err != nil {
				return bad, err
			}
			if resumed {
				bad = append(bad, fmt.Sprintf("%s, which %s removed at %s, resumes on %s", r.id, r.node, r.at.Format("15:04:05.000"), addr))
			}
		}
	}
	return bad, nil
}
