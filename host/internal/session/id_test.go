package session

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestHomeOfGenuineIDs(t *testing.T) {
	k := RandomKeyring()
	for _, node := range []Node{{}, {1, 2, 3, 4, 5, 6}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		id := k.NewID(node)
		if len(id) != IDSize {
			t.Fatalf("an id of %d bytes", len(id))
		}
		if home, ok := k.Home([]byte(id)); !ok || home != node {
			t.Errorf("home of an id of %v is %v, %t", node, home, ok)
		}
	}
}

func TestHomeRefuses(t *testing.T) {
	k := RandomKeyring()
	genuine := []byte(k.NewID(Node{1}))
	other := []byte(k.NewID(Node{1}))
	for name, id := range map[string][]byte{
		"nothing":                     nil,
		"zeros":                       make([]byte, IDSize),
		"a truncated one":             genuine[:IDSize-1],
		"a longer one":                append(bytes.Clone(genuine), 0),
		"half of one":                 genuine[:IDSize/2],
		"its halves swapped":          append(bytes.Clone(genuine[16:]), genuine[:16]...),
		"halves of two":               append(bytes.Clone(genuine[:16]), other[16:]...),
		"one of another key":          []byte(RandomKeyring().NewID(Node{1})),
		"a huge one":                  make([]byte, 1<<20),
		"its first half, and no more": append(bytes.Clone(genuine[:16]), make([]byte, 16)...),
	} {
		t.Run(name, func(t *testing.T) {
			if home, ok := k.Home(id); ok || home != (Node{}) {
				t.Errorf("accepted, with home %v", home)
			}
		})
	}
	for bit := range IDSize * 8 {
		id := bytes.Clone(genuine)
		id[bit/8] ^= 1 << (bit % 8)
		if _, ok := k.Home(id); ok {
			t.Errorf("accepted with bit %d altered", bit)
		}
	}
}

func TestHomeIsUnreadableWithoutTheKey(t *testing.T) {
	k := RandomKeyring()
	node := Node{0xab, 0xcd, 0xef, 0x12, 0x34, 0x56}
	prefixes := map[string]bool{}
	for range 1000 {
		id := []byte(k.NewID(node))
		if bytes.Contains(id, node[:3]) {
			t.Fatalf("the node stands in %x", id)
		}
		prefixes[string(id[:4])] = true
	}
	if len(prefixes) < 990 {
		t.Errorf("1000 ids of one home begin in %d ways", len(prefixes))
	}
}

func TestIDsAreUnique(t *testing.T) {
	k := RandomKeyring()
	seen := map[ID]bool{}
	for range 100_000 {
		id := k.NewID(Node{1})
		if seen[id] {
			t.Fatalf("%s twice", id.Hex())
		}
		seen[id] = true
	}
}

func TestIDsDoNotAllocate(t *testing.T) {
	k := ring(t, NewKey(), NewKey())
	id, forged := []byte(k.NewID(Node{1})), make([]byte, IDSize)
	if n := testing.AllocsPerRun(1000, func() { k.Home(id); k.Home(forged) }); n != 0 {
		t.Errorf("Home allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { k.NewID(Node{1}) }); n > 1 {
		t.Errorf("NewID allocates %v times", n)
	}
}

func FuzzHome(f *testing.F) {
	k := ring(f, Key{2}, Key{1})
	// An id of Key{1}: the same in every process of the fuzzer, and proof that
	// ids of earlier builds stay good.
	raw, err := hex.DecodeString("7fbf590d9343b68dd29b5165bdab59252f40b45f7d6629c8de1a3018d5ce0db1")
	if err != nil {
		f.Fatal(err)
	}
	genuine := ID(raw)
	if home, ok := k.Home(raw); !ok || home != (Node{1, 2, 3, 4, 5, 6}) {
		f.Fatalf("a genuine id has home %v, %t", home, ok)
	}
	f.Add([]byte(genuine))
	f.Add([]byte(genuine)[:31])
	f.Add([]byte{})
	f.Add(make([]byte, IDSize))
	f.Add(make([]byte, 1000))
	f.Fuzz(func(t *testing.T, id []byte) {
		before := bytes.Clone(id)
		if _, ok := k.Home(id); ok && ID(id) != genuine {
			t.Errorf("%x is accepted", id)
		}
		if !bytes.Equal(id, before) {
			t.Error("Home writes to the id")
		}
	})
}

func BenchmarkNewID(b *testing.B) {
	k := RandomKeyring()
	b.ReportAllocs()
	for b.Loop() {
		k.NewID(Node{1})
	}
}

func BenchmarkHome(b *testing.B) {
	k := RandomKeyring()
	for name, id := range map[string][]byte{"genuine": []byte(k.NewID(Node{1})), "forged": make([]byte, IDSize)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.Home(id)
			}
		})
	}
}
