package cache

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestEvictionOrder(t *testing.T) {
	tests := []struct {
		name    string
		fetches string
		want    []string // what goes, in this order, when a, b, c, d are full
	}{
		{"without fetches the oldest goes", "", []string{"a", "b", "c", "d"}},
		{"a fetch puts off", "a", []string{"b", "c", "d", "a"}},
		{"two fetches protect from newcomers", "aa", []string{"b", "c", "d", "e", "f"}},
		{"half is protected, and the least recently used goes back", "aabbcc", []string{"d", "a", "e", "f"}},
		{"what went back is protected again by one fetch", "aabbcca", []string{"d", "b", "e", "f"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, Config{MaxSessions: 4})
			for _, id := range []string{"a", "b", "c", "d"} {
				r.insert(t, id, 10)
			}
			for _, id := range test.fetches {
				if _, err := r.Fetch(session.ID(id), client); err != nil {
					t.Fatal(err)
				}
			}
			r.events = nil
			for i := range test.want {
				r.insert(t, string(rune('e'+i)), 10)
			}
			var got []string
			for _, ev := range r.events {
				if ev.Kind == abi.Remove {
					got = append(got, string(ev.Session.ID))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("evicted %v, want %v", got, test.want)
			}
		})
	}
}

func TestFloodDoesNotPushOutWhatIsInUse(t *testing.T) {
	const max = 100
	r := newRig(t, Config{MaxSessions: max})
	for i := range max {
		r.insert(t, fmt.Sprint("used ", i), 10)
	}
	for i := range max / 2 {
		id := session.ID(fmt.Sprint("used ", i))
		r.Fetch(id, client)
		r.Fetch(id, client)
	}
	for i := range 100 * max {
		r.insert(t, fmt.Sprint("flood ", i), 10)
	}
	for i := range max / 2 {
		if _, err := r.Get(session.ID(fmt.Sprint("used ", i))); err != nil {
			t.Fatalf("session %d in use was evicted", i)
		}
	}
}

func TestOnlyProtectedSessionsLeft(t *testing.T) {
	r := newRig(t, Config{MaxBytes: 3 * (overhead + 20)})
	r.insert(t, "a", 100)
	r.insert(t, "b", 10)
	r.Fetch("a", client)
	r.Fetch("a", client)
	r.clock.advance(10)
	r.Expire()
	r.took()
	s := r.session("big", 10)
	s.Sealed = make([]byte, 3*20+2*overhead-len(s.ID))
	wantErr(t, "insert", r.Insert(s, 0, client), nil)
	r.wantEvents(t, "REMOVE a HOST EVICTED", "INSERT big CLIENT")
}
