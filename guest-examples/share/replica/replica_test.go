package replica

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func TestEveryCounterHasAName(t *testing.T) {
	seen := map[string]bool{}
	for c := range counterCount {
		if c.String() == "" || seen[c.String()] {
			t.Errorf("counter %d is called %q", c, c)
		}
		seen[c.String()] = true
	}
}

func TestTheSteadyPathAllocatesNothing(t *testing.T) {
	h := &still{now: noon, quiet: true}
	r := first(h, Both)
	r.Tick(noon)
	id, home, from, topic := []byte("id"), []byte(self), []byte(peerA), []byte("share")
	insert, remove := []byte{version, msgInsert, 1, 2, 3}, []byte{version, msgRemove}
	batch := beginEntry(number{1, 2}.append([]byte{version, msgBatch}), entryTombstone, id)
	fetch := []byte{version, msgFetch, 0, 'i', 'd'}
	h.request = func(_, _ []byte, timeout int64) (string, abi.Code) {
		h.now += timeout
		return "", abi.Unavailable
	}
	steady := func() {
		h.now += minute // after which all are asked again
		r.Inserted(id, home, abi.FromClient, 0, noon)
		r.Removed(id, abi.Explicit, 0, noon)
		r.Message(from, topic, id, insert, false)
		r.Message(from, topic, id, remove, false)
		r.Message(from, topic, id, fetch, true)
		r.Missed(id, from)
		r.Tick(noon)
	}
	steady()
	if n := testing.AllocsPerRun(100, steady); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if r.Count(PullUnavailable) != 102 || r.Count(PullSpared) != 0 {
		t.Errorf("%d home nodes were waited for, %d spared", r.Count(PullUnavailable), r.Count(PullSpared))
	}
	if n := testing.AllocsPerRun(100, func() { r.Message(from, topic, id, batch, false) }); n > 1 {
		t.Errorf("%v allocations for a batch", n) // the sender's id
	}
}

func TestWhatTheHostDoesNotSendIsAnnounced(t *testing.T) {
	for code, owed := range map[abi.Code]bool{abi.OK: false, abi.Unavailable: false, abi.Limit: true, abi.Invalid: false} {
		h := &still{now: noon, code: code}
		r := first(h, Push)
		r.Removed([]byte("id"), abi.Explicit, 0, noon)
		if r.owed.any != owed || owed && r.owed.since != noon-Margin {
			t.Errorf("%v: owed %+v", code, r.owed)
		}
	}
}

func TestAnAnnouncementWaitsForTheFarm(t *testing.T) {
	h := &still{now: noon, code: abi.Unavailable}
	r := first(h, Push)
	r.EventsLost(1)
	h.ticking(r, second)
	r.Removed([]byte("gone"), abi.Explicit, abi.Existing, noon)
	h.ticking(r, 10*second)
	h.code = abi.OK
	h.ticking(r, second)
	if m := h.took(msgBatch); len(m) != 1 || m[0].topic != "share" || m[0].key != "gone" {
		t.Errorf("published %q", m)
	}
}

func TestAnnouncementsAreRarerTheMoreThereAre(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	for range 600 {
		r.EventsLost(1)
		h.ticking(r, second)
	}
	if n := r.Count(Resyncs); n < 5 || n > 30 {
		t.Errorf("%d announcements in 10 minutes of losses", n)
	}
}

func TestABatchHasNoMoreThanItMay(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.cfg.Batch = 1000
	r.Message([]byte(peerA), nil, nil, askText(askAll|askSessions, 0), false)
	h.ticking(r, 250*millisecond)
	for i := range 500 {
		r.Inserted(fmt.Appendf(nil, "id %03d", i), []byte(peerB), abi.FromHost, abi.Existing, noon)
	}
	got := map[string]bool{}
	for range 100 {
		batches := h.took(msgBatch)
		if len(batches) == 0 {
			break
		}
		if len(batches) != 1 {
			t.Fatalf("%d batches at once", len(batches))
		}
		data := []byte(batches[0].data)
		if len(data) > 1000 {
			t.Errorf("a batch of %d bytes", len(data))
		}
		n, rest, _ := parseNumber(data[2:])
		for len(rest) > 0 {
			var e entry
			var ok bool
			if e, rest, ok = parseEntry(rest); !ok || string(e.sealed) != "sealed" || got[string(e.id)] {
				t.Fatalf("an entry %+v, %v", e, ok)
			}
			got[string(e.id)] = true
		}
		r.Message([]byte(peerA), nil, nil, n.append([]byte{version, msgAck}), false)
	}
	if len(got) != 500 || r.Count(TransferSessions) != 500 {
		t.Errorf("%d sessions were sent, %d counted", len(got), r.Count(TransferSessions))
	}
}

func TestATransferThatNobodyTakesIsGivenUp(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.Message([]byte(peerA), nil, nil, askText(askAll, 0), false)
	h.ticking(r, 250*millisecond)
	r.Removed([]byte("gone"), abi.Explicit, abi.Existing, noon)
	h.ticking(r, minute)
	if len(h.took(msgBatch)) != 1+maxTries || r.Count(TransfersFailed) != 1 || r.Count(TransfersSent) != 0 || len(r.transfers) != 0 || len(h.logs) != 1 {
		t.Errorf("failed %d, sent %d, logged %q", r.Count(TransfersFailed), r.Count(TransfersSent), h.logs)
	}
}

func TestOneReplayServesAllWhoAskBeforeIt(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	for i := range 10 {
		r.Message(fmt.Appendf(nil, "%012x", 100+i), nil, nil, askText(askAll, 0), false)
	}
	h.ticking(r, 250*millisecond)
	r.Message([]byte(peerA), nil, nil, askText(askAll, 0), false) // too late for it
	h.ticking(r, 250*millisecond)
	r.Removed([]byte("gone"), abi.Explicit, abi.Existing, noon)
	h.ticking(r, 500*millisecond)
	if n := len(h.took(msgBatch)); h.replays != 1 || n != 10 {
		t.Errorf("%d replays, %d batches", h.replays, n)
	}
	h.ticking(r, 2*second)
	if h.replays != 2 {
		t.Errorf("%d replays", h.replays)
	}
}

// A call of a plugin has so much fuel, however many nodes join at once.
func TestNoCallMakesManyBatches(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	for i := range maxTransfers {
		r.Message(fmt.Appendf(nil, "%012x", 100+i), nil, nil, askText(askAll|askSessions, 0), false)
	}
	h.ticking(r, 250*millisecond)
	total := 0
	call := func(most int, do func()) {
		t.Helper()
		h.sent = nil
		do()
		n := len(h.took(msgBatch))
		if total += n; n > most {
			t.Fatalf("%d batches in one call", n)
		}
	}
	for i := range 2 * burst {
		call(1, func() { r.Inserted(fmt.Appendf(nil, "id %03d", i), []byte(peerB), abi.FromHost, abi.Existing, noon) })
	}
	for range 40 {
		call(batchesPerTick, func() { h.ticking(r, 250*millisecond) })
	}
	if total < maxTransfers {
		t.Errorf("%d batches for %d nodes", total, maxTransfers)
	}
}

func TestOnlyWhoWasSentABatchAcknowledgesIt(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.Message([]byte(peerA), nil, nil, askText(askAll, 0), false)
	h.ticking(r, 250*millisecond)
	r.Removed([]byte("gone"), abi.Explicit, abi.Existing, noon)
	h.ticking(r, 2*second)
	m := h.took(msgBatch)
	if len(m) == 0 {
		t.Fatal("no batch")
	}
	n, _, _ := parseNumber([]byte(m[0].data)[2:])
	ack := n.append([]byte{version, msgAck})
	for n, from := range []string{peerB, peerA} {
		r.Message([]byte(from), nil, nil, ack, false)
		if got := r.Count(TransferRemoves); got != int64(n) {
			t.Errorf("after the word of %s %d are acknowledged", from, got)
		}
	}
}

func TestWhoIsOneTooManyIsToldWithEverybody(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	for i := range maxTransfers + 5 {
		r.Message(fmt.Appendf(nil, "%012x", 100+i), nil, nil, askText(0, noon-int64(i)), false)
	}
	if len(r.transfers) != maxTransfers || !r.owed.any || r.owed.since != noon-maxTransfers-4 {
		t.Errorf("%d transfers, owed %+v", len(r.transfers), r.owed)
	}
}

func TestWhatAStalledReplayBringsLateIsSent(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.Message([]byte(peerA), nil, nil, askText(askAll, 0), false)
	h.ticking(r, 5*second)
	states := h.took(msgState)
	if last := states[len(states)-1]; last.data[2] != stateDone {
		t.Fatalf("the last word is %q", last)
	}
	r.Removed([]byte("gone"), abi.Explicit, abi.Existing, noon)
	if m := h.took(msgState); len(m) != 1 || m[0].data[2] != stateBegun {
		t.Errorf("said %q", m)
	}
	h.ticking(r, 250*millisecond)
	if m := h.took(msgBatch); len(m) != 1 {
		t.Errorf("sent %q", m)
	}
}

// state makes the peer say how the last ASK that it got is going.
func state(r *Replica, asked sentMessage, phase byte) {
	token := asked.data[11:19]
	r.Message([]byte(strings.TrimPrefix(asked.topic, "share.")), nil, nil, append([]byte{version, msgState, phase}, token...), false)
}

func TestAPeerIsAskedUntilAllHasCome(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon-second)
	one := h.took(msgAsk)
	h.ticking(r, 10*second)
	again := h.took(msgAsk)
	if len(one) != 1 || len(again) < 2 {
		t.Fatalf("asked %q, then %q", one, again)
	}
	last := again[len(again)-1]
	state(r, last, stateBegun)
	state(r, last, stateBegun)
	state(r, last, stateDone)
	for range 20 {
		h.ticking(r, second)
		state(r, last, stateGoingOn)
	}
	if m := h.took(msgAsk); len(m) != 0 || r.Behind() != 1 {
		t.Errorf("asked %q while the answer came, behind %d", m, r.Behind())
	}
	state(r, last, stateDone)
	h.ticking(r, 2*minute)
	if m := h.took(msgAsk); len(m) != 0 || r.Behind() != 0 {
		t.Errorf("asked %q after all had come, behind %d", m, r.Behind())
	}
}

func TestAnInstanceThatFallsSilentIsNoticed(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon-second)
	asked := h.took(msgAsk)[0]
	state(r, asked, stateBegun)
	h.ticking(r, unheard+second)
	if m := h.took(msgAsk); len(m) != 1 {
		t.Errorf("asked %q", m)
	}
}

func TestAPeerThatIsGoneIsAskedRarelyAndAtOnceWhenItIsBack(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon-second)
	h.ticking(r, 60*minute)
	if n := len(h.took(msgAsk)); n < 30 || n > 70 {
		t.Errorf("asked %d times in an hour", n)
	}
	h.ticking(r, 5*second)
	h.took(msgAsk)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon)
	h.ticking(r, 3*second)
	if n := len(h.took(msgAsk)); n < 1 {
		t.Error("not asked within 3 s of its return")
	}
}

func TestALossDuringAnAnswerIsAskedForAfterIt(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon-second)
	asked := h.took(msgAsk)[0]
	state(r, asked, stateBegun)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon-2*second)
	if m := h.took(msgAsk); len(m) != 0 {
		t.Errorf("asked %q meanwhile", m)
	}
	state(r, asked, stateDone)
	h.ticking(r, 3*second)
	m := h.took(msgAsk)
	if len(m) != 1 || int64(binary.LittleEndian.Uint64([]byte(m[0].data[19:]))) != noon-2*second-Margin {
		t.Errorf("asked %q", m)
	}
}

func TestWishesAddUp(t *testing.T) {
	some, older, all := wish{any: true, since: 5}, wish{any: true, since: 3}, wish{any: true, all: true}
	for _, c := range []struct{ a, b, want wish }{
		{wish{}, some, some},
		{some, wish{}, some},
		{some, older, older},
		{older, some, older},
		{some, all, all},
		{all, some, all},
	} {
		if c.a.add(c.b); c.a != c.want {
			t.Errorf("with %+v it is %+v, want %+v", c.b, c.a, c.want)
		}
	}
}

func TestWhoStoodStillAsksFromWhereItStopped(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	h.ticking(r, second)
	stopped := h.now
	h.now += 60 * minute
	// What arrives now was sent while this process stood still.
	r.MessagesLost([]byte(peerA), []byte("share"), 1, h.now)
	m := h.took(msgAsk)
	if len(m) != 1 || int64(binary.LittleEndian.Uint64([]byte(m[0].data[19:]))) != stopped-Margin {
		t.Errorf("asked %q, want since %d", m, stopped-Margin)
	}
}

func TestABeatIsForSilenceOnly(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	for range 120 {
		r.Removed([]byte("id"), abi.Explicit, 0, h.now)
		h.ticking(r, second)
	}
	if m := h.took(msgBeat); len(m) != 0 {
		t.Errorf("%d beats while there were changes", len(m))
	}
	h.ticking(r, 5*minute)
	if n := len(h.took(msgBeat)); n < 9 || n > 10 {
		t.Errorf("%d beats in 5 minutes", n)
	}
}

