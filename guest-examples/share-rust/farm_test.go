// Package sharerust is not Go's: this folder is the plugin share in Rust. What
// is here for Go makes traces of the Go plugin's protocol, which the tests of the
// Rust one follow step by step (src/replica/traces.rs), so that the two are one.
//
// A trace is lines of text. One that begins with ">" is a call of a Replica: the
// number of an instance, the clock, the name of the call, its arguments. Those
// that begin with "<" behind it are the calls of the host that it must make, in
// this order, and behind "=" what the host returns, and, of a request, how many ns
// of the clock that took. Bytes are in hexadecimal digits, and "-" is no bytes.
package sharerust

import (
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/guest-examples/share/replica"
)

const (
	instances   = 3 // each on a node of its own
	millisecond = int64(1e6)
	second      = 1000 * millisecond
)

// trace plays a little farm with package replica, and returns what was called.
// With crowds it also does what its limits are about, and becomes long.
func trace(seed uint64, acts int, crowds bool) string {
	f := &farm{rng: rand.New(rand.NewPCG(seed, 0)), now: 1_800_000_000 * second}
	f.cfg = replica.Defaults()
	fmt.Fprintf(&f.out, "> 0 %d %s\n", f.now, create("defaults", f.cfg, ""))
	f.cfg.Mode = []replica.Mode{replica.Push, replica.Pull, replica.Both}[seed%3]
	f.cfg.Batch = []int{300, 1024, 64 << 10}[f.rng.IntN(3)]
	f.cfg.Any = f.rng.IntN(4) > 0
	for i := range instances {
		f.nodes = append(f.nodes, &node{f: f, i: i, sessions: map[string]string{}, tombstones: map[string]int64{}})
		f.nodes[i].create()
		f.nodes[i].call("ready", func(r *replica.Replica) { r.Ready() })
	}
	for range acts {
		if crowds && f.rng.IntN(100) == 0 {
			f.crowd()
		}
		f.act()
		f.pass([]int64{0, 50, 250, 1000, 3000}[f.rng.IntN(5)] * millisecond)
	}
	for _, n := range f.nodes {
		f.visit(n)
	}
	f.pass(35 * second) // with the last beats
	for _, n := range f.nodes {
		n.call("tell", func(r *replica.Replica) { r.Tell() })
	}
	return f.out.String()
}

// A farm is some nodes, and the messages between them.
type farm struct {
	rng    *rand.Rand
	cfg    replica.Config
	now    int64
	nodes  []*node
	flying []flight
	ids    int
	out    strings.Builder

	stalled bool // no replay comes on
}

type flight struct {
	from, to         int
	topic, key, data string
}

// A node is a replica and its host.
type node struct {
	f          *farm
	i          int
	r          *replica.Replica
	sessions   map[string]string
	tombstones map[string]int64
	events     []func() // of a replay
}

func (n *node) id() string { return fmt.Sprintf("%012x", 10+n.i) }

// call calls the replica, and writes that down.
func (n *node) call(what string, f func(r *replica.Replica)) {
	fmt.Fprintf(&n.f.out, "> %d %d %s\n", n.i, n.f.now, what)
	f(n.r)
}

func (n *node) create() {
	cfg := n.f.cfg
	cfg.Nonce = n.f.rng.Uint64()
	n.call(create("new", cfg, n.id()), func(*replica.Replica) {})
	n.r = replica.New(host{n}, cfg)
}

func create(name string, c replica.Config, node string) string {
	return fmt.Sprint(name, " ", c.Mode, " ", c.Topic, " ", c.PullTimeout, " ", c.AnyTimeout, " ", c.Any, " ", c.Batch, " ", c.ResyncPause, " ", c.Beat, " ", c.Nonce, " ", node)
}

// pass lets time pass, with a tick every 250 ms.
func (f *farm) pass(ns int64) {
	for end := f.now + ns; f.now < end; {
		f.now += 250 * millisecond
		for _, n := range f.nodes {
			n.replay(f.rng.IntN([]int{40, 40, 40, 2000}[f.rng.IntN(4)]))
			n.call("tick", func(r *replica.Replica) { r.Tick(f.now) })
		}
		f.deliver()
	}
}

