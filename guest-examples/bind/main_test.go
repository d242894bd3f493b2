package main

import (
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

func TestABadConfigRefusesToStart(t *testing.T) {
	for config, want := range map[string]string{
		`{"max_resumes": -1}`:      `config: max_resumes: must be from 0 (no limit) to 1000000`,
		`{"max_resumes": "3"}`:     `config: max_resumes: "3" is not a whole number`,
		`{"max_ids": 0}`:           `config: max_ids: must be from 1 to 1000000`,
		`{"topic": "a b"}`:         `config: topic: must be 1 to 128 of A-Z a-z 0-9 _ - and dots`,
		`{"topic": 1}`:             `config: topic: 1 is not a string`,
		`{"ask_timeout": "2s"}`:    `config: ask_timeout: must be from "1ms" to "1s"`,
		`{"ask_timeout": 50}`:      `config: ask_timeout: 50 is not a duration such as "90s" or "12h"`,
		`{"max_resume": 3}`:        `config: max_resume: no such setting; there are: ask_timeout, max_ids, max_resumes, topic`,
		`{"max_resumes": 1000001}`: `config: max_resumes: must be from 0 (no limit) to 1000000`,
	} {
		h := guesttest.Open()
		h.SetConfig(config)
		if h.Start(pluginStart) == 0 || len(h.Logs()) != 1 || !strings.HasSuffix(h.Logs()[0].Text, want) {
			t.Errorf("%s: logged %v, want %s", config, h.Logs(), want)
		}
		h.Close()
	}
}

func TestItHearsTheTopicOfItsConfig(t *testing.T) {
	f := newFarm(t, 1, `{"topic": "other", "max_resumes": 1}`)
	f.resume(f.nodes[0], sid(1))
	if p := f.sent; len(p) != 1 || p[0].Topic != "other" || p[0].Key != sid(1) || f.host.Topics()[0] != "other" {
		t.Errorf("published %v, subscribed to %v", p, f.host.Topics())
	}
}

func TestWithoutAFarmItCountsAlone(t *testing.T) {
	h := guesttest.New(t)
	h.SetConfig(`{"max_resumes": 2}`)
	h.Fail("message_subscribe", abi.Unavailable)
	if status := h.Start(pluginStart); status != 0 || len(h.Logs()) != 1 || h.Logs()[0].Level != abi.Warn {
		t.Fatalf("plugin_start returned %d: %v", status, h.Logs())
	}
	if h.Ready(pluginReady) != 0 || h.Tick(onTick, start0) != 0 {
		t.Errorf("an error: %v", h.Logs())
	}
	resume := func() int32 {
		return h.Deliver(onSessionResume, abi.Event{Kind: abi.Resume, ID: sid(1), Time: start0, Expires: start0 + second})
	}
	for n, want := range []int32{0, 0, 1} {
		if got := resume(); got != want {
			t.Errorf("resumption %d: %d, want %d", n+1, got, want)
		}
	}
	if len(h.Published()) != 0 || h.Metric("asked") != 0 {
		t.Errorf("published %d messages", len(h.Published()))
	}
}

func TestWithoutALimitNothingIsCounted(t *testing.T) {
	f := newFarm(t, 2, `{}`)
	for range 100 {
		if !f.resume(f.nodes[0], sid(1)) {
			t.Error("refused")
		}
	}
	if len(f.sent) != 0 || f.nodes[0].plugin.table.len() != 0 {
		t.Errorf("%d messages, %d records", len(f.sent), f.nodes[0].plugin.table.len())
	}
}

func TestIDsOfServersBehindFrontsAreLeftAlone(t *testing.T) {
	f := newFarm(t, 2, `{"max_resumes": 1}`)
	for _, k := range []string{"short", strings.Repeat("long", 30)} {
		f.remove(f.nodes[0], k, abi.Explicit, abi.FromFront)
		for range 3 {
			if !f.resume(f.nodes[0], k) {
				t.Errorf("%q is refused", k)
			}
		}
	}
	if len(f.sent) != 0 {
		t.Errorf("published %v", f.sent)
	}
}

func TestALimitThatTheHostReachedChangesNoVerdict(t *testing.T) {
	f := newFarm(t, 2, `{"max_resumes": 1}`)
	f.tick(second)
	f.host.Fail("message_publish", abi.Limit)
	f.host.Fail("metric_add", abi.Limit)
	if !f.resume(f.nodes[0], sid(1)) || f.resume(f.nodes[0], sid(1)) {
		t.Error("wrong verdict")
	}
	f.host.Fail("metric_add", abi.OK)
	f.resume(f.nodes[0], sid(2))
	if f.host.Metric("unsent") != 1 {
		t.Errorf("%d messages are unsent", f.host.Metric("unsent"))
	}
	f.host.Fail("message_publish", abi.OK)
	f.nodes[1].lost[f.nodes[0].name] = 0
	f.tick(second)
	if f.resume(f.nodes[1], sid(2)) {
		t.Error("what was not sent is not asked for")
	}
}

func TestEventsThatWereLostAreReplayed(t *testing.T) {
	f := newFarm(t, 1, `{}`)
	f.tick(second)
	before := f.host.Replays()
	f.as(f.nodes[0], func() {
		if f.host.Lost(onEventsLost, 5) != 0 || f.host.Replays() != before+1 {
			t.Errorf("%d replays", f.host.Replays())
		}
	})
	// The replay of a tombstone.
	e := abi.Event{Kind: abi.Remove, Origin: abi.FromHost, Reason: abi.Explicit, Flags: abi.Existing, ID: sid(1), Expires: start0 + 60*second}
	f.deliver(f.nodes[0], onSessionRemove, e)
	if f.resume(f.nodes[0], sid(1)) {
		t.Error("a replayed removal is not known")
	}
}

func TestMessagesOfOthersAreNoMessages(t *testing.T) {
	f := newFarm(t, 1, `{"max_resumes": 1}`)
	for i, data := range []string{
		"", "x", "\x01", "\x01x", "\x02n", "\x01n12", "\x01p" + strings.Repeat("x", 100), "\x01a", strings.Repeat("x", 10_000),
	} {
		if status := f.deliver(f.nodes[0], onMessage, abi.Event{Kind: abi.Message, Topic: "bind", Data: data}); status != 0 {
			t.Errorf("%q: status %d", data, status)
		}
		f.deliver(f.nodes[0], onMessage, abi.Event{Kind: abi.Message, Topic: "bind", Data: data, Flags: abi.Request})
		if n := f.host.Metric("malformed"); n != int64(2*i+2) {
			t.Errorf("%q: %d malformed messages", data, n)
		}
	}
	if len(f.host.Replies()) != 0 {
		t.Errorf("replied %q", f.host.Replies())
	}
}

func TestAnAnswerThatMakesNoSenseIsNotFollowed(t *testing.T) {
	good := "\x01p" + guesttest.Node + "lifelife" + "\x00\x00\x00\x00"
	for _, reply := range []string{"", "\x01n", "\x01p", good[:len(good)-1], good + "half an entry"} {
		f := newFarm(t, 1, `{"max_resumes": 1}`)
		f.host.SetAnswer(func(string, string, string) (string, abi.Code) { return reply, abi.OK })
		f.tick(second)
		if f.host.Metric("malformed") != 1 || f.host.Metric("asked") != 1 {
			t.Errorf("%q: %d malformed, asked %d times", reply, f.host.Metric("malformed"), f.host.Metric("asked"))
		}
		f.host.Close()
	}
	f := newFarm(t, 1, `{"max_resumes": 1}`)
	f.host.SetAnswer(func(string, string, string) (string, abi.Code) { return good, abi.OK }) // always page 0
	f.tick(second)
	f.tick(second / 100)
	if n := f.host.Metric("asked"); n != 2 {
		t.Errorf("asked %d times for a page that does not end", n)
	}
}

func TestAVerdictAllocatesNothing(t *testing.T) {
	f := newFarm(t, 1, `{"max_resumes": 1000000}`)
	f.host.Fail("message_publish", abi.Unavailable) // or the host of the test would keep them all
	b := f.nodes[0].plugin
	f.resume(f.nodes[0], sid(1))
	e := entry{id: id([]byte(sid(1))), who: b.me, expires: start0 + second, n: 1}
	if n := testing.AllocsPerRun(100, func() { b.tell(&e) }); n != 0 {
		t.Errorf("telling allocates %v times", n)
	}
	k := id([]byte(sid(1)))
	if n := testing.AllocsPerRun(100, func() {
		r := b.table.add(&k, start0, start0)
		r.countOwn(r.own + 1)
	}); n != 0 {
		t.Errorf("counting allocates %v times", n)
	}
}

func FuzzHeard(f *testing.F) {
	e := entry{id: id([]byte(sid(1))), who: 7, expires: start0 + second, n: 2}
	f.Add(string(e.append(appendHead(nil, kindNews))), false)
	f.Add(string((&ask{since: 5}).append(appendHead(nil, kindAsk))), true)
	f.Add("\x01p", true)
	f.Add("", false)
	f.Fuzz(func(t *testing.T, data string, request bool) {
		farm := newFarm(t, 1, `{"max_resumes": 3, "max_ids": 4}`)
		ev := abi.Event{Kind: abi.Message, Topic: "bind", Data: data}
		if request {
			ev.Flags = abi.Request
		}
		n := farm.nodes[0]
		farm.resume(n, sid(1))
		if status := farm.deliver(n, onMessage, ev); status != 0 {
			t.Errorf("status %d", status)
		}
		farm.host.SetAnswer(func(string, string, string) (string, abi.Code) { return data, abi.OK })
		farm.tick(second)
		checkTable(t, n.plugin.table)
	})
}
