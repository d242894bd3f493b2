package session

import (
	"strings"
	"sync"
	"testing"
)

func ring(t testing.TB, keys ...Key) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyringRefuses(t *testing.T) {
	a, b := NewKey(), NewKey()
	for name, tc := range map[string]struct {
		keys []Key
		want string
	}{
		"no keys":         {nil, "one farm key at least"},
		"a key twice":     {[]Key{a, b, a}, "farm key 3 is the same as farm key 1"},
		"the same, alone": {[]Key{b, b}, "farm key 2 is the same as farm key 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewKeyring(tc.keys); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("NewKeyring: %v, want %q", err, tc.want)
			}
			k := ring(t, a)
			id := k.NewID(Node{1})
			if err := k.Set(tc.keys); err == nil {
				t.Error("Set accepts them")
			}
			if _, ok := k.Home([]byte(id)); !ok {
				t.Error("the old keys are gone after a refused Set")
			}
		})
	}
}

func TestKeyRotation(t *testing.T) {
	older, newer := NewKey(), NewKey()
	node, meta := Node{1, 2, 3, 4, 5, 6}, Meta{Expires: 9}
	k := ring(t, older)
	oldID := k.NewID(node)
	oldSealed := k.Seal(oldID, meta, []byte("old"))

	if err := k.Set([]Key{newer, older}); err != nil {
		t.Fatal(err)
	}
	newID := k.NewID(node)
	newSealed := k.Seal(newID, meta, []byte("new"))

	for name, tc := range map[string]struct {
		ring     *Keyring
		old, new bool
	}{
		"both, the newer first": {k, true, true},
		"both, the older first": {ring(t, older, newer), true, true},
		"the newer alone":       {ring(t, newer), false, true},
		"the older alone":       {ring(t, older), true, false},
		"neither":               {RandomKeyring(), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []struct {
				id     ID
				sealed []byte
				data   string
				want   bool
			}{{oldID, oldSealed, "old", tc.old}, {newID, newSealed, "new", tc.new}} {
				home, ok := tc.ring.Home([]byte(s.id))
				if ok != s.want || ok && home != node {
					t.Errorf("%s: Home is %v, %t", s.data, home, ok)
				}
				m, data, err := tc.ring.Open(s.id, s.sealed)
				if (err == nil) != s.want || s.want && (string(data) != s.data || m != meta) {
					t.Errorf("%s: Open gives %+v %q %v", s.data, m, data, err)
				}
			}
		})
	}
}

// Another key with the same key id must not keep the right one from being tried.
func TestKeyIDsMayCollide(t *testing.T) {
	k := ring(t, NewKey())
	id := k.NewID(Node{})
	sealed := k.Seal(id, Meta{}, []byte("x"))
	both := ring(t, NewKey(), NewKey())
	keys := *both.keys.Load()
	keys[1] = k.ring()[0]
	keys[0].id = keys[1].id
	if _, data, err := both.Open(id, sealed); err != nil || string(data) != "x" {
		t.Errorf("%q %v", data, err)
	}
}

func TestKeysAreReplacedUnderUse(t *testing.T) {
	a, b := NewKey(), NewKey()
	k := ring(t, a, b)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 300 {
				id := k.NewID(Node{7})
				if home, ok := k.Home([]byte(id)); !ok || home != (Node{7}) {
					t.Error("an id of this ring is not genuine")
				}
				if _, _, err := k.Open(id, k.Seal(id, Meta{}, []byte("data"))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 100 {
		keys := []Key{a, b}
		if i%2 == 0 {
			keys = []Key{b, a}
		}
		if err := k.Set(keys); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
