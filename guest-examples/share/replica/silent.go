package replica

import "github.com/sesshook/sesshook/abi"

// A silent is a node that was waited for in vain when it was last asked for a
// session: one that hangs, or can't be reached while the broker does not know yet.
type silent struct {
	node  [abi.NodeIDSize]byte
	at    int64 // when it had been waited for
	times uint8 // how often in a row; 0 is no node
}

// silents are as many of them as are remembered, in no order.
type silents [silentsKept]silent

const (
	silentsKept = 16
	// silentDoublings bounds how long a node is left alone: at first for twice as
	// long as it was waited for, so that one that was only busy is asked soon; then
	// each time for twice as long again, so that one that hangs keeps hardly
	// anybody waiting; 32 times as long at most, so that all that are remembered
	// together take half of the time.
	silentDoublings = 5
)

// rests reports whether a node is left alone, where its answer is waited for as
// long as timeout.
func (s *silents) rests(node []byte, now, timeout int64) bool {
	n := s.find(node)
	return n != nil && within(now, n.at, timeout<<n.times)
}

// add notes that a node has just been waited for in vain, in the place of the
// one that was longest ago where there are too many.
func (s *silents) add(node []byte, now int64) {
	n := s.find(node)
	if n == nil {
		n = s.oldest()
		*n = silent{node: [abi.NodeIDSize]byte(node)}
	}
	n.at, n.times = now, min(n.times+1, silentDoublings)
}

// remove notes that a node has answered.
func (s *silents) remove(node []byte) {
	if n := s.find(node); n != nil {
		*n = silent{}
	}
}

func (s *silents) find(node []byte) *silent {
	for i := range s {
		if n := &s[i]; n.times > 0 && string(n.node[:]) == string(node) {
			return n
		}
	}
	return nil
}

func (s *silents) oldest() *silent {
	oldest := &s[0]
	for i := range s {
		if s[i].at < oldest.at {
			oldest = &s[i]
		}
	}
	return oldest
}
