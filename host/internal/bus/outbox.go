package bus

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// maxFrame is the size in bytes up to which messages gather in one frame.
	maxFrame = 128 << 10
	// smallFrame is what a frame that may stay small begins with.
	smallFrame = 1 << 10
	// maxWaiting is how many bytes may wait to be sent.
	maxWaiting = 8 << 20
	// manyFrames is how many may wait before each gets no more memory than what
	// is in it: of maxWaiting bytes, each may be to another topic.
	manyFrames = 1 << 10
	// maxIdle is how many frames are kept for later.
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
	topics  register
	ready   *outTopic // the first of those with frames, in turn
	last    *outTopic // the last of them
	frames  int       // that wait
	bytes   int       // of records that wait or are being sent
	payload int       // the largest sealed frame
	up      bool      // as far as is known
	heads   bool      // heads have to be sent
	parked  bool      // run waits for wake
	closing bool
	idle    []*outFrame

	// run's own
	sealed    []byte
	addresses addresses
}

func (o *outbox) init(f *Farm) {
	o.farm = f
	o.wake = make(chan struct{}, 1)
	o.topics.init()
	o.addresses.init(f.name)
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
	if size > o.payload-sealRoom-messagesSize {
		return session.ErrTooLarge
	}
	t, err := o.topics.find(topic)
	if err != nil {
		return err
	}
	o.topics.touch(t)
	n := t.next
	t.next++
	if err := o.admit(size); err != nil {
		o.farm.counters.unsent.Add(1)
		return err
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

// frame returns the frame that message n of t goes to.
func (o *outbox) frame(t *outTopic, n uint64, size int) *outFrame {
	room := smallFrame
	if last := t.newest; last != nil && last.first+uint64(last.count) == n {
		if len(last.b)+size <= min(maxFrame, o.payload-sealRoom) {
			return last
		}
		room = maxFrame // behind a full one: this will be, too
	}
	if o.frames >= manyFrames {
		room = messagesSize + size
	}
	if t.oldest == nil {
		o.queue(t)
	}
	f := o.blank(room)
	f.first = n
	t.push(f)
	o.frames++
	return f
}

// blank returns a frame with room for a header at its start, and about as much
// as is asked for behind it.
func (o *outbox) blank(room int) *outFrame {
	if n := len(o.idle); n > 0 {
		f := o.idle[n-1]
		o.idle = o.idle[:n-1]
		return f
	}
	return &outFrame{b: make([]byte, messagesSize, room)}
}

// release takes back the memory of a frame, and its share of the limit.
func (o *outbox) release(f *outFrame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= len(f.b) - messagesSize
	if len(o.idle) < maxIdle && cap(f.b) <= 2*maxFrame {
		*f = outFrame{b: f.b[:messagesSize]}
		o.idle = append(o.idle, f)
	}
}

// signal wakes run where it waits. It is called with the lock.
func (o *outbox) signal() {
	if o.parked {
		o.parked = false
		o.wake <- struct{}{}
	}
}

// announce has heads sent, on the topics whose turn it is: frames that say what
// the next number is. They go the way of the messages and behind them, so that
// they overtake none where a receiver is slow.
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
			o.release(f)
		case sendHeads:
			o.sendHeads()
		case park:
			<-o.wake
		case stop:
			return
		}
	}
}

// queue puts t behind all topics that have frames.
func (o *outbox) queue(t *outTopic) {
	if o.ready == nil {
		o.ready = t
	} else {
		o.last.behind = t
	}
	o.last = t
}

// take returns what is to be done, one frame of each topic in turn.
func (o *outbox) take() (what job, t *outTopic, f *outFrame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.heads {
		o.heads = false
		return sendHeads, nil, nil
	}
	if o.ready == nil {
		return o.rest(), nil, nil
	}
	t = o.ready
	o.ready, t.behind = t.behind, nil
	f = t.pop()
	o.frames--
	if t.oldest != nil {
		o.queue(t)
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
	to := o.addresses.of(t)
	o.sealed = o.farm.keys.SealMessage(o.sealed[:0], to.ad, b)
	if err := o.farm.publish(to.subject, "", o.sealed); err != nil {
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
	b := make([]byte, messagesSize)
	for _, h := range o.listHeads() {
		o.send(h.topic, h.next, 0, b)
	}
}

// listHeads returns the heads behind all that was sent. What still waits will
// speak for itself.
func (o *outbox) listHeads() []head {
	o.mu.Lock()
	defer o.mu.Unlock()
	chosen := o.topics.choose()
	all := make([]head, len(chosen))
	for i, t := range chosen {
		all[i] = head{t, t.next}
		if t.oldest != nil {
			all[i].next = t.oldest.first
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
