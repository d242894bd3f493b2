package workbench

import (
	"crypto/tls"
	"slices"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
	"github.com/sesshook/sesshook/host/internal/workbench/eventfile"
)

// The ids of the sessions that are made up. Keyring.NewID has made them, of the
// other node and under runKey, so that they are genuine: a plugin can bury them.
const (
	firstID session.ID = "\x8f\xff\x99\x19\x5e\x17\xf7\x5c\xd7\xc9\x5d\xb8\xaf\x50\x83\x85" +
		"\x44\x94\x16\x85\xb6\x44\xec\x5e\x0c\x0f\xa0\x7a\x5d\x2b\x40\x6d"
	secondID session.ID = "\xb3\x16\x85\x49\xcb\xa4\xa2\x8c\x4a\x6b\x90\xbf\x09\x36\xa6\x8b" +
		"\x95\xcb\x3c\x61\x0c\x8b\xd0\x08\xb1\xbd\x66\x09\xdb\xe4\xae\x0b"
	thirdID session.ID = "\x1a\x59\x4b\xfc\x29\xd1\x5d\x4a\x5f\x7b\x66\x95\x87\xac\xeb\x99" +
		"\x22\xad\xd3\x3d\xc9\x4c\xfe\x95\xa0\x20\x1d\x35\x69\x12\xe6\x2b"
)

// example is the topic of messages to a plugin that has not subscribed to any:
// its author sees that they do not arrive.
const example = "example"

// generate makes up events: for every hook that the module exports, one that
// shows it, and what it takes to come there. The plugin runs already.
func (p *player) generate() []eventfile.Event {
	g := &generator{hooks: p.about.Hooks}
	g.add(insertOf(firstID, "www.example.org", "h2", tls.VersionTLS13, time.Hour))
	g.show("on_session_get", eventfile.Event{Kind: eventfile.Get, ID: firstID}, "id")
	g.show("on_session_resume", eventfile.Event{Kind: eventfile.Resume, ID: firstID}, "id")
	second := insertOf(secondID, "shop.example.org", "", tls.VersionTLS12, time.Hour)
	second.ClientCert = true
	second.Give("client_cert")
	g.add(second)
	g.show("on_session_miss", eventfile.Event{Kind: eventfile.Miss, ID: thirdID}, "id")
	g.show("on_session_remove", eventfile.Event{Kind: eventfile.Remove, ID: secondID, Reason: abi.Explicit, Origin: abi.FromAdmin}, "id", "reason", "origin")
	topics := p.rig.farm.subscriptions()
	if len(topics) == 0 {
		topics = []string{example}
	}
	for _, topic := range topics {
		g.show("on_message", eventfile.Event{Kind: eventfile.Message, Topic: topic, Key: []byte(firstID), Data: []byte("a message")}, "topic", "key", "data")
		g.show("on_message", eventfile.Event{Kind: eventfile.Request, Topic: topic, Data: []byte("a request")}, "topic", "data")
		g.show("on_messages_lost", eventfile.Event{Kind: eventfile.Lost, Topic: topic, Count: 3}, "topic", "count")
	}
	g.show("on_tick", eventfile.Event{Kind: eventfile.Tick})
	g.show("on_events_lost", eventfile.Event{Kind: eventfile.EventsLost, Count: 5}, "count")
	g.add(given(eventfile.Event{Kind: eventfile.Reload}))
	// The first session's life ends.
	g.show("on_session_remove", eventfile.Event{Kind: eventfile.Wait, At: eventfile.After(2 * time.Hour)}, "at")
	return g.events
}

// A generator collects events for those hooks that there are.
type generator struct {
	hooks  []string
	events []eventfile.Event
}

func (g *generator) add(e eventfile.Event) { g.events = append(g.events, e) }

// show adds e if the module exports the hook.
func (g *generator) show(hook string, e eventfile.Event, fields ...string) {
	if slices.Contains(g.hooks, hook) {
		g.add(given(e, fields...))
	}
}

func given(e eventfile.Event, fields ...string) eventfile.Event {
	e.Give(fields...)
	return e
}

func insertOf(id session.ID, name, alpn string, version uint16, life time.Duration) eventfile.Event {
	e := eventfile.Event{Kind: eventfile.Insert, ID: id, ServerName: name, ALPN: alpn, Version: version, Expires: eventfile.After(life)}
	e.Give("id", "server_name", "tls_version", "expires")
	if alpn != "" {
		e.Give("alpn")
	}
	return e
}
