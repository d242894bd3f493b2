package bus

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

var someHeader = header{node: nodeID("a"), epoch: 5, time: 7}

func encodeMessages(h header, first uint64, records ...[2]string) []byte {
	b := binary.LittleEndian.AppendUint64(h.append(nil), first)
	for _, r := range records {
		b = appendRecord(b, []byte(r[0]), []byte(r[1]))
	}
	return b
}

func TestMessagesComeBackAsTheyWere(t *testing.T) {
	records := [][2]string{{"k", "data"}, {"", ""}, {strings.Repeat("k", abi.MaxID), strings.Repeat("d", abi.MaxMessage)}, {"k", "again"}}
	f, ok := parseMessages(encodeMessages(someHeader, 9, records...))
	if !ok || f.header != someHeader || f.first != 9 || f.count != len(records) {
		t.Fatalf("%v: header %+v, %d from %d", ok, f.header, f.count, f.first)
	}
	for i, m := range f.messages("topic") {
		want := session.Message{From: someHeader.node, Topic: "topic", Key: records[i][0], Data: []byte(records[i][1])}
		if m.Key != want.Key || !bytes.Equal(m.Data, want.Data) || m.From != want.From || m.Topic != want.Topic {
			t.Errorf("message %d is %.60q=%.60q", i, m.Key, m.Data)
		}
		if cap(m.Data) != len(m.Data) {
			t.Errorf("message %d could be appended to, over the next", i)
		}
	}
}

func TestMessagesAreRefusedWhereAnythingIsOff(t *testing.T) {
	good := encodeMessages(someHeader, 1, [2]string{"key", "data"})
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(good)) }
	for name, b := range map[string][]byte{
		"nothing":                 nil,
		"header only":             good[:headerSize],
		"cut number":              good[:messagesSize-1],
		"cut record header":       good[:messagesSize+recordSize-1],
		"cut data":                good[:len(good)-1],
		"something behind":        append(bytes.Clone(good), 0),
		"number 0":                encodeMessages(someHeader, 0),
		"number beyond all":       encodeMessages(someHeader, maxNumber+1),
		"no node":                 encodeMessages(header{epoch: 1, time: 1}, 1),
		"no epoch":                encodeMessages(header{node: nodeID("a"), time: 1}, 1),
		"negative time":           encodeMessages(header{node: nodeID("a"), epoch: 1, time: -1}, 1),
		"key too long":            encodeMessages(someHeader, 1, [2]string{strings.Repeat("k", abi.MaxID+1), ""}),
		"data too long":           encodeMessages(someHeader, 1, [2]string{"", strings.Repeat("d", abi.MaxMessage+1)}),
		"length beyond all":       change(func(b []byte) []byte { copy(b[messagesSize+2:], "\xff\xff\xff\xff"); return b }),
		"key length beyond frame": change(func(b []byte) []byte { b[messagesSize] = 200; return b }),
	} {
		if _, ok := parseMessages(b); ok {
			t.Errorf("%s: was taken", name)
		}
	}
}

func TestOtherFramesComeBackAsTheyWere(t *testing.T) {
	h, flags, ok := parseControl(appendControl(nil, someHeader, flagHello))
	if !ok || h != someHeader || flags != flagHello {
		t.Errorf("control: %+v, %d, %v", h, flags, ok)
	}
	want := requestFrame{header: someHeader, number: 3, timeout: 20 * time.Millisecond, data: []byte("what")}
	if got, ok := parseRequest(want.append(nil)); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("request: %+v, %v", got, ok)
	}
	from, data, ok := parseReply(appendReply(nil, nodeID("b"), []byte("that")))
	if !ok || from != nodeID("b") || string(data) != "that" {
		t.Errorf("reply: %v, %q, %v", from, data, ok)
	}
}

// TestAdditionalDataIsUnambiguous: no two frames for different things have the
// same additional data.
func TestAdditionalDataIsUnambiguous(t *testing.T) {
	seen := map[string]string{}
	note := func(what string, b []byte) {
		if other, ok := seen[string(b)]; ok {
			t.Errorf("%s and %s have the same additional data", what, other)
		}
		seen[string(b)] = what
	}
	for _, farm := range []string{"a", "ab", "a\x01"} {
		for _, topic := range []string{"", "b", "bc", "b\x00"} {
			for kind := frameMessages; kind <= frameValue; kind++ {
				what := farm + "/" + topic + "/" + itoa(uint64(kind))
				note(what, associate(kind, farm, topic, nil))
				for _, n := range []uint64{1, 2} {
					note(what+"/"+itoa(n), associate(kind, farm, topic, replyTo(someHeader, n)))
				}
			}
		}
	}
	other := someHeader
	other.epoch++
	note("another run", associate(frameReply, "a", "b", replyTo(other, 1)))
}

func TestSubjectsAreAsTransportsTakeThem(t *testing.T) {
	for got, want := range map[string]string{
		controlSubject("f"):                             "sesshook.v1.f.c",
		messageSubject("f", "a.b.c"):                    "sesshook.v1.f.m.a/b/c",
		requestSubject("f", "a.b", session.Node{}):      "sesshook.v1.f.r.a/b",
		requestSubject("f", "a.b", session.Node{1, 15}): "sesshook.v1.f.n.010f00000000.a/b",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(encodeMessages(someHeader, 1))
	f.Add(encodeMessages(someHeader, 7, [2]string{"key", "data"}, [2]string{"", ""}))
	f.Add(encodeMessages(someHeader, maxNumber, [2]string{strings.Repeat("k", abi.MaxID), "data"})[:100])
	f.Add([]byte("not a frame"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, ok := parseMessages(b)
		if !ok {
			return
		}
		again := binary.LittleEndian.AppendUint64(frame.header.append(nil), frame.first)
		for _, m := range frame.messages("t") {
			again = appendRecord(again, []byte(m.Key), m.Data)
		}
		if !bytes.Equal(again, b) {
			t.Errorf("%x was read as %x", b, again)
		}
	})
}

func FuzzControl(f *testing.F) {
	f.Add(appendControl(nil, someHeader, flagHello))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, flags, ok := parseControl(b); ok && !bytes.Equal(appendControl(nil, h, flags), b) {
			t.Errorf("%x was read as %+v, %d", b, h, flags)
		}
	})
}

func FuzzRequest(f *testing.F) {
	frame := requestFrame{header: someHeader, number: 3, timeout: time.Second, data: []byte("what")}
	f.Add(frame.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if frame, ok := parseRequest(b); ok && !bytes.Equal(frame.append(nil), b) {
			t.Errorf("%x was read as %+v", b, frame)
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add(appendReply(nil, nodeID("b"), []byte("that")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if from, data, ok := parseReply(b); ok && !bytes.Equal(appendReply(nil, from, data), b) {
			t.Errorf("%x was read as %v, %x", b, from, data)
		}
	})
}

func FuzzValue(f *testing.F) {
	f.Add(make([]byte, valueHeader))
	f.Add(append(make([]byte, valueHeader), "value"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		value, expires, ok := parseValue(b)
		if !ok {
			return
		}
		if again := append(binary.LittleEndian.AppendUint64(nil, uint64(expires)), value...); !bytes.Equal(again, b) {
			t.Errorf("%x was read as %x until %d", b, value, expires)
		}
	})
}
