package cache

import (
	"sync/atomic"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A feed numbers the events of all shards and hands them on. Its methods are
// called under a shard's lock, so that for one id numbers rise in the order of
// delivery. Numbers start with 1.
type feed struct {
	notify func(session.Event)
	seq    atomic.Uint64
}

func (f *feed) next() uint64 { return f.seq.Add(1) }

// send numbers ev and delivers it.
func (f *feed) send(ev session.Event) {
	ev.Seq = f.next()
	f.notify(ev)
}
