package main

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

const start0 = int64(1_700_000_000) * second

// A farm is several nodes' plugins in one process, each the current one while
// something is delivered to it.
type farm struct {
	t     testing.TB
	host  *guesttest.Host
	now   int64
	nodes []*farmNode
	sent  []guesttest.Message
}

type farmNode struct {
	name   string
	plugin *binder
	state  []byte
	away   bool             // it hears and answers nothing
	heard  map[string]int64 // of each other node, when it was heard last
	lost   map[string]int64 // of each other node, when it was heard before it was not
	graves []abi.Event      // the removals that its host can tell of again
}

func newFarm(t testing.TB, nodes int, config string) *farm {
	t.Helper()
	f := &farm{t: t, host: guesttest.New(t), now: start0}
	f.host.SetConfig(config)
	f.host.SetAnswer(f.route)
	for i := range nodes {
		n := &farmNode{name: fmt.Sprintf("%012x", i+1)}
		f.nodes = append(f.nodes, n)
		f.boot(n)
	}
	return f
}

// boot starts a node's plugin anew.
func (f *farm) boot(n *farmNode) {
	f.t.Helper()
	n.heard, n.lost = map[string]int64{}, map[string]int64{}
	n.plugin = nil
	f.as(n, func() {
		f.host.SetTime(f.now)
		if status := f.host.Start(pluginStart); status != 0 {
			f.t.Fatalf("plugin_start returned %d: %v", status, f.host.Logs())
		}
	})
}

// as makes n's plugin the current one.
func (f *farm) as(n *farmNode, do func()) {
	before := plugin
	plugin = n.plugin
	do()
	n.plugin, plugin = plugin, before
}

// deliver delivers an event to n, and what it publishes to the others, but for
// those that lose it.
func (f *farm) deliver(n *farmNode, hook func(uint32) int32, e abi.Event, losers ...*farmNode) (status int32) {
	f.t.Helper()
	if e.Time == 0 {
		e.Time = f.now
	}
	return f.call(n, losers, func() int32 { return f.host.Deliver(hook, e) })
}

// call calls a hook of n, and has its host do what it asks for.
func (f *farm) call(n *farmNode, losers []*farmNode, hook func() int32) (status int32) {
	f.t.Helper()
	replays := f.host.Replays()
	f.host.SetTime(f.now)
	f.as(n, func() { status = hook() })
	again := f.host.Replays() > replays
	f.spread(n, losers...)
	if again {
		for _, e := range n.graves {
			f.deliver(n, onSessionRemove, e, losers...)
		}
	}
	return status
}

// spread delivers what n has published.
func (f *farm) spread(n *farmNode, losers ...*farmNode) {
	f.t.Helper()
	taken := f.host.TakePublished()
	f.sent = append(f.sent, taken...)
	for _, m := range taken {
		for _, to := range f.nodes {
			if to == n || to.away {
				continue
			}
			if loses(to, losers) {
				if _, ok := to.lost[n.name]; !ok {
					to.lost[n.name] = to.heard[n.name]
				}
				continue
			}
			to.heard[n.name] = f.now
			f.deliver(to, onMessage, abi.Event{Kind: abi.Message, Node: n.name, Topic: m.Topic, Key: m.Key, Data: m.Data})
		}
	}
}

func loses(n *farmNode, losers []*farmNode) bool {
	for _, l := range losers {
		if l == n {
			return true
		}
	}
	return false
}

// route answers requests. The current plugin is the asking one.
func (f *farm) route(topic, node, data string) (string, abi.Code) {
	asking := plugin
	for _, n := range f.nodes {
		if n.plugin == asking || n.plugin == nil || n.away || node != "" && node != guesttest.Node && n.name != node {
			continue
		}
		before := len(f.host.Replies())
		f.as(n, func() {
			f.host.Deliver(onMessage, abi.Event{Kind: abi.Message, Time: f.now, Node: f.of(asking), Topic: topic, Data: data, Flags: abi.Request})
		})
		if replies := f.host.Replies(); len(replies) > before {
			return replies[before], abi.OK
		}
	}
	return "", abi.Unavailable
}

// of returns whose plugin p is.
func (f *farm) of(p *binder) string {
	for _, n := range f.nodes {
		if n.plugin == p {
			return n.name
		}
	}
	return ""
}