// deliver delivers what is flying, in any order, and loses some of it.
func (f *farm) deliver() {
	due := f.flying
	f.flying = nil
	f.rng.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	for _, m := range due {
		n := f.nodes[m.to]
		if strings.HasPrefix(m.data, "\x01\x06") && f.rng.IntN(4) == 0 { // an ACK that another one has overheard
			n.message("00000000dead", m.topic, m.key, m.data, false)
		}
		if f.rng.IntN(20) > 0 {
			n.message(f.nodes[m.from].id(), m.topic, m.key, m.data, false)
		} else {
			n.lost(f.nodes[m.from].id(), m.topic, 1+int64(f.rng.IntN(3)), []int64{0, f.now - second}[f.rng.IntN(2)])
		}
	}
}

func (n *node) message(from, topic, key, data string, request bool) {
	n.call(words("message", from, topic, key, data, request), func(r *replica.Replica) {
		r.Message([]byte(from), []byte(topic), []byte(key), []byte(data), request)
	})
}

func (n *node) lost(from, topic string, count, heard int64) {
	n.call(words("lost", from, topic, count, heard), func(r *replica.Replica) { r.MessagesLost([]byte(from), []byte(topic), count, heard) })
}

func (n *node) missed(id, home string) {
	n.call(words("missed", id, home), func(r *replica.Replica) { r.Missed([]byte(id), []byte(home)) })
}

// replay delivers that many events of a replay.
func (n *node) replay(count int) {
	if n.f.stalled {
		return
	}
	for range min(count, len(n.events)) {
		ev := n.events[0]
		n.events = n.events[1:]
		ev()
	}
}

// words are a call and its arguments. Strings are bytes.
func words(name string, args ...any) string {
	for _, a := range args {
		if s, ok := a.(string); ok {
			a = digits(s)
		}
		name += fmt.Sprint(" ", a)
	}
	return name
}

func digits(s string) string {
	if s == "" {
		return "-"
	}
	return hex.EncodeToString([]byte(s))
}

// act does one random thing.
func (f *farm) act() {
	n := f.nodes[f.rng.IntN(instances)]
	switch p := f.rng.IntN(100); {
	case p < 40:
		for range 1 + f.rng.IntN(3)/2*f.rng.IntN(20) {
			f.ids++
			n.store(fmt.Sprintf("%d%s", f.ids, strings.Repeat("s", f.rng.IntN(4))))
		}
	case p < 60:
		for range 1 + f.rng.IntN(5) {
			if id := n.any(); id != "" {
				n.remove(id, abi.Reason(f.rng.IntN(6)))
			}
		}
	case p < 63:
		n.message("00000000dead", "share.sync", "", "\x01\x08", true)
	case p < 66:
		if id := f.nodes[f.rng.IntN(instances)].any(); id != "" {
			n.message("00000000dead", "share.pull", "", "\x01\x09"+string([]byte{byte(f.rng.IntN(2))})+id, true)
		}
	case p < 75:
		f.visit(n)
	case p < 78:
		count := 1 + int64(f.rng.IntN(9))
		n.call(words("eventslost", count), func(r *replica.Replica) { r.EventsLost(count) })
	case p < 82:
		n.lost([]string{"", "short", n.id(), "00000000dead"}[f.rng.IntN(4)], []string{"share", "share." + n.id(), "other"}[f.rng.IntN(3)], 2, 0)
	case p < 90:
		n.message("00000000dead", "share", "key", f.nonsense(), f.rng.IntN(3) == 0)
	case p < 93:
		n.reload()
	case p < 96:
		n.create() // after a fault
	default:
		f.now += int64(f.rng.IntN(90)) * second // the machine slept
	}
}

// visit has clients come with sessions that the node does not have: soon after
// one another, and some with the same, which is what pulls remember.
func (f *farm) visit(n *node) {
	for range 5 + f.rng.IntN(20) {
		id := f.nodes[f.rng.IntN(instances)].any()
		if id == "" || f.rng.IntN(2) == 0 {
			id = fmt.Sprint("old ", f.rng.IntN(3))
		}
		dead := fmt.Sprintf("%012x", 0xdead+f.rng.IntN(4)/3*f.rng.IntN(30))
		n.missed(id, []string{"", n.id(), f.nodes[f.rng.IntN(instances)].id(), dead, dead, dead}[f.rng.IntN(6)])
		f.now += []int64{0, 0, 0, 30, 120, 1000}[f.rng.IntN(6)] * millisecond
	}
}

