package plugin

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func TestKVStore(t *testing.T) {
	now := int64(1e9)
	s := &kvStore{now: func() int64 { return now }, maxKeys: 100, maxBytes: 1 << 20}
	check := func(what string, got, want abi.Code) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	key, val := []byte("key"), []byte("value")
	check("put", s.put(key, val, 0), abi.OK)
	val[0] = 'X' // the store has a copy
	got, code := s.get(key)
	check("get", code, abi.OK)
	if string(got) != "value" {
		t.Errorf("got %q", got)
	}
	check("put with a life", s.put(key, []byte("short"), 1000), abi.OK)
	now += 1e9
	_, code = s.get(key)
	check("get after its life", code, abi.NotFound)
	check("delete of nothing", s.remove(key), abi.NotFound)
	check("a life beyond the end of time", s.put(key, nil, math.MaxInt64), abi.OK)
	check("delete", s.remove(key), abi.OK)
	check("empty key", s.put(nil, val, 0), abi.Invalid)
	check("long key", s.put(bytes.Repeat(key, 100), val, 0), abi.Invalid)
	check("negative life", s.put(key, val, -1), abi.Invalid)
	check("large value", s.put(key, make([]byte, maxValue+1), 0), abi.TooLarge)
	if s.bytes != 0 || len(s.entries) != 0 {
		t.Errorf("%d bytes in %d entries are left", s.bytes, len(s.entries))
	}
}

func TestKVStoreIsBounded(t *testing.T) {
	now := int64(1)
	s := &kvStore{now: func() int64 { return now }, maxKeys: 100, maxBytes: 1 << 20}
	n := 0
	for ; s.put(fmt.Append(nil, n), make([]byte, maxValue), 1000) == abi.OK; n++ {
	}
	if s.bytes > s.maxBytes || n < s.maxBytes/(maxValue+16) {
		t.Errorf("%d values fit, %d bytes", n, s.bytes)
	}
	if code := s.put([]byte("0"), nil, 1000); code != abi.OK {
		t.Errorf("a smaller value for a present key: %v", code)
	}
	now += 2e9 // all are over: they make room
	if code := s.put([]byte("new"), make([]byte, maxValue), 0); code != abi.OK {
		t.Errorf("put after all others expired: %v", code)
	}
}

func TestValues(t *testing.T) {
	var v values
	const maxValues = 256
	v.max.Store(maxValues)
	check := func(what string, got, want abi.Code) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	check("add", v.add([]byte("hits"), 2), abi.OK)
	check("add again", v.add([]byte("hits"), 3), abi.OK)
	check("set", v.set([]byte("depth"), -7), abi.OK)
	check("counter set", v.set([]byte("hits"), 1), abi.Invalid)
	check("gauge added to", v.add([]byte("depth"), 1), abi.Invalid)
	check("counter falls", v.add([]byte("hits"), -1), abi.Invalid)
	for _, name := range []string{"", "Hits", "9lives", "a-b", "a b", string(bytes.Repeat([]byte("a"), 65))} {
		check("name "+name, v.add([]byte(name), 1), abi.Invalid)
	}
	st := v.status()
	if st["hits"] != (Value{false, 5}) || st["depth"] != (Value{true, -7}) {
		t.Errorf("values are %v", st)
	}
	for n := range maxValues - 2 {
		check("many names", v.add(fmt.Appendf(nil, "n%d", n), 1), abi.OK)
	}
	check("one name too many", v.add([]byte("more"), 1), abi.Limit)
}
