package bus

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// maxFrame is the size in bytes up to which messages gather in one frame.
	maxFrame = 128 << 10
	// smallFrame is what a frame that may stay small begins with.
	smallFrame = 1 << 10
	// maxWaiting is how many bytes may wait to be sent.
	maxWaiting = 8 << 20
	// maxIdle is how many buffers of frames are kept for later.
	maxIdle = 16
	// defaultPayload is assumed of a Transport that does not know, because it
	// has not met its server: NATS's default.
	defaultPayload = 1 << 20
)

// An outbox gathers messages into frames, one after the other per topic, and
// sends them from a goroutine of its own. While a frame is sealed and sent,
// more messages gather in the next: nothing is held back to make frames
// larger, and they are as large as it takes.
type outbox struct {
	farm *Farm
	wake chan struct{} // to run, capacity 1

	mu      sync.Mutex
	topics  map[string]*outTopic
	order   []*outTopic // all, oldest first
	ready   []*outTopic // those with frames, in turn
	bytes   int         // of records that wait or are being sent
	payload int         // the largest sealed frame
	up      bool        // as far as is known
	heads   bool        // heads have to be sent
	parked  bool        // run waits for wake
	closing bool
	idle    [][]byte

	sealed []byte // run's own
}

// An outTopic numbers the messages to one topic.
type outTopic struct {
	subject string
	ad      []byte
	next    uint64 // of the next message
	frames  []outFrame
}

// An outFrame is a messages frame in the making, with room for its header.
type outFrame struct {
	first uint64
	count int
	b     []byte
}

func (o *outbox) init(f *Farm) {
	o.farm = f
	o.wake = make(chan struct{}, 1)
	o.topics = map[string]*outTopic{}
	o.follow(f.transport.Link().Up)
}

// follow takes note of how the transport is.
func (o *outbox) follow(up bool) {
	payload := o.farm.transport.MaxPayload()
	if payload <= 0 {
		payload = defaultPayload
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.up, o.payload = up, payload
}

func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// add queues a message. What fails for reasons that are not the caller's takes
// a number, so that others learn of it.
func (o *outbox) add(topic string, key, data []byte) error {
	size := recordSize + len(key) + len(data)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing {
		return errClosed
	}
	t, err := o.topic(topic)
	if err != nil {
		return err
	}
	if size > o.payload-sealRoom-messagesSize {
		return session.ErrTooLarge
	}
	n := t.next
	t.next++
	if err := o.admit(size); err != nil {
		o.farm.counters.unsent.Add(1)
		return err
	}
	if len(t.frames) == 0 {
		o.ready = append(o.ready, t)
	}
	f := o.frame(t, n, size)
	f.b = appendRecord(f.b, key, data)
	f.count++
	o.bytes += size
	o.signal()
	return nil
}

func (o *outbox) admit(size int) error {
	if !o.up {
		return session.ErrUnavailable
	}
	if o.bytes+size > maxWaiting {
		return session.ErrLimit
	}
	return nil
}

func (o *outbox) topic(name string) (*outTopic, error) {
	if t := o.topics[name]; t != nil {
		return t, nil
	}
	if !abi.ValidTopic(name) {
		return nil, session.ErrInvalid
	}
	if len(o.topics) >= maxTopics {
		return nil, session.ErrLimit
	}
	farm := o.farm.name
	t := &outTopic{subject: messageSubject(farm, name), ad: associate(frameMessages, farm, name, nil), next: 1}
	o.topics[name] = t
	o.order = append(o.order, t)
	return t, nil
}

// frame returns the frame that message n of t goes to.
func (o *outbox) frame(t *outTopic, n uint64, size int) *outFrame {
	if len(t.frames) > 0 {
		last := &t.frames[len(t.frames)-1]
		follows := last.first+uint64(last.count) == n
		if follows && len(last.b)+size <= min(maxFrame, o.payload-sealRoom) {
			return last
		}
	}
	room := smallFrame
	if len(t.frames) > 0 {
		room = maxFrame // behind a full one: this will be, too
	}
	t.frames = append(t.frames, outFrame{first: n, b: o.buffer(room)})
	return &t.frames[len(t.frames)-1]
}

// buffer returns memory with room for a header at its start, and about as much
// as is asked for behind it.
func (o *outbox) buffer(room int) []byte {
	if n := len(o.idle); n > 0 {
		b := o.idle[n-1]
		o.idle = o.idle[:n-1]
		return b
	}
	return make([]byte, messagesSize, room)
}

// release takes back the memory of a frame, and its share of the limit.
func (o *outbox) release(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= len(b) - messagesSize
	if len(o.idle) < maxIdle && cap(b) <= 2*maxFrame {
		o.idle = append(o.idle, b[:messagesSize])
	}
}

// signal wakes run where it waits. It is called with the lock.
func (o *outbox) signal() {
	if o.parked {
		o.parked = false
		o.wake <- struct{}{}
	}
}

// announce has heads sent: on each topic a frame that says what the next number
// is. It goes the way of the messages and behind them, so that it overtakes
// none where a receiver is slow.
func (o *outbox) announce() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.heads = true
	o.signal()
}

