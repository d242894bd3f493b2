package cache

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDeadlines compares the heap with a sorted slice over random changes.
func TestDeadlines(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		places := map[int]int32{}
		model := map[int]int64{}
		d := deadlines[int]{moved: func(thing int, place int32) { places[thing] = place }}
		for thing := range 600 {
			if random.IntN(3) > 0 || len(model) == 0 {
				at := random.Int64N(500)
				d.push(at, thing)
				model[thing] = at
			} else {
				victim := anyKey(random, model)
				d.remove(places[victim])
				delete(model, victim)
			}
			for thing, at := range model { // each, not only the one that changed
				if s := d.slots[places[thing]]; s.thing != thing || s.at != at {
					t.Fatalf("seed %d: %d is not in its place", seed, thing)
				}
			}
			if len(d.slots) != len(model) {
				t.Fatalf("seed %d: %d things of %d", seed, len(d.slots), len(model))
			}
		}
		var got, want []int64
		for _, at := range model {
			want = append(want, at)
		}
		slices.Sort(want)
		for len(d.slots) > 0 {
			at, _ := d.first()
			got = append(got, at)
			d.remove(0)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: wrong order", seed)
		}
	}
}

func anyKey(random *rand.Rand, m map[int]int64) int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys) // so that the seed decides
	return keys[random.IntN(len(keys))]
}

func TestDeadlinesHoldOnToNothing(t *testing.T) {
	d := deadlines[*int]{moved: func(*int, int32) {}}
	for i := range 10 {
		d.push(int64(i), new(int))
	}
	for range 10 {
		d.remove(0)
	}
	for _, s := range d.slots[:cap(d.slots)] {
		if s.thing != nil {
			t.Fatal("a thing that was removed is still referred to")
		}
	}
}
