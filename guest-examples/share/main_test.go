package main

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

const (
	other = "aaaaaaaaaaaa" // another node
	noon  = int64(1_800_000_000) * second
)

func started(t testing.TB, config string) *guesttest.Host {
	t.Helper()
	h := guesttest.New(t)
	h.SetConfig(config)
	h.SetTime(noon)
	if status := h.Start(pluginStart); status != 0 {
		t.Fatalf("plugin_start returned %d: %v", status, h.Logs())
	}
	return h
}

// messages as the protocol has them: version, type, and the rest
const (
	insertHead = "\x01\x01"
	removeText = "\x01\x02"
	askHead    = "\x01\x04"
	stateHead  = "\x01\x05"
	ackHead    = "\x01\x06"
	batchHead  = "\x01\x07"
	whoText    = "\x01\x08"
	fetchHead  = "\x01\x09"
)

func change(id, data string) abi.Event {
	return abi.Event{Kind: abi.Message, Node: other, Topic: "share", Key: id, Data: data}
}

func deliver(t testing.TB, h *guesttest.Host, hook func(uint32) int32, e abi.Event) {
	t.Helper()
	if status := h.Deliver(hook, e); status != 0 {
		t.Errorf("the hook returned %d: %v", status, h.Logs())
	}
}

// ticks makes n ticks and returns the time after them.
func ticks(t testing.TB, h *guesttest.Host, from int64, n int) int64 {
	t.Helper()
	for range n {
		from += 250 * millisecond
		if status := h.Tick(onTick, from); status != 0 {
			t.Errorf("on_tick returned %d: %v", status, h.Logs())
		}
	}
	return from
}

func TestItSubscribesToItsTopics(t *testing.T) {
	h := started(t, `{"topic": "sessions"}`)
	want := []string{"sessions", "sessions." + guesttest.Node, "sessions.sync", "sessions.pull"}
	if got := h.Topics(); !slices.Equal(got, want) {
		t.Errorf("subscribed to %v, want %v", got, want)
	}
}

func TestWithoutAFarmItIsIdle(t *testing.T) {
	h := guesttest.New(t)
	h.Fail("message_subscribe", abi.Unavailable)
	if h.Start(pluginStart) != 0 || len(h.Logs()) != 1 || h.Logs()[0].Level != abi.Warn {
		t.Errorf("logged %v", h.Logs())
	}
	h.Fail("message_subscribe", abi.Limit)
	if h.Start(pluginStart) == 0 {
		t.Error("it started without its topics")
	}
}

func TestWhichChangesArePublished(t *testing.T) {
	insert := func(o abi.Origin, f abi.Flags) abi.Event {
		return abi.Event{Kind: abi.Insert, Origin: o, Flags: f, ID: "id", Node: guesttest.Node, Time: noon}
	}
	remove := func(o abi.Origin, r abi.Reason) abi.Event {
		return abi.Event{Kind: abi.Remove, Origin: o, Reason: r, ID: "id", Time: noon}
	}
	const push, pull, both = `{}`, `{"mode": "pull"}`, `{"mode": "both"}`
	const session, nothing = insertHead + "sealed", ""
	for _, c := range []struct {
		name   string
		config string
		event  abi.Event
		want   string
	}{
		{"push, a client's session", push, insert(abi.FromClient, 0), session},
		{"push, a front's session", push, insert(abi.FromFront, 0), session},
		{"push, an admin's session", push, insert(abi.FromAdmin, 0), session},
		{"push, a session of a snapshot", push, insert(abi.FromSnapshot, 0), session},
		{"push, another plugin's session", push, insert(abi.FromPlugin, 0), session},
		{"push, a session that replaced one", push, insert(abi.FromClient, abi.Replaced), session},
		{"push, a replayed session", push, insert(abi.FromHost, abi.Existing), nothing},
		{"both, a client's session", both, insert(abi.FromClient, 0), session},
		{"pull, a client's session", pull, insert(abi.FromClient, 0), nothing},
		{"pull, an admin's removal", pull, remove(abi.FromAdmin, abi.Explicit), removeText},
		{"push, a removal by a plugin", push, remove(abi.FromPlugin, abi.Explicit), removeText},
		{"push, a session that was used up", push, remove(abi.FromClient, abi.Consumed), removeText},
		{"push, a session whose life was over", push, remove(abi.FromHost, abi.Expired), nothing},
		{"push, a session that had no room", push, remove(abi.FromHost, abi.Evicted), nothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := started(t, c.config)
			hook := onSessionInsert
			if c.event.Kind == abi.Remove {
				hook = onSessionRemove
			}
			if status := h.DeliverWith(hook, c.event, []byte("sealed")); status != 0 {
				t.Errorf("the hook returned %d", status)
			}
			var want []guesttest.Message
			if c.want != "" {
				want = []guesttest.Message{{Topic: "share", Key: "id", Data: c.want}}
			}
			if got := h.Published(); !slices.Equal(got, want) {
				t.Errorf("published %q, want %q", got, want)
			}
		})
	}
}

func TestWhatArrivesIsAppliedAndCounted(t *testing.T) {
	for _, c := range []struct {
		name    string
		message abi.Event
		before  func(h *guesttest.Host)
		counter string
		present bool
	}{
		{"a session", change("id", insertHead+"sealed"), nil, "applied_inserts", true},
		{"a session that is here", change("id", insertHead+"sealed"), func(h *guesttest.Host) { h.SetSession("id", []byte("x")) }, "known", true},
		{"a session that was removed", change("id", insertHead+"sealed"), func(h *guesttest.Host) {
			h.SetSession("id", []byte("x"))
			h.Deliver(onMessage, change("id", removeText))
		}, "refused_removed", false},
		{"a session of another farm", change("id", insertHead+"sealed"), func(h *guesttest.Host) { h.Fail("session_insert", abi.Invalid) }, "refused", false},
		{"a session that is too large", change("id", insertHead+"sealed"), func(h *guesttest.Host) { h.Fail("session_insert", abi.TooLarge) }, "refused", false},
		{"a session in clear", change("id", insertHead+"sealed"), func(h *guesttest.Host) { h.Fail("session_insert", abi.Denied) }, "refused", false},
		{"a session beyond a limit", change("id", insertHead+"sealed"), func(h *guesttest.Host) { h.Fail("session_insert", abi.Limit) }, "refused", false},
		{"a removal", change("id", removeText), func(h *guesttest.Host) { h.SetSession("id", []byte("x")) }, "applied_removes", false},
		{"a removal of what is not here", change("id", removeText), nil, "buried", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := started(t, `{"mode": "pull"}`) // what a node takes does not depend on it
			if c.before != nil {
				c.before(h)
			}
			deliver(t, h, onMessage, c.message)
			ticks(t, h, noon, 1)
			if _, ok := h.Session("id"); ok != c.present || h.Metric(c.counter) != 1 {
				t.Errorf("present: %v, %s is %d", ok, c.counter, h.Metric(c.counter))
			}
			if p := h.Published(); len(p) != 0 {
				t.Errorf("it passed on %q", p)
			}
		})
	}
}

func TestAMissAsksTheHomeNodeAndThenAny(t *testing.T) {
	have, absent := fetchHead+"\x01sealed", fetchHead+"\x00"
	for _, c := range []struct {
		name    string
		config  string
		node    string
		answers map[string]string // by node; without one there is none
		asked   []string
		counter string
	}{
		{"the home node has it", `{"mode": "pull"}`, other, map[string]string{other: have}, []string{other}, "pulled"},
		{"both", `{"mode": "both"}`, other, map[string]string{other: have}, []string{other}, "pulled"},
		{"push asks nobody", `{}`, other, map[string]string{other: have}, nil, ""},
		{"the home node is gone", `{"mode": "pull"}`, other, map[string]string{"": have}, []string{other, ""}, "pulled"},
		{"the home node has lost it", `{"mode": "pull"}`, other, map[string]string{other: absent, "": have}, []string{other, ""}, "pulled"},
		{"nobody has it", `{"mode": "pull"}`, other, map[string]string{other: absent}, []string{other, ""}, "pull_missed"},
		{"nobody else may be asked", `{"mode": "pull", "any": false}`, other, map[string]string{other: absent, "": have}, []string{other}, "pull_missed"},
		{"it was ours", `{"mode": "pull"}`, guesttest.Node, map[string]string{"": have}, []string{""}, "pulled"},
		{"nobody knows whose it was", `{"mode": "pull"}`, "", map[string]string{"": have}, []string{""}, "pulled"},
		{"an answer that is none", `{"mode": "pull", "any": false}`, other, map[string]string{other: "\x01"}, []string{other}, "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := started(t, c.config)
			var asked []string
			h.SetAnswer(func(topic, node, data string) (string, abi.Code) {
				flags := "\x00"
				if node == "" {
					flags = "\x01"
				}
				if topic != "share.pull" || data != fetchHead+flags+"id" {
					t.Errorf("asked %q on %s", data, topic)
				}
				asked = append(asked, node)
				if a, ok := c.answers[node]; ok {
					return a, abi.OK
				}
				return "", abi.Unavailable
			})
			deliver(t, h, onSessionMiss, abi.Event{Kind: abi.Miss, ID: "id", Node: c.node})
			h.Stop(pluginStop)
			if !slices.Equal(asked, c.asked) || c.counter != "" && h.Metric(c.counter) != 1 {
				t.Errorf("asked %q, %s is %d", asked, c.counter, h.Metric(c.counter))
			}
			if _, ok := h.Session("id"); ok != (c.counter == "pulled") {
				t.Errorf("the session is here: %v", ok)
			}
		})
	}
}

func TestWhatIsNotAskedIsCounted(t *testing.T) {
	h := started(t, `{"mode": "pull"}`)
	var asked []string
	h.SetAnswer(func(topic, node, data string) (string, abi.Code) {
		if asked = append(asked, node); node == other {
			return fetchHead + "\x00", abi.OK
		}
		return "", abi.Unavailable
	})
	for _, id := range []string{"one", "another"} {
		deliver(t, h, onSessionMiss, abi.Event{Kind: abi.Miss, ID: id, Node: other})
	}
	h.Stop(pluginStop)
	if !slices.Equal(asked, []string{other, "", other}) || h.Metric("pull_missed") != 2 || h.Metric("pull_spared") != 1 {
		t.Errorf("asked %q, missed %d, spared %d", asked, h.Metric("pull_missed"), h.Metric("pull_spared"))
	}
}

func TestAFetchIsAnsweredWithWhatIsHere(t *testing.T) {
	fetch := func(flags, id string) abi.Event {
		return abi.Event{Kind: abi.Message, Flags: abi.Request, Node: other, Topic: "share.pull", Data: fetchHead + flags + id}
	}
	h := started(t, `{"mode": "pull"}`)
	h.SetSession("id", []byte("sealed"))
	deliver(t, h, onMessage, fetch("\x00", "id"))
	deliver(t, h, onMessage, fetch("\x00", "no"))
	deliver(t, h, onMessage, fetch("\x01", "id"))
	deliver(t, h, onMessage, fetch("\x01", "no")) // others may have it
	want := []string{fetchHead + "\x01sealed", fetchHead + "\x00", fetchHead + "\x01sealed"}
	if got := h.Replies(); !slices.Equal(got, want) {
		t.Errorf("replied %q, want %q", got, want)
	}
}

func TestMalformedMessagesAreCounted(t *testing.T) {
	h := started(t, `{}`)
	for _, data := range []string{"", "\x01", "\x02\x01sealed", "\x01\x63", insertHead, removeText + "x", askHead + "short", stateHead + "\x09........", ackHead, batchHead, batchHead + strings.Repeat("\x00", 12) + "\x01\x05\x00id"} {
		deliver(t, h, onMessage, change("id", data))
	}
	deliver(t, h, onMessage, change("", insertHead+"sealed"))
	deliver(t, h, onMessage, abi.Event{Kind: abi.Message, Flags: abi.Request, Node: other, Topic: "share.sync", Data: removeText})
	deliver(t, h, onMessage, abi.Event{Kind: abi.Message, Flags: abi.Request, Node: other, Topic: "share.pull", Data: fetchHead + "\x00"})
	h.Stop(pluginStop)
	if n := h.Metric("malformed"); n != 14 {
		t.Errorf("%d messages were malformed, want 14: %q", n, h.Published())
	}
}

// askOf is an ASK for tombstones and sessions since then.
func askOf(since int64) string {
	b := []byte(askHead + "\x02")
	b = binary.LittleEndian.AppendUint64(b, 1)
	b = binary.LittleEndian.AppendUint64(b, 2)
	return string(binary.LittleEndian.AppendUint64(b, uint64(since)))
}

func TestWhoAsksIsSentWhatExists(t *testing.T) {
	h := started(t, `{}`)
	h.Ready(pluginReady) // it is the first instance of all
	h.SetSession("mine", []byte("sealed"))
	deliver(t, h, onMessage, abi.Event{Kind: abi.Message, Node: other, Topic: "share." + guesttest.Node, Data: askOf(noon - 60*second)})
	now := ticks(t, h, noon, 1)
	if h.Replays() != 1 {
		t.Fatalf("%d replays", h.Replays())
	}
	for _, e := range []abi.Event{
		{Kind: abi.Remove, Flags: abi.Existing, Reason: abi.Explicit, ID: "gone", Time: noon},
		{Kind: abi.Remove, Flags: abi.Existing, Reason: abi.Consumed, ID: "used", Time: noon},
		{Kind: abi.Remove, Flags: abi.Existing, Reason: abi.Explicit, ID: "long ago", Time: noon - 61*second},
	} {
		deliver(t, h, onSessionRemove, e)
	}
	for _, e := range []abi.Event{
		{Kind: abi.Insert, Flags: abi.Existing, ID: "mine", Node: guesttest.Node, Time: noon},
		{Kind: abi.Insert, Flags: abi.Existing, ID: "another's", Node: other, Time: noon},
		{Kind: abi.Insert, Flags: abi.Existing, ID: "old", Node: guesttest.Node, Time: noon - 61*second},
	} {
		deliver(t, h, onSessionInsert, e)
	}
	now = ticks(t, h, now, 1)
	var batch string
	for _, m := range h.Published() {
		if m.Topic != "share."+other {
			t.Errorf("published %q", m)
		}
		if strings.HasPrefix(m.Data, batchHead) {
			batch = m.Data
		}
	}
	want := "\x02\x04\x00gone" + "\x02\x04\x00used" + "\x01\x04\x00mine\x06\x00\x00\x00sealed"
	if len(batch) < 14 || batch[14:] != want {
		t.Fatalf("the batch is %q, want %q", batch, want)
	}
	// It is sent again until it is acknowledged.
	now = ticks(t, h, now, 8)
	deliver(t, h, onMessage, abi.Event{Kind: abi.Message, Node: other, Topic: "share." + guesttest.Node, Data: ackHead + batch[2:14]})
	ticks(t, h, now, 8)
	last := h.Published()[len(h.Published())-1]
	if h.Metric("resent") != 1 || h.Metric("transfers_sent") != 1 || h.Metric("transfer_removes") != 2 || h.Metric("transfer_sessions") != 1 || !strings.HasPrefix(last.Data, stateHead+"\x03") {
		t.Errorf("resent %d, sent %d, %d, %d; the last message is %q", h.Metric("resent"), h.Metric("transfers_sent"), h.Metric("transfer_removes"), h.Metric("transfer_sessions"), last)
	}
}

