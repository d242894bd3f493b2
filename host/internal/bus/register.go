package bus

import (
	"container/list"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

const (
	// maxPublished is how many topics a Farm publishes to. It is a backstop, and
	// far: who shares a Farm among others bounds each of them. No topic is
	// forgotten, however long ago it was published to: its numbers would begin
	// anew, and whoever has heard the earlier ones, and sees that it is still the
	// same run of this node, would refuse them as duplicates.
	maxPublished = 1 << 18
	// maxHeads is how many heads are sent at a time. Each costs some
	// microseconds here, and as much on every node that is subscribed.
	maxHeads = 512
	// maxRecent is how many of these are on the topics that were published to
	// last, where the loss of a last message is the likeliest.
	maxRecent = 256
)

// A register has all topics that were published to, and chooses those whose
// heads are sent.
type register struct {
	byName map[string]*outTopic
	all    []*outTopic // oldest first
	recent list.List   // of *outTopic, at most maxRecent: those that were published to last, the latest first
	turn   int         // in all: where the rotation goes on
}

func (r *register) init() { r.byName = map[string]*outTopic{} }

// find returns the topic of this name, new where there was none.
func (r *register) find(name string) (*outTopic, error) {
	if t := r.byName[name]; t != nil {
		return t, nil
	}
	if !abi.ValidTopic(name) {
		return nil, session.ErrInvalid
	}
	if len(r.byName) >= maxPublished {
		return nil, session.ErrLimit
	}
	t := &outTopic{name: name, next: 1}
	r.byName[name] = t
	r.all = append(r.all, t)
	return t, nil
}

// touch makes t the one that was published to last.
func (r *register) touch(t *outTopic) {
	if t.recent == nil {
		t.recent = r.place(t)
	}
	r.recent.MoveToFront(t.recent)
}

// place returns a place for t in recent: a new one, or that of the one that was
// published to longest ago.
func (r *register) place(t *outTopic) *list.Element {
	if r.recent.Len() < maxRecent {
		return r.recent.PushFront(t)
	}
	place := r.recent.Back()
	place.Value.(*outTopic).recent = nil
	place.Value = t
	return place
}

// choose returns the topics whose heads are sent next: all of them, and where
// these are too many the recent ones, and others in rotation.
func (r *register) choose() []*outTopic {
	if len(r.all) <= maxHeads {
		return r.all
	}
	chosen := make([]*outTopic, 0, maxHeads)
	for e := r.recent.Front(); e != nil; e = e.Next() {
		chosen = append(chosen, e.Value.(*outTopic))
	}
	for len(chosen) < maxHeads {
		if t := r.all[r.turn]; t.recent == nil {
			chosen = append(chosen, t)
		}
		r.turn = (r.turn + 1) % len(r.all)
	}
	return chosen
}
