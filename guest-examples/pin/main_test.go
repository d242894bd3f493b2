package main

import (
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

const hour = int64(time.Hour)

var now = time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC).UnixNano()

func started(t testing.TB, config string) *guesttest.Host {
	t.Helper()
	h := guesttest.New(t)
	h.SetConfig(config)
	if status := h.Start(pluginStart); status != 0 {
		t.Fatalf("plugin_start returned %d: %v", status, h.Logs())
	}
	return h
}

// session returns the RESUME of a session of that age.
func session(age int64, version uint16, name string) abi.Event {
	return abi.Event{Kind: abi.Resume, Origin: abi.FromClient, Time: now, Created: now - age, ID: "id", Version: version, ServerName: name}
}

func TestWhichSessionsMayBeResumed(t *testing.T) {
	const (
		allow  = ""
		old    = "refused_too_old"
		low    = "refused_tls_version"
		other  = "refused_server_name"
		age    = `{"max_age": "12h"}`
		tls13  = `{"min_version": "1.3"}`
		names  = `{"server_names": ["www.example.com", "*.Example.ORG"]}`
		strict = `{"max_age": "12h", "min_version": "1.3", "server_names": ["www.example.com"]}`
	)
	for _, c := range []struct {
		name    string
		config  string
		session abi.Event
		refused string // the metric, or allow
	}{
		{"no settings, anything", `{}`, abi.Event{Kind: abi.Resume, ID: "id", Time: now}, allow},
		{"as old as may be", age, session(12*hour, 0, ""), allow},
		{"a nanosecond older", age, session(12*hour+1, 0, ""), old},
		{"made in the future", age, session(-hour, 0, ""), allow},
		{"of unknown age", age, abi.Event{Kind: abi.Resume, ID: "id", Time: now}, old},
		{"the least version", tls13, session(0, 0x0304, ""), allow},
		{"a lower version", tls13, session(0, 0x0303, ""), low},
		{"an unknown version", tls13, session(0, 0, ""), low},
		{"TLS 1.2 where it is allowed", `{"min_version": "1.2"}`, session(0, 0x0303, ""), allow},
		{"a name of the list", names, session(0, 0, "www.example.com"), allow},
		{"a name in other case", names, session(0, 0, "WWW.example.COM"), allow},
		{"a name that is not in the list", names, session(0, 0, "example.com"), other},
		{"a name below a star", names, session(0, 0, "a.example.org"), allow},
		{"a name two below a star", names, session(0, 0, "a.b.example.org"), other},
		{"the name beside a star", names, session(0, 0, "example.org"), other},
		{"an empty label below a star", names, session(0, 0, ".example.org"), other},
		{"no name", names, session(0, 0, ""), other},
		{"a name that is no name", names, session(0, 0, strings.Repeat("x", 60000)), other},
		{"an empty list", `{"server_names": []}`, session(0, 0, "www.example.com"), other},
		{"all settings, all kept", strict, session(hour, 0x0304, "www.example.com"), allow},
		{"all settings, none kept", strict, session(13*hour, 0x0303, "x"), old},
		{"all settings, a session of another version", strict, session(hour, 0x0303, "www.example.com"), low},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := started(t, c.config)
			status := h.Deliver(onSessionResume, c.session)
			if (status == 1) != (c.refused != allow) || status < 0 || status > 1 {
				t.Errorf("the hook returned %d", status)
			}
			for _, name := range []string{old, low, other} {
				if got := h.Metric(name); (got == 1) != (name == c.refused) {
					t.Errorf("%s is %d", name, got)
				}
			}
			if logs := h.Logs(); (len(logs) == 1) != (c.refused != allow) {
				t.Errorf("logged %v", logs)
			}
		})
	}
}

func TestARefusalIsLoggedAtDebug(t *testing.T) {
	h := started(t, `{"min_version": "1.3"}`)
	h.Deliver(onSessionResume, session(0, 0x0303, "www.example.com"))
	h.Deliver(onSessionResume, session(0, 0x0303, ""))
	text := "resumption refused: session was made under a TLS version below min_version"
	for i, want := range []string{text + ": server name www.example.com", text} {
		if got := h.Logs()[i]; got != (guesttest.Line{Level: abi.Debug, Text: want}) {
			t.Errorf("logged %v, want %s", got, want)
		}
	}
	h.SetLogLevel(abi.Info)
	h.Deliver(onSessionResume, session(0, 0x0303, ""))
	if len(h.Logs()) != 2 || h.Metric("refused_tls_version") != 3 {
		t.Errorf("logged %v, counted %d", h.Logs(), h.Metric("refused_tls_version"))
	}
}

func TestARefusalStandsWhereItCannotBeCounted(t *testing.T) {
	h := started(t, `{"min_version": "1.3"}`)
	h.Fail("metric_add", abi.Limit)
	if status := h.Deliver(onSessionResume, session(0, 0x0303, "")); status != 1 {
		t.Errorf("the hook returned %d, want 1", status)
	}
}

func TestABadConfigRefusesToStart(t *testing.T) {
	for config, want := range map[string]string{
		`{"max_age": 12}`:                `config: max_age: 12 is not a duration such as "90s" or "12h"`,
		`{"max_age": "12"}`:              `config: max_age: "12" is not a duration such as "90s" or "12h"`,
		`{"min_version": "1.1"}`:         `config: min_version: must be "1.2" or "1.3"`,
		`{"min_version": 1.3}`:           `config: min_version: 1.3 is not a string`,
		`{"server_names": "a"}`:          `config: server_names: "a" is not a list of strings`,
		`{"server_names": ["a.*"]}`:      `config: server_names: a.* is neither a server name nor *. before one`,
		`{"server_names": ["*."]}`:       `config: server_names: *. is neither a server name nor *. before one`,
		`{"max_agee": "12h"}`:            `config: max_agee: no such setting; there are: max_age, min_version, server_names`,
		`{"server_names": [["a", "b"]]}`: `config: server_names: ["a", "b"] is not a string`,
	} {
		h := guesttest.Open()
		h.SetConfig(config)
		if h.Start(pluginStart) == 0 || len(h.Logs()) != 1 || !strings.HasSuffix(h.Logs()[0].Text, want) {
			t.Errorf("%s: logged %v, want %s", config, h.Logs(), want)
		}
		h.Close()
	}
	h := guesttest.New(t)
	h.Fail("config_get", abi.Unsupported)
	if h.Start(pluginStart) == 0 {
		t.Error("the plugin started without its config")
	}
}

func TestAVerdictAllocatesNothing(t *testing.T) {
	started(t, `{"max_age": "12h", "min_version": "1.2", "server_names": ["a", "*.example.com"]}`)
	list := &pins.names
	name := []byte("WWW.Example.com")
	if n := testing.AllocsPerRun(100, func() { list.has(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