func TestABatchIsAppliedAndAcknowledged(t *testing.T) {
	h := started(t, `{}`)
	h.SetSession("old", []byte("sealed"))
	head := "\x09\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"
	deliver(t, h, onMessage, change("x", batchHead+head+"\x02\x03\x00old\x01\x03\x00new\x06\x00\x00\x00sealed"))
	_, gone := h.Session("old")
	_, here := h.Session("new")
	want := []guesttest.Message{{Topic: "share." + other, Data: ackHead + head}}
	if got := h.Published(); gone || !here || !slices.Equal(got, want) {
		t.Errorf("old %v, new %v, published %q", gone, here, got)
	}
}

func TestAfterLostMessagesTheSenderIsAsked(t *testing.T) {
	for _, c := range []struct {
		name  string
		heard int64
		since int64
	}{
		{"heard before", noon - 10*second, noon - 310*second},
		{"never heard", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := started(t, `{}`)
			lost := abi.Event{Kind: abi.Lost, Node: other, Topic: "share", Seq: 3, Created: c.heard, Time: noon}
			deliver(t, h, onMessagesLost, lost)
			deliver(t, h, onMessagesLost, lost) // one ASK is under way
			p := h.Published()
			if len(p) != 1 || p[0].Topic != "share."+other || p[0].Key != "" || !strings.HasPrefix(p[0].Data, askHead+"\x02") {
				t.Fatalf("published %q", p)
			}
			if since := int64(binary.LittleEndian.Uint64([]byte(p[0].Data[19:]))); since != c.since {
				t.Errorf("asked since %d, want %d", since, c.since)
			}
			ticks(t, h, noon, 1)
			if h.Metric("messages_lost") != 6 || h.Metric("behind") != 1 {
				t.Errorf("lost %d, behind %d", h.Metric("messages_lost"), h.Metric("behind"))
			}
		})
	}
}

func TestAfterLostEventsEverybodyIsTold(t *testing.T) {
	h := started(t, `{"mode": "pull"}`)
	h.Lost(onEventsLost, 5)
	now := ticks(t, h, noon, 1)
	deliver(t, h, onSessionInsert, abi.Event{Kind: abi.Insert, Flags: abi.Existing, ID: "kept", Node: guesttest.Node, Time: noon})
	deliver(t, h, onSessionRemove, abi.Event{Kind: abi.Remove, Flags: abi.Existing, Reason: abi.Explicit, ID: "gone", Time: noon})
	ticks(t, h, now, 1)
	want := guesttest.Message{Topic: "share", Key: "gone", Data: batchHead + strings.Repeat("\x00", 12) + "\x02\x04\x00gone"}
	if p := h.Published(); h.Replays() != 1 || !slices.Contains(p, want) || h.Metric("events_lost") != 5 || h.Metric("resyncs") != 1 {
		t.Errorf("%d replays, published %q", h.Replays(), p)
	}
}

func TestANodeThatJoinsAsksOneForEverything(t *testing.T) {
	h := started(t, `{}`)
	answers := 0
	h.SetAnswer(func(topic, node, data string) (string, abi.Code) {
		if topic != "share.sync" || node != "" || data != whoText {
			t.Errorf("asked %q of %q on %s", data, node, topic)
		}
		if answers++; answers < 3 {
			return "", abi.Unavailable
		}
		return whoText + other, abi.OK
	})
	h.Ready(pluginReady)
	if answers != 0 {
		t.Error("plugin_ready waited for another node")
	}
	ticks(t, h, noon, 12)
	p := h.Published()
	if answers != 3 || len(p) == 0 || p[0].Topic != "share."+other || !strings.HasPrefix(p[0].Data, askHead+"\x03") {
		t.Errorf("asked %d times, published %q", answers, p)
	}
}

func TestWhoHasBeenHereForAWhileAnswersAWho(t *testing.T) {
	h := started(t, `{}`)
	who := abi.Event{Kind: abi.Message, Flags: abi.Request, Node: other, Topic: "share.sync", Data: whoText}
	h.Ready(pluginReady)
	now := ticks(t, h, noon, 1)
	deliver(t, h, onMessage, who)
	ticks(t, h, now, 12)
	deliver(t, h, onMessage, who)
	if got := h.Replies(); !slices.Equal(got, []string{whoText + guesttest.Node}) {
		t.Errorf("replied %q", got)
	}
}