// end has run send what waits, and end.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closing = true
	o.signal()
}

// A job is what run does next.
type job int

const (
	park job = iota
	sendFrame
	sendHeads
	stop
)

func (o *outbox) run() {
	for {
		switch what, t, f := o.take(); what {
		case sendFrame:
			o.send(t, f.first, f.count, f.b)
			o.release(f.b)
		case sendHeads:
			o.sendHeads()
		case park:
			<-o.wake
		case stop:
			return
		}
	}
}

// take returns what is to be done, one frame of each topic in turn.
func (o *outbox) take() (what job, t *outTopic, f outFrame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.heads {
		o.heads = false
		return sendHeads, nil, f
	}
	if len(o.ready) == 0 {
		return o.rest(), nil, f
	}
	t = o.ready[0]
	o.ready = append(o.ready[:0], o.ready[1:]...)
	f = t.frames[0]
	t.frames = append(t.frames[:0], t.frames[1:]...)
	if len(t.frames) > 0 {
		o.ready = append(o.ready, t)
	}
	return sendFrame, t, f
}

// rest is take with nothing to do.
func (o *outbox) rest() job {
	if o.closing {
		return stop
	}
	o.parked = true
	return park
}

// send completes a frame in b, seals and publishes it.
func (o *outbox) send(t *outTopic, first uint64, count int, b []byte) {
	h := o.farm.self
	h.time = o.farm.now()
	h.append(b[:0])
	binary.LittleEndian.PutUint64(b[headerSize:], first)
	o.sealed = o.farm.keys.SealMessage(o.sealed[:0], t.ad, b)
	if err := o.farm.publish(t.subject, "", o.sealed); err != nil {
		o.failed(err, count)
		return
	}
	o.farm.counters.sentMessages.Add(uint64(count))
}

func (o *outbox) failed(err error, count int) {
	o.farm.counters.unsent.Add(uint64(count))
	if !errors.Is(err, session.ErrUnavailable) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.up = false
}

// A head says where a topic stands.
type head struct {
	topic *outTopic
	next  uint64
}

func (o *outbox) sendHeads() {
	for _, h := range o.listHeads() {
		o.send(h.topic, h.next, 0, make([]byte, messagesSize))
	}
}

// listHeads returns the heads behind all that was sent. What still waits will
// speak for itself.
func (o *outbox) listHeads() []head {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]head, len(o.order))
	for i, t := range o.order {
		all[i] = head{t, t.next}
		if len(t.frames) > 0 {
			all[i].next = t.frames[0].first
		}
	}
	return all
}

// publish gives sealed bytes to the transport.
func (f *Farm) publish(subject, reply string, sealed []byte) error {
	if err := f.transport.Publish(subject, reply, sealed); err != nil {
		return err
	}
	f.counters.sentBytes.Add(uint64(len(sealed)))
	return nil
}
