package bustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// joinAll makes a farm of nodes 0, 1 and so on.
func joinAll(t *testing.T, transports []bus.Transport) (farms []*bus.Farm) {
	t.Helper()
	keys := session.RandomKeyring()
	for i, tr := range transports {
		f, err := bus.New(bus.Config{Name: "suite", Node: node(i), Keys: keys, Transport: tr})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		farms = append(farms, f)
	}
	await(t, "the farm", func() bool {
		return !slices.ContainsFunc(farms, func(f *bus.Farm) bool { return len(f.Status().Peers) < len(farms)-1 })
	})
	return farms
}

// listen has a list told of messages as "NODE KEY=DATA" and of losses as
// "NODE lost N".
func listen(t *testing.T, f *bus.Farm, topic string) *list {
	t.Helper()
	l := new(list)
	subscribe(t, f, topic, func(ev session.Event) {
		from := fmt.Sprint(ev.Message.From[1] - '0')
		if ev.Kind == abi.Lost {
			l.add(fmt.Sprintf("%s lost %d", from, ev.Seq))
			return
		}
		l.add(from + " " + ev.Message.Key + "=" + string(ev.Message.Data))
	})
	return l
}

func subscribe(t *testing.T, f *bus.Farm, topic string, deliver func(session.Event)) {
	t.Helper()
	if _, err := f.Subscribe(topic, deliver); err != nil {
		t.Fatal(err)
	}
}

func say(t *testing.T, f *bus.Farm, topic, key, data string) {
	t.Helper()
	if err := f.Publish(topic, []byte(key), []byte(data)); err != nil {
		t.Errorf("publish: %v", err)
	}
}

func farmMessages(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	var heard []*list
	for _, f := range farms {
		heard = append(heard, listen(t, f, "a.b"))
	}
	connectAll(t, transports)
	var want []string
	for i := range 5000 {
		key, data := fmt.Sprint("k", i%7), fmt.Sprint(i)
		want = append(want, "0 "+key+"="+data)
		say(t, farms[0], "a.b", key, data)
	}
	heard[1].expect(t, want...)
	heard[2].expect(t, want...)
	say(t, farms[1], "a.b", "", "")
	heard[0].expect(t, "1 =")
}

func farmLargest(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	l := listen(t, farms[1], strings.Repeat("t", abi.MaxTopic))
	connectAll(t, transports)
	key, data := strings.Repeat("k", abi.MaxID), strings.Repeat("d", abi.MaxMessage)
	for range 4 {
		say(t, farms[0], strings.Repeat("t", abi.MaxTopic), key, data)
	}
	want := "0 " + key + "=" + data
	await(t, "the largest messages", func() bool { return len(l.copy()) >= 4 })
	for _, got := range l.copy() {
		if got != want {
			t.Errorf("a message of %d bytes came as %d", len(want), len(got))
		}
	}
	if err := farms[0].Publish("x", nil, make([]byte, abi.MaxMessage+1)); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
}

func farmLate(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	for range 3 {
		say(t, farms[0], "x", "k", "early")
	}
	await(t, "the messages to be sent", func() bool { return farms[0].Status().Sent.Messages == 3 })
	connectAll(t, transports)
	l := listen(t, farms[1], "x")
	l.expect(t, "0 lost 3")
	say(t, farms[0], "x", "k", "now")
	l.expect(t, "0 lost 3", "0 k=now")
}

func farmRequests(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	for i, f := range farms {
		subscribe(t, f, "ask", func(ev session.Event) {
			if reply := ev.Message.Reply; reply != nil {
				if err := reply(append([]byte{byte('0' + i)}, ev.Message.Data...)); err != nil {
					t.Errorf("reply of %d: %v", i, err)
				}
			}
		})
	}
	connectAll(t, transports)
	ctx := timeout(t)
	for to := 1; to < len(farms); to++ {
		for _, size := range []int{0, 10, abi.MaxMessage - 1} {
			data := bytes.Repeat([]byte("d"), size)
			reply, err := farms[0].Request(ctx, "ask", node(to), data)
			if err != nil || len(reply) != size+1 || reply[0] != byte('0'+to) || !bytes.Equal(reply[1:], data) {
				t.Errorf("node %d, %d bytes: %d bytes, %v", to, size, len(reply), err)
			}
		}
	}
	if reply, err := farms[0].Request(ctx, "ask", session.Node{}, []byte("?")); err != nil || len(reply) != 2 || reply[0] == '0' {
		t.Errorf("any: %q, %v", reply, err)
	}
	await(t, "both to have answered the last", func() bool {
		return farms[1].Status().Served == 4 && farms[2].Status().Served == 4
	})
}

