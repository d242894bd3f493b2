package eventfile

import (
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestARecordingHasWhatTheHostKnows(t *testing.T) {
	s := &session.Session{ID: "a", Sealed: []byte(sealed), Meta: session.Meta{
		Created: 1e9, Expires: 2e9, Version: 0x0304, CipherSuite: 0x1301, Format: abi.GoTLS, Home: session.Node{1}, ServerName: "n",
	}}
	const about = `"id":"a","server_name":"n","tls_version":"1.3","cipher_suite":"TLS_AES_128_GCM_SHA256","format":"go-tls","home":"010000000000","created":"1970-01-01T00:00:01Z","expires":"1970-01-01T00:00:02Z"`
	const bytes = `"session":"9XNzawEsIGFuZCBzbyBvbg=="}`
	for _, tt := range []struct {
		ev     session.Event
		plugin string
		want   string
	}{
		{session.Event{Kind: abi.Insert, Flags: abi.Replaced, Source: session.Source{Origin: abi.FromPlugin}, Seq: 7, Time: 1, Session: s}, "share",
			`{"event":"insert","at":"1970-01-01T00:00:00.000000001Z","seq":7,` + about + `,"overwrite":true,"origin":"plugin","plugin":"share",` + bytes},
		{session.Event{Kind: abi.Get, Source: session.Source{Origin: abi.FromClient}, Seq: 8, Time: 1, Session: s}, "",
			`{"event":"get","at":"1970-01-01T00:00:00.000000001Z","seq":8,` + about + `,"origin":"client",` + bytes},
		{session.Event{Kind: abi.Remove, Reason: abi.Evicted, Source: session.Source{Origin: abi.FromHost}, Seq: 9, Time: 1, Session: s}, "",
			`{"event":"remove","at":"1970-01-01T00:00:00.000000001Z","seq":9,` + about + `,"origin":"host","reason":"evicted",` + bytes},
		{session.Event{Kind: abi.Resume, Source: session.Source{Origin: abi.FromClient}, Time: 1, Session: s}, "",
			`{"event":"resume","at":"1970-01-01T00:00:00.000000001Z",` + about + `,` + bytes},
		{session.Event{Kind: abi.Miss, Time: 1, Session: &session.Session{ID: "m", Meta: session.Meta{Home: session.Node{2}}}}, "",
			`{"event":"miss","at":"1970-01-01T00:00:00.000000001Z","id":"m","home":"020000000000"}`},
	} {
		e, ok := Of(&tt.ev, tt.plugin)
		if !ok {
			t.Errorf("%v is not recorded", tt.ev.Kind)
			continue
		}
		if got := strings.TrimSpace(string(Append(nil, e))); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
		if _, err := Parse(Append(nil, e)); err != nil {
			t.Error(err)
		}
	}
}

func TestMessagesAreNotRecorded(t *testing.T) {
	for _, kind := range []abi.Kind{abi.Message, abi.Lost} {
		if _, ok := Of(&session.Event{Kind: kind, Message: &session.Message{Data: []byte("secret")}}, ""); ok {
			t.Errorf("%v is recorded", kind)
		}
	}
}

func TestWhatARecordingSaysOfItself(t *testing.T) {
	if got := string(Append(nil, OfNode(session.Node{1}, 1e9))); got != `{"event":"host","at":"1970-01-01T00:00:01Z","node":"010000000000"}`+"\n" {
		t.Error(got)
	}
	if got := string(Append(nil, OfDropped(3))); got != `{"event":"dropped","count":3}`+"\n" {
		t.Error(got)
	}
}
