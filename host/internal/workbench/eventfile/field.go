package eventfile

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A field is one that lines may have beside "event": how it is read, how it is
// written, and with which events.
type field struct {
	name  string
	kinds []Kind // nil is all
	read  func(*Event, json.RawMessage) error
	write func(*Event) any
}

var (
	ofSessions = []Kind{Insert, Get, Resume, Remove}
	ofMessages = []Kind{Message, Request, Lost, Answer}
)

// fields are all, in the order in which they are written. What is at an index
// is the bit of it in Event.given.
var fields = []field{
	{"at", nil, moment(func(e *Event) *Moment { return &e.At }), func(e *Event) any { return e.At.String() }},
	{"seq", ofSessions, whole(func(e *Event) *uint64 { return &e.Seq }), func(e *Event) any { return e.Seq }},
	{"id", append([]Kind{Miss}, ofSessions...), text(func(e *Event, s string) (err error) { e.ID, err = parseID(s); return }), func(e *Event) any { return Bytes([]byte(e.ID)) }},
	{"server_name", ofSessions, text(func(e *Event, s string) error { e.ServerName = s; return checkName(s) }), func(e *Event) any { return e.ServerName }},
	{"alpn", ofSessions, text(func(e *Event, s string) error { e.ALPN = s; return checkALPN(s) }), func(e *Event) any { return e.ALPN }},
	{"tls_version", ofSessions, text(func(e *Event, s string) (err error) { e.Version, err = parseVersion(s); return }), func(e *Event) any { return formatVersion(e.Version) }},
	{"cipher_suite", ofSessions, text(func(e *Event, s string) (err error) { e.CipherSuite, err = parseSuite(s); return }), func(e *Event) any { return formatSuite(e.CipherSuite) }},
	{"format", ofSessions, text(readFormat), func(e *Event) any { return e.Format.String() }},
	{"client_cert", ofSessions, flag(func(e *Event) *bool { return &e.ClientCert }), func(e *Event) any { return e.ClientCert }},
	{"resumed", ofSessions, flag(func(e *Event) *bool { return &e.Resumed }), func(e *Event) any { return e.Resumed }},
	{"home", append([]Kind{Miss}, ofSessions...), text(func(e *Event, s string) (err error) { e.Home, err = parseNode(s); return }), func(e *Event) any { return e.Home.String() }},
	{"created", ofSessions, moment(func(e *Event) *Moment { return &e.Created }), func(e *Event) any { return e.Created.String() }},
	{"expires", ofSessions, moment(func(e *Event) *Moment { return &e.Expires }), func(e *Event) any { return e.Expires.String() }},
	{"overwrite", []Kind{Insert}, flag(func(e *Event) *bool { return &e.Overwrite }), func(e *Event) any { return e.Overwrite }},
	{"origin", []Kind{Insert, Get, Remove}, text(readOrigin), func(e *Event) any { return nameOf(origins, e.Origin) }},
	{"plugin", []Kind{Insert, Remove}, text(func(e *Event, s string) error { e.Plugin = s; return nil }), func(e *Event) any { return e.Plugin }},
	{"reason", []Kind{Remove}, text(readReason), func(e *Event) any { return nameOf(reasons, e.Reason) }},
	{"node", append([]Kind{Host}, ofMessages...), text(func(e *Event, s string) (err error) { e.Node, err = parseNode(s); return }), func(e *Event) any { return e.Node.String() }},
	{"topic", ofMessages, text(func(e *Event, s string) (err error) { e.Topic, err = parseTopic(s); return }), func(e *Event) any { return e.Topic }},
	{"key", []Kind{Message, Request}, text(readKey), func(e *Event) any { return Bytes(e.Key) }},
	{"count", []Kind{Lost, EventsLost, Dropped}, whole(func(e *Event) *uint64 { return &e.Count }), func(e *Event) any { return e.Count }},
	{"heard", []Kind{Lost}, moment(func(e *Event) *Moment { return &e.Heard }), func(e *Event) any { return e.Heard.String() }},
	{"up", []Kind{Farm}, flag(func(e *Event) *bool { return &e.Up }), func(e *Event) any { return e.Up }},
	{"config", []Kind{Reload}, readConfig, func(e *Event) any { return e.Config }},
	{"reply", nil, text(readReply), func(e *Event) any { return Bytes(e.Reply) }},
	{"data", append([]Kind{Message, Request}, ofSessions...), text(func(e *Event, s string) (err error) { e.Data, err = parseBytes(s); return }), func(e *Event) any { return Bytes(e.Data) }},
	{"session", ofSessions, text(readSession), func(e *Event) any { return base64.StdEncoding.EncodeToString(e.Session) }},
}

