package bus

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// maxTimeout is how long a request waits whose ctx has no end.
	maxTimeout = time.Minute
	// maxCalls is how many requests may wait for their replies.
	maxCalls = 1 << 16
)

// asking is the side of requests that asks.
type asking struct {
	inbox string // replies come to INBOX.NUMBER

	mu     sync.Mutex
	number uint64 // of the last request
	calls  map[uint64]*call
}

// A call is a request that waits.
type call struct {
	to    session.Node // zero: any
	ad    []byte       // of its reply
	reply chan []byte  // capacity 1; closed: nobody is there
}

func (a *asking) init(f *Farm) {
	a.inbox = f.transport.NewInbox()
	a.calls = map[uint64]*call{}
}

// Request asks node to, or with a zero to every node that is subscribed to
// topic, and returns the first genuine reply, which is the caller's. It copies
// data. Errors: session.ErrInvalid, session.ErrTooLarge as Publish,
// session.ErrLimit beyond 65536 at a time; session.ErrUnavailable when ctx ends,
// or a minute has passed, without a reply, at once where nobody is subscribed
// (as far as the Transport can tell), where there is no connection, and where to
// is this node.
func (f *Farm) Request(ctx context.Context, topic string, to session.Node, data []byte) ([]byte, error) {
	if !abi.ValidTopic(topic) {
		return nil, session.ErrInvalid
	}
	if len(data) > abi.MaxMessage {
		return nil, session.ErrTooLarge
	}
	if f.closed() {
		return nil, errClosed
	}
	if to == f.self.node {
		f.counters.result(Nobody)
		return nil, session.ErrUnavailable
	}
	ctx, cancel := context.WithTimeout(ctx, maxTimeout)
	defer cancel()
	number, c, err := f.asking.begin(f, topic, to)
	if err != nil {
		return nil, err
	}
	defer f.asking.end(number)
	if err := f.ask(ctx, topic, to, number, data); err != nil {
		return nil, err
	}
	return f.await(ctx, c)
}

func (a *asking) begin(f *Farm, topic string, to session.Node) (uint64, *call, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) >= maxCalls {
		return 0, nil, session.ErrLimit
	}
	a.number++
	c := &call{to: to, ad: associate(frameReply, f.name, topic, replyTo(f.self, a.number)), reply: make(chan []byte, 1)}
	a.calls[a.number] = c
	return a.number, c, nil
}

func (a *asking) end(number uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.calls, number)
}

// ask sends a request.
func (f *Farm) ask(ctx context.Context, topic string, to session.Node, number uint64, data []byte) error {
	deadline, _ := ctx.Deadline()
	timeout := time.Until(deadline)
	if timeout <= 0 || ctx.Err() != nil {
		f.counters.result(Unanswered)
		return session.ErrUnavailable
	}
	h := f.self
	h.time = f.now()
	// A part of a millisecond counts as a whole one.
	frame := requestFrame{header: h, number: number, timeout: timeout + time.Millisecond - 1, data: data}
	plain := frame.append(make([]byte, 0, requestSize+len(data)))
	sealed := f.keys.SealMessage(nil, associate(frameRequest, f.name, topic, to[:]), plain)
	err := f.publish(requestSubject(f.name, topic, to), f.asking.inbox+"."+strconv.FormatUint(number, 36), sealed)
	if errors.Is(err, session.ErrUnavailable) {
		f.counters.result(Unreachable)
	}
	return err
}

func (f *Farm) await(ctx context.Context, c *call) ([]byte, error) {
	select {
	case data, ok := <-c.reply:
		if !ok {
			f.counters.result(Nobody)
			return nil, session.ErrUnavailable
		}
		f.counters.result(Answered)
		return data, nil
	case <-ctx.Done():
		f.counters.result(Unanswered)
		return nil, session.ErrUnavailable
	case <-f.done:
		return nil, errClosed
	}
}

// onReply takes what comes to the inbox. What is not genuine is waited past,
// but for the news that nobody is there: that comes from the transport, and
// somebody who can send it can only spoil a request, as by flooding.
func (f *Farm) onReply(d Delivery) {
	number, err := strconv.ParseUint(d.Subject[strings.LastIndexByte(d.Subject, '.')+1:], 36, 64)
	if err != nil {
		f.refuse(Malformed)
		return
	}
	f.asking.mu.Lock()
	c := f.asking.calls[number]
	f.asking.mu.Unlock()
	switch {
	case c == nil:
		f.refuse(Expired)
	case d.Nobody:
		if f.asking.take(number, c) {
			close(c.reply)
		}
	default:
		f.answer(number, c, &d)
	}
}

// take removes a call: whoever gets true from it may end it.
func (a *asking) take(number uint64, c *call) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls[number] != c {
		return false
	}
	delete(a.calls, number)
	return true
}

func (f *Farm) answer(number uint64, c *call, d *Delivery) {
	plain, ok := f.open(c.ad, d)
	if !ok {
		return
	}
	from, data, ok := parseReply(plain)
	switch {
	case !ok:
		f.refuse(Malformed)
	case from == f.self.node:
		f.refuse(Own)
	case c.to != session.Node{} && from != c.to:
		f.refuse(Forged)
	case !f.asking.take(number, c):
		f.refuse(Expired)
	default:
		c.reply <- data
	}
}

// onRequest takes a request to the topic; ad says whether it is one to this
// node or to any.
func (f *Farm) onRequest(t *topic, ad []byte, d Delivery) {
	plain, ok := f.open(ad, &d)
	if !ok {
		return
	}
	frame, ok := parseRequest(plain)
	if !ok || d.Reply == "" {
		f.refuse(Malformed)
		return
	}
	now := f.now()
	if !f.fresh(frame.header, now) {
		return
	}
	subscribers, why := f.admitRequest(t, &frame, now)
	if why != "" {
		f.refuse(why)
		return
	}
	m := &session.Message{From: frame.node, Topic: t.name, Data: frame.data}
	a := &answering{farm: f, to: d.Reply, ad: associate(frameReply, f.name, t.name, replyTo(frame.header, frame.number)), until: now + int64(frame.timeout)}
	m.Reply = a.reply
	deliver(subscribers, messageEvent(m, now))
}

// admitRequest lets each request in once.
func (f *Farm) admitRequest(t *topic, frame *requestFrame, now int64) (to []*subscriber, why Refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, verdict := f.meet(frame.header, now)
	switch {
	case p == nil:
		return nil, "" // counted already; nobody to deliver to
	case verdict == ended:
		return nil, Stale
	}
	if p.window == nil {
		p.window = new(window)
	}
	if !p.window.take(frame.number) {
		return nil, Duplicate
	}
	return t.subscribers, ""
}

// answering is the side of a request that answers.
type answering struct {
	farm  *Farm
	to    string // the inbox
	ad    []byte
	until int64
	given atomic.Bool
}

// reply is Message.Reply of a request.
func (a *answering) reply(data []byte) error {
	f := a.farm
	if len(data) > abi.MaxMessage {
		return session.ErrTooLarge
	}
	if f.now() >= a.until || f.closed() || !a.given.CompareAndSwap(false, true) {
		return session.ErrUnavailable
	}
	plain := appendReply(make([]byte, 0, nodeSize+len(data)), f.self.node, data)
	if err := f.publish(a.to, "", f.keys.SealMessage(nil, a.ad, plain)); err != nil {
		a.given.Store(false)
		return err
	}
	f.counters.served.Add(1)
	return nil
}
