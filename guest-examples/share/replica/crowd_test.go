package replica

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// A crowd is clients that come to a node with sessions of other nodes. It is a
// model of what the node's host does with them: each takes an instance that is
// free, or waits for one for half of the hook's deadline, and has it to itself
// until it returns. What takes time is waiting for other nodes.
type crowd struct {
	rng     *rand.Rand
	now     int64
	pullers []*puller

	good, served int // with a session that its home node has, which lives
	waiting      int64
}

const (
	missDeadline = 120 * millisecond // of the sidecar
	roundTrip    = 300_000           // ns
)

// A puller is an instance that pulls, and its host. The time of the latter is
// that of the instance: when it is free again.
type puller struct {
	*still
	crowd *crowd
	r     *Replica
	until int64 // the deadline of the call
}

func newCrowd(seed uint64) *crowd {
	c := &crowd{rng: rand.New(rand.NewPCG(seed, 0)), now: noon}
	for range instances - 1 {
		p := &puller{still: &still{now: noon, quiet: true}, crowd: c}
		p.request = p.ask
		cfg := Defaults()
		cfg.Mode, cfg.Nonce = Pull, c.rng.Uint64()
		p.r = New(p, cfg)
		c.pullers = append(c.pullers, p)
	}
	return c
}

// ask asks a node. Those whose ids begin with "hangs" do not answer; the others
// have what is called "good".
func (p *puller) ask(node, data []byte, timeout int64) (string, abi.Code) {
	good := strings.HasPrefix(string(data[3:]), "good")
	if strings.HasPrefix(string(node), "hangs") || len(node) == 0 && !good {
		timeout = min(timeout, p.until-p.now)
		p.now += timeout
		p.crowd.waiting += timeout
		return "", abi.Unavailable
	}
	p.now += roundTrip
	if good {
		return has, abi.OK
	}
	return hasNot, abi.OK
}

func (c *crowd) comes(id, home string) {
	p := c.free()
	if p == nil {
		return // busy: a full handshake
	}
	p.now = max(p.now, c.now)
	p.until = c.now + missDeadline
	p.r.Missed([]byte(id), []byte(home))
}

// free returns the instance that a client gets, if it gets one in time.
func (c *crowd) free() *puller {
	for _, p := range c.pullers {
		if p.now <= c.now {
			return p
		}
	}
	if p := c.pullers[c.rng.IntN(len(c.pullers))]; p.now <= c.now+missDeadline/2 {
		return p
	}
	return nil
}

// lasts has clients come for a minute: each second so many with something that
// nobody has, and one for ten of them with something that is there.
func (c *crowd) lasts(perSecond int, vain func(n int) (id, home string)) {
	end := c.now + minute
	for n := 0; c.now < end; n++ {
		c.now += int64(c.rng.ExpFloat64() * float64(second) / float64(perSecond))
		c.comes(vain(n))
		if n%10 == 0 {
			before := c.pulled()
			c.comes(fmt.Sprint("good ", n), peerA)
			c.good++
			c.served += int(c.pulled() - before)
		}
	}
}

func (c *crowd) pulled() (n int64) {
	for _, p := range c.pullers {
		n += p.r.Count(Pulled)
	}
	return n
}

// TestSessionsThatNobodyHasLeaveRoomForOthers: without the pauses of pull, at 500
// a second not one in ten of those who bring a session that is there gets it.
func TestSessionsThatNobodyHasLeaveRoomForOthers(t *testing.T) {
	hangs := func(n int) string { return fmt.Sprintf("hangs%07d", n) }
	lost := func(n int) string { return fmt.Sprint("lost ", n) }
	for _, c := range []struct {
		name  string
		least float64 // of those whose session is there
		vain  func(n int) (id, home string)
	}{
		{"one", 0.99, func(int) (string, string) { return "lost", peerB }},
		{"one of this node", 0.99, func(int) (string, string) { return "lost", self }},
		{"many", 0.99, func(n int) (string, string) { return lost(n), peerB }},
		{"one of a node that hangs", 0.97, func(int) (string, string) { return "lost", hangs(0) }},
		{"many of a node that hangs", 0.97, func(n int) (string, string) { return lost(n), hangs(0) }},
		{"many of that and of another", 0.97, func(n int) (string, string) { return lost(n), []string{peerB, hangs(0)}[n%2] }},
		{"many of five nodes that hang", 0.85, func(n int) (string, string) { return lost(n), hangs(n % 5) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, perSecond := range []int{70, 500} {
				crowd := newCrowd(1)
				crowd.lasts(perSecond, c.vain)
				served := float64(crowd.served) / float64(crowd.good)
				waiting := float64(crowd.waiting) / float64(minute) / float64(len(crowd.pullers))
				t.Logf("%d a second: %.1f %% of %d get their session; %.0f %% of the time is waiting", perSecond, 100*served, crowd.good, 100*waiting)
				if served < c.least || waiting > 0.5 {
					t.Errorf("%d a second leave too little", perSecond)
				}
			}
		})
	}
}