// needed are the fields that an event can't be without.
var needed = map[Kind][]string{
	Insert: {"id"}, Get: {"id"}, Resume: {"id"}, Miss: {"id"}, Remove: {"id"},
	Message: {"topic"}, Request: {"topic"}, Lost: {"topic"}, Answer: {"topic"}, Farm: {"up"}, Wait: {"at"},
}

// takes reports whether f may stand in a line of kind k.
func (f *field) takes(k Kind) bool { return f.kinds == nil || slices.Contains(f.kinds, k) }

// fieldNames are those that a line of kind k may have.
func fieldNames(k Kind) []string {
	names := []string{"event"}
	for i := range fields {
		if fields[i].takes(k) {
			names = append(names, fields[i].name)
		}
	}
	return names
}

// text reads a JSON string.
func text(set func(*Event, string) error) func(*Event, json.RawMessage) error {
	return func(e *Event, raw json.RawMessage) error {
		s, err := stringOf(raw)
		if err != nil {
			return err
		}
		return set(e, s)
	}
}

func stringOf(raw json.RawMessage) (s string, err error) {
	if raw[0] != '"' {
		return "", fmt.Errorf("%s is not a string: write it in quotes", clip(string(raw)))
	}
	return s, json.Unmarshal(raw, &s)
}

func moment(of func(*Event) *Moment) func(*Event, json.RawMessage) error {
	return text(func(e *Event, s string) (err error) {
		*of(e), err = parseMoment(s)
		return err
	})
}

func flag(of func(*Event) *bool) func(*Event, json.RawMessage) error {
	return func(e *Event, raw json.RawMessage) error {
		if json.Unmarshal(raw, of(e)) != nil || string(raw) == "null" {
			return fmt.Errorf("%s is neither true nor false", clip(string(raw)))
		}
		return nil
	}
}

func whole(of func(*Event) *uint64) func(*Event, json.RawMessage) error {
	return func(e *Event, raw json.RawMessage) error {
		if json.Unmarshal(raw, of(e)) != nil || string(raw) == "null" {
			return fmt.Errorf("%s is not a whole number of 0 or more", clip(string(raw)))
		}
		return nil
	}
}

func readFormat(e *Event, s string) (err error) {
	e.Format, err = choose("a format", s, formats, "opaque", "go-tls", "openssl-der")
	return err
}

func readOrigin(e *Event, s string) (err error) {
	e.Origin, err = choose("an origin", s, origins, "client", "plugin", "front", "admin", "snapshot", "host")
	return err
}

func readReason(e *Event, s string) (err error) {
	e.Reason, err = choose("a reason", s, reasons, "explicit", "expired", "evicted", "consumed")
	return err
}

func nameOf[T comparable](names map[string]T, v T) string {
	for name, is := range names {
		if is == v {
			return name
		}
	}
	return ""
}

func readKey(e *Event, s string) (err error) {
	e.Key, err = parseBytes(s)
	if err == nil && len(e.Key) > abi.MaxID {
		err = fmt.Errorf("a key has at most %d bytes, this one has %d", abi.MaxID, len(e.Key))
	}
	return err
}

func readReply(e *Event, s string) (err error) {
	e.Reply, err = parseBytes(s)
	if err == nil && len(e.Reply) > abi.MaxMessage {
		err = fmt.Errorf("a reply has at most %d bytes, this one has %d", abi.MaxMessage, len(e.Reply))
	}
	return err
}

func readSession(e *Event, s string) (err error) {
	e.Session, err = parseBase64(s)
	switch {
	case err != nil:
		return err
	case !session.IsSealed(e.Session):
		return fmt.Errorf("this is not a sealed session: `sesshook record` writes those; one in clear is written as data")
	case len(e.Session) > session.MaxSealed:
		return fmt.Errorf("a sealed session has at most %d bytes, this one has %d", session.MaxSealed, len(e.Session))
	}
	return nil
}
