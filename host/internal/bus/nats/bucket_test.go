package nats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sesshook/sesshook/host/internal/session"
)

// later has a's clock show d more than the machine's.
func later(tr *Transport, d time.Duration) {
	tr.bucket.now = func() time.Time { return time.Now().Add(d) }
}

// stored is how many values the server holds.
func stored(t testing.TB, tr *Transport) uint64 {
	t.Helper()
	js, err := jetstream.New(tr.conn.Load().Conn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(timely(t), "KV_test")
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

// aged makes the bucket as a server before 2.11 would have it.
func aged(t testing.TB, tr *Transport, maxBytes int64) {
	t.Helper()
	js, err := jetstream.New(tr.conn.Load().Conn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = js.CreateStream(timely(t), jetstream.StreamConfig{
		Name: "KV_test", Description: "an operator's own", Subjects: []string{"$KV.test.>"}, MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew, Storage: jetstream.MemoryStorage, MaxBytes: maxBytes,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func wantValue(t testing.TB, tr *Transport, key, want string) {
	t.Helper()
	got, err := tr.Get(timely(t), key)
	if err != nil || string(got) != want {
		t.Errorf("Get(%q) = %q, %v; want %q", key, got, err, want)
	}
}

func wantNone(t testing.TB, tr *Transport, key string) {
	t.Helper()
	if got, err := tr.Get(timely(t), key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Get(%q) = %q, %v; want none", key, got, err)
	}
}

func put(t testing.TB, tr *Transport, key, value string, ttl time.Duration) {
	t.Helper()
	if err := tr.Put(timely(t), key, []byte(value), ttl); err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
}

func TestValuesAreShared(t *testing.T) {
	s := serve(t)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	wantNone(t, a, "k")
	if err := a.Delete(timely(t), "k"); err != nil {
		t.Errorf("Delete without a bucket: %v", err)
	}
	put(t, a, "k", "1", 0)
	wantValue(t, b, "k", "1")
	put(t, b, "k", "2", time.Hour)
	put(t, b, "a.b=c_d-E9", "", 0)
	wantValue(t, a, "k", "2")
	wantValue(t, a, "a.b=c_d-E9", "")
	wantNone(t, a, "a")
	if err := a.Delete(timely(t), "k"); err != nil {
		t.Errorf("Delete: %v", err)
	}
	wantNone(t, b, "k")
	if err := a.Delete(timely(t), "k"); err != nil {
		t.Errorf("Delete of what is gone: %v", err)
	}
	if n := stored(t, a); n != 1 {
		t.Errorf("%d stored: a deletion leaves something", n)
	}
}

func TestAValueEndsWithItsLife(t *testing.T) {
	t.Parallel() // most of it is waiting
	s := serve(t)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	put(t, a, "short", "x", 1500*time.Millisecond)
	put(t, a, "long", "y", time.Hour)
	put(t, a, "endless", "z", 1<<63-1)
	wantValue(t, b, "short", "x")
	later(b, 1500*time.Millisecond)
	wantNone(t, b, "short")
	later(b, time.Hour-time.Second)
	wantValue(t, b, "long", "y")
	later(b, time.Hour)
	wantNone(t, b, "long")
	later(b, 1<<62)
	wantValue(t, b, "endless", "z")
	// The server deletes what nobody reads, a little later.
	await(t, "the server's own deletion", func() bool { return stored(t, a) == 2 })
	wantNone(t, a, "short")
}

func TestAnOldServersExpiredValues(t *testing.T) {
	s := serve(t)
	a, b := connected(t, s.Addr()), connected(t, s.Addr())
	aged(t, a, -1)
	put(t, a, "k", "x", time.Minute)
	later(b, time.Minute)
	wantNone(t, b, "k")
	if n := stored(t, a); n != 1 {
		t.Error("deleted by a reader whose clock may be fast")
	}
	wantValue(t, a, "k", "x")
	later(b, time.Minute+clockSkew)
	wantNone(t, b, "k")
	if n := stored(t, a); n != 0 {
		t.Error("a reader has not deleted it")
	}
}

func TestAFullBucketOfAnOldServerIsSwept(t *testing.T) {
	s := serve(t)
	a := connected(t, s.Addr())
	aged(t, a, 32<<10)
	put(t, a, "kept", "x", time.Hour)
	value := bytes.Repeat([]byte("v"), 1000)
	var err error
	for i := range 100 {
		if err = a.Put(timely(t), fmt.Sprint("k", i), value, time.Minute); err != nil {
			break
		}
	}
	if !errors.Is(err, session.ErrLimit) {
		t.Fatalf("Put into a full bucket: %v", err)
	}
	put(t, a, "k0", "smaller", time.Minute) // replaces
	await(t, "the end of the sweep that found nothing", func() bool {
		a.bucket.mu.Lock()
		defer a.bucket.mu.Unlock()
		if a.bucket.sweeping {
			return false
		}
		// It reads the clock, and puts the next sweep off: both are set after it.
		later(a, time.Minute+clockSkew)
		a.bucket.swept = time.Time{}
		return true
	})
	larger := bytes.Repeat(value, 2) // than what k0 has left
	await(t, "room", func() bool {
		err := a.Put(timely(t), "new", larger, time.Minute)
		if err != nil && !errors.Is(err, session.ErrLimit) {
			t.Fatal(err)
		}
		return err == nil
	})
	await(t, "the end of the sweep", func() bool { return stored(t, a) == 2 })
	wantValue(t, a, "kept", "x")
}

func TestWhatCannotBeStored(t *testing.T) {
	s := serve(t)
	a := connected(t, s.Addr())
	most := a.MaxPayload() - maxKey - valueHeader
	put(t, a, strings.Repeat("k", maxKey), strings.Repeat("v", most), time.Hour)
	wantValue(t, a, strings.Repeat("k", maxKey), strings.Repeat("v", most))
	for _, tt := range []struct {
		name, key string
		size      int
		ttl       time.Duration
		want      error
	}{
		{"too large", "k", most + 1, 0, session.ErrTooLarge},
		{"no key", "", 1, 0, session.ErrInvalid},
		{"a key too long", strings.Repeat("k", maxKey+1), 1, 0, session.ErrInvalid},
		{"a wildcard", "a.*", 1, 0, session.ErrInvalid},
		{"all", ">", 1, 0, session.ErrInvalid},
		{"a space", "a b", 1, 0, session.ErrInvalid},
		{"an empty token", "a..b", 1, 0, session.ErrInvalid},
		{"a dot at an end", "a.", 1, 0, session.ErrInvalid},
		{"a life that is over", "k", 1, -1, session.ErrInvalid},
		{"a life too short", "k", 1, time.Microsecond, session.ErrInvalid},
	} {
		if err := a.Put(timely(t), tt.key, make([]byte, tt.size), tt.ttl); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	full := func() error {
		for i := range 200 {
			if err := a.Put(timely(t), fmt.Sprint("k", i), make([]byte, most), 0); err != nil {
				return err
			}
		}
		return nil
	}()
	if !errors.Is(full, session.ErrLimit) {
		t.Errorf("200 MB: %v", full)
	}
}

func TestValuesAfterTheServerHasLostThem(t *testing.T) {
	s := serve(t)
	addr := s.Addr()
	a, b := connected(t, addr), connected(t, addr)
	put(t, a, "k", "1", 0)
	wantValue(t, b, "k", "1")
	kill(s)
	down(t, a)
	down(t, b)
	if err := a.Put(timely(t), "k", nil, 0); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Put without a server: %v", err)
	}
	serve(t, at(addr))
	up(t, a)
	up(t, b)
	wantNone(t, b, "k")
	put(t, a, "k", "2", 0)
	wantValue(t, b, "k", "2")

	// And where the bucket goes while the connection stays.
	js, err := jetstream.New(a.conn.Load().Conn)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := js.DeleteStream(timely(t), "KV_test"); err != nil {
			t.Fatal(err)
		}
		wantNone(t, b, "k")
		put(t, a, "k", "3", 0)
		wantValue(t, b, "k", "3")
	}
}

func TestAServerWithoutJetStream(t *testing.T) {
	s := serve(t, noJetStream)
	log := new(lines)
	a := connected(t, s.Addr(), func(c *Config) { c.Log = log.logger() })
	for range 3 {
		if err := a.Put(timely(t), "k", nil, 0); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Put: %v", err)
		}
		if _, err := a.Get(timely(t), "k"); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Get: %v", err)
		}
		if err := a.Delete(timely(t), "k"); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Delete: %v", err)
		}
	}
	if log.count("start nats-server with -js") != 1 {
		t.Errorf("log:\n%s", log)
	}
}

func TestAServerWithoutRoomForTheBucket(t *testing.T) {
	s := serve(t, func(o *server.Options) { o.JetStreamMaxMemory = 1 << 20 })
	log := new(lines)
	a := connected(t, s.Addr(), func(c *Config) { c.Log = log.logger() })
	for range 2 {
		if err := a.Put(timely(t), "k", nil, 0); !errors.Is(err, session.ErrLimit) {
			t.Errorf("Put: %v", err)
		}
	}
	if log.count("raise the limits of its JetStream") != 1 {
		t.Errorf("log:\n%s", log)
	}
}

func TestACallerWhoDoesNotWait(t *testing.T) {
	s := serve(t)
	a := connected(t, s.Addr())
	put(t, a, "k", "1", 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Get(ctx, "k"); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Get: %v", err)
	}
	if err := a.Put(ctx, "k", nil, 0); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Put: %v", err)
	}
}

func TestABucketMadeForLessIsAdapted(t *testing.T) {
	s := serve(t)
	a := connected(t, s.Addr())
	js, err := jetstream.New(a.conn.Load().Conn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = js.CreateStream(timely(t), jetstream.StreamConfig{
		Name: "KV_test", Description: bucketDescription, Subjects: []string{"$KV.test.>"}, MaxMsgsPerSubject: 1, Storage: jetstream.MemoryStorage,
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNone(t, a, "k")
	stream, err := js.Stream(timely(t), "KV_test")
	if err != nil {
		t.Fatal(err)
	}
	if !stream.CachedInfo().Config.AllowMsgTTL {
		t.Error("the server still deletes nothing")
	}
}