func TestAReloadGoesOnWhereItWas(t *testing.T) {
	h := started(t, `{}`)
	h.SetAnswer(func(string, string, string) (string, abi.Code) { return whoText + other, abi.OK })
	h.Ready(pluginReady)
	now := ticks(t, h, noon, 1)
	state := h.Save(pluginSave)
	h.Start(pluginStart)
	if status := h.Restore(pluginRestore, state); status != 0 {
		t.Fatalf("plugin_restore returned %d", status)
	}
	before := len(h.Published())
	h.SetAnswer(func(string, string, string) (string, abi.Code) {
		t.Error("it looks for a node again")
		return "", abi.Unavailable
	})
	h.Ready(pluginReady)
	ticks(t, h, now, 4)
	p := h.Published()[before:]
	if len(p) != 1 || p[0].Topic != "share."+other || !strings.HasPrefix(p[0].Data, askHead+"\x03") || h.Replays() != 0 {
		t.Errorf("published %q, %d replays", p, h.Replays())
	}
}

func TestAnInstanceWithoutPredecessorTellsAndAsksEverybody(t *testing.T) {
	h := started(t, `{}`)
	for _, state := range []string{"", "\x02" + strings.Repeat("x", 26), "\x01short"} {
		h.Restore(pluginRestore, []byte(state)) // none that it can read
	}
	ticks(t, h, noon, 3)
	p := h.Published()
	if len(p) != 1 || p[0].Topic != "share" || p[0].Key != "" || !strings.HasPrefix(p[0].Data, askHead) || h.Replays() != 1 {
		t.Errorf("published %q, %d replays", p, h.Replays())
	}
}

func TestABadConfigRefusesToStart(t *testing.T) {
	for config, want := range map[string]string{
		`{"mode": "all"}`:                        `config: mode: must be "push", "pull" or "both"`,
		`{"mode": 1}`:                            `config: mode: 1 is not a string`,
		`{"topic": "a b"}`:                       `config: topic: must be 1 to 115 of A-Z a-z 0-9 _ - and dots`,
		`{"topic": ""}`:                          `config: topic: must be 1 to 115 of A-Z a-z 0-9 _ - and dots`,
		`{"pull_timeout": "2s"}`:                 `config: pull_timeout: must be from 1ms to 1s`,
		`{"pull_timeout": 20}`:                   `config: pull_timeout: 20 is not a duration such as "90s" or "12h"`,
		`{"any_timeout": "0"}`:                   `config: any_timeout: must be from 1ms to 1s`,
		`{"any": "yes"}`:                         `config: any: "yes" is not true or false`,
		`{"batch": 100}`:                         `config: batch: must be from 1024 to 131072 bytes`,
		`{"batch": 131073}`:                      `config: batch: must be from 1024 to 131072 bytes`,
		`{"resync_pause": "10ms"}`:               `config: resync_pause: must be from 100ms to 60s`,
		`{"beat": "1h"}`:                         `config: beat: must be from 1s to 600s`,
		`{"mod": "push"}`:                        `config: mod: no such setting; there are: mode, topic, pull_timeout, any_timeout, any, batch, resync_pause, beat`,
		`{"mode": "pull", "pull_timeout": "1s"}`: `config: pull_timeout and any_timeout: together they must be 1s at most, and have to fit the sidecar's miss_deadline`,
	} {
		h := guesttest.Open()
		h.SetConfig(config)
		if h.Start(pluginStart) == 0 || len(h.Logs()) != 1 || !strings.HasSuffix(h.Logs()[0].Text, want) {
			t.Errorf("%s: logged %v, want %s", config, h.Logs(), want)
		}
		h.Close()
	}
	for _, function := range []string{"config_get", "random_fill"} {
		h := guesttest.Open()
		h.Fail(function, abi.Unsupported)
		if h.Start(pluginStart) == 0 {
			t.Errorf("the plugin started without %s", function)
		}
		h.Close()
	}
}
