package workbench

import (
	"context"
	"encoding/binary"
	"runtime"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
)

// maxBlock is how many events a plugin is given at once.
const maxBlock = 512

// A load is a rig with sessions to make events of. It belongs to one goroutine.
type load struct {
	rig      *rig
	sessions []*session.Session
	absent   []session.ID       // ids of none of them
	messages []*session.Message // one for each
	next     int
}

// newLoad puts sessions into the cache of a rig before its plugin is loaded:
// they are as a TLS 1.3 server has them, some 1,200 bytes long.
func newLoad(r *rig) *load {
	l := &load{rig: r}
	now := time.Now().UnixNano()
	for n := range maxBlock {
		id := make([]byte, session.IDSize)
		binary.BigEndian.PutUint64(id[8:], uint64(n+1))
		meta := session.Meta{Created: now, Expires: now + int64(ttl), Version: 0x0304, CipherSuite: 0x1301, Home: r.node, ServerName: "www.example.org", ALPN: "h2"}
		s := &session.Session{ID: session.ID(id), Meta: meta}
		s.Sealed = r.keys.Seal(s.ID, meta, make([]byte, 1100))
		l.sessions = append(l.sessions, s)
		l.messages = append(l.messages, &session.Message{From: otherNode, Topic: example, Key: string(id), Data: message})
		id[0] = 'm'
		l.absent = append(l.absent, session.ID(id))
		_ = r.cache.Insert(s, 0, session.Source{Origin: abi.FromClient}) // there is room
	}
	return l
}

func (l *load) close(ctx context.Context) error { return l.rig.close(ctx) }

// turn returns which session is next.
func (l *load) turn() int {
	l.next = (l.next + 1) % maxBlock
	return l.next
}

// drives have one call of each hook made.
var drives = map[string]func(l *load){
	"on_session_insert": func(l *load) { l.notify(abi.Insert, 0) },
	"on_session_remove": func(l *load) { l.notify(abi.Remove, abi.Explicit) },
	"on_session_get":    func(l *load) { l.notify(abi.Get, 0) },
	"on_session_resume": func(l *load) { l.rig.plugins.Resume(context.Background(), l.sessions[l.turn()]) },
	"on_session_miss":   func(l *load) { l.rig.plugins.Miss(context.Background(), l.absent[l.turn()], otherNode) },
	"on_message":        func(l *load) { l.deliver(abi.Message, 0) },
	"on_messages_lost":  func(l *load) { l.deliver(abi.Lost, 1) },
	"on_tick":           func(l *load) { l.rig.plugins.Tick(l.rig.name) },
	"on_events_lost":    func(l *load) { l.rig.plugins.Lose(l.rig.name, 1) },
}

var message = []byte("a message of some sixty bytes, which no plugin can make sense of")

func (l *load) notify(kind abi.Kind, reason abi.Reason) {
	l.rig.plugins.Notify(session.Event{
		Kind: kind, Reason: reason, Source: session.Source{Origin: abi.FromClient}, Seq: l.rig.cache.NextSeq(), Time: time.Now().UnixNano(), Session: l.sessions[l.turn()],
	})
}

// deliver has a message arrive, on a topic that the plugin has subscribed to,
// if there is one.
func (l *load) deliver(kind abi.Kind, count uint64) {
	l.rig.plugins.Deliver(l.rig.name, session.Event{
		Kind: kind, Source: session.Source{Origin: abi.FromPlugin}, Seq: count, Time: time.Now().UnixNano(), Message: l.messages[l.turn()],
	})
}

// subscribed has the messages arrive on one of the plugin's topics. It is
// called once the plugin is loaded, and before there are messages.
func (l *load) subscribed() {
	if topics := l.rig.farm.subscriptions(); len(topics) > 0 {
		for _, m := range l.messages {
			m.Topic = topics[0]
		}
	}
}

// block has a hook called n times, and returns how many ns a call took on
// average; 0 is that not all of them were made, or returned.
func (l *load) block(ctx context.Context, hook string, n int) (float64, error) {
	before := l.calls(hook)
	if err := l.drive(ctx, hook, n); err != nil {
		return 0, err
	}
	after := l.calls(hook)
	if after.made-before.made != uint64(n) || after.faults != before.faults {
		return 0, nil
	}
	return max(float64(after.took-before.took)/float64(n), 1), nil
}

// drive has a hook called n times.
func (l *load) drive(ctx context.Context, hook string, n int) error {
	drive := drives[hook]
	for range n {
		drive(l)
	}
	return l.rest(ctx)
}

// rest waits until the plugin has worked off what it was given, or can't.
func (l *load) rest(ctx context.Context) error {
	for tries := 0; ; tries++ {
		switch l.rig.plugins.Rest(l.rig.name) {
		case plugin.Idle, plugin.Down, plugin.Absent:
			return nil
		}
		if tries < 1000 {
			runtime.Gosched()
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		time.Sleep(20 * time.Microsecond) // and no timer: allocations are counted
	}
}

// A tally is what is known of the calls of one hook.
type tally struct {
	made, faults uint64
	took         time.Duration
	failed       uint64
}

func (l *load) calls(hook string) (t tally) {
	st := l.rig.status()
	t.faults = st.Faults
	for _, c := range st.Calls {
		if c.Hook != hook {
			continue
		}
		t.took = c.Sum
		for result, n := range c.Results {
			if result != plugin.ResultBusy.String() {
				t.made += n
			}
		}
		t.failed = c.Results[plugin.ResultError.String()]
	}
	return t
}

// failed returns how many calls of a hook returned an error.
func (l *load) failed(hook string) int { return int(l.calls(hook).failed) }
