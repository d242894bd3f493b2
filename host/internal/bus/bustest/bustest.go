// Package bustest is the suite that every bus.Transport has to pass, by itself
// and with a bus.Farm on it: what is written in package bus, as far as a test can
// see it without faults. It runs in real time, and waits for what has to happen
// rather than for a while.
package bustest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// patience is how long the suite waits for what has to happen.
const patience = 20 * time.Second

// Run runs the suite. newTransports returns n new transports that are connected
// to each other, or will be soon, and are nobody else's; what they need ends
// with t. The suite closes the transports.
func Run(t *testing.T, newTransports func(t *testing.T, n int) []bus.Transport) {
	for _, test := range []struct {
		name  string
		nodes int
		run   func(t *testing.T, nodes []bus.Transport)
	}{
		{"publish reaches all others in order", 3, publishReachesAllOthers},
		{"subscribers of one node each get all", 2, everySubscriberGetsAll},
		{"publish keeps nothing of its data", 2, publishKeepsNothing},
		{"cancel ends a subscription", 2, cancelEnds},
		{"the largest payload is carried and no more", 2, payloadIsLimited},
		{"subjects are told apart", 2, subjectsAreToldApart},
		{"replies find their inbox", 2, repliesFindTheirInbox},
		{"a request to nobody says so", 2, nobodySaysSo},
		{"values are shared", 2, valuesAreShared},
		{"values end with their life", 1, valuesEnd},
		{"values heed the context", 1, valuesHeedContext},
		{"close ends everything", 2, closeEndsEverything},
		{"everything at once", 2, everythingAtOnce},
	} {
		t.Run("transport/"+test.name, func(t *testing.T) {
			nodes := newTransports(t, test.nodes)
			for _, n := range nodes {
				t.Cleanup(func() { n.Close() })
				await(t, "the link", func() bool { return n.Link().Up })
			}
			test.run(t, nodes)
		})
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, farms []*bus.Farm, transports []bus.Transport)
	}{
		{"messages reach all others in order", farmMessages},
		{"the largest message is carried", farmLargest},
		{"whoever comes late is told", farmLate},
		{"requests", farmRequests},
		{"requests to nobody", farmNobody},
		{"replayed frames are refused", farmReplay},
		{"values", farmValues},
		{"status", farmStatus},
		{"everything at once", farmEverything},
	} {
		t.Run("farm/"+test.name, func(t *testing.T) {
			transports := newTransports(t, 3)
			farms := joinAll(t, transports)
			test.run(t, farms, transports)
		})
	}
}

// await waits until cond is true. It is for what another goroutine, or process,
// is about to do.
func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for pause := 100 * time.Microsecond; !cond(); pause = min(2*pause, 20*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
		<-time.After(pause)
	}
}

// A list is what somebody heard.
type list struct {
	mu  sync.Mutex
	all []string
}

func (l *list) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, s)
}

func (l *list) copy() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// expect waits until at least as much was heard as is wanted, and compares.
func (l *list) expect(t *testing.T, want ...string) {
	t.Helper()
	await(t, strings.Join(want[max(0, len(want)-3):], ", "), func() bool { return len(l.copy()) >= len(want) })
	if got := l.copy(); !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", abridged(got), abridged(want))
	}
}

func abridged(all []string) []string {
	if len(all) > 20 {
		return append(slices.Clone(all[:20]), "...")
	}
	return all
}

// hear subscribes a list to what a node is told.
func hear(t *testing.T, n bus.Transport, subject string) (*list, func()) {
	t.Helper()
	l := new(list)
	cancel, err := n.Subscribe(subject, func(d bus.Delivery) {
		if d.Nobody {
			l.add("nobody")
			return
		}
		l.add(string(d.Data))
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, cancel
}

// connect returns once what from publishes reaches to, subscriptions that to
// made before included. Subscriptions take effect in their order.
func connect(t *testing.T, from, to bus.Transport) {
	t.Helper()
	subject := strings.ReplaceAll(to.NewInbox(), "_INBOX", "probe")
	l, cancel := hear(t, to, subject)
	defer cancel()
	await(t, "a connection", func() bool {
		_ = from.Publish(subject, "", nil)
		return len(l.copy()) > 0
	})
}

func connectAll(t *testing.T, nodes []bus.Transport) {
	t.Helper()
	for _, from := range nodes {
		for _, to := range nodes {
			if from != to {
				connect(t, from, to)
			}
		}
	}
}

func publish(t *testing.T, n bus.Transport, subject, data string) {
	t.Helper()
	if err := n.Publish(subject, "", []byte(data)); err != nil {
		t.Errorf("publish to %s: %v", subject, err)
	}
}

func timeout(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// node is the id of node i.
func node(i int) session.Node { return session.Node{'n', byte('0' + i)} }
