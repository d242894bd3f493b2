package bus

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A frame is what a Farm gives to its Transport: sealed bytes. What they are
// for is not in them but in the additional data, under which nothing else opens
// (see associate). Inside, little-endian:
//
//	0   6  node that sent it
//	6   8  its epoch: when its Farm was made, ns since the Unix epoch
//	14  8  when it was sent, ns since the Unix epoch
//	22     messages: 8 number of the first, then records
//	       control:  1 flags
//	       request:  8 number, 4 ms until its time is up, data
//
// A record is: 2 length of the key, 4 length of the data, key, data. A frame of
// messages without records says what the next number will be. A reply has, in
// place of all this, the 6 bytes of the node that gives it, and data.
type frameKind byte

const (
	frameMessages frameKind = 1 + iota
	frameControl
	frameRequest
	frameReply
	frameValue
)

const (
	headerSize   = 22
	timeAt       = 14
	messagesSize = headerSize + 8 // without records
	recordSize   = 6              // without key and data
	controlSize  = headerSize + 1
	requestSize  = headerSize + 12
	nodeSize     = len(session.Node{})

	// maxNumber keeps sums of numbers from overflowing. No sender gets there.
	maxNumber = 1 << 62
)

// flagHello asks for an answer: where the streams of the others stand.
const flagHello = 1

// associate returns the additional data of a frame: what it is, and whom it
// is for. extra is of fixed length for each kind.
func associate(kind frameKind, farm, topic string, extra []byte) []byte {
	b := append(make([]byte, 0, 64+len(topic)), "sesshook bus v1 "...)
	b = append(b, byte(kind), byte(len(farm)))
	b = append(b, farm...)
	b = append(b, byte(len(topic)))
	b = append(b, topic...)
	return append(b, extra...)
}

// A header begins every frame but a reply.
type header struct {
	node  session.Node
	epoch int64
	time  int64
}

func (h header) append(b []byte) []byte {
	b = append(b, h.node[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.epoch))
	return binary.LittleEndian.AppendUint64(b, uint64(h.time))
}

func parseHeader(b []byte) (h header, ok bool) {
	if len(b) < headerSize {
		return h, false
	}
	h = header{
		node:  session.Node(b[:nodeSize]),
		epoch: int64(binary.LittleEndian.Uint64(b[nodeSize:])),
		time:  int64(binary.LittleEndian.Uint64(b[timeAt:])),
	}
	return h, h.node != (session.Node{}) && h.epoch > 0 && h.time > 0
}

// A messageFrame is one of messages, whose records are known to be whole.
type messageFrame struct {
	header
	first   uint64
	count   int
	keys    int // bytes
	records []byte
}

func appendRecord(b, key, data []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(len(key)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	b = append(b, key...)
	return append(b, data...)
}

// cutRecord returns views of the first record's key and data, and what follows.
func cutRecord(b []byte) (key, data, rest []byte, ok bool) {
	if len(b) < recordSize {
		return nil, nil, nil, false
	}
	keyLen, dataLen := int(binary.LittleEndian.Uint16(b)), int64(binary.LittleEndian.Uint32(b[2:]))
	b = b[recordSize:]
	if keyLen > abi.MaxID || dataLen > abi.MaxMessage || int64(len(b)) < int64(keyLen)+dataLen {
		return nil, nil, nil, false
	}
	end := keyLen + int(dataLen)
	return b[:keyLen], b[keyLen:end:end], b[end:], true
}

func parseMessages(b []byte) (f messageFrame, ok bool) {
	if f.header, ok = parseHeader(b); !ok || len(b) < messagesSize {
		return f, false
	}
	f.first = binary.LittleEndian.Uint64(b[headerSize:])
	f.records = b[messagesSize:]
	for rest := f.records; len(rest) > 0; f.count++ {
		var key []byte
		if key, _, rest, ok = cutRecord(rest); !ok {
			return f, false
		}
		f.keys += len(key)
	}
	return f, f.first >= 1 && f.first <= maxNumber
}

// messages returns the records. Their data are views of what was parsed; all
// keys share one string, and all messages one piece of memory.
func (f *messageFrame) messages(topic string) []session.Message {
	all := make([]session.Message, 0, f.count)
	var keys strings.Builder
	keys.Grow(f.keys)
	for rest := f.records; len(rest) > 0; {
		var key, data []byte
		key, data, rest, _ = cutRecord(rest)
		start := keys.Len()
		keys.Write(key) // within what Grow made room for: earlier strings stay
		all = append(all, session.Message{From: f.node, Topic: topic, Key: keys.String()[start:], Data: data})
	}
	return all
}

func appendControl(b []byte, h header, flags byte) []byte { return append(h.append(b), flags) }

func parseControl(b []byte) (h header, flags byte, ok bool) {
	if h, ok = parseHeader(b); !ok || len(b) != controlSize {
		return h, 0, false
	}
	return h, b[headerSize], true
}

// A requestFrame asks.
type requestFrame struct {
	header
	number  uint64
	timeout time.Duration // whole ms
	data    []byte
}

func (f *requestFrame) append(b []byte) []byte {
	b = f.header.append(b)
	b = binary.LittleEndian.AppendUint64(b, f.number)
	b = binary.LittleEndian.AppendUint32(b, uint32(min(f.timeout.Milliseconds(), math.MaxUint32)))
	return append(b, f.data...)
}

func parseRequest(b []byte) (f requestFrame, ok bool) {
	if f.header, ok = parseHeader(b); !ok || len(b) < requestSize || len(b)-requestSize > abi.MaxMessage {
		return f, false
	}
	f.number = binary.LittleEndian.Uint64(b[headerSize:])
	f.timeout = time.Duration(binary.LittleEndian.Uint32(b[headerSize+8:])) * time.Millisecond
	f.data = b[requestSize:]
	return f, f.number >= 1 && f.number <= maxNumber
}

// replyTo is what binds a reply to its request: who asked, in which run of it,
// and the request's number.
func replyTo(asker header, number uint64) []byte {
	b := append(make([]byte, 0, nodeSize+16), asker.node[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(asker.epoch))
	return binary.LittleEndian.AppendUint64(b, number)
}

func appendReply(b []byte, from session.Node, data []byte) []byte {
	return append(append(b, from[:]...), data...)
}

func parseReply(b []byte) (from session.Node, data []byte, ok bool) {
	if len(b) < nodeSize || len(b)-nodeSize > abi.MaxMessage {
		return from, nil, false
	}
	from = session.Node(b[:nodeSize])
	return from, b[nodeSize:], from != (session.Node{})
}
