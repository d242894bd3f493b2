package cache

// deadlines is a queue of things by the time when they end, the first to end in
// front: a binary heap whose things know their place in it, so that any can be
// taken out. Sessions mostly come in the order in which they end, and are then
// added without a move. The zero value with moved set is an empty queue.
type deadlines[T any] struct {
	// moved is told of each new place of a thing.
	moved func(thing T, place int32)
	slots []deadline[T]
}

type deadline[T any] struct {
	at    int64
	thing T
}

// first returns what ends first and when; zeros if the queue is empty.
func (d *deadlines[T]) first() (at int64, thing T) {
	if len(d.slots) == 0 {
		return 0, thing
	}
	return d.slots[0].at, d.slots[0].thing
}

// push adds a thing that ends at the given time.
func (d *deadlines[T]) push(at int64, thing T) {
	d.slots = append(d.slots, deadline[T]{})
	d.up(len(d.slots)-1, deadline[T]{at, thing})
}

// remove takes out the thing in the given place.
func (d *deadlines[T]) remove(place int32) {
	last := len(d.slots) - 1
	s := d.slots[last]
	d.slots[last] = deadline[T]{} // holds on to nothing
	d.slots = d.slots[:last]
	if int(place) == last {
		return
	}
	if i := int(place); i > 0 && s.at < d.slots[(i-1)/2].at {
		d.up(i, s)
	} else {
		d.down(i, s)
	}
}

// up puts s into the free place i or, rather, into one nearer to the front.
func (d *deadlines[T]) up(i int, s deadline[T]) {
	for i > 0 {
		parent := (i - 1) / 2
		if d.slots[parent].at <= s.at {
			break
		}
		d.put(i, d.slots[parent])
		i = parent
	}
	d.put(i, s)
}

// down puts s into the free place i or, rather, into one farther from the
// front.
func (d *deadlines[T]) down(i int, s deadline[T]) {
	for {
		child := 2*i + 1
		if child >= len(d.slots) {
			break
		}
		if right := child + 1; right < len(d.slots) && d.slots[right].at < d.slots[child].at {
			child = right
		}
		if s.at <= d.slots[child].at {
			break
		}
		d.put(i, d.slots[child])
		i = child
	}
	d.put(i, s)
}

func (d *deadlines[T]) put(i int, s deadline[T]) {
	d.slots[i] = s
	d.moved(s.thing, int32(i))
}
