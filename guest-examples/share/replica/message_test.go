package replica

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func TestEntriesAreReadAsTheyWereWritten(t *testing.T) {
	long := bytes.Repeat([]byte("i"), abi.MaxID)
	b := beginEntry(nil, entryTombstone, long)
	b = beginEntry(b, entrySession, []byte("id"))
	b = append(b, 6, 0, 0, 0)
	b = append(b, "sealed"...)
	e, rest, ok := parseEntry(b)
	if !ok || e.kind != entryTombstone || !bytes.Equal(e.id, long) || e.sealed != nil {
		t.Errorf("read %+v, %v", e, ok)
	}
	e, rest, ok = parseEntry(rest)
	if !ok || e.kind != entrySession || string(e.id) != "id" || string(e.sealed) != "sealed" || len(rest) != 0 {
		t.Errorf("read %+v, %v, and %d bytes are left", e, ok, len(rest))
	}
}

func TestEntriesThatAreNoneAreRefused(t *testing.T) {
	for name, b := range map[string]string{
		"nothing":                     "",
		"half a head":                 "\x01\x02",
		"no id":                       "\x02\x00\x00",
		"an id that is cut":           "\x02\x03\x00id",
		"an id that is too long":      "\x02\x01\x01" + strings.Repeat("i", 257),
		"a kind that is none":         "\x03\x02\x00id",
		"a session without a length":  "\x01\x02\x00id\x00\x00",
		"a session that is cut":       "\x01\x02\x00id\x02\x00\x00\x00x",
		"a session of four gigabytes": "\x01\x02\x00id\xff\xff\xff\xffx",
	} {
		if e, _, ok := parseEntry([]byte(b)); ok {
			t.Errorf("%s is read as %+v", name, e)
		}
	}
}

func TestAnAskIsReadAsItWasWritten(t *testing.T) {
	want := ask{askAll | askSessions, 1 << 63, 2, -3}
	b := want.append(nil)
	if got, ok := parseAsk(b); !ok || got != want {
		t.Errorf("read %+v, %v", got, ok)
	}
	if _, ok := parseAsk(b[1:]); ok {
		t.Error("a short one is read")
	}
}

// FuzzMessage gives a replica that is in the midst of things any message.
func FuzzMessage(f *testing.F) {
	f.Add([]byte{version, msgInsert, 1}, true, []byte("id"))
	f.Add([]byte{version, msgRemove}, false, []byte("id"))
	f.Add(beginEntry(number{1, 2}.append([]byte{version, msgBatch}), entryTombstone, []byte("id")), false, []byte("id"))
	f.Add((&ask{askAll, 1, 2, 3}).append([]byte{version, msgAsk}), false, []byte(nil))
	f.Add(number{1, 2}.append([]byte{version, msgAck}), false, []byte(nil))
	f.Add([]byte{version, msgState, stateBegun, 1, 0, 0, 0, 0, 0, 0, 0}, false, []byte(nil))
	f.Add([]byte{version, msgFetch, fetchAny, 'i', 'd'}, true, []byte(nil))
	f.Add([]byte{version, msgWho}, true, []byte(nil))
	f.Fuzz(func(t *testing.T, data []byte, request bool, key []byte) {
		h := &still{now: noon}
		cfg := Defaults()
		cfg.Mode = Both
		r := New(h, cfg)
		r.MessagesLost([]byte(peerA), []byte("share"), 1, 0)
		r.Message([]byte(peerB), []byte("share."+self), nil, askText(askAll|askSessions, 0), false)
		r.Tick(noon)
		r.Removed([]byte("gone"), abi.Explicit, abi.Existing, noon)
		for _, from := range []string{peerA, peerB, "", "x"} {
			for _, topic := range r.Topics() {
				r.Message([]byte(from), []byte(topic), key, data, request)
			}
		}
		for i := range int64(100) {
			r.Tick(noon + i*second)
		}
		if len(r.transfers) > maxTransfers+1 || len(r.peers) > maxPeers {
			t.Errorf("%d transfers, %d peers", len(r.transfers), len(r.peers))
		}
	})
}

// FuzzRestore gives it any state.
func FuzzRestore(f *testing.F) {
	r := New(&still{now: noon}, Defaults())
	r.Ready()
	r.EventsLost(1)
	r.MessagesLost([]byte(peerA), []byte("share"), 1, 0)
	f.Add(r.Save(nil))
	f.Add([]byte{stateVersion})
	f.Fuzz(func(t *testing.T, state []byte) {
		r := New(&still{now: noon}, Defaults())
		r.Restore(state)
		r.Tick(noon)
		r.Save(nil)
	})
}
