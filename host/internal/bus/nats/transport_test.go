package nats

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestABrokerThatIsAwayAtStart(t *testing.T) {
	addr := nobody(t)
	log := new(lines)
	var came atomic.Int32
	tr := open(t, addr, func(c *Config) {
		c.Log = log.logger()
		c.Reconnected = func() { came.Add(1) }
	})
	await(t, "a failed attempt", func() bool { return strings.Contains(tr.Link().Err, "nobody listens there") })
	if err := tr.Publish("a", "", nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Publish: %v", err)
	}
	if n := tr.MaxPayload(); n != 1<<20 {
		t.Errorf("MaxPayload %d", n)
	}
	got := hear(t, tr, "a")

	s := serve(t, at(addr), func(o *server.Options) { o.MaxPayload = 4096 })
	up(t, tr)
	if n := tr.MaxPayload(); n != 4096 {
		t.Errorf("MaxPayload %d", n)
	}
	other := connected(t, s.Addr())
	if err := other.Publish("a", "", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, got); string(d.Data) != "hello" || d.Subject != "a" {
		t.Errorf("delivered %+v", d)
	}
	if l := tr.Link(); l.Downs != 0 || l.Err != "" || l.Server != "nats://"+addr.String() {
		t.Errorf("link %+v", l)
	}
	await(t, "Reconnected", func() bool { return came.Load() == 1 })
	if log.count("can't connect to NATS") != 1 || log.count("msg=\"connected to NATS\"") != 1 {
		t.Errorf("log:\n%s", log)
	}
}

func TestABrokerThatIsSilentHoldsNothingUp(t *testing.T) {
	t.Parallel() // most of it is waiting
	addr := silent(t)
	var tr *Transport
	promptly(t, "Open", func() { tr = open(t, addr) })
	promptly(t, "the rest", func() {
		if err := tr.Publish("a", "", nil); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Publish: %v", err)
		}
		cancel, err := tr.Subscribe("a", func(bus.Delivery) {})
		if err != nil {
			t.Error(err)
		}
		cancel()
		if _, err := tr.Get(timely(t), "k"); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Get: %v", err)
		}
		if tr.Link().Up {
			t.Error("up")
		}
	})
	await(t, "an attempt that timed out", func() bool { return strings.Contains(tr.Link().Err, "does not answer") })
	promptly(t, "Close", func() { _ = tr.Close() })
}

func TestAnyServerOfSeveralWillDo(t *testing.T) {
	t.Parallel() // most of it is waiting
	s := serve(t, noJetStream)
	for range 3 { // nats.go takes them in any order
		tr := connected(t, nil, func(c *Config) {
			c.Servers = []string{nobody(t).String(), "nats://" + s.Addr().String(), silent(t).String()}
		})
		if l := tr.Link(); l.Server != "nats://"+s.Addr().String() {
			t.Errorf("link %+v", l)
		}
	}
}

func TestABrokerThatIsKilledAndComesBack(t *testing.T) {
	s := serve(t)
	addr := s.Addr()
	log := new(lines)
	came := make(chan struct{}, 10)
	a := connected(t, addr, func(c *Config) {
		c.Log = log.logger()
		c.Reconnected = func() { came <- struct{}{} }
	})
	<-came
	before := hear(t, a, "before")
	kill(s)
	down(t, a)
	await(t, "an attempt", func() bool { return strings.Contains(a.Link().Err, "nobody listens there") })
	during := hear(t, a, "during")
	gone, err := a.Subscribe("before", func(bus.Delivery) { t.Error("delivered after cancel") })
	if err != nil {
		t.Fatal(err)
	}
	gone()
	if err := a.Publish("x", "", nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Publish: %v", err)
	}

	serve(t, at(addr))
	up(t, a)
	<-came
	b := connected(t, addr)
	for _, s := range []struct {
		subject string
		got     <-chan bus.Delivery
	}{{"before", before}, {"during", during}} {
		if err := b.Publish(s.subject, "", []byte(s.subject)); err != nil {
			t.Fatal(err)
		}
		if d := next(t, s.got); string(d.Data) != s.subject {
			t.Errorf("delivered %+v", d)
		}
	}
	if l := a.Link(); l.Downs != 1 {
		t.Errorf("link %+v", l)
	}
	for _, line := range []string{"msg=\"connected to NATS\"", "NATS connection lost", "can't connect to NATS", "msg=\"reconnected to NATS\""} {
		if log.count(line) != 1 {
			t.Errorf("%q: %d times", line, log.count(line))
		}
	}
	if t.Failed() {
		t.Logf("log:\n%s", log)
	}
}

