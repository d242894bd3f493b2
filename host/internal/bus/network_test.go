package bus

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// hear appends what a transport is told to a list, as "SUBJECT DATA".
func hear(t *testing.T, to Transport, subject string, list *[]string) (cancel func()) {
	t.Helper()
	cancel, err := to.Subscribe(subject, func(d Delivery) {
		said := d.Subject + " " + string(d.Data)
		if d.Nobody {
			said = d.Subject + " nobody"
		}
		*list = append(*list, said)
	})
	if err != nil {
		t.Fatal(err)
	}
	return cancel
}

func send(t *testing.T, from Transport, subject, data string) {
	t.Helper()
	if err := from.Publish(subject, "", []byte(data)); err != nil {
		t.Error(err)
	}
}

// steps has a stepped network deliver all.
func steps(n *Network) (count int) {
	for n.Step() {
		count++
	}
	return count
}

func TestSteppedNetworkDoesAsItsSeedSays(t *testing.T) {
	play := func(seed uint64) (heard []string) {
		n := NewNetwork(NetworkConfig{Seed: seed, Stepped: true})
		n.SetFaults(Faults{Loss: 0.2, Duplicate: 0.2, Reorder: 0.2})
		nodes := []Transport{n.Join("a"), n.Join("b"), n.Join("c")}
		for _, to := range nodes {
			hear(t, to, "x", &heard)
			hear(t, to, "y", &heard)
		}
		for i := range 30 {
			send(t, nodes[i%3], []string{"x", "y"}[i%2], fmt.Sprint(i))
			if i%5 == 0 {
				n.Step()
			}
		}
		steps(n)
		return heard
	}
	all := map[string]bool{}
	for seed := range uint64(50) {
		one := play(seed)
		if again := play(seed); !slices.Equal(one, again) {
			t.Fatalf("seed %d:\n%q\n%q", seed, one, again)
		}
		all[fmt.Sprint(one)] = true
	}
	if len(all) < 50 {
		t.Errorf("50 seeds made %d histories", len(all))
	}
}

// TestOrderHoldsWhereNothingIsReordered: per sender and subscription, with loss
// and delay, in both kinds of network.
func TestOrderHoldsWhereNothingIsReordered(t *testing.T) {
	for _, stepped := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			n := NewNetwork(NetworkConfig{Seed: 3, Stepped: stepped})
			n.SetFaults(Faults{Loss: 0.1, Duplicate: 0.1, Delay: 10 * time.Millisecond})
			a, b, c := n.Join("a"), n.Join("b"), n.Join("c")
			last := map[byte]int{}
			if _, err := c.Subscribe("x", func(d Delivery) {
				var i int
				fmt.Sscan(string(d.Data[1:]), &i)
				if i < last[d.Data[0]] {
					t.Errorf("%s after %d", d.Data, last[d.Data[0]])
				}
				last[d.Data[0]] = i
			}); err != nil {
				t.Fatal(err)
			}
			for i := range 500 {
				send(t, a, "x", fmt.Sprint("a", i))
				send(t, b, "x", fmt.Sprint("b", i))
				if i%50 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			steps(n)
			time.Sleep(time.Second)
			synctest.Wait()
			if last['a'] < 450 || last['b'] < 450 {
				t.Errorf("the last are %v", last)
			}
			a.Close()
			b.Close()
			c.Close()
		})
	}
}

func TestFaultsHappenAsOftenAsAsked(t *testing.T) {
	const sent = 10000
	for name, tc := range map[string]struct {
		faults Faults
		want   int
	}{
		"none":       {Faults{}, sent},
		"loss":       {Faults{Loss: 0.25}, sent * 3 / 4},
		"all lost":   {Faults{Loss: 1}, 0},
		"duplicates": {Faults{Duplicate: 0.25}, sent * 5 / 4},
	} {
		n := NewNetwork(NetworkConfig{Seed: 1, Stepped: true})
		n.SetFaults(tc.faults)
		var heard []string
		a, b := n.Join("a"), n.Join("b")
		hear(t, b, "x", &heard)
		for range sent {
			send(t, a, "x", "")
			n.Step()
		}
		steps(n)
		if d := len(heard) - tc.want; d < -sent/50 || d > sent/50 {
			t.Errorf("%s: %d of %d came, want about %d", name, len(heard), sent, tc.want)
		}
	}
}