// tick lets time pass, has every node do its work, and tells of what was lost.
func (f *farm) tick(ns int64, losers ...*farmNode) {
	f.t.Helper()
	f.now += ns
	for _, n := range f.nodes {
		if n.away {
			continue
		}
		for from, heard := range n.lost {
			delete(n.lost, from)
			f.deliver(n, onMessagesLost, abi.Event{Kind: abi.Lost, Node: from, Topic: "bind", Seq: 1, Created: heard})
		}
		if status := f.call(n, losers, func() int32 { return f.host.Tick(onTick, f.now) }); status != 0 {
			f.t.Errorf("on_tick returned %d: %v", status, f.host.Logs())
		}
	}
}

// begin lets all nodes ask each other for what they do not know.
func (f *farm) begin() {
	f.t.Helper()
	for range len(f.nodes) + 1 {
		f.tick(second)
	}
}

// resume has a client resume at n, and reports whether it may.
func (f *farm) resume(n *farmNode, k string, losers ...*farmNode) bool {
	f.t.Helper()
	e := abi.Event{Kind: abi.Resume, Origin: abi.FromClient, ID: k, Expires: start0 + 3600*second}
	status := f.deliver(n, onSessionResume, e, losers...)
	if status != 0 && status != 1 {
		f.t.Fatalf("on_session_resume returned %d", status)
	}
	return status == 0
}

func (f *farm) remove(n *farmNode, k string, reason abi.Reason, origin abi.Origin, losers ...*farmNode) {
	f.t.Helper()
	f.bury(n, k, reason)
	e := abi.Event{Kind: abi.Remove, Origin: origin, Reason: reason, ID: k, Expires: start0 + 3600*second}
	if status := f.deliver(n, onSessionRemove, e, losers...); status != 0 {
		f.t.Errorf("on_session_remove returned %d", status)
	}
}

// bury removes a session at n, whose plugin is not told, or not now.
func (f *farm) bury(n *farmNode, k string, reason abi.Reason) {
	n.graves = append(n.graves, abi.Event{
		Kind: abi.Remove, Origin: abi.FromHost, Reason: reason, Flags: abi.Existing, Time: f.now, ID: k, Expires: start0 + 3600*second,
	})
}

// overflow tells n's plugin that its queue had no room.
func (f *farm) overflow(n *farmNode, losers ...*farmNode) {
	f.t.Helper()
	if status := f.call(n, losers, func() int32 { return f.host.Lost(onEventsLost, 1) }); status != 0 {
		f.t.Errorf("on_events_lost returned %d: %v", status, f.host.Logs())
	}
}

// news returns how many entries have been told to all nodes.
func (f *farm) news() (entries int) {
	for _, m := range f.sent {
		entries += (len(m.Data) - wireHead) / entrySize
	}
	return entries
}

func sid(i int) string { return fmt.Sprintf("session %024d", i) }

func key(k string) *id { i := id([]byte(k)); return &i }

func TestCountsAreThoseOfTheWholeFarm(t *testing.T) {
	f := newFarm(t, 3, `{"max_resumes": 4}`)
	a, b, c := f.nodes[0], f.nodes[1], f.nodes[2]
	for i, n := range []*farmNode{a, b, c, a} {
		if !f.resume(n, sid(1)) {
			t.Errorf("resumption %d is refused", i+1)
		}
	}
	for _, n := range f.nodes {
		if f.resume(n, sid(1)) {
			t.Error("a fifth resumption is allowed")
		}
		if !f.resume(n, sid(2)) {
			t.Error("another session is refused")
		}
	}
}

func TestARemovedSessionIsRefusedEverywhere(t *testing.T) {
	for _, reason := range []abi.Reason{abi.Explicit, abi.Consumed} {
		f := newFarm(t, 3, `{}`)
		if !f.resume(f.nodes[1], sid(1)) {
			t.Error("refused before it was removed")
		}
		f.remove(f.nodes[0], sid(1), reason, abi.FromAdmin)
		for _, n := range f.nodes {
			if f.resume(n, sid(1)) || !f.resume(n, sid(2)) {
				t.Errorf("%v: node %s refuses another", reason, n.name)
			}
		}
		f.host.Close()
	}
	f := newFarm(t, 2, `{}`)
	for _, reason := range []abi.Reason{abi.Expired, abi.Evicted} {
		f.remove(f.nodes[0], sid(1), reason, abi.FromHost)
		if !f.resume(f.nodes[0], sid(1)) || !f.resume(f.nodes[1], sid(1)) {
			t.Errorf("refused because it was %v", reason)
		}
	}
}

