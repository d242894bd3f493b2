package main

import (
	"strconv"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/abi/guest"
)

// A writer builds lines. It reuses one buffer for all of them, and keeps the
// pieces that come again and again: in a module, a call costs more than a copy.
type writer struct {
	idBytes int // how many bytes of an id a line shows; 0 is all
	line    []byte
	clock   clock
	head    head
	params  params
}

// event returns the line of an event, which is valid until the next one is
// built. Fields whose value is not known, and flags that are not set, are left
// out.
func (w *writer) event(e *guest.Event, name string) []byte {
	b := w.clock.appendTime(append(w.line[:0], `{"time":"`...), e.Time())
	b = w.head.append(b, e, name)
	b = append(appendHex(b, w.shown(e.ID())), '"')
	b = appendText(b, `,"server_name":"`, e.ServerName())
	b = appendText(b, `,"alpn":"`, e.ALPN())
	b = w.params.append(b, e.Version(), e.CipherSuite())
	b = appendText(b, `,"node":"`, e.Node())
	w.line = append(appendFlags(b, e.Flags()), '}')
	return w.line
}

// lost returns the line for events that nobody has seen.
func (w *writer) lost(now, count int64) []byte {
	b := w.clock.appendTime(append(w.line[:0], `{"time":"`...), now)
	b = append(b, `","event":"lost","count":`...)
	b = strconv.AppendInt(b, count, 10)
	w.line = append(b, '}')
	return w.line
}

func (w *writer) shown(id []byte) []byte {
	if w.idBytes > 0 && len(id) > w.idBytes {
		return id[:w.idBytes]
	}
	return id
}

// A head is the piece of a line from the time to the id, as it was last
// written.
type head struct {
	kind   abi.Kind
	origin abi.Origin
	reason abi.Reason
	text   []byte
}

func (h *head) append(b []byte, e *guest.Event, name string) []byte {
	if e.Kind() != h.kind || e.Origin() != h.origin || e.Reason() != h.reason {
		h.build(e, name)
	}
	return append(b, h.text...)
}

func (h *head) build(e *guest.Event, name string) {
	h.kind, h.origin, h.reason = e.Kind(), e.Origin(), e.Reason()
	b := append(h.text[:0], `","event":"`...)
	b = append(b, name...)
	b = append(b, `","origin":"`...)
	b = append(b, originName(h.origin)...)
	if h.kind == abi.Remove {
		b = append(b, `","reason":"`...)
		b = append(b, reasonName(h.reason)...)
	}
	h.text = append(b, `","id":"`...)
}

func originName(o abi.Origin) string {
	switch o {
	case abi.FromClient:
		return "client"
	case abi.FromPlugin:
		return "plugin"
	case abi.FromFront:
		return "front"
	case abi.FromAdmin:
		return "admin"
	case abi.FromSnapshot:
		return "snapshot"
	case abi.FromHost:
		return "host"
	}
	return "unknown"
}

func reasonName(r abi.Reason) string {
	switch r {
	case abi.Explicit:
		return "explicit"
	case abi.Expired:
		return "expired"
	case abi.Evicted:
		return "evicted"
	case abi.Consumed:
		return "consumed"
	}
	return "unknown"
}

// appendText appends text as a JSON string behind label, which ends in its
// opening quote; nothing where there is no text.
func appendText(b []byte, label string, text []byte) []byte {
	if len(text) == 0 {
		return b
	}
	return append(appendEscaped(append(b, label...), text), '"')
}

// flagFields are those that are there only when they are true.
var flagFields = [...]struct {
	flag abi.Flags
	text string
}{
	{abi.Existing, `,"existing":true`},
	{abi.Replaced, `,"replaced":true`},
	{abi.Resumed, `,"resumed":true`},
	{abi.ClientCert, `,"client_cert":true`},
}

func appendFlags(b []byte, set abi.Flags) []byte {
	if set == 0 {
		return b
	}
	for i := range flagFields {
		if set&flagFields[i].flag != 0 {
			b = append(b, flagFields[i].text...)
		}
	}
	return b
}
