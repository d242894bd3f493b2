package plugin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unsafe"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// An instance is one instantiated module. One goroutine uses it at a time: the
// one that has the slot's turn. After its first fault it is discarded, because
// a guest's state is unfinished after a trap even where later calls seem to
// work.
type instance struct {
	plugin *Plugin
	gen    *generation
	mod    api.Module
	mem    api.Memory
	ctx    *callContext
	guard  guard
	hooks  [hookCount]api.Function // looked up once: a look-up costs 3 µs
	stack  [1]uint64

	bufPtr, bufCap uint32 // the guest's event buffer

	// What a host function may need of the call under way.
	phase      abi.Phase
	owed       int64 // what the host function under way has to charge
	hostCall   call
	badPointer bool               // why a host function panicked
	event      abi.Event          // the current event's record
	delivered  *session.Event     // the current event
	subject    *session.Session   // its session; nil where it has none
	request    func([]byte) error // answers the request that is being handled; nil where it has been, or there is none
	until      time.Duration      // when host functions stop waiting, by clock; 0 is an event_deadline from the first wait on
	lastTopic  string             // that it has published to
	lastAsked  string             // the topic of its last request
	topics     []string           // that plugin_start has subscribed to
	state      []byte             // the predecessor's, within plugin_restore
	home       session.Node       // whose digits are in node
	node       [2 * len(session.Node{})]byte
}

// A fault is why an instance must be discarded.
type fault struct {
	result Result
	hook   hook
	budget int64
	err    error
}

func (f *fault) Error() string {
	switch f.result {
	case ResultFuel:
		return fmt.Sprintf("%s used up its fuel of %d instructions and was stopped: %v", f.hook, f.budget, f.err)
	case ResultPanic:
		return fmt.Sprintf("a host function that %s called panicked, which is a bug of the host: %v", f.hook, f.err)
	}
	return fmt.Sprintf("%s trapped: %v", f.hook, f.err)
}

func (f *fault) Unwrap() error { return f.err }

// errBadPointer is what a host function traps with when a guest's pointer or
// length is outside of its memory.
var errBadPointer = errors.New("pointer or length outside of memory")

// call enters the guest at h with arg, where h takes one, and returns the raw
// result. It reports every way not to return as a fault; the caller must then
// close the instance.
func (i *instance) call(h hook, arg uint64) (result uint64, f *fault) {
	i.phase = h.phase()
	if i.request != nil {
		i.phase = abi.InRequest
	}
	i.stack[0] = arg
	var start time.Duration
	trace := i.plugin.manager.cfg.Trace
	if trace != nil {
		start = clock()
	}
	i.guard.enter(i.gen.budgets[h])
	err := i.hooks[h].CallWithStack(i.ctx, i.stack[:])
	used, exhausted := i.guard.leave()
	i.phase, i.until = 0, 0
	i.plugin.counters.fuel.Add(uint64(used))
	if err != nil {
		f = i.fault(h, err, exhausted)
	}
	if trace != nil {
		i.traced(h, arg, used, clock()-start, f)
	}
	if f != nil {
		return 0, f
	}
	if used > deepCall {
		i.freshStack(h)
	}
	return i.stack[0], nil
}

// fault says why a call did not return.
func (i *instance) fault(h hook, err error, exhausted bool) *fault {
	result := ResultTrap
	switch {
	case i.badPointer:
		result = ResultPointer
	case exhausted:
		result = ResultFuel
	case strings.Contains(err.Error(), recovered):
		result = ResultPanic
	}
	return &fault{result, h, i.guard.budget, trim(err)}
}

// recovered is what wazero adds to the text of a panic that was not its own: in
// a host function, that is.
const recovered = "(recovered by wazero)"

// deepCall is how much fuel a call may use, in instructions, before the stack
// that it ran on is given up: wazero's stacks are on the Go heap and never
// shrink, and whoever recurses needs instructions to do so.
const deepCall = 1_000_000

// freshStack gives h a new stack, and leaves the old one to the collector.
func (i *instance) freshStack(h hook) { i.hooks[h] = i.mod.ExportedFunction(h.export()) }

// maxFaultText is how much of an error is kept, in bytes.
const maxFaultText = 4 << 10

// trim cuts wazero's decoration from an error: plugins' stacks are for logs,
// one line each.
func trim(err error) error {
	text := err.Error()
	// Names in it are the guest's, and a panic has the host's whole stack.
	text = text[:min(len(text), maxFaultText)]
	text = strings.ReplaceAll(text, "\n\t", " < ")
	text = strings.ReplaceAll(text, "\n", "; ")
	text = strings.Replace(text, " "+recovered, "", 1)
	return errors.New(text)
}