func farmNobody(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	listen(t, farms[0], "ask")
	listen(t, farms[1], "silent")
	connectAll(t, transports)
	start := time.Now()
	for name, to := range map[string]session.Node{"any": {}, "a node": node(1), "an unknown node": node(7), "this node": node(0)} {
		if _, err := farms[0].Request(timeout(t), "ask", to, nil); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if took := time.Since(start); took > patience/2 {
		t.Errorf("took %s to find nobody", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := farms[0].Request(ctx, "silent", node(1), nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("a node that does not answer: %v", err)
	}
	if got := farms[0].Status().Requests; got[bus.Nobody] != 4 || got[bus.Unanswered] != 1 {
		t.Errorf("counted %v", got)
	}
}

// farmReplay has a third node's transport, which sees what others see, repeat
// and alter what it saw.
func farmReplay(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	stranger := transports[2]
	var mu sync.Mutex
	var seen [][]byte
	subject := "sesshook.v1.suite.m.x"
	if _, err := stranger.Subscribe(subject, func(d bus.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, bytes.Clone(d.Data))
	}); err != nil {
		t.Fatal(err)
	}
	l := listen(t, farms[1], "x")
	connectAll(t, transports)
	say(t, farms[0], "x", "k", "1")
	l.expect(t, "0 k=1")
	await(t, "a frame to be seen", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen) > 0
	})
	mu.Lock()
	frame := seen[0]
	mu.Unlock()
	if bytes.Contains(frame, []byte("k1")) {
		t.Error("a frame can be read")
	}
	before := farms[1].Status().Refused
	altered := bytes.Clone(frame)
	altered[len(altered)-1] ^= 1
	publish(t, stranger, subject, string(frame))
	publish(t, stranger, subject, string(altered))
	await(t, "refusals", func() bool {
		now := farms[1].Status().Refused
		return now[bus.Duplicate] > before[bus.Duplicate] && now[bus.Forged] > before[bus.Forged]
	})
	say(t, farms[0], "x", "k", "2")
	l.expect(t, "0 k=1", "0 k=2")
}

func farmValues(t *testing.T, farms []*bus.Farm, _ []bus.Transport) {
	ctx := timeout(t)
	key := []byte{0, 255, '.', '*', ' '}
	if _, err := farms[0].KVGet(ctx, "space", key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	value := bytes.Repeat([]byte("v"), abi.MaxSession)
	if err := farms[0].KVPut(ctx, "space", key, value, time.Hour); err != nil {
		t.Fatal(err)
	}
	for i, f := range farms {
		if got, err := f.KVGet(ctx, "space", key); err != nil || !bytes.Equal(got, value) {
			t.Errorf("node %d: %d bytes, %v", i, len(got), err)
		}
	}
	if err := farms[1].KVPut(ctx, "space", key, []byte("w"), time.Second); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of a life", func() bool {
		_, err := farms[0].KVGet(ctx, "space", key)
		return errors.Is(err, session.ErrNotFound)
	})
	if err := farms[1].KVPut(ctx, "space", key, nil, 0); err != nil {
		t.Fatal(err)
	}
	if err := farms[0].KVDelete(ctx, "space", []byte("absent")); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a deletion of nothing: %v", err)
	}
	if err := farms[2].KVDelete(ctx, "space", key); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := farms[0].KVGet(ctx, "space", key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func farmStatus(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	l := listen(t, farms[1], "x")
	connectAll(t, transports)
	say(t, farms[0], "x", "k", "1")
	l.expect(t, "0 k=1")
	s := farms[0].Status()
	if s.Name != "suite" || s.Node != node(0) || !s.Link.Up || s.Link.Since.IsZero() || s.Link.Server == "" || s.Sent.Messages != 1 || s.Sent.Bytes == 0 {
		t.Errorf("status %+v", s)
	}
	if got := farms[1].Status().Received; got.Messages != 1 || got.Bytes == 0 {
		t.Errorf("received %+v", got)
	}
	if err := farms[2].Close(); err != nil {
		t.Error(err)
	}
	await(t, "a peer to be missed", func() bool { return len(farms[0].Status().Peers) == 1 })
}

func farmEverything(t *testing.T, farms []*bus.Farm, transports []bus.Transport) {
	for _, f := range farms {
		subscribe(t, f, "ask", func(ev session.Event) {
			if ev.Message.Reply != nil {
				ev.Message.Reply(ev.Message.Data)
			}
		})
	}
	connectAll(t, transports)
	ctx := timeout(t)
	var all sync.WaitGroup
	for i, f := range farms {
		for range 4 {
			all.Go(func() {
				for n := range 30 {
					cancel, err := f.Subscribe("x", func(session.Event) {})
					if err != nil {
						t.Errorf("subscribe: %v", err)
						return
					}
					say(t, f, "x", "k", "v")
					want := fmt.Append(nil, i, n)
					if got, err := f.Request(ctx, "ask", node((i+1)%len(farms)), want); err != nil || !bytes.Equal(got, want) {
						t.Errorf("request: %q, %v", got, err)
					}
					f.Status()
					cancel()
				}
			})
		}
	}
	all.Wait()
}
