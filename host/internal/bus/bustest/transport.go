package bustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

func publishReachesAllOthers(t *testing.T, nodes []bus.Transport) {
	var heard []*list
	for _, n := range nodes {
		l, _ := hear(t, n, "sesshook.v1.test.m.x/y")
		heard = append(heard, l)
	}
	connectAll(t, nodes)
	var want []string
	for i := range 1000 {
		want = append(want, fmt.Sprint(i))
		publish(t, nodes[0], "sesshook.v1.test.m.x/y", want[i])
	}
	heard[1].expect(t, want...)
	heard[2].expect(t, want...)
	// A message of another node comes behind; by then an echo would have, too.
	publish(t, nodes[1], "sesshook.v1.test.m.x/y", "behind")
	heard[0].expect(t, "behind")
}

func everySubscriberGetsAll(t *testing.T, nodes []bus.Transport) {
	one, _ := hear(t, nodes[1], "x")
	two, _ := hear(t, nodes[1], "x")
	connectAll(t, nodes)
	publish(t, nodes[0], "x", "1")
	publish(t, nodes[0], "x", "2")
	one.expect(t, "1", "2")
	two.expect(t, "1", "2")
}

func publishKeepsNothing(t *testing.T, nodes []bus.Transport) {
	l, _ := hear(t, nodes[1], "x")
	connectAll(t, nodes)
	data := []byte("data")
	if err := nodes[0].Publish("x", "", data); err != nil {
		t.Fatal(err)
	}
	copy(data, "gone")
	l.expect(t, "data")
}

func cancelEnds(t *testing.T, nodes []bus.Transport) {
	ended, cancel := hear(t, nodes[1], "x")
	going, _ := hear(t, nodes[1], "x")
	connectAll(t, nodes)
	publish(t, nodes[0], "x", "1")
	ended.expect(t, "1")
	going.expect(t, "1")
	cancel()
	cancel()
	connectAll(t, nodes)
	publish(t, nodes[0], "x", "2")
	going.expect(t, "1", "2")
	ended.expect(t, "1")
}

func payloadIsLimited(t *testing.T, nodes []bus.Transport) {
	l, _ := hear(t, nodes[1], "x")
	connectAll(t, nodes)
	size := nodes[0].MaxPayload()
	if size < 512<<10 {
		t.Fatalf("the largest payload is %d bytes: too little for a message of abi.MaxMessage", size)
	}
	if err := nodes[0].Publish("x", "", make([]byte, size+1)); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	largest := strings.Repeat("d", size)
	publish(t, nodes[0], "x", largest)
	publish(t, nodes[0], "x", "")
	l.expect(t, largest, "")
}

func subjectsAreToldApart(t *testing.T, nodes []bus.Transport) {
	subjects := []string{"a", "A", "a.b", "a/b", "a-b", "a_b", "a.b.c", strings.Repeat("a", 200)}
	var heard []*list
	for _, s := range subjects {
		l, _ := hear(t, nodes[1], s)
		heard = append(heard, l)
	}
	connectAll(t, nodes)
	for _, s := range subjects {
		publish(t, nodes[0], s, s)
	}
	for i, s := range subjects {
		heard[i].expect(t, s)
	}
}

func repliesFindTheirInbox(t *testing.T, nodes []bus.Transport) {
	inbox := nodes[0].NewInbox()
	if again := nodes[0].NewInbox(); again == inbox {
		t.Errorf("two inboxes are %q", inbox)
	}
	if other := nodes[1].NewInbox(); other == inbox {
		t.Errorf("inboxes of two nodes are %q", inbox)
	}
	var mu sync.Mutex
	var subject string
	replies, _ := hear(t, nodes[0], inbox+".*")
	if _, err := nodes[1].Subscribe("x", func(d bus.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		subject = d.Subject
		if err := nodes[1].Publish(d.Reply, "", append([]byte("re "), d.Data...)); err != nil {
			t.Errorf("reply: %v", err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	connectAll(t, nodes)
	for i := range 3 {
		if err := nodes[0].Publish("x", fmt.Sprintf("%s.%d", inbox, i), fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	replies.expect(t, "re 0", "re 1", "re 2")
	mu.Lock()
	defer mu.Unlock()
	if subject != "x" {
		t.Errorf("a delivery says its subject is %q", subject)
	}
}

func nobodySaysSo(t *testing.T, nodes []bus.Transport) {
	inbox := nodes[0].NewInbox()
	told := make(chan bus.Delivery, 10)
	if _, err := nodes[0].Subscribe(inbox+".*", func(d bus.Delivery) {
		d.Data = bytes.Clone(d.Data)
		told <- d
	}); err != nil {
		t.Fatal(err)
	}
	_, _ = hear(t, nodes[0], "x") // this node's own subscription does not count
	connectAll(t, nodes)
	if err := nodes[0].Publish("x", inbox+".7", []byte("?")); err != nil {
		t.Fatal(err)
	}
	select {
	case d := <-told:
		if !d.Nobody || d.Subject != inbox+".7" || len(d.Data) != 0 {
			t.Errorf("told %+v", d)
		}
	case <-time.After(patience):
		t.Error("was not told")
	}
}

func valuesAreShared(t *testing.T, nodes []bus.Transport) {
	ctx := timeout(t)
	missing := func(what string, n bus.Transport) {
		t.Helper()
		if v, err := n.Get(ctx, "key"); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s: %q, %v", what, v, err)
		}
	}
	missing("before", nodes[0])
	value := []byte{0, 1, 0xff}
	for _, size := range []int{3, 0, 100 << 10} {
		v := append(bytes.Clone(value), make([]byte, size)...)[:size]
		if err := nodes[0].Put(ctx, "key", v, 0); err != nil {
			t.Fatalf("put %d bytes: %v", size, err)
		}
		for i, n := range nodes {
			if got, err := n.Get(ctx, "key"); err != nil || !bytes.Equal(got, v) {
				t.Errorf("node %d, %d bytes: got %d, %v", i, size, len(got), err)
			}
		}
	}
	if err := nodes[1].Put(ctx, "a.b-c_d=E.9", value, time.Hour); err != nil {
		t.Errorf("a key of all that it may have: %v", err)
	}
	if err := nodes[1].Delete(ctx, "key"); err != nil {
		t.Errorf("delete: %v", err)
	}
	missing("after delete", nodes[0])
	if err := nodes[0].Delete(ctx, "key"); err != nil && !errors.Is(err, session.ErrNotFound) {
		t.Errorf("delete of nothing: %v", err)
	}
	if err := nodes[0].Put(ctx, "key", value, 0); err != nil {
		t.Errorf("put after delete: %v", err)
	}
	if v, err := nodes[1].Get(ctx, "key"); err != nil || !bytes.Equal(v, value) {
		t.Errorf("after delete and put: %q, %v", v, err)
	}
}

func valuesEnd(t *testing.T, nodes []bus.Transport) {
	ctx := timeout(t)
	for _, key := range []string{"brief", "replaced"} {
		if err := nodes[0].Put(ctx, key, []byte("v"), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if err := nodes[0].Put(ctx, "replaced", []byte("w"), 0); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of a life", func() bool {
		_, err := nodes[0].Get(ctx, "brief")
		return errors.Is(err, session.ErrNotFound)
	})
	if v, err := nodes[0].Get(ctx, "replaced"); err != nil || string(v) != "w" {
		t.Errorf("the life of what was replaced counts: %q, %v", v, err)
	}
}

func valuesHeedContext(t *testing.T, nodes []bus.Transport) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, get := nodes[0].Get(ctx, "key")
	for what, err := range map[string]error{"get": get, "put": nodes[0].Put(ctx, "key", nil, 0), "delete": nodes[0].Delete(ctx, "key")} {
		if !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func closeEndsEverything(t *testing.T, nodes []bus.Transport) {
	l, cancel := hear(t, nodes[1], "x")
	_, _ = hear(t, nodes[0], "x")
	connectAll(t, nodes)
	var busy sync.WaitGroup
	busy.Go(func() {
		for range 1000 {
			_ = nodes[0].Publish("x", "", []byte("1"))
		}
	})
	if err := nodes[1].Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	before := len(l.copy())
	busy.Wait()
	if after := len(l.copy()); after != before {
		t.Errorf("%d deliveries after close", after-before)
	}
	cancel()
	if err := nodes[1].Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	if err := nodes[1].Publish("x", "", nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("publish: %v", err)
	}
	if _, err := nodes[1].Get(timeout(t), "key"); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("get: %v", err)
	}
	if nodes[1].Link().Up {
		t.Error("the link is up")
	}
}

func everythingAtOnce(t *testing.T, nodes []bus.Transport) {
	ctx := timeout(t)
	var all sync.WaitGroup
	for i, n := range nodes {
		for range 4 {
			all.Go(func() {
				for j := range 20 {
					_, cancel := hear(t, n, "x")
					_ = n.Publish("x", n.NewInbox(), []byte("1"))
					if j%10 == 0 {
						key := fmt.Sprint("key", i)
						if err := n.Put(ctx, key, []byte("v"), 0); err != nil {
							t.Errorf("put: %v", err)
						}
						if v, err := n.Get(ctx, key); err != nil || string(v) != "v" {
							t.Errorf("get: %q, %v", v, err)
						}
					}
					n.Link()
					cancel()
				}
			})
		}
	}
	all.Wait()
}
