package bus

import "container/list"

// An outTopic numbers the messages to one topic. There may be many that were
// used once, and none is forgotten (see maxPublished): so it keeps nothing that
// can be made again when it is used.
type outTopic struct {
	name   string
	next   uint64        // number of the next message
	recent *list.Element // its place in register.recent; nil is none
	behind *outTopic     // the next one that has frames

	oldest, newest *outFrame // that wait
}

// An outFrame is a messages frame in the making, with room for its header.
type outFrame struct {
	first uint64
	count int
	b     []byte
	next  *outFrame // of the same topic
}

func (t *outTopic) push(f *outFrame) {
	if t.oldest == nil {
		t.oldest = f
	} else {
		t.newest.next = f
	}
	t.newest = f
}

// pop takes the oldest frame, which must be there.
func (t *outTopic) pop() *outFrame {
	f := t.oldest
	t.oldest, f.next = f.next, nil
	if t.oldest == nil {
		t.newest = nil
	}
	return f
}
