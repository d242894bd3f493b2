package bus

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// values gives access to what the network of a rig keeps.
func (r *rig) values() map[string]stored { return r.store.values }

func TestValuesAreSharedByTheFarm(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		a, b, ctx := r.farms["a"], r.farms["b"], t.Context()
		if err := a.KVPut(ctx, "s", []byte("k"), []byte("v"), time.Second); err != nil {
			t.Fatal(err)
		}
		if v, err := b.KVGet(ctx, "s", []byte("k")); err != nil || string(v) != "v" {
			t.Errorf("%q, %v", v, err)
		}
		if _, err := b.KVGet(ctx, "another", []byte("k")); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("another space: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := b.KVGet(ctx, "s", []byte("k")); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("after its life: %v", err)
		}
		if err := b.KVPut(ctx, "s", []byte("k"), nil, 0); err != nil {
			t.Fatal(err)
		}
		if v, err := a.KVGet(ctx, "s", []byte("k")); err != nil || len(v) != 0 {
			t.Errorf("an empty value: %q, %v", v, err)
		}
		if err := a.KVDelete(ctx, "s", []byte("k")); err != nil {
			t.Error(err)
		}
		if _, err := b.KVGet(ctx, "s", []byte("k")); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("after delete: %v", err)
		}
	}, "a", "b")
}

func TestValuesAreRefused(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		f, ctx := r.farms["a"], t.Context()
		ended, cancel := context.WithCancel(ctx)
		cancel()
		for name, tc := range map[string]struct {
			ctx   context.Context
			space string
			key   int
			value int
			ttl   time.Duration
			want  error
		}{
			"no space":       {ctx, "", 1, 1, 0, session.ErrInvalid},
			"a long space":   {ctx, strings.Repeat("s", abi.MaxTopic+1), 1, 1, 0, session.ErrInvalid},
			"no key":         {ctx, "s", 0, 1, 0, session.ErrInvalid},
			"a long key":     {ctx, "s", abi.MaxID + 1, 1, 0, session.ErrInvalid},
			"a negative ttl": {ctx, "s", 1, 1, -1, session.ErrInvalid},
			"a long value":   {ctx, "s", 1, abi.MaxSession + 1, 0, session.ErrTooLarge},
			"the largest":    {ctx, "s", abi.MaxID, abi.MaxSession, 1<<63 - 1, nil},
			"too late":       {ended, "s", 1, 1, 0, session.ErrUnavailable},
		} {
			if err := f.KVPut(tc.ctx, tc.space, make([]byte, tc.key), make([]byte, tc.value), tc.ttl); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", name, err, tc.want)
			}
		}
		if v, err := f.KVGet(ctx, "s", make([]byte, abi.MaxID)); err != nil || len(v) != abi.MaxSession {
			t.Errorf("the largest: %d bytes, %v", len(v), err)
		}
	}, "a")
}

// TestAStoreLearnsAndForgesNothing: what it keeps shows nothing, and what it
// changes, moves, or keeps for too long is as if it was not there.
func TestAStoreLearnsAndForgesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		f, ctx := r.farms["a"], t.Context()
		key, value := []byte("secret key"), []byte("secret value")
		if err := f.KVPut(ctx, "secret space", key, value, time.Minute); err != nil {
			t.Fatal(err)
		}
		var name string
		var kept stored
		for name, kept = range r.values() {
			if strings.Contains(name, "secret") || bytes.Contains(kept.value, []byte("secret")) {
				t.Error("the store can read it")
			}
		}
		missing := func(what string) {
			t.Helper()
			if _, err := f.KVGet(ctx, "secret space", key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		changed := bytes.Clone(kept.value)
		changed[len(changed)-1] ^= 1
		r.values()[name] = stored{value: changed}
		missing("an altered value")

		other, _ := f.place("secret space", []byte("another key"))
		if err := f.KVPut(ctx, "secret space", []byte("another key"), value, 0); err != nil {
			t.Fatal(err)
		}
		r.values()[name] = r.values()[other.name]
		missing("the value of another key")

		r.values()[name] = stored{value: f.keys.SealMessage(nil, mustPlace(f, "secret space", key).ad, []byte("short"))}
		missing("a value without a life")

		r.values()[name] = stored{value: kept.value}
		if v, err := f.KVGet(ctx, "secret space", key); err != nil || !bytes.Equal(v, value) {
			t.Errorf("put back: %q, %v", v, err)
		}
		time.Sleep(time.Minute)
		missing("a value that was kept for too long")
	}, "a")
}

func mustPlace(f *Farm, space string, key []byte) place {
	p, _ := f.place(space, key)
	return p
}

// TestPlacesAreDistinct: space and key can't run into each other.
func TestPlacesAreDistinct(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		seen := map[string]string{}
		for _, farm := range []*Farm{r.farms["a"], r.join("c", func(cfg *Config) { cfg.Name = "other" })} {
			for _, space := range []string{"s", "sk", "s\x02"} {
				for _, key := range []string{"k", "kk", "\x01k"} {
					what := farm.name + "/" + space + "/" + key
					name := mustPlace(farm, space, []byte(key)).name
					if other, ok := seen[name]; ok {
						t.Errorf("%q and %q are one", what, other)
					}
					seen[name] = what
				}
			}
		}
		if mustPlace(r.farms["a"], "s", []byte("k")).name != mustPlace(r.farms["b"], "s", []byte("k")).name {
			t.Error("two nodes look for a value at different places")
		}
	}, "a", "b")
}

func TestStoreIsBounded(t *testing.T) { synctest.Test(t, storeIsBounded) }

func storeIsBounded(t *testing.T) {
	s := store{values: map[string]stored{}, limit: 100}
	if err := s.put("a", make([]byte, 60), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.put("b", make([]byte, 60), 0); !errors.Is(err, session.ErrLimit) {
		t.Errorf("beyond the limit: %v", err)
	}
	if err := s.put("a", make([]byte, 99), 0); err != nil {
		t.Errorf("in its own place: %v", err)
	}
	if err := s.put("a", nil, time.Nanosecond); err != nil {
		t.Error(err)
	}
	time.Sleep(time.Nanosecond)
	if err := s.put("b", make([]byte, 99), 0); err != nil {
		t.Errorf("after the other's life: %v", err)
	}
	if s.bytes != 100 {
		t.Errorf("%d bytes counted", s.bytes)
	}
}