func TestACancelledSubscriptionStaysCancelledOverAReconnection(t *testing.T) {
	s := serve(t)
	addr := s.Addr()
	a := connected(t, addr)
	cancel, err := a.Subscribe("gone", func(bus.Delivery) { t.Error("delivered") })
	if err != nil {
		t.Fatal(err)
	}
	got := hear(t, a, "kept")
	kill(s)
	down(t, a)
	cancel()
	serve(t, at(addr))
	up(t, a)
	b := connected(t, addr)
	for _, subject := range []string{"gone", "kept"} {
		if err := b.Publish(subject, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	next(t, got)
}

func TestNoEchoAndNobody(t *testing.T) {
	s := serve(t)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	own := hear(t, a, "topic")
	inbox := a.NewInbox()
	answers := hear(t, a, inbox+".*")
	if err := a.Publish("topic", inbox+".7", []byte("anybody?")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, answers); !d.Nobody || d.Subject != inbox+".7" || len(d.Data) != 0 {
		t.Errorf("delivered %+v", d)
	}
	asked := hear(t, b, "topic")
	if err := a.Publish("topic", inbox+".8", []byte("anybody?")); err != nil {
		t.Fatal(err)
	}
	d := next(t, asked)
	if err := b.Publish(d.Reply, "", []byte("I")); err != nil {
		t.Fatal(err)
	}
	if d := next(t, answers); d.Nobody || string(d.Data) != "I" || d.Subject != inbox+".8" {
		t.Errorf("delivered %+v", d)
	}
	select {
	case d := <-own:
		t.Errorf("echo: %+v", d)
	default:
	}
}

func TestWhatIsTooLargeOrMalformed(t *testing.T) {
	s := serve(t)
	a := connected(t, s.Addr())
	if err := a.Publish("a", "", make([]byte, a.MaxPayload()+1)); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("Publish: %v", err)
	}
	if err := a.Publish("a", "", make([]byte, a.MaxPayload())); err != nil {
		t.Errorf("Publish of the most: %v", err)
	}
	for _, subject := range []string{"", "a b", "a..b", ".a", "a."} {
		if _, err := a.Subscribe(subject, func(bus.Delivery) {}); !errors.Is(err, session.ErrInvalid) {
			t.Errorf("Subscribe(%q): %v", subject, err)
		}
	}
	if err := a.Publish("a b", "", nil); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("Publish to a malformed subject: %v", err)
	}
	if !a.Link().Up {
		t.Error("the connection was lost over it")
	}
}

func TestWrongCredentialsAreTriedUntilTheyAreRight(t *testing.T) {
	user := func(password string) func(*server.Options) {
		return func(o *server.Options) { o.Username, o.Password = "node", password }
	}
	s := serve(t, user("another"))
	addr := s.Addr()
	log := new(lines)
	a := open(t, addr, func(c *Config) {
		c.Servers = []string{"nats://node:s3cret@" + addr.String()}
		c.Log = log.logger()
	})
	await(t, "three refusals", func() bool {
		a.link.mu.Lock()
		defer a.link.mu.Unlock()
		return a.link.failed >= 3
	})
	if e := a.Link().Err; !strings.Contains(e, "refuses the user: check user and password") {
		t.Errorf("link says %q", e)
	}
	kill(s)
	serve(t, at(addr), user("s3cret"))
	up(t, a)
	if strings.Contains(log.String()+fmt.Sprint(a.Link()), "s3cret") {
		t.Errorf("the password is told:\n%s\n%+v", log, a.Link())
	}
}

