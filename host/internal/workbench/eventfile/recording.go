package eventfile

import (
	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// recorded are the events that a recording has. Messages are not among them:
// what a plugin with sessions:secrets sends may hold sessions in clear.
var recorded = map[abi.Kind]Kind{abi.Insert: Insert, abi.Remove: Remove, abi.Get: Get, abi.Miss: Miss, abi.Resume: Resume}

// Of returns what a recording has for ev, which it shares memory with; false
// where it has nothing. plugin is the name of the one that caused it.
func Of(ev *session.Event, plugin string) (*Event, bool) {
	kind, ok := recorded[ev.Kind]
	if !ok || ev.Session == nil {
		return nil, false
	}
	s := ev.Session
	e := &Event{Kind: kind, At: At(ev.Time), ID: s.ID, Home: s.Home}
	e.Give("at", "id")
	if s.Home != (session.Node{}) {
		e.Give("home")
	}
	if kind == Miss {
		return e, true
	}
	e.of(s)
	if ev.Seq != 0 {
		e.Seq = ev.Seq
		e.Give("seq")
	}
	if kind == Insert && ev.Flags&abi.Replaced != 0 {
		e.Overwrite = true
		e.Give("overwrite")
	}
	if kind == Remove {
		e.Reason = ev.Reason
		e.Give("reason")
	}
	if kind != Resume {
		e.Origin = ev.Source.Origin
		e.Give("origin")
	}
	if plugin != "" && kind != Get && kind != Resume {
		e.Plugin = plugin
		e.Give("plugin")
	}
	return e, true
}

// of describes a session, so that who has not its key knows as much of it as the
// host does.
func (e *Event) of(s *session.Session) {
	e.Created, e.Expires, e.Session = At(s.Created), At(s.Expires), s.Sealed
	e.Version, e.CipherSuite, e.Format = s.Version, s.CipherSuite, s.Format
	e.ServerName, e.ALPN, e.ClientCert, e.Resumed = s.ServerName, s.ALPN, s.ClientCert, s.Resumed
	e.Give("created", "expires", "session", "tls_version", "cipher_suite", "format")
	for field, given := range map[string]bool{"server_name": s.ServerName != "", "alpn": s.ALPN != "", "client_cert": s.ClientCert, "resumed": s.Resumed} {
		if given {
			e.Give(field)
		}
	}
}

// Of a node, at a time: the first line of a recording.
func OfNode(node session.Node, at int64) *Event {
	e := &Event{Kind: Host, Node: node, At: At(at)}
	e.Give("node", "at")
	return e
}

// OfDropped returns what a recording has in the place of what it could not keep.
func OfDropped(count uint64) *Event {
	e := &Event{Kind: Dropped, Count: count}
	e.Give("count")
	return e
}