func TestReorderReorders(t *testing.T) {
	for _, stepped := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			n := NewNetwork(NetworkConfig{Seed: 1, Stepped: stepped})
			n.SetFaults(Faults{Reorder: 0.5})
			var heard []string
			a, b := n.Join("a"), n.Join("b")
			hear(t, b, "x", &heard)
			for i := range 100 {
				send(t, a, "x", fmt.Sprintf("%03d", i))
			}
			steps(n)
			time.Sleep(time.Second)
			synctest.Wait()
			if len(heard) != 100 || slices.IsSorted(heard) {
				t.Errorf("stepped %v: %d came, sorted %v", stepped, len(heard), slices.IsSorted(heard))
			}
			a.Close()
			b.Close()
		})
	}
}

func TestPartition(t *testing.T) {
	n := NewNetwork(NetworkConfig{Stepped: true})
	names := []string{"a", "b", "c", "d"}
	heard := map[string]*[]string{}
	nodes := map[string]Transport{}
	for _, name := range names {
		nodes[name] = n.Join(name)
		heard[name] = new([]string)
		hear(t, nodes[name], "x", heard[name])
	}
	check := func(what string, want map[string][]string) {
		t.Helper()
		steps(n)
		for _, name := range names {
			if !slices.Equal(*heard[name], want[name]) {
				t.Errorf("%s: %s heard %q, want %q", what, name, *heard[name], want[name])
			}
			*heard[name] = nil
		}
	}
	send(t, nodes["a"], "x", "under way")
	n.Partition([]string{"a", "b"}, []string{"c"})
	check("what was under way", map[string][]string{"b": {"x under way"}})
	send(t, nodes["a"], "x", "1")
	send(t, nodes["c"], "x", "2")
	send(t, nodes["d"], "x", "3")
	check("parted", map[string][]string{"b": {"x 1"}})
	ctx := t.Context()
	if err := nodes["b"].Put(ctx, "k", nil, 0); err != nil {
		t.Errorf("values of the first group: %v", err)
	}
	if _, err := nodes["c"].Get(ctx, "k"); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("values of the second group: %v", err)
	}
	n.Heal()
	send(t, nodes["a"], "x", "4")
	check("healed", map[string][]string{"b": {"x 4"}, "c": {"x 4"}, "d": {"x 4"}})
}

func TestLink(t *testing.T) {
	n := NewNetwork(NetworkConfig{Stepped: true})
	a, b := n.Join("a"), n.Join("b")
	var heard []string
	hear(t, b, "x", &heard)
	n.SetLink("a", false)
	n.SetLink("a", false)
	if l := a.Link(); l.Up || l.Downs != 1 || l.Err == "" || l.Since.IsZero() {
		t.Errorf("link %+v", l)
	}
	if err := a.Publish("x", "", nil); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("publish: %v", err)
	}
	if err := a.Put(t.Context(), "k", nil, 0); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("put: %v", err)
	}
	n.SetLink("a", true)
	if l := a.Link(); !l.Up || l.Downs != 1 || l.Err != "" {
		t.Errorf("link %+v", l)
	}
	send(t, a, "x", "1")
	n.SetLink("b", false)
	steps(n)
	n.SetLink("b", true)
	send(t, a, "x", "2")
	steps(n)
	if !slices.Equal(heard, []string{"x 2"}) {
		t.Errorf("heard %q", heard)
	}
}

// TestQueuesAreBounded: who does not keep up loses.
func TestQueuesAreBounded(t *testing.T) {
	n := NewNetwork(NetworkConfig{Stepped: true})
	a, b := n.Join("a"), n.Join("b")
	var heard []string
	hear(t, b, "x", &heard)
	data := make([]byte, 1<<20)
	for range maxQueue>>20 + 10 {
		if err := a.Publish("x", "", data); err != nil {
			t.Fatal(err)
		}
	}
	if got := steps(n); got != maxQueue>>20 {
		t.Errorf("%d MiB came", got)
	}
}
