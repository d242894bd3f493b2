package replica

import (
	"slices"

	"github.com/sesshook/sesshook/abi"
)

const (
	self  = "000000000001"
	peerA = "00000000000a"
	peerB = "00000000000b"
	noon  = 1_800_000_000 * second
)

// A still is a Host on which nothing happens by itself. It has every session,
// and keeps what was published.
type still struct {
	now     int64
	code    abi.Code // of publications
	quiet   bool     // keep nothing
	sent    []sentMessage
	replays int
	logs    []string

	// request answers those to pull; without it nobody is there.
	request func(node, data []byte, timeout int64) (string, abi.Code)
}

type sentMessage struct{ topic, key, data string }

func (h *still) Get(dst, id []byte) ([]byte, abi.Code) { return append(dst, "sealed"...), abi.OK }
func (h *still) Insert(id, sealed []byte) abi.Code     { return abi.OK }
func (h *still) Remove(id []byte) abi.Code             { return abi.NotFound }
func (h *still) Reply(data []byte) abi.Code            { return abi.OK }
func (h *still) Add(string, int64)                     {}
func (h *still) Set(string, int64)                     {}
func (h *still) Log(_ abi.Level, text string)          { h.logs = append(h.logs, text) }
func (h *still) Now() int64                            { return h.now }
func (h *still) Node() string                          { return self }

func (h *still) Replay() abi.Code {
	h.replays++
	return 0
}

func (h *still) Publish(topic string, key, data []byte) abi.Code {
	if !h.quiet && h.code >= 0 {
		h.sent = append(h.sent, sentMessage{topic, string(key), string(data)})
	}
	return h.code
}

func (h *still) Request(dst []byte, _ string, node, data []byte, timeoutMS uint32) ([]byte, abi.Code) {
	if h.request == nil {
		return dst, abi.Unavailable
	}
	reply, code := h.request(node, data, int64(timeoutMS)*millisecond)
	return append(dst, reply...), code
}

// took returns the messages of that type that were published since, and
// forgets all.
func (h *still) took(kind byte) (some []sentMessage) {
	some = slices.DeleteFunc(h.sent, func(m sentMessage) bool { return m.data[1] != kind })
	h.sent = nil
	return some
}

func askText(flags byte, since int64) []byte {
	return (&ask{flags, 7, 8, since}).append([]byte{version, msgAsk})
}

// ticking makes ticks until that much time has passed.
func (h *still) ticking(r *Replica, ns int64) {
	for end := h.now + ns; h.now < end; {
		h.now += 250 * millisecond
		r.Tick(h.now)
	}
}

// first returns a Replica on h that has no predecessor.
func first(h *still, mode Mode) *Replica {
	cfg := Defaults()
	cfg.Mode = mode
	r := New(h, cfg)
	r.inherited = true
	return r
}