func TestWhoMissedAnAppealIsAskedOnceMore(t *testing.T) {
	h := &still{now: noon}
	cfg := Defaults()
	r := New(h, cfg) // nobody's heir
	h.ticking(r, second)
	if m := h.took(msgAsk); len(m) != 1 || m[0].topic != "share" || m[0].key != "" {
		t.Fatalf("asked %q", m)
	}
	for range 3 {
		r.Message([]byte(peerA), nil, nil, askText(0, noon-Margin), false)
	}
	if m := h.took(msgAsk); len(m) != 1 || m[0].topic != "share."+peerA {
		t.Errorf("asked %q", m)
	}
}

func TestANewGenerationKnowsWhatIsOwedAndWanted(t *testing.T) {
	h := &still{now: noon}
	r := first(h, Push)
	r.Ready()
	h.ticking(r, second)
	r.EventsLost(1)
	r.Removed([]byte("x"), abi.Explicit, 0, noon)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, noon-second)
	r.MessagesLost([]byte(peerB), []byte("share"), 1, 0)
	heir := New(h, Defaults())
	heir.Restore(r.Save(nil))
	if !heir.inherited || !heir.owed.any || heir.owed.since != r.owed.since || heir.latest != noon || heir.born != r.born || heir.Behind() != 2 {
		t.Errorf("the heir knows %+v", heir)
	}
	h.sent = nil
	h.ticking(heir, second)
	var asked []string
	for _, m := range h.took(msgAsk) {
		asked = append(asked, m.topic)
	}
	if !slices.Equal(asked, []string{"share." + peerA, "share." + peerB}) {
		t.Errorf("it asked %q", asked)
	}
}

// TestTheRemovalsOfADeadNodeComeFromItsHeirs cuts a node off, removes a session
// elsewhere, and kills who removed it before the cut is healed.
func TestTheRemovalsOfADeadNodeComeFromItsHeirs(t *testing.T) {
	for seed := range uint64(20) {
		f := newFarm(seed)
		f.loss, f.queue, f.cfg.Mode = 0, 100000, Push
		for range 3 {
			f.join()
		}
		a, b, c := f.nodes[0], f.nodes[1], f.nodes[2]
		f.run(10 * second)
		b.client("session")
		f.run(10 * second)
		b.cell = 1
		a.remove("session")
		f.run(2 * f.cfg.Beat)
		a.kill()
		f.run(5 * minute)
		if _, ok := b.sessions["session"]; !ok {
			t.Fatal("it is gone before the cut is healed")
		}
		f.heal()
		f.run(10 * second)
		if _, ok := b.sessions["session"]; ok {
			t.Errorf("seed %d: the session is on B, removed by A, as C knows: %v", seed, c.tombstones)
		}
	}
}

// TestANodeThatJoinedDuringACutLearnsOfOlderRemovals is why a node that was
// never heard is asked for all of its tombstones.
func TestANodeThatJoinedDuringACutLearnsOfOlderRemovals(t *testing.T) {
	for seed := range uint64(20) {
		f := newFarm(seed)
		f.loss, f.queue, f.cfg.Mode = 0, 100000, Push
		f.join()
		f.join()
		a, b := f.nodes[0], f.nodes[1]
		f.run(10 * second)
		b.client("session")
		f.run(10 * second)
		b.cell = 1
		a.remove("session")
		f.pass(60 * minute)
		f.join()
		c := f.nodes[2]
		c.cell = 1
		f.pass(5 * minute)
		if _, ok := c.sessions["session"]; !ok {
			t.Fatal("the node that joined has not got the session")
		}
		f.heal()
		f.run(10 * second)
		for _, n := range f.nodes {
			if _, ok := n.sessions["session"]; ok {
				t.Errorf("seed %d: the session is on %s", seed, n.id)
			}
		}
	}
}

func BenchmarkPush(b *testing.B) {
	h := &still{now: noon, quiet: true}
	r := first(h, Push)
	id, home := make([]byte, 32), []byte(self)
	b.ReportAllocs()
	for b.Loop() {
		r.Inserted(id, home, abi.FromClient, 0, noon)
	}
}

func BenchmarkApply(b *testing.B) {
	r := first(&still{now: noon, quiet: true}, Push)
	id, from, topic, data := make([]byte, 32), []byte(peerA), []byte("share"), make([]byte, 400)
	data[0], data[1] = version, msgInsert
	b.ReportAllocs()
	for b.Loop() {
		r.Message(from, topic, id, data, false)
	}
}
