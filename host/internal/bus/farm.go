package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A Sealer keeps what a Farm sends from everybody who has no farm key, and tells
// what is genuine: *session.Keyring is one. It is safe for concurrent use.
type Sealer interface {
	// SealMessage appends an envelope of plain, at most sealRoom bytes longer
	// than it, that opens with the same ad only.
	SealMessage(dst, ad, plain []byte) []byte
	// OpenMessage returns what was sealed, in new memory.
	OpenMessage(ad, sealed []byte) ([]byte, error)
}

var _ Sealer = (*session.Keyring)(nil)

// sealRoom is how many bytes a Sealer may add.
const sealRoom = 128

var _ [sealRoom - session.MessageOverhead]struct{} // a keyring adds no more

// Config is what New needs to know. Now and Log may be nil.
type Config struct {
	// Name is the farm's: 1 to 64 of A-Z a-z 0-9 _ -. Farms of different names
	// do not hear each other, whatever their keys.
	Name string
	// Node is this node's id, which no other node of the farm has.
	Node session.Node
	// Keys seal and open everything.
	Keys Sealer
	// Transport is the Farm's from New on, which closes it.
	Transport Transport
	// Now returns the time in ns since the Unix epoch; nil means the system's
	// clock.
	Now func() int64
	// Log gets a line where a person has something to do; nil is nowhere.
	Log *slog.Logger
}

func (cfg Config) validate() error {
	switch {
	case !validName(cfg.Name):
		return fmt.Errorf("farm %q: a farm's name is 1 to %d of A-Z a-z 0-9 _ and -", cfg.Name, maxName)
	case cfg.Node == (session.Node{}):
		return fmt.Errorf("farm %s: this node has no id", cfg.Name)
	case cfg.Keys == nil:
		return fmt.Errorf("farm %s: there are no keys", cfg.Name)
	case cfg.Transport == nil:
		return fmt.Errorf("farm %s: there is no transport", cfg.Name)
	}
	return nil
}

// A Farm is one node's place among the others; see the package's documentation
// for what it promises. Its methods may be called concurrently, and from a
// deliver, but for Close.
type Farm struct {
	name      string
	self      header // node and epoch, of everything that is sent
	keys      Sealer
	transport Transport
	now       func() int64
	log       gripes
	counters  counters
	out       outbox
	asking    asking
	keeper    keeper

	done  chan struct{} // closed by Close
	ended sync.WaitGroup
	close sync.Once
	err   error // of Close

	// subscribing is held for the whole of a Subscribe or a cancel, so that
	// mu need not be held while the transport is called.
	subscribing sync.Mutex

	// mu guards what follows, and the streams and subscribers of topics. No
	// deliver and nothing of the transport is called under it.
	mu     sync.Mutex
	topics map[string]*topic
	peers  map[session.Node]*peer
	gaps   []*stream // those that have holes
}

// Limits of what a Farm keeps. What the outside can make it keep is bounded by
// their products; who has no farm key can make it keep nothing.
const (
	maxTopics = 1024    // subscribed to; for those published to see maxPublished
	maxPeers  = 1 << 16 // nodes remembered, and streams of one topic
)

// errClosed is what a closed Farm says.
var errClosed = fmt.Errorf("this node has left the farm: %w", session.ErrUnavailable)

// New returns a Farm on cfg.Transport, whether or not that has a connection by
// now. It refuses what cfg says to refuse, and then does not close the
// Transport.
func New(cfg Config) (*Farm, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = func() int64 { return time.Now().UnixNano() }
	}
	f := &Farm{
		name: cfg.Name, self: header{node: cfg.Node, epoch: cfg.Now()},
		keys: cfg.Keys, transport: cfg.Transport, now: cfg.Now,
		done: make(chan struct{}), topics: map[string]*topic{}, peers: map[session.Node]*peer{},
	}
	f.log.init(cfg.Log, cfg.Now)
	f.out.init(f)
	f.asking.init(f)
	f.keeper.init(f)
	if err := f.listen(); err != nil {
		return nil, fmt.Errorf("farm %s: %w", cfg.Name, err)
	}
	f.ended.Go(f.out.run)
	f.ended.Go(f.keep)
	return f, nil
}

// listen subscribes to what is not of a topic.
func (f *Farm) listen() error {
	cancel, err := f.transport.Subscribe(controlSubject(f.name), f.onControl)
	if err != nil {
		return err
	}
	if _, err := f.transport.Subscribe(f.asking.inbox+".*", f.onReply); err != nil {
		cancel()
		return err
	}
	return nil
}

// Publish sends a message to the subscribers of topic on all other nodes. It
// never waits: the message goes to a buffer, from which it is sent at once,
// together with what else is there. It copies key and data. Errors:
// session.ErrInvalid for a malformed topic or a key longer than abi.MaxID,
// session.ErrTooLarge for data longer than abi.MaxMessage or than the Transport
// carries, session.ErrUnavailable without a connection, session.ErrLimit where
// the buffer is full or the topic is one too many. After either of the last
// two the others will learn that a message is missing, unless there are too
// many topics. No error does not mean that anybody got it.
func (f *Farm) Publish(topic string, key, data []byte) error {
	if len(key) > abi.MaxID {
		return session.ErrInvalid
	}
	if len(data) > abi.MaxMessage {
		return session.ErrTooLarge
	}
	return f.out.add(topic, key, data)
}

// Close sends what waits to be sent, ends all requests, and closes the
// Transport. No deliver is called after it has returned; so none may call it.
func (f *Farm) Close() error {
	f.close.Do(func() {
		close(f.done)
		f.out.end()
		f.ended.Wait()
		f.err = f.transport.Close()
	})
	return f.err
}

// refuse counts what is not taken.
func (f *Farm) refuse(why Refusal) { f.counters.refuse(why) }

// open opens what came, or counts it as refused.
func (f *Farm) open(ad []byte, d *Delivery) (plain []byte, ok bool) {
	f.counters.receivedBytes.Add(uint64(len(d.Data)))
	plain, err := f.keys.OpenMessage(ad, d.Data)
	if err != nil {
		f.refuse(Forged)
		f.log.say(gripeForged, "a message of the farm is not genuine: a node with other farm keys, another farm of the same name, or somebody else on this NATS", "farm", f.name, "subject", d.Subject)
		return nil, false
	}
	return plain, true
}

// unavailable says why a call of the farm did not work out, as the errors of
// session.
func unavailable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", session.ErrUnavailable, err)
	}
	return err
}