// crowd does one thing that a limit of the protocol is about.
func (f *farm) crowd() {
	n := f.nodes[f.rng.IntN(instances)]
	switch f.rng.IntN(6) {
	case 0: // who ask
		for i := range 70 {
			ask := fmt.Sprintf("\x01\x04%c%08d%08d%c\x00\x00\x00\x00\x00\x00\x00", f.rng.IntN(4), i, i, f.rng.IntN(100))
			n.message(fmt.Sprintf("%012x", 0xdead0000+i), "share."+n.id(), "", ask, false)
		}
	case 1: // whose messages are lost
		for i := range 1030 {
			n.lost(fmt.Sprintf("%012x", 0xdead0000+i), "share", 1, f.now-second)
		}
	case 2: // removals, and what makes them be announced
		for range 1100 {
			f.ids++
			n.remove(fmt.Sprint(f.ids), abi.Explicit)
		}
		n.call(words("eventslost", int64(1)), func(r *replica.Replica) { r.EventsLost(1) })
	case 3: // losses, for minutes
		for range 300 {
			n.call(words("eventslost", int64(1)), func(r *replica.Replica) { r.EventsLost(1) })
			f.pass(second)
		}
	case 4: // ticks without anything of a replay
		f.stalled = true
		f.pass(int64(8+f.rng.IntN(6)) * second)
		f.stalled = false
		f.pass(int64(f.rng.IntN(14)) * second)
	case 5: // nodes that hang
		for i := range 150 {
			n.missed(fmt.Sprint("old ", i), fmt.Sprintf("%012x", 0xdead+f.rng.IntN(40)))
			f.now += int64(f.rng.IntN(300)) * millisecond
		}
	}
}

// nonsense is a message that may be one.
func (f *farm) nonsense() string {
	b := make([]byte, f.rng.IntN(40))
	for i := range b {
		b[i] = byte(f.rng.IntN(4))
	}
	if len(b) > 1 && f.rng.IntN(5) > 0 {
		b[0], b[1] = 1, byte(f.rng.IntN(11))
	}
	return string(b)
}

