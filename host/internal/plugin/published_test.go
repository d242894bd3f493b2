package plugin

import (
	"fmt"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A speaker sends on behalf of a plugin, as if its guest called.
type speaker struct {
	c      call
	params [9]uint64
}

// speaker takes the turn of the plugin's only instance for the rest of the
// test, or until quiet.
func (r *rig) speaker(name string) (sp *speaker, quiet func()) {
	r.tb.Helper()
	s := (*r.m.plugins[name].slots.Load())[0]
	s.acquire()
	sp = &speaker{c: call{instance: s.inst}}
	sp.c.params = sp.params[:]
	return sp, s.release
}

func (sp *speaker) topic(topic string) {
	const at = 0x20000
	sp.c.mem.WriteString(at, topic)
	clear(sp.params[:])
	sp.params[0], sp.params[1] = at, uint64(len(topic))
}

func (sp *speaker) publish(topic string) abi.Code {
	sp.topic(topic)
	return messagePublish(&sp.c)
}

func (sp *speaker) request(topic string) abi.Code {
	sp.topic(topic)
	return messageRequest(&sp.c)
}

// exhaust publishes to as many topics as a plugin may.
func (sp *speaker) exhaust(t *testing.T) {
	t.Helper()
	for n := range maxPublished {
		if code := sp.publish(fmt.Sprintf("made.up.%d", n)); code != abi.OK {
			t.Fatalf("topic %d: %v", n, code)
		}
	}
}

// realFarm returns one end of a farm of two nodes, and the other.
func realFarm(t *testing.T) (here, there *bus.Farm) {
	t.Helper()
	network, keys := bus.NewNetwork(bus.NetworkConfig{}), session.RandomKeyring()
	join := func(name string, node session.Node) *bus.Farm {
		f, err := bus.New(bus.Config{Name: "test", Node: node, Keys: keys, Transport: network.Join(name)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	return join("here", session.Node{1, 2, 3, 4, 5, 6}), join("there", peer)
}

func TestAPluginsTopicsAreItsOwnLimit(t *testing.T) {
	here, there := realFarm(t)
	heard := make(chan abi.Kind, 10)
	if _, err := there.Subscribe("fresh", func(ev session.Event) { heard <- ev.Kind }); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Bus = here })
	r.load("talker", "")
	r.put("other.wasm", guest(t, "talker"))
	r.scan()
	talker, quiet := r.speaker("talker")
	defer quiet()
	other, quiet := r.speaker("other")
	defer quiet()
	talker.exhaust(t)
	if code := talker.publish("one.more"); code != abi.Limit {
		t.Errorf("one topic more: %v", code)
	}
	for _, topic := range []string{"made.up.0", "talk", "made.up.1", "talk"} { // it has subscribed to talk
		if code := talker.publish(topic); code != abi.OK {
			t.Errorf("%s: %v", topic, code)
		}
	}
	if code := other.publish("fresh"); code != abi.OK {
		t.Errorf("another plugin's new topic: %v", code)
	}
	select {
	case kind := <-heard:
		if kind != abi.Message {
			t.Errorf("another plugin's message: %v", kind)
		}
	case <-time.After(20 * time.Second):
		t.Error("another plugin's message did not arrive")
	}
}

// TestARequestMakesNoTopicPublishable: what is remembered of one is not taken
// for what a publication has been allowed.
func TestARequestMakesNoTopicPublishable(t *testing.T) {
	r, _ := farmRig(t, "")
	sp, quiet := r.speaker("talker")
	defer quiet()
	sp.exhaust(t)
	if code := sp.request("one.more"); code != abi.Unavailable {
		t.Errorf("a request: %v", code)
	}
	if code := sp.publish("one.more"); code != abi.Limit {
		t.Errorf("a message to the same topic: %v", code)
	}
}

func TestTopicsOutliveAReload(t *testing.T) {
	r, _ := farmRig(t, "")
	sp, quiet := r.speaker("talker")
	sp.exhaust(t)
	quiet()
	for _, sidecar := range []string{"instances = 1", "enabled = false", "enabled = true"} {
		r.put("talker.toml", []byte(sidecar))
		r.scan()
	}
	sp, quiet = r.speaker("talker")
	defer quiet()
	if code := sp.publish("one.more"); code != abi.Limit {
		t.Errorf("one topic more: %v", code)
	}
	if code := sp.publish("made.up.7"); code != abi.OK {
		t.Errorf("a topic of before: %v", code)
	}
}

func TestPublishingToKnownTopicsAllocatesNothing(t *testing.T) {
	r, fake := farmRig(t, "message_rate = 1_000_000")
	fake.fail(session.ErrUnavailable) // keeps nothing
	sp, quiet := r.speaker("talker")
	defer quiet()
	all := func() {
		for _, topic := range []string{"talk", "talk.to.one", "talk.to.another"} {
			if code := sp.publish(topic); code != abi.Unavailable {
				t.Fatalf("%s: %v", topic, code)
			}
		}
	}
	all()
	if got := testing.AllocsPerRun(100, all); got != 0 {
		t.Errorf("%v allocations for messages to known topics", got)
	}
}