// start runs what SPEC.md asks of a new instance: its start function (which the
// meter has taken out, so that it has a budget), _initialize, plugin_start,
// event_buffer.
func (i *instance) start() error {
	for _, h := range []hook{startFunction, initialize} {
		if i.hooks[h] != nil {
			if _, f := i.call(h, 0); f != nil {
				return f
			}
		}
	}
	if i.hooks[pluginStart] != nil {
		code, f := i.call(pluginStart, 0)
		if f != nil {
			return f
		}
		if int32(code) != 0 {
			return fmt.Errorf("plugin_start returned %d: the plugin does not want to run; its log lines may say why", int32(code))
		}
	}
	if i.hooks[eventBuffer] == nil {
		return nil
	}
	buffer, f := i.call(eventBuffer, 0)
	if f != nil {
		return f
	}
	i.bufPtr, i.bufCap = uint32(buffer>>32), uint32(buffer)
	if i.bufCap < abi.MinEventBuffer {
		return fmt.Errorf("event_buffer returned a buffer of %d bytes; at least %d are needed", i.bufCap, abi.MinEventBuffer)
	}
	if _, ok := i.mem.Read(i.bufPtr, i.bufCap); !ok {
		return fmt.Errorf("event_buffer returned %d bytes at %d, outside of memory", i.bufCap, i.bufPtr)
	}
	return nil
}

// restore hands the predecessor's state to the instance.
func (i *instance) restore(state []byte) error {
	i.state = state
	defer func() { i.state = nil }()
	code, f := i.call(pluginRestore, uint64(len(state)))
	if f != nil {
		return f
	}
	if int32(code) != 0 {
		return fmt.Errorf("plugin_restore returned %d: it does not take the state that its predecessor saved", int32(code))
	}
	return nil
}

// maxState bounds what an instance may hand to its successor, in bytes.
const maxState = 16 << 20

// save returns a copy of the instance's state.
func (i *instance) save() ([]byte, error) {
	where, f := i.call(pluginSave, 0)
	if f != nil {
		return nil, f
	}
	ptr, n := uint32(where>>32), uint32(where)
	if n > maxState {
		return nil, fmt.Errorf("plugin_save returned %d bytes of state; at most %d are kept", n, maxState)
	}
	view, ok := i.mem.Read(ptr, n)
	if !ok {
		return nil, fmt.Errorf("plugin_save returned %d bytes at %d, outside of memory", n, ptr)
	}
	return append([]byte(nil), view...), nil
}

// deliver calls the hook of ev, which must be exported, with ev's record in the
// event buffer.
func (i *instance) deliver(ev *session.Event) (int32, *fault) {
	h := hookOf(ev.Kind)
	i.describe(ev)
	buf, ok := i.mem.Read(i.bufPtr, i.bufCap)
	if !ok { // memory never shrinks, so this can't happen
		return 0, &fault{ResultTrap, h, 0, errBadPointer}
	}
	i.subject, i.delivered = ev.Session, ev
	if ev.Message != nil {
		i.request = ev.Message.Reply
	}
	result, f := i.call(h, uint64(i.event.Encode(buf)))
	i.subject, i.request, i.delivered = nil, nil, nil
	if ev.Message != nil {
		i.event = abi.Event{} // keeps no payload
	}
	return int32(result), f
}

// describe fills in the record of ev.
func (i *instance) describe(ev *session.Event) {
	s, e := ev.Session, &i.event
	if ev.Message != nil {
		i.describeMessage(ev)
		return
	}
	e.Kind, e.Origin, e.Reason, e.Flags = ev.Kind, ev.Source.Origin, ev.Reason, ev.Flags
	if s.Resumed {
		e.Flags |= abi.Resumed
	}
	if s.ClientCert {
		e.Flags |= abi.ClientCert
	}
	e.Seq, e.Time = ev.Seq, ev.Time
	e.Created, e.Expires = s.Created, s.Expires
	e.Version, e.CipherSuite, e.Format = s.Version, s.CipherSuite, s.Format
	e.SessionLen = uint32(i.sessionLen(s))
	e.ID, e.ServerName, e.ALPN = string(s.ID), s.ServerName, s.ALPN
	e.Node = i.digits(s.Home)
}

// describeMessage is describe of a MESSAGE or LOST.
func (i *instance) describeMessage(ev *session.Event) {
	m := ev.Message
	i.event = abi.Event{
		Kind: ev.Kind, Origin: ev.Source.Origin, Time: ev.Time, Seq: ev.Seq, Created: m.Heard,
		Node: i.digits(m.From), Topic: m.Topic, Key: m.Key, Data: unsafe.String(unsafe.SliceData(m.Data), len(m.Data)),
	}
	if m.Reply != nil {
		i.event.Flags = abi.Request
	}
}

// digits returns what a record has for node: a view that is valid until the
// next call.
func (i *instance) digits(node session.Node) string {
	if node == (session.Node{}) {
		return ""
	}
	if node != i.home { // mostly the same
		i.home = node
		hex.Encode(i.node[:], node[:])
	}
	return unsafe.String(&i.node[0], len(i.node)) // Encode copies it
}

// sessionLen is the length of what session_get returns for s.
func (i *instance) sessionLen(s *session.Session) int {
	if !i.gen.secrets || s.Sealed == nil {
		return len(s.Sealed)
	}
	_, clear, err := i.plugin.manager.cfg.Keys.Open(s.ID, s.Sealed)
	if err != nil {
		return 0
	}
	return len(clear)
}

// close releases the instance and its memory. Nobody may be inside of it, and
// nobody may look at a view of its memory any more: reading one is a fault that
// Go can't recover from.
func (i *instance) close() {
	_ = i.mod.Close(context.Background()) // its memory is gone either way
}
