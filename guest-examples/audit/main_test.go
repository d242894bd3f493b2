package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest/guesttest"
)

var noon = time.Date(2026, 2, 28, 12, 0, 0, 123456789, time.UTC).UnixNano()

// started opens a host with that config and starts the plugin in it.
func started(t testing.TB, config string) *guesttest.Host {
	t.Helper()
	h := guesttest.New(t)
	h.SetConfig(config)
	if status := h.Start(pluginStart); status != 0 {
		t.Fatalf("plugin_start returned %d: %v", status, h.Logs())
	}
	return h
}

func TestALineSaysWhatTheEventSays(t *testing.T) {
	whole := abi.Event{
		Kind: abi.Insert, Origin: abi.FromClient, Flags: abi.Resumed | abi.ClientCert, Seq: 7, Time: noon, Version: 0x0304, CipherSuite: 0x1301,
		ID: "\x00\x7f\xff\x10", ServerName: "www.example.com", ALPN: "h2", Node: "0123456789ab",
	}
	for _, c := range []struct {
		name   string
		config string
		hook   func(uint32) int32
		event  abi.Event
		want   string
		metric string
	}{
		{
			"a whole insert", `{}`, onSessionInsert, whole,
			`{"time":"2026-02-28T12:00:00.123456Z","event":"insert","origin":"client","id":"007fff10","server_name":"www.example.com","alpn":"h2","tls_version":"TLS 1.3","cipher_suite":"TLS_AES_128_GCM_SHA256","node":"0123456789ab","resumed":true,"client_cert":true}`,
			"insert",
		},
		{
			"an insert of which little is known", `{}`, onSessionInsert, abi.Event{Kind: abi.Insert, Origin: abi.FromFront, Time: noon, ID: "\x01", Flags: abi.Existing | abi.Replaced},
			`{"time":"2026-02-28T12:00:00.123456Z","event":"insert","origin":"front","id":"01","existing":true,"replaced":true}`,
			"insert",
		},
		{
			"a remove", `{}`, onSessionRemove, abi.Event{Kind: abi.Remove, Origin: abi.FromHost, Reason: abi.Expired, Time: noon, ID: "\x01", Version: 0x0303},
			`{"time":"2026-02-28T12:00:00.123456Z","event":"remove","origin":"host","reason":"expired","id":"01","tls_version":"TLS 1.2"}`,
			"remove",
		},
		{
			"a get, with a shortened id", `{"id_bytes": 2}`, onSessionGet, abi.Event{Kind: abi.Get, Origin: abi.FromAdmin, Time: noon, ID: "\x01\x02\x03", CipherSuite: 0xc02f},
			`{"time":"2026-02-28T12:00:00.123456Z","event":"get","origin":"admin","id":"0102","cipher_suite":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}`,
			"get",
		},
		{
			"what a later version may send", `{}`, onSessionRemove, abi.Event{Kind: abi.Remove, Origin: 99, Reason: 99, Time: noon, ID: "\x01", Version: 0x0305, CipherSuite: 0xabcd},
			`{"time":"2026-02-28T12:00:00.123456Z","event":"remove","origin":"unknown","reason":"unknown","id":"01","tls_version":"0x0305","cipher_suite":"0xabcd"}`,
			"remove",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := started(t, c.config)
			// Twice: the second line is made of pieces that were kept.
			for range 2 {
				if status := h.Deliver(c.hook, c.event); status != 0 {
					t.Errorf("the hook returned %d", status)
				}
			}
			for _, got := range h.Logs() {
				if got.Level != abi.Info || got.Text != c.want {
					t.Errorf("%d %s\nwant %s", got.Level, got.Text, c.want)
				}
			}
			if n := h.Metric(c.metric); n != 2 || len(h.Logs()) != 2 {
				t.Errorf("counted %d, and logged %d lines", n, len(h.Logs()))
			}
		})
	}
}

func TestPiecesThatWereKeptDoNotLeakIntoOtherLines(t *testing.T) {
	h := started(t, `{}`)
	h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, Origin: abi.FromClient, Time: noon, ID: "a", Version: 0x0304, CipherSuite: 0x1301, ServerName: "a"})
	h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, Origin: abi.FromPlugin, Time: noon + 1e9, ID: "b"})
	want := `{"time":"2026-02-28T12:00:01.123456Z","event":"insert","origin":"plugin","id":"62"}`
	if got := h.Logs()[1].Text; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestWhatTheHostDropsIsCountedAndNotBuilt(t *testing.T) {
	h := started(t, `{}`)
	h.SetLogLevel(abi.Warn)
	h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, ID: "id"})
	if len(h.Logs()) != 0 || len(audit.line) != 0 || h.Metric("insert") != 1 {
		t.Errorf("logged %v, built %q, counted %d", h.Logs(), audit.line, h.Metric("insert"))
	}
}

func TestLostEventsAreSaid(t *testing.T) {
	h := started(t, `{}`)
	h.SetTime(noon)
	h.Lost(onEventsLost, 12)
	want := guesttest.Line{Level: abi.Warn, Text: `{"time":"2026-02-28T12:00:00.123456Z","event":"lost","count":12}`}
	if logs := h.Logs(); len(logs) != 1 || logs[0] != want || h.Metric("lost") != 12 {
		t.Errorf("logged %v, counted %d", logs, h.Metric("lost"))
	}
}

func TestABadConfigRefusesToStart(t *testing.T) {
	for config, want := range map[string]string{
		`{"id_bytes": -1}`:   "config: id_bytes: must be from 0 (the whole id) to 256 bytes",
		`{"id_bytes": 257}`:  "config: id_bytes: must be from 0 (the whole id) to 256 bytes",
		`{"id_bytes": "8"}`:  `config: id_bytes: "8" is not a whole number`,
		`{"id_byte": 8}`:     "config: id_byte: no such setting; there are: id_bytes",
		`{"id_bytes": 8} {}`: "config: something follows the table's end",
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

func TestALineIsJSONWhateverAClientSends(t *testing.T) {
	h := started(t, `{}`)
	name := "\"\\\x00\n\u2028\xff<é>"
	h.Deliver(onSessionInsert, abi.Event{Kind: abi.Insert, Time: noon, ID: "id", ServerName: name})
	var line struct {
		ServerName string `json:"server_name"`
	}
	if err := json.Unmarshal([]byte(h.Logs()[0].Text), &line); err != nil || line.ServerName != strings.ToValidUTF8(name, "\ufffd") {
		t.Errorf("%q, %v", line.ServerName, err)
	}
}