func (n *node) any() string {
	if ids := sorted(n.sessions); len(ids) > 0 {
		return ids[n.f.rng.IntN(len(ids))]
	}
	return ""
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (n *node) store(id string) {
	n.sessions[id] = "S" + id
	n.inserted(id, n.id(), []abi.Origin{abi.FromClient, abi.FromFront, abi.FromHost}[n.f.rng.IntN(3)], 0, n.f.now)
}

func (n *node) inserted(id, home string, origin abi.Origin, flags abi.Flags, at int64) {
	n.call(words("inserted", id, home, uint8(origin), uint8(flags), at), func(r *replica.Replica) {
		r.Inserted([]byte(id), []byte(home), origin, flags, at)
	})
}

func (n *node) remove(id string, reason abi.Reason) {
	delete(n.sessions, id)
	if reason == abi.Explicit || reason == abi.Consumed {
		n.tombstones[id] = n.f.now
	}
	n.removed(id, reason, 0, n.f.now)
}

func (n *node) removed(id string, reason abi.Reason, flags abi.Flags, at int64) {
	n.call(words("removed", id, uint8(reason), uint8(flags), at), func(r *replica.Replica) {
		r.Removed([]byte(id), reason, flags, at)
	})
}

func (n *node) reload() {
	var state []byte
	n.call("save", func(r *replica.Replica) { state = r.Save(nil) })
	fmt.Fprintf(&n.f.out, "< saved %s\n", digits(string(state)))
	if n.f.rng.IntN(4) == 0 {
		state = append(state, 1) // of another version
	}
	n.create()
	n.call(words("restore", string(state)), func(r *replica.Replica) { r.Restore(state) })
	n.call("ready", func(r *replica.Replica) { r.Ready() })
}

// A host is a replica.Host that writes down what it is asked.
type host struct{ n *node }

// did writes a call down, and returns the code that the host returns: now and
// then another than the one that it should.
func (h host) did(code abi.Code, instead []abi.Code, name string, args ...any) abi.Code {
	if len(instead) > 0 && h.n.f.rng.IntN(25) == 0 {
		code = instead[h.n.f.rng.IntN(len(instead))]
	}
	fmt.Fprintf(&h.n.f.out, "< %s = %d\n", words(name, args...), int(code))
	return code
}

func (h host) Get(dst, id []byte) ([]byte, abi.Code) {
	sealed, ok := h.n.sessions[string(id)]
	code := abi.NotFound
	if ok {
		code = abi.Code(len(sealed))
	}
	fmt.Fprintf(&h.n.f.out, "< %s = %d %s\n", words("get", string(id)), int(code), digits(sealed))
	return append(dst, sealed...), code
}

func (h host) Insert(id, sealed []byte) abi.Code {
	code := abi.OK
	if _, gone := h.n.tombstones[string(id)]; gone {
		code = abi.Removed
	} else if _, here := h.n.sessions[string(id)]; here {
		code = abi.Exists
	}
	code = h.did(code, []abi.Code{abi.Invalid, abi.TooLarge, abi.Limit, -77}, "insert", string(id), string(sealed))
	if code == abi.OK {
		h.n.sessions[string(id)] = string(sealed)
	}
	return code
}

func (h host) Remove(id []byte) abi.Code {
	code := abi.OK
	if _, here := h.n.sessions[string(id)]; !here {
		code = abi.NotFound
	}
	if code = h.did(code, []abi.Code{abi.Invalid}, "remove", string(id)); code != abi.Invalid {
		delete(h.n.sessions, string(id))
		h.n.tombstones[string(id)] = h.n.f.now
	}
	return code
}

func (h host) Replay() abi.Code {
	code := h.did(abi.Code(len(h.n.sessions)), []abi.Code{abi.Unsupported}, "replay")
	if code < 0 {
		return code
	}
	n := h.n
	n.events = nil
	for _, id := range sorted(n.sessions) {
		home := []string{"", n.id(), "00000000dead"}[len(id)%3]
		n.events = append(n.events, func() { n.inserted(id, home, abi.FromPlugin, abi.Existing, n.f.now-int64(len(id))*second) })
	}
	for _, id := range sorted(n.tombstones) {
		at := n.tombstones[id]
		n.events = append(n.events, func() { n.removed(id, abi.Explicit, abi.Existing, at) })
	}
	return code
}

func (h host) Publish(topic string, key, data []byte) abi.Code {
	code := h.did(abi.OK, []abi.Code{abi.Unavailable, abi.Limit, abi.TooLarge}, "publish", topic, string(key), string(data))
	if code != abi.OK {
		return code
	}
	for _, to := range h.n.f.nodes {
		if to != h.n && (topic == "share" || topic == "share."+to.id()) {
			h.n.f.flying = append(h.n.f.flying, flight{h.n.i, to.i, topic, string(key), string(data)})
		}
	}
	return code
}

// Request is answered by what may come: the model has one thread.
func (h host) Request(dst []byte, topic string, to, data []byte, timeoutMS uint32) ([]byte, abi.Code) {
	reply, code := "", abi.Unavailable
	switch h.n.f.rng.IntN(6) {
	case 0, 1:
		reply, code = h.answer(data)
	case 2:
		reply, code = h.n.f.nonsense(), 0
	case 3:
		reply, code = string(data[:2])+"\x00", 0
	}
	if code >= 0 {
		code = abi.Code(len(reply))
	}
	timeout := int64(timeoutMS) * millisecond
	took := []int64{0, timeout/2 - 1, timeout / 2, timeout, timeout, timeout}[h.n.f.rng.IntN(6)]
	fmt.Fprintf(&h.n.f.out, "< %s = %d %s %d\n", words("request", topic, string(to), string(data), timeoutMS), int(code), digits(reply), took)
	h.n.f.now += took
	return append(dst, reply...), code
}

// answer is what another node would reply.
func (h host) answer(data []byte) (string, abi.Code) {
	other := h.n.f.nodes[(h.n.i+1)%instances]
	if data[1] == 8 {
		return "\x01\x08" + other.id(), 0
	}
	return "\x01\x09\x01S" + string(data[3:]), 0
}

func (h host) Reply(data []byte) abi.Code { return h.did(abi.OK, nil, "reply", string(data)) }

func (h host) Add(metric string, n int64) { fmt.Fprintf(&h.n.f.out, "< add %s %d\n", metric, n) }
func (h host) Set(metric string, n int64) { fmt.Fprintf(&h.n.f.out, "< set %s %d\n", metric, n) }
func (h host) Log(level abi.Level, text string) {
	fmt.Fprintf(&h.n.f.out, "< log %d %s\n", int(level), text)
}
func (h host) Now() int64   { return h.n.f.now }
func (h host) Node() string { return h.n.id() }