// A plugin that copies removals removes on every node what was removed on one:
// no reason for every node to tell every other.
func TestACopiedRemovalIsToldOnce(t *testing.T) {
	f := newFarm(t, 4, `{}`)
	f.remove(f.nodes[0], sid(1), abi.Explicit, abi.FromAdmin)
	for _, n := range f.nodes[1:] {
		f.remove(n, sid(1), abi.Explicit, abi.FromPlugin)
	}
	f.remove(f.nodes[1], sid(2), abi.Explicit, abi.FromPlugin) // overtakes
	f.remove(f.nodes[0], sid(2), abi.Explicit, abi.FromAdmin)
	f.tick(2 * second)
	if n := f.news(); n != 2 {
		t.Errorf("told %d times of two removals", n)
	}
	f.remove(f.nodes[2], sid(3), abi.Explicit, abi.FromPlugin) // by a plugin that tells nobody
	if !f.resume(f.nodes[3], sid(3)) {
		t.Error("known at once")
	}
	f.tick(second / 2)
	f.tick(second / 2)
	if f.resume(f.nodes[3], sid(3)) || f.news() != 3 {
		t.Errorf("not told in time: told %d times", f.news())
	}
}

func TestWhatIsOverTheLimitIsRemovedFromTheCache(t *testing.T) {
	f := newFarm(t, 2, `{"max_resumes": 1}`)
	f.host.SetSession(sid(1), []byte("s"))
	f.resume(f.nodes[0], sid(1))
	f.begin()
	if f.host.Removed(sid(1)) {
		t.Error("removed before it was over the limit")
	}
	f.resume(f.nodes[1], sid(1))
	if f.host.Removed(sid(1)) {
		t.Error("removed on the handshake path")
	}
	f.tick(second)
	if !f.host.Removed(sid(1)) || f.host.Metric("removed_over_limit") != 1 {
		t.Error("not removed")
	}
	f.resume(f.nodes[1], sid(2)) // which is not in this cache
	f.resume(f.nodes[1], sid(2))
	f.tick(second)
	if !f.host.Removed(sid(2)) || f.host.Metric("removed_over_limit") != 2 || f.host.Metric("refused_limit") != 2 {
		t.Error("not removed where it was absent")
	}
}

func TestLostMessagesAreAskedFor(t *testing.T) {
	f := newFarm(t, 3, `{"max_resumes": 2}`)
	a, b, c := f.nodes[0], f.nodes[1], f.nodes[2]
	f.begin() // nobody knows anything
	f.resume(a, sid(1), b)
	f.resume(a, sid(1), b)
	f.remove(c, sid(2), abi.Explicit, abi.FromAdmin, b)
	f.tick(second / 10)
	if f.resume(b, sid(1)) || f.resume(b, sid(2)) {
		t.Error("what was lost is not known")
	}
	if asked := f.host.Metric("asked"); asked > 20 {
		t.Errorf("%d questions", asked)
	}
}

func TestHalvesOfAFarmMeetAgain(t *testing.T) {
	f := newFarm(t, 4, `{"max_resumes": 3}`)
	left, right := f.nodes[:2], f.nodes[2:]
	f.begin()
	for range 3 {
		if !f.resume(left[0], sid(1), right...) || !f.resume(right[0], sid(1), left...) {
			t.Error("refused before its half has resumed it three times")
		}
	}
	f.resume(left[0], sid(2), right...)
	f.resume(left[1], sid(2), right...)
	f.remove(right[1], sid(3), abi.Explicit, abi.FromAdmin, left...)
	if !f.resume(left[0], sid(3)) || f.resume(left[1], sid(1)) {
		t.Error("a half knows more, or less, than it has heard")
	}
	f.tick(second / 10)
	if f.resume(left[0], sid(3)) || f.resume(right[1], sid(1)) || !f.resume(right[0], sid(2)) || f.resume(right[1], sid(2)) {
		t.Error("the halves do not know of each other")
	}
	f.tick(second)
	if !f.host.Removed(sid(1)) {
		t.Error("a session that was resumed six times is not removed")
	}
}

