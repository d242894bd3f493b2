package bus

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A rig is a farm on a Network, in a bubble of synctest: time passes when all
// goroutines wait.
type rig struct {
	*Network
	t     *testing.T
	keys  *session.Keyring
	farms map[string]*Farm
}

func newRig(t *testing.T, cfg NetworkConfig) *rig {
	return &rig{Network: NewNetwork(cfg), t: t, keys: session.RandomKeyring(), farms: map[string]*Farm{}}
}

// inBubble runs a test on nodes of these names.
func inBubble(t *testing.T, test func(t *testing.T, r *rig), names ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, NetworkConfig{})
		for _, name := range names {
			r.join(name)
		}
		synctest.Wait()
		test(t, r)
	})
}

// join makes a node with the usual configuration, as changed.
func (r *rig) join(name string, change ...func(*Config)) *Farm {
	r.t.Helper()
	cfg := Config{Name: "test", Node: nodeID(name), Keys: r.keys, Transport: r.Network.Join(name)}
	for _, c := range change {
		c(&cfg)
	}
	f, err := New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { f.Close() })
	r.farms[name] = f
	return f
}

// nodeID is the id of the node of a name of at most 6 letters.
func nodeID(name string) (n session.Node) {
	copy(n[:], name)
	return n
}

func nodeName(n session.Node) string { return strings.TrimRight(string(n[:]), "\x00") }

// An ear keeps what a subscriber is told.
type ear struct {
	mu     sync.Mutex
	events []session.Event
	cancel func()
}

func listen(t *testing.T, f *Farm, topic string) *ear {
	t.Helper()
	e := new(ear)
	cancel, err := f.Subscribe(topic, e.deliver)
	if err != nil {
		t.Fatal(err)
	}
	e.cancel = cancel
	return e
}

func (e *ear) deliver(ev session.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, ev)
}

// take returns what was told since the last take.
func (e *ear) take() []session.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.events
	e.events = nil
	return all
}

// said returns "SENDER KEY=DATA" of messages and "SENDER lost N" of losses,
// with "(new)" behind those that have no Heard.
func (e *ear) said() (all []string) {
	for _, ev := range e.take() {
		from := nodeName(ev.Message.From)
		switch {
		case ev.Kind == abi.Message:
			all = append(all, from+" "+ev.Message.Key+"="+string(ev.Message.Data))
		case ev.Message.Heard == 0:
			all = append(all, from+" lost "+itoa(ev.Seq)+" (new)")
		default:
			all = append(all, from+" lost "+itoa(ev.Seq))
		}
	}
	return all
}

// expect compares what was said, after everything that happens at once.
func (e *ear) expect(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := e.said(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func publish(t *testing.T, f *Farm, topic, key, data string) {
	t.Helper()
	if err := f.Publish(topic, []byte(key), []byte(data)); err != nil {
		t.Errorf("publish %s=%s: %v", key, data, err)
	}
}

// A tape records what a node publishes.
type tape struct {
	Transport
	mu     sync.Mutex
	frames []recorded
}

type recorded struct {
	subject, reply string
	data           []byte
}

func (t *tape) Publish(subject, reply string, data []byte) error {
	t.mu.Lock()
	t.frames = append(t.frames, recorded{subject, reply, slices.Clone(data)})
	t.mu.Unlock()
	return t.Transport.Publish(subject, reply, data)
}

// of returns the frames on a subject, and forgets all.
func (t *tape) of(subject string) (all []recorded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.frames {
		if f.subject == subject {
			all = append(all, f)
		}
	}
	t.frames = nil
	return all
}

func taped(to **tape) func(*Config) {
	return func(cfg *Config) {
		*to = &tape{Transport: cfg.Transport}
		cfg.Transport = *to
	}
}

// A book is a log that is kept.
type book struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lines.Write(p)
}

func (b *book) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.lines.String(), text)
}

func (b *book) log() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }
