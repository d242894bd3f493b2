package main

// A heap is the slots of records of one kind, the record whose session ends
// first in front. A record knows its place in it.
type heap struct {
	records *[]record
	slots   []int32
}

func (h *heap) len() int { return len(h.slots) }

func (h *heap) expires(slot int32) int64 { return (*h.records)[slot].expires }

// front returns the record that ends first, and whether there is one that has
// ended.
func (h *heap) front(now int64) (slot int32, ended bool) {
	if len(h.slots) == 0 {
		return none, false
	}
	return h.slots[0], h.expires(h.slots[0]) <= now
}

func (h *heap) add(slot int32) {
	h.slots = append(h.slots, slot)
	h.up(len(h.slots) - 1)
}

// take takes out what is in place i.
func (h *heap) take(i int) {
	end := len(h.slots) - 1
	last := h.slots[end]
	if h.slots = h.slots[:end]; i < end {
		h.put(i, last)
		h.down(i)
		h.up(int((*h.records)[last].place))
	}
}

// up moves what is in place i towards the front, to where it belongs.
func (h *heap) up(i int) {
	slot := h.slots[i]
	expires := h.expires(slot)
	for i > 0 {
		above := h.slots[(i-1)/2]
		if h.expires(above) <= expires {
			break
		}
		h.put(i, above)
		i = (i - 1) / 2
	}
	h.put(i, slot)
}

// down moves what is in place i away from the front.
func (h *heap) down(i int) {
	slot := h.slots[i]
	expires := h.expires(slot)
	for {
		child := 2*i + 1
		if child >= len(h.slots) {
			break
		}
		below := h.slots[child]
		if child+1 < len(h.slots) {
			if right := h.slots[child+1]; h.expires(right) < h.expires(below) {
				child, below = child+1, right
			}
		}
		if expires <= h.expires(below) {
			break
		}
		h.put(i, below)
		i = child
	}
	h.put(i, slot)
}

func (h *heap) put(i int, slot int32) {
	h.slots[i] = slot
	(*h.records)[slot].place = int32(i)
}