func TestANodeThatStartsAnewKnowsWhatItKnew(t *testing.T) {
	f := newFarm(t, 3, `{"max_resumes": 2}`)
	const ids = 2*pageEntries + 10
	for i := range ids {
		f.resume(f.nodes[i%3], sid(i))
	}
	f.remove(f.nodes[0], sid(ids), abi.Explicit, abi.FromAdmin)
	f.boot(f.nodes[0])
	if !f.resume(f.nodes[0], sid(ids)) {
		t.Error("it knows before it has asked")
	}
	f.as(f.nodes[0], func() { f.host.Ready(pluginReady) })
	for range 3 {
		f.tick(second)
	}
	if f.resume(f.nodes[0], sid(ids)) {
		t.Error("it does not know what was removed")
	}
	for i := range ids {
		if !f.resume(f.nodes[0], sid(i)) || f.resume(f.nodes[0], sid(i)) || f.resume(f.nodes[1], sid(i)) {
			t.Fatalf("session %d has been counted wrong", i)
		}
	}
}

func TestANodeThatDoesNotAnswerIsNotAskedForEver(t *testing.T) {
	f := newFarm(t, 3, `{"max_resumes": 1}`)
	a, b := f.nodes[0], f.nodes[1]
	f.begin()
	f.resume(a, sid(1), b) // the third node hears it
	a.away = true
	before := f.host.Metric("asked")
	for range 200 {
		f.tick(second / 10)
	}
	if n := f.host.Metric("asked") - before; n > maxTries+2 || len(b.plugin.behind.asks) != 0 {
		t.Errorf("asked %d times, and %v still", n, b.plugin.behind.asks)
	}
	if f.resume(b, sid(1)) {
		t.Error("what the third node knows is not known")
	}
}

func TestWithoutAnybodyToAskItGoesOnAskingRarely(t *testing.T) {
	f := newFarm(t, 1, `{"max_resumes": 1}`)
	for range 3000 {
		f.tick(second / 10)
	}
	if n := f.host.Metric("asked"); n < 10 || n > 30 {
		t.Errorf("asked %d times in 300 seconds", n)
	}
}

func TestARemovalThatTheQueueHadNoRoomForIsToldLate(t *testing.T) {
	f := newFarm(t, 3, `{}`)
	a, b, c := f.nodes[0], f.nodes[1], f.nodes[2]
	f.begin()
	f.remove(a, sid(1), abi.Explicit, abi.FromAdmin)
	f.now += 3600 * second / 4 // long after it began
	f.bury(a, sid(2), abi.Explicit)
	f.bury(a, sid(3), abi.Consumed)
	f.overflow(a)
	if f.resume(a, sid(2)) || f.resume(a, sid(3)) {
		t.Error("it is not refused where it was removed")
	}
	f.tick(second)
	for _, n := range []*farmNode{b, c} {
		if f.resume(n, sid(2)) || f.resume(n, sid(3)) || !f.resume(n, sid(4)) {
			t.Error("the others have not been told, or of more")
		}
	}
	f.overflow(a)
	f.tick(2 * second)
	if n := f.news(); n != 3 {
		t.Errorf("told %d times of three removals", n)
	}
}

// A queue that overflows does so because of many.
func TestManyLateRemovalsAreToldBitByBit(t *testing.T) {
	const ids = 20 * pageEntries
	f := newFarm(t, 2, `{}`)
	f.begin()
	for i := range ids {
		f.bury(f.nodes[0], sid(i), abi.Explicit)
	}
	f.overflow(f.nodes[0])
	f.now += patience
	for n := 0; f.news() < ids; n++ {
		before := f.news()
		f.tick(second / 50)
		if told := f.news() - before; told == 0 || told > pageEntries {
			t.Fatalf("tick %d tells of %d removals", n, told)
		}
	}
	for i := range ids {
		if f.resume(f.nodes[1], sid(i)) {
			t.Fatalf("session %d is resumed", i)
		}
	}
	if f.host.Metric("untold") != 0 {
		t.Errorf("%d were not told", f.host.Metric("untold"))
	}
}