func TestAnErrorThatNATSEndsAConnectionForIsNoEnd(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	subscribed := make(chan string, 10)
	go func() { // a server that throws everybody out, but only once
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go greet(conn, n == 0, subscribed)
		}
	}()
	a := open(t, l.Addr())
	hear(t, a, "topic")
	await(t, "the end of the first", func() bool { return a.Link().Downs == 1 })
	up(t, a)
	// Whether the first came as far as to subscribe is chance.
	if line := <-subscribed; !strings.HasPrefix(line, "SUB topic ") {
		t.Errorf("got %q", line)
	}
}

// greet is the least that a NATS server says.
func greet(conn net.Conn, throwOut bool, subscribed chan<- string) {
	defer conn.Close()
	fmt.Fprint(conn, "INFO {\"server_id\":\"x\",\"version\":\"2.10.0\",\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n")
	in := bufio.NewScanner(conn)
	for pings := 0; in.Scan(); {
		switch line := in.Text(); {
		case line == "PING":
			fmt.Fprint(conn, "PONG\r\n")
			if pings++; throwOut && pings == 2 {
				fmt.Fprint(conn, "-ERR 'Something That Is New'\r\n")
			}
		case strings.HasPrefix(line, "SUB") && !throwOut:
			subscribed <- line
		}
	}
}

func TestASlowSubscriberLosesAndItIsCounted(t *testing.T) {
	s := serve(t, noJetStream)
	log := new(lines)
	a, b := connected(t, s.Addr(), func(c *Config) { c.Log = log.logger() }), connected(t, s.Addr())
	hold, last := make(chan struct{}), make(chan struct{})
	delivered := 0
	cancel, err := a.Subscribe("flood", func(d bus.Delivery) {
		<-hold
		delivered++
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Subscribe("end", func(bus.Delivery) { close(last) }); err != nil {
		t.Fatal(err)
	}
	settle(t, a)
	const sent = pendingMessages + 1000
	for range sent {
		if err := b.Publish("flood", "", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Publish("end", "", nil); err != nil {
		t.Fatal(err)
	}
	<-last
	dropped := a.Dropped()
	if dropped < 900 || dropped > 1000 {
		t.Errorf("%d dropped of %d", dropped, sent)
	}
	close(hold)
	cancel()
	if n := a.Dropped(); n != dropped {
		t.Errorf("%d dropped after cancel, %d before", n, dropped)
	}
	await(t, "a line in the log", func() bool { return log.count("messages come faster than they are taken") == 1 })
}

func TestCloseWaitsForWhatIsDelivered(t *testing.T) {
	s := serve(t, noJetStream)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	begun, hold := make(chan struct{}), make(chan struct{})
	var after, ended atomic.Bool
	if _, err := a.Subscribe("x", func(bus.Delivery) {
		if after.Load() {
			t.Error("delivered after Close")
		}
		close(begun)
		<-hold
		ended.Store(true)
	}); err != nil {
		t.Fatal(err)
	}
	settle(t, a)
	for range 3 {
		if err := b.Publish("x", "", nil); err != nil {
			t.Fatal(err)
		}
	}
	<-begun
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = a.Close()
		after.Store(true)
		if !ended.Load() {
			t.Error("Close did not wait")
		}
	}()
	await(t, "the end of the connection", func() bool { return a.conn.Load().IsClosed() })
	close(hold)
	<-closed
	if err := a.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := a.Publish("x", "", nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Publish after Close: %v", err)
	}
	if _, err := a.Subscribe("x", func(bus.Delivery) {}); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Subscribe after Close: %v", err)
	}
}

func TestWhatIsPublishedBeforeCloseArrives(t *testing.T) {
	s := serve(t, noJetStream)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	got := hear(t, b, "x")
	for range 50 {
		if err := a.Publish("x", "", make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		next(t, got)
	}
}

func TestCancelWithinDeliver(t *testing.T) {
	s := serve(t, noJetStream)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	var cancel func()
	ready, done := make(chan struct{}), make(chan struct{})
	cancel, err := a.Subscribe("x", func(bus.Delivery) {
		<-ready
		cancel()
		close(done)
	})
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	settle(t, a)
	for range 2 {
		if err := b.Publish("x", "", nil); err != nil {
			t.Fatal(err)
		}
	}
	<-done
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}
