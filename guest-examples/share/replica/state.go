package replica

import "encoding/binary"

// stateVersion is the first byte of a saved state.
const stateVersion = 1

// A saved state is the version, born i64, joining u8, the debt (any u8, since
// i64), latest i64, and the peers that are still to give something: node, all
// u8, since i64. What this instance was sending is not in it: the successor has
// perhaps other instances and so other ids, and whoever has asked asks again.
const (
	stateHead = 27
	statePeer = 12 + 9
)

// Save is for plugin_save: it appends to dst what a successor has to know.
func (r *Replica) Save(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(append(dst, stateVersion), uint64(r.born))
	debt := r.owed
	for _, t := range r.transfers {
		if t.to == "" && t.phase != finished {
			debt.add(t.ask.since, true)
		}
	}
	dst = append(dst, bit(r.join.on), bit(debt.any))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(debt.since))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.latest))
	for i := range r.peers {
		w := r.peers[i].wanted
		w.add(r.peers[i].asked)
		if w.any {
			dst = append(append(dst, r.peers[i].node...), bit(w.all))
			dst = binary.LittleEndian.AppendUint64(dst, uint64(w.since))
		}
	}
	return dst
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// Restore is for plugin_restore. A state that it can't read is none: the
// instance then begins like one after a fault.
func (r *Replica) Restore(state []byte) {
	if len(state) < stateHead || state[0] != stateVersion || (len(state)-stateHead)%statePeer != 0 {
		return
	}
	le := binary.LittleEndian
	r.inherited = true
	r.born = int64(le.Uint64(state[1:]))
	if state[9] != 0 {
		r.join.begin(0)
		r.join.began = r.host.Now()
	}
	if state[10] != 0 {
		r.owed.add(int64(le.Uint64(state[11:])), true)
	}
	r.latest = int64(le.Uint64(state[19:]))
	for rest := state[stateHead:]; len(rest) >= statePeer && len(r.peers) < maxPeers; rest = rest[statePeer:] {
		w := wish{any: true, sessions: true, all: rest[12] != 0, since: int64(le.Uint64(rest[13:]))}
		r.peers = append(r.peers, peer{node: string(rest[:12]), wanted: w})
	}
}