func TestWhatIsLeftUntoldIsCounted(t *testing.T) {
	f := newFarm(t, 2, `{"max_ids": 10}`)
	f.begin()
	for i := range 25 {
		f.bury(f.nodes[0], sid(i), abi.Explicit)
	}
	f.overflow(f.nodes[0])
	f.tick(second)
	if f.news() > 10 || f.host.Metric("untold") != 15 || f.host.Metric("forgotten_removed") != 15 {
		t.Errorf("%d told, %d untold, %d forgotten", f.news(), f.host.Metric("untold"), f.host.Metric("forgotten_removed"))
	}
}

// What an instance that failed was about to tell, its successor does, even where
// one other node has heard of it already: the third has not, and does not know.
func TestAFreshInstanceTellsWhatItsPredecessorMayNotHaveTold(t *testing.T) {
	f := newFarm(t, 3, `{}`)
	a, b, c := f.nodes[0], f.nodes[1], f.nodes[2]
	f.begin()
	f.bury(a, sid(1), abi.Explicit) // before the lookback
	f.now += lookback
	f.remove(a, sid(2), abi.Explicit, abi.FromPlugin) // to be told
	f.bury(a, sid(3), abi.Explicit)                   // while it failed
	c.away = true
	f.boot(b)
	f.tick(second / 2) // b asks a
	if f.resume(b, sid(2)) {
		t.Error("b has not been given it")
	}
	f.boot(a)
	c.away = false
	for range 3 {
		f.tick(second)
	}
	for _, n := range f.nodes {
		if f.resume(n, sid(2)) || f.resume(n, sid(3)) {
			t.Error("a session is resumed that was removed when an instance failed")
		}
	}
	if n := f.news(); n != 2 {
		t.Errorf("told %d times of two removals, and one of long ago", n)
	}
	if f.resume(a, sid(1)) {
		t.Error("a removal of long ago is not known where it was")
	}
}

// What the host does not take (LIMIT), nobody knows to be missing.
func TestWhatTheHostDoesNotTakeIsToldLater(t *testing.T) {
	f := newFarm(t, 2, `{"max_resumes": 1}`)
	a, b := f.nodes[0], f.nodes[1]
	f.begin()
	f.host.Fail("message_publish", abi.Limit)
	f.remove(a, sid(1), abi.Explicit, abi.FromAdmin)
	f.resume(a, sid(2))
	f.tick(2 * second)
	f.host.Fail("message_publish", abi.OK)
	f.tick(second)
	if f.resume(b, sid(1)) || f.resume(b, sid(2)) {
		t.Error("not told")
	}
	if n := f.news(); n != 2 {
		t.Errorf("told %d times of two sessions", n)
	}
}

// What was to be told for a while is news when it is: a node that misses it asks
// for what was said since it heard the last message.
func TestWhatIsToldLateAndLostIsAskedFor(t *testing.T) {
	f := newFarm(t, 2, `{}`)
	a, b := f.nodes[0], f.nodes[1]
	f.begin()
	f.host.Fail("message_publish", abi.Limit)
	for i := range pageEntries + 1 {
		f.remove(a, sid(i), abi.Explicit, abi.FromAdmin)
	}
	f.host.Fail("message_publish", abi.OK)
	f.now += 2 * skew
	f.tick(second)
	f.tick(second/50, b)
	f.tick(second)
	for i := range pageEntries + 1 {
		if f.resume(b, sid(i)) {
			t.Errorf("session %d is resumed", i)
		}
	}
}

// The one node that a fresh instance asks for all may be behind itself.
func TestAFreshInstanceAsksAllForWhatIsRecent(t *testing.T) {
	f := newFarm(t, 4, `{}`)
	a, b, c := f.nodes[0], f.nodes[1], f.nodes[2]
	f.begin()
	f.remove(c, sid(1), abi.Explicit, abi.FromAdmin, a, b)
	a.lost = map[string]int64{} // does not know yet
	f.boot(b)
	for range 5 {
		f.tick(second)
	}
	if f.resume(b, sid(1)) {
		t.Error("what only others know is not known")
	}
	asked := f.host.Metric("asked")
	f.remove(c, sid(2), abi.Explicit, abi.FromAdmin)
	f.tick(second)
	if n := f.host.Metric("asked") - asked; n != 0 {
		t.Errorf("asked %d times more", n)
	}
}

