//go:build !wasip1 && !tinygo.wasm

// Package guesttest is a host in memory, for unit tests of plugins: in a
// native build, the functions of package guest reach the Host of this package
// that is open.
//
//	func TestInsertIsCounted(t *testing.T) {
//		h := guesttest.New(t)
//		h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, ID: "id"})
//		if n := h.Metric("inserted"); n != 1 {
//			t.Errorf("%d inserts were counted", n)
//		}
//	}
//
// A test calls the plugin's exports through the Host (Start, Deliver, Tick, ...),
// as the real host would, and looks at what they did. The Host has the grants,
// phases and result codes of abi/SPEC.md, an own clock, and no other plugin: it
// keeps sessions as the bytes that they are, seals and evicts nothing, and
// makes no event of its own. What another node would send, a test delivers:
//
//	h.Deliver(onMessage, abi.Event{Kind: abi.Message, Node: "ba9876543210", Topic: "t", Key: "id", Data: "news"})
//	h.Deliver(onMessage, abi.Event{Kind: abi.Message, Node: "ba9876543210", Topic: "t", Data: "question", Flags: abi.Request})
//	h.Deliver(onMessagesLost, abi.Event{Kind: abi.Lost, Node: "ba9876543210", Topic: "t", Seq: 3, Created: heard})
//
// and looks at Published and Replies for what the plugin sends.
//
// One Host is open at a time, as the plugin under test is the one of its
// process: tests that use it do not run in parallel. A Host is used by one
// goroutine at a time.
package guesttest

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/internal/hostcall"
)

// Node is the node id that a new Host reports.
const Node = "0123456789ab"

// A Line is one line that the plugin logged.
type Line struct {
	Level abi.Level
	Text  string
}

// A Message is one that the plugin published.
type Message struct {
	Topic, Key, Data string
}

// A Host is what the plugin under test sees as its host.
type Host struct {
	grants   []abi.Grant
	phase    abi.Phase
	now      int64 // ns since the Unix epoch
	config   string
	level    abi.Level
	failures map[string]abi.Code

	logs    []Line
	metrics map[string]int64

	sessions   map[string]value
	tombstones map[string]bool
	replays    int
	kv         map[string]value

	topics    []string
	published []Message
	replies   []string
	answer    func(topic, node, data string) (string, abi.Code)

	event    *abi.Event // the one being handled
	session  []byte     // of that event, where it has one of its own
	replied  bool       // to that event, a request
	state    []byte     // what state_read reads
	exported []byte     // what the plugin last returned a pointer to
}

// A value is a session or the value of a key, with its end in ns since the
// Unix epoch; 0 is none.
type value struct {
	bytes   []byte
	expires int64
}

// New opens a Host and closes it when the test ends.
func New(t testing.TB) *Host {
	t.Helper()
	h := Open()
	t.Cleanup(h.Close)
	return h
}

// Open opens a Host with the default grants, an empty config, and the clock at
// 0. It panics if one is open already. A test calls New instead; Open is for
// examples.
func Open() *Host {
	h := &Host{
		grants:     abi.DefaultGrants(),
		phase:      abi.InEvent,
		config:     "{}",
		level:      abi.Debug,
		failures:   map[string]abi.Code{},
		metrics:    map[string]int64{},
		sessions:   map[string]value{},
		tombstones: map[string]bool{},
		kv:         map[string]value{},
	}
	if !hostcall.Install(calls{h}) {
		panic("guesttest: a Host is open already: tests that use one cannot run in parallel")
	}
	return h
}

// Close closes h. What the plugin did can still be looked at.
func (h *Host) Close() { hostcall.Uninstall() }

// SetConfig makes the plugin's [config] table that JSON object.
func (h *Host) SetConfig(json string) { h.config = json }

// SetGrants makes grants the plugin's only ones. A function without its grant
// returns DENIED here; the real host does not even load such a module.
func (h *Host) SetGrants(grants ...abi.Grant) { h.grants = grants }

// SetTime sets the clock, in ns since the Unix epoch.
func (h *Host) SetTime(now int64) { h.now = now }

// SetLogLevel makes the host drop lines below level.
func (h *Host) SetLogLevel(level abi.Level) { h.level = level }

// SetAnswer makes f answer the plugin's requests: by a reply, or by a negative
// code. Without it they are UNAVAILABLE.
func (h *Host) SetAnswer(f func(topic, node, data string) (string, abi.Code)) { h.answer = f }

// Fail makes the host function of that name return code from now on, and do
// nothing. abi.OK lets it work again.
func (h *Host) Fail(function string, code abi.Code) {
	if _, ok := lookUp(function); !ok {
		panic("guesttest: the ABI has no function " + function)
	}
	h.failures[function] = code
}

// SetSession stores a session as a client's handshake would, without an event.
func (h *Host) SetSession(id string, session []byte) {
	delete(h.tombstones, id)
	h.sessions[id] = value{bytes: bytes.Clone(session)}
}

// Session returns a copy of the session under id.
func (h *Host) Session(id string) ([]byte, bool) { return look(h.sessions, id, h.now) }

// Removed reports whether there is a tombstone under id: the plugin has removed
// it, and an insert of it without abi.Revive is refused.
func (h *Host) Removed(id string) bool { return h.tombstones[id] }

// SetRemoved leaves a tombstone under id, without an event.
func (h *Host) SetRemoved(id string) {
	delete(h.sessions, id)
	h.tombstones[id] = true
}

// Value returns a copy of the value of a key that the plugin has put.
func (h *Host) Value(key string) ([]byte, bool) { return look(h.kv, key, h.now) }

// Metric returns the value of a metric, 0 if the plugin never touched it.
func (h *Host) Metric(name string) int64 { return h.metrics[name] }

// Logs returns what the plugin has logged, lines that the level drops left out.
func (h *Host) Logs() []Line { return slices.Clone(h.logs) }

// Published returns the messages that the plugin has published.
func (h *Host) Published() []Message { return slices.Clone(h.published) }

// TakePublished returns the messages that the plugin has published since the
// last call, and forgets them.
func (h *Host) TakePublished() []Message {
	taken := h.published
	h.published = nil
	return taken
}

// Replies returns what the plugin has replied to requests.
func (h *Host) Replies() []string { return slices.Clone(h.replies) }

// Topics returns the topics that the plugin has subscribed to.
func (h *Host) Topics() []string { return slices.Clone(h.topics) }

// Replays returns how often the plugin has asked for a replay. The test
// delivers the events.
func (h *Host) Replays() int { return h.replays }

// look returns a copy of the value of key, unless its time is over.
func look(values map[string]value, key string, now int64) ([]byte, bool) {
	v, ok := values[key]
	if !ok || v.expires != 0 && v.expires <= now {
		return nil, false
	}
	return bytes.Clone(v.bytes), true
}
