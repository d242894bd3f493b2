package main

import (
	"testing"

	"github.com/sesshook/sesshook/abi"
)

// reload replaces n's plugin as a reload does, and returns the state.
func (f *farm) reload(n *farmNode) []byte {
	f.t.Helper()
	var state []byte
	f.as(n, func() { state = f.host.Save(pluginSave) })
	n.plugin = nil
	f.as(n, func() {
		f.host.Start(pluginStart)
		if status := f.host.Restore(pluginRestore, state); status != 0 {
			f.t.Fatalf("plugin_restore returned %d", status)
		}
	})
	return state
}

func TestAReloadForgetsNothing(t *testing.T) {
	f := newFarm(t, 2, `{"max_resumes": 3}`)
	a, b := f.nodes[0], f.nodes[1]
	f.begin()
	f.now += rollCall
	f.resume(a, sid(1))
	f.resume(b, sid(1))
	f.remove(a, sid(2), abi.Explicit, abi.FromAdmin)
	f.remove(a, sid(3), abi.Explicit, abi.FromPlugin) // still to be told
	for range 4 {
		f.resume(a, sid(4), b) // over the limit, still to be removed
	}
	asked := f.host.Metric("asked")
	me := a.plugin.me
	f.reload(a)
	if a.plugin.me != me {
		t.Error("it counts under another name")
	}
	f.tick(second)
	if !f.host.Removed(sid(4)) || f.resume(b, sid(3)) {
		t.Error("what was to be done is forgotten")
	}
	if f.resume(a, sid(2)) || f.resume(a, sid(3)) || f.resume(a, sid(4)) {
		t.Error("a removed session is resumed")
	}
	if !f.resume(a, sid(1)) || f.resume(a, sid(1)) || f.resume(b, sid(1)) {
		t.Error("a wrong count")
	}
	if n := f.host.Metric("asked") - asked; n > 1 { // b, for what it has lost
		t.Errorf("%d questions after a reload", n)
	}
}

// Who has not heard yet whom to ask begins anew.
func TestAReloadDuringTheRollCallBeginsAnew(t *testing.T) {
	f := newFarm(t, 3, `{}`)
	a, c := f.nodes[0], f.nodes[2]
	f.begin()
	f.remove(c, sid(1), abi.Explicit, abi.FromAdmin, f.nodes[:2]...)
	f.nodes[1].lost = map[string]int64{} // does not know yet, and is whom a asks
	f.boot(a)
	f.host.Fail("message_publish", abi.Limit)
	f.tick(second)
	f.reload(a)
	f.host.Fail("message_publish", abi.OK)
	for range 5 {
		f.tick(second)
	}
	if f.resume(a, sid(1)) {
		t.Error("what only the third node knows is not known")
	}
}

// What waits to be told is told by the successor, where it is too much for the
// state as well.
func TestAReloadLeavesNothingUntold(t *testing.T) {
	f := newFarm(t, 2, `{"max_ids": 200000}`)
	f.begin()
	f.now += rollCall
	const ids = maxStateIDs + 1
	for i := range ids {
		f.bury(f.nodes[0], sid(i), abi.Explicit)
	}
	f.overflow(f.nodes[0])
	f.reload(f.nodes[0])
	for range ids/pageEntries + 3 {
		f.tick(second)
	}
	if n := f.nodes[1].plugin.table.removals.len(); n != ids || f.host.Metric("untold") != 0 {
		t.Errorf("%d of %d are known to the other; %d untold", n, ids, f.host.Metric("untold"))
	}
}

func TestAReloadWithOtherSettings(t *testing.T) {
	f := newFarm(t, 1, `{"max_resumes": 5}`)
	f.tick(second)
	n := f.nodes[0]
	for i := range 20 {
		f.resume(n, sid(i))
		f.resume(n, sid(i))
	}
	f.host.SetConfig(`{"max_resumes": 2, "max_ids": 10}`)
	f.reload(n)
	checkTable(t, n.plugin.table)
	if n.plugin.table.len() != 10 || f.resume(n, sid(19)) {
		t.Errorf("%d records", n.plugin.table.len())
	}
	f.remove(n, sid(18), abi.Explicit, abi.FromAdmin)
	f.host.SetConfig(`{"max_resumes": 0}`)
	f.reload(n)
	if f.resume(n, sid(18)) || !f.resume(n, sid(19)) {
		t.Error("without a limit, what was removed is refused, and nothing else")
	}
}

func TestAStateOfAnotherVersionIsAskedForInstead(t *testing.T) {
	f := newFarm(t, 2, `{"max_resumes": 1}`)
	a, b := f.nodes[0], f.nodes[1]
	f.tick(second)
	f.resume(b, sid(1))
	for _, state := range []string{"", "x", "\x02" + string(make([]byte, 100)), "\x01" + string(make([]byte, 16)) + "\xff", "\x01" + string(make([]byte, 18))} {
		a.plugin = nil
		f.as(a, func() {
			f.host.Start(pluginStart)
			if status := f.host.Restore(pluginRestore, []byte(state)); status != 0 {
				t.Errorf("%q: plugin_restore returned %d", state, status)
			}
		})
		f.tick(second)
		if f.resume(a, sid(1)) {
			t.Errorf("%q: the other node was not asked", state)
		}
	}
}

func TestAStateIsNotLargerThanTheHostTakes(t *testing.T) {
	f := newFarm(t, 1, `{"max_resumes": 10, "max_ids": 400000}`)
	f.tick(second)
	n := f.nodes[0]
	for i := range 350_000 {
		r := n.plugin.table.add(key(sid(i)), start0+3600*second, start0)
		r.countOwn(1)
	}
	n.plugin.behind.begun, n.plugin.behind.asks = true, nil
	if state := f.reload(n); len(state) > maxState || len(state) < maxState*9/10 {
		t.Errorf("a state of %d bytes", len(state))
	}
	if n.plugin.behind.begun {
		t.Error("what is missing is not asked for")
	}
}

func FuzzRestore(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, stateHead))
	f.Add(append([]byte{1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 0, 0, 0, 0}, sid(1)...))
	f.Fuzz(func(t *testing.T, state []byte) {
		farm := newFarm(t, 1, `{"max_resumes": 3, "max_ids": 4}`)
		n := farm.nodes[0]
		farm.as(n, func() { farm.host.Restore(pluginRestore, state) })
		checkTable(t, n.plugin.table)
		farm.tick(second)
		checkTable(t, n.plugin.table)
	})
}