// left returns how often a session may be resumed yet, of five times.
func left(r *record) uint32 {
	switch {
	case r == nil:
		return 5
	case r.removed:
		return 0
	}
	return 5 - min(r.total, 5)
}

// Whatever is lost on the way, before it is told, and with an instance that fails,
// in the end nobody resumes what was removed.
func TestWhatWasRemovedIsRefusedByAllInTheEnd(t *testing.T) {
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 2))
		f := newFarm(t, 4, `{"max_ids": 200}`)
		f.begin()
		removed := 0
		for range 200 {
			f.now += int64(random.IntN(int(second / 5)))
			n := f.nodes[random.IntN(4)]
			var losers []*farmNode
			for _, other := range f.nodes {
				if random.IntN(4) == 0 {
					losers = append(losers, other)
				}
			}
			switch p := random.IntN(100); {
			case p < 30:
				f.remove(n, sid(removed), abi.Explicit, []abi.Origin{abi.FromAdmin, abi.FromPlugin}[random.IntN(2)], losers...)
				removed++
			case p < 40:
				f.bury(n, sid(removed), abi.Explicit)
				removed++
				f.overflow(n, losers...)
			case p < 45: // during which the instance failed
				f.bury(n, sid(removed), abi.Explicit)
				removed++
				heard, lost := n.heard, n.lost
				f.boot(n)
				n.heard, n.lost = heard, lost
			case p < 48:
				f.host.Fail("message_publish", abi.Limit)
			case p < 55:
				f.host.Fail("message_publish", abi.OK)
			case p < 60:
				f.reload(n)
			default:
				f.tick(second/10, losers...)
			}
		}
		f.host.Fail("message_publish", abi.OK)
		for range 200 {
			f.tick(second / 5)
		}
		for i := range removed {
			for _, n := range f.nodes {
				if f.resume(n, sid(i)) {
					t.Errorf("seed %d: node %s resumes session %d", seed, n.name, i)
				}
			}
		}
		for _, n := range f.nodes {
			checkTable(t, n.plugin.table)
		}
		f.host.Close()
		if t.Failed() {
			return
		}
	}
}

// Whatever is lost, and whoever starts anew, in the end all nodes agree, and a
// node never lets a session be resumed more often than the limit by itself.
func TestNodesAgreeInTheEnd(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		f := newFarm(t, 4, `{"max_resumes": 5, "max_ids": 100}`)
		f.begin()
		const ids = 10
		removed := map[string]bool{}
		allowed := map[string]int{}
		for range 300 {
			f.now += int64(random.IntN(int(second / 5)))
			n, k := f.nodes[random.IntN(4)], sid(random.IntN(ids))
			var losers []*farmNode
			for _, other := range f.nodes {
				if random.IntN(4) == 0 {
					losers = append(losers, other)
				}
			}
			switch p := random.IntN(100); {
			case p < 70:
				if f.resume(n, k, losers...) {
					allowed[n.name+k]++
				}
			case p < 73:
				f.remove(n, k, abi.Explicit, []abi.Origin{abi.FromAdmin, abi.FromPlugin}[random.IntN(2)], losers...)
				removed[k] = true
			case p < 80: // reload
				f.as(n, func() { n.state = f.host.Save(pluginSave) })
				n.plugin = nil
				f.as(n, func() {
					f.host.Start(pluginStart)
					f.host.Restore(pluginRestore, n.state)
				})
			default:
				f.tick(second / 10)
			}
		}
		for range 200 {
			f.tick(second / 5)
		}
		for i := range ids {
			k := sid(i)
			first := f.nodes[0].plugin.table.find(key(k))
			for _, n := range f.nodes {
				if allowed[n.name+k] > 5 {
					t.Errorf("seed %d: a node allowed %d resumptions", seed, allowed[n.name+k])
				}
				r := n.plugin.table.find(key(k))
				if left(r) != left(first) {
					t.Errorf("seed %d: session %d is %+v at one, and %+v at another", seed, i, first, r)
				}
				if removed[k] && (r == nil || !r.removed) {
					t.Errorf("seed %d: a removed session is %+v", seed, r)
				}
			}
		}
		f.host.Close()
		if t.Failed() {
			return
		}
	}
}
