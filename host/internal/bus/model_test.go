package bus

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A course is one random life of a farm: nodes publish while messages are lost,
// repeated and mixed, links break, partitions come and go, nodes are killed and
// come back; in the end everything heals. A seed decides all but how many messages
// share a frame.
type course struct {
	*rig
	rng     *rand.Rand
	names   []string
	ordered bool                 // nothing is reordered
	sent    map[*Farm]int        // messages that took a number
	ears    map[*Farm][]*tally   // of each life of a node, one for each subscriber
	lives   map[session.Node]int // which life of a node is on
}

// A tally is what one subscriber was told, by sender.
type tally struct {
	c    *course
	mu   sync.Mutex
	from map[session.Node]*account
}

type account struct {
	delivered map[string]bool // by life and number
	lost      uint64
	last      map[string]int // by life and key: the last number
}

func (ta *tally) of(node session.Node) *account {
	a := ta.from[node]
	if a == nil {
		a = &account{delivered: map[string]bool{}, last: map[string]int{}}
		ta.from[node] = a
	}
	return a
}

func (ta *tally) deliver(ev session.Event) {
	ta.mu.Lock()
	defer ta.mu.Unlock()
	a := ta.of(ev.Message.From)
	if ev.Kind == abi.Lost {
		a.lost += ev.Seq
		return
	}
	life, n := 0, 0
	fmt.Sscanf(string(ev.Message.Data), "%d/%d", &life, &n)
	if a.delivered[string(ev.Message.Data)] {
		ta.c.t.Errorf("message %s of %s was delivered twice", ev.Message.Data, nodeName(ev.Message.From))
	}
	a.delivered[string(ev.Message.Data)] = true
	key := fmt.Sprintf("%d %s", life, ev.Message.Key)
	if n < a.last[key] && ta.c.ordered {
		ta.c.t.Errorf("message %s of %s came after %d", ev.Message.Data, nodeName(ev.Message.From), a.last[key])
	}
	a.last[key] = n
}

func (c *course) start(name string) {
	c.lives[nodeID(name)]++
	f := c.join(name)
	c.ears[f] = nil
	if c.rng.IntN(3) > 0 {
		c.subscribe(f)
	}
}

func (c *course) subscribe(f *Farm) {
	ta := &tally{c: c, from: map[session.Node]*account{}}
	if _, err := f.Subscribe("x", ta.deliver); err != nil {
		c.t.Fatal(err)
	}
	c.ears[f] = append(c.ears[f], ta)
}

func (c *course) publish(name string) {
	f := c.farms[name]
	c.sent[f]++
	data := fmt.Sprintf("%d/%d", c.lives[f.self.node], c.sent[f])
	_ = f.Publish("x", fmt.Append(nil, "k", c.rng.IntN(3)), []byte(data)) // ErrUnavailable takes a number
}

func (c *course) kill(name string) {
	f := c.farms[name]
	delete(c.ears, f)
	f.transport.Close()
	synctest.Wait()
	f.Close()
	time.Sleep(time.Duration(1 + c.rng.IntN(int(time.Second))))
	c.start(name)
}

// turn does one thing.
func (c *course) turn() {
	name := c.names[c.rng.IntN(len(c.names))]
	switch c.rng.IntN(60) {
	case 0:
		c.Partition([]string{name})
	case 1:
		c.Heal()
	case 2:
		c.SetLink(name, false)
	case 3, 4:
		c.SetLink(name, true)
	case 5:
		c.kill(name)
	case 6:
		if len(c.ears[c.farms[name]]) < 3 {
			c.subscribe(c.farms[name])
		}
	case 7, 8, 9:
		time.Sleep(time.Duration(c.rng.Int64N(int64(500 * time.Millisecond))))
	case 10:
		c.sometimes()
	case 11, 12, 13, 14, 15, 16, 17, 18, 19, 20:
		for range c.rng.IntN(6) {
			c.Step()
			synctest.Wait()
		}
	default:
		for range 1 + c.rng.IntN(4) {
			c.publish(name)
		}
	}
	synctest.Wait()
}

// sometimes changes what the network does to people.
func (c *course) sometimes() {
	f := Faults{Loss: c.rng.Float64() / 3, Duplicate: c.rng.Float64() / 2}
	if !c.ordered {
		f.Reorder = c.rng.Float64()
	}
	if c.rng.IntN(3) == 0 {
		f = Faults{}
	}
	c.SetFaults(f)
}

// heal mends everything and lets some seconds pass.
func (c *course) heal() {
	c.Heal()
	c.SetFaults(Faults{})
	for _, name := range c.names {
		c.SetLink(name, true)
	}
	for range 50 {
		for c.Step() {
			synctest.Wait()
		}
		time.Sleep(beat)
		synctest.Wait()
	}
}

// judge compares what each subscriber was told with what was sent. Of the lives
// of a node that have ended, nobody knows how many messages there were; so what
// is exact is the last one.
func (c *course) judge() {
	for name, f := range c.farms {
		for i, ta := range c.ears[f] {
			for other, sender := range c.farms {
				if other == name {
					continue
				}
				a, lives := ta.of(nodeID(other)), c.lives[nodeID(other)]
				got := uint64(len(a.delivered)) + a.lost
				if want := uint64(c.sent[sender]); lives == 1 && got != want {
					c.t.Errorf("subscriber %d of %s: %d delivered and %d lost of %d by %s", i, name, len(a.delivered), a.lost, want, other)
				} else if got < want {
					c.t.Errorf("subscriber %d of %s: only %d delivered and %d lost of at least %d by %s", i, name, len(a.delivered), a.lost, want, other)
				}
			}
		}
	}
}

// TestFarmAccountsForEverything runs many courses. Each message is delivered at
// most once to each subscriber, in order where nothing is reordered, and after
// healing each that was not delivered was reported lost, once.
func TestFarmAccountsForEverything(t *testing.T) {
	for seed := range uint64(400) {
		var failed bool
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, NetworkConfig{Seed: seed, Stepped: true})
			c := &course{
				rig: r, rng: rand.New(rand.NewPCG(seed, 7)), names: []string{"a", "b", "c", "d"}[:2+seed%3], ordered: seed%2 == 0,
				sent: map[*Farm]int{}, ears: map[*Farm][]*tally{}, lives: map[session.Node]int{},
			}
			for _, name := range c.names {
				c.start(name)
			}
			for range 300 {
				c.turn()
			}
			c.heal()
			c.judge()
			failed = t.Failed()
		})
		if failed {
			t.Fatalf("seed %d", seed)
		}
	}
}
