package replica

import (
	"fmt"
	"testing"
)

func TestWhatWasSeenIsSeenOnce(t *testing.T) {
	var s seen
	const n = 100_000
	for round, fresh := range []bool{true, false} {
		for i := range n {
			id := fmt.Appendf(nil, "id %d", i)
			for _, kind := range []byte{entrySession, entryTombstone} {
				if s.add(7, kind, id) != fresh {
					t.Fatalf("round %d: %s of kind %d", round, id, kind)
				}
			}
		}
	}
	sum, most := 0, 0
	for _, p := range s.parts {
		sum += 8 * len(p.slots)
		most = max(most, len(p.slots))
	}
	if sum != s.bytes || sum > 2*n*8*8/3+seenParts*seenSlots*8 {
		t.Errorf("%d bytes, and says %d", sum, s.bytes)
	}
	if most > 4096 {
		t.Errorf("a part has %d slots, and is moved in one call", most)
	}
}

func TestSeedsMakeOtherHashes(t *testing.T) {
	if seenHash(1, entrySession, []byte("id")) == seenHash(2, entrySession, []byte("id")) {
		t.Error("the seed makes no difference")
	}
}
