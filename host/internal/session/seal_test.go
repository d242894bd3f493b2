package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/sesshook/sesshook/abi"
)

var fullMeta = Meta{
	Created: 1_700_000_000_000_000_001, Expires: 1_700_086_400_000_000_002,
	Version: 0x0304, CipherSuite: 0x1301, Format: abi.GoTLS, ClientCert: true, Resumed: true,
	Home: Node{1, 2, 3, 4, 5, 6}, ServerName: "www.example.com", ALPN: "h2",
}

func TestSealRoundTrip(t *testing.T) {
	k := RandomKeyring()
	big := bytes.Repeat([]byte{0xa5}, abi.MaxSession)
	for name, tc := range map[string]struct {
		id   ID
		meta Meta
		data []byte
	}{
		"all of it":             {k.NewID(Node{1}), fullMeta, []byte("session")},
		"nothing of it":         {"i", Meta{}, nil},
		"negative times":        {"i", Meta{Created: math.MinInt64, Expires: -1}, []byte{0}},
		"an expired one":        {"i", Meta{Created: 1, Expires: 2}, []byte("s")},
		"an unknown format":     {"i", Meta{Format: 0xffff, Version: 0xffff, CipherSuite: 0xffff}, []byte("s")},
		"the client cert only":  {"i", Meta{ClientCert: true}, []byte("s")},
		"resumed only":          {"i", Meta{Resumed: true}, []byte("s")},
		"the ALPN only":         {"i", Meta{ALPN: "http/1.1"}, []byte("s")},
		"the longest of all":    {ID(strings.Repeat("i", abi.MaxID)), Meta{ServerName: strings.Repeat("n", 65535), ALPN: strings.Repeat("a", 255)}, big},
		"names of 255 bytes":    {"i", Meta{ServerName: strings.Repeat("n", 255), ALPN: strings.Repeat("a", 255)}, big},
		"a session of max size": {"i", Meta{}, big},
	} {
		t.Run(name, func(t *testing.T) {
			sealed := k.Seal(tc.id, tc.meta, tc.data)
			if !IsSealed(sealed) || len(sealed) > MaxSealed {
				t.Fatalf("sealed: %t, %d bytes", IsSealed(sealed), len(sealed))
			}
			m, data, err := k.Open(tc.id, sealed)
			if err != nil || m != tc.meta || !bytes.Equal(data, tc.data) {
				t.Errorf("Open gives %+v, %d bytes, %v", m, len(data), err)
			}
		})
	}
}

func TestSealRefuses(t *testing.T) {
	k := RandomKeyring()
	for name, sealed := range map[string][]byte{
		"no id":                     k.Seal("", Meta{}, nil),
		"an id of 257 bytes":        k.Seal(ID(make([]byte, abi.MaxID+1)), Meta{}, nil),
		"64 KiB and one byte":       k.Seal("i", Meta{}, make([]byte, abi.MaxSession+1)),
		"a name of 64 KiB":          k.Seal("i", Meta{ServerName: strings.Repeat("n", 65536)}, nil),
		"an ALPN of 256 bytes":      k.Seal("i", Meta{ALPN: strings.Repeat("a", 256)}, nil),
		"(all of these are opened)": nil,
	} {
		if sealed != nil {
			t.Errorf("%s is sealed", name)
		}
		if _, _, err := k.Open("i", sealed); err != ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenRefusesEveryAlteredBit(t *testing.T) {
	k := RandomKeyring()
	id := k.NewID(Node{1})
	sealed := k.Seal(id, fullMeta, []byte("a small session"))
	for bit := range len(sealed) * 8 {
		altered := bytes.Clone(sealed)
		altered[bit/8] ^= 1 << (bit % 8)
		if m, data, err := k.Open(id, altered); err != ErrInvalid || data != nil || m != (Meta{}) {
			t.Fatalf("bit %d altered: %+v %q %v", bit, m, data, err)
		}
		if m, err := k.Check(id, altered); err != ErrInvalid || m != (Meta{}) {
			t.Fatalf("bit %d altered: checked: %+v %v", bit, m, err)
		}
	}
	for bit := range len(id) * 8 {
		altered := []byte(id)
		altered[bit/8] ^= 1 << (bit % 8)
		if _, _, err := k.Open(ID(altered), sealed); err != ErrInvalid {
			t.Fatalf("bit %d of the id altered: %v", bit, err)
		}
	}
	for n := range len(sealed) {
		if _, _, err := k.Open(id, sealed[:n]); err != ErrInvalid {
			t.Fatalf("truncated to %d bytes: %v", n, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	k, foreign := RandomKeyring(), RandomKeyring()
	sealed := k.Seal("id", fullMeta, []byte("session"))
	for name, tc := range map[string]struct {
		id     ID
		sealed []byte
	}{
		"another id":            {"ie", sealed},
		"a longer id":           {"id2", sealed},
		"a shorter id":          {"i", sealed},
		"no id":                 {"", sealed},
		"an id of 257 bytes":    {ID(make([]byte, 257)), sealed},
		"a key not in the ring": {"id", foreign.Seal("id", fullMeta, []byte("session"))},
		"a byte behind it":      {"id", append(bytes.Clone(sealed), 0)},
		"a byte before it":      {"id", append([]byte{0}, sealed...)},
		"too long to be one":    {"id", append(bytes.Clone(sealed), make([]byte, MaxSealed)...)},
		"nothing":               {"id", nil},
		"raw bytes":             {"id", bytes.Repeat([]byte("raw"), 100)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := k.Open(tc.id, tc.sealed); !errors.Is(err, ErrInvalid) || Code(err) != abi.Invalid {
				t.Errorf("Open: %v", err)
			}
			if _, err := k.Check(tc.id, tc.sealed); !errors.Is(err, ErrInvalid) {
				t.Errorf("Check: %v", err)
			}
		})
	}
}

// Whoever holds an envelope but not the key can't make it live longer: the
// ciphertext is malleable by itself, and the tag is what stops this.
func TestLifeCannotBeLengthened(t *testing.T) {
	k := RandomKeyring()
	sealed := k.Seal("id", fullMeta, []byte("session"))
	longer := bytes.Clone(sealed)
	expires := longer[headerSize+8 : headerSize+16]
	was := uint64(fullMeta.Expires)
	binary.LittleEndian.PutUint64(expires, binary.LittleEndian.Uint64(expires)^was^(was+1<<50))
	if _, _, err := k.Open("id", longer); err != ErrInvalid {
		t.Error(err)
	}
}

// What is authenticated may still be wrong: a later version's, or a bug's.
func TestOpenRefusesSealedNonsense(t *testing.T) {
	k := RandomKeyring()
	for name, plain := range map[string][]byte{
		"nothing":               nil,
		"half of the meta":      make([]byte, metaSize/2),
		"an unknown flag":       append(append(make([]byte, 22), 0x80), make([]byte, 9)...),
		"a name that overruns":  append(make([]byte, 29), 1, 0, 0),
		"an ALPN that overruns": append(make([]byte, 31), 1),
		"a session too large":   make([]byte, metaSize+abi.MaxSession+1),
	} {
		t.Run(name, func(t *testing.T) {
			key := k.ring()[0]
			out := append([]byte(magic), version1)
			out = append(out, key.id[:]...)
			ad := append(bytes.Clone(out), "id"...)
			out = append(out, make([]byte, chacha20poly1305.NonceSizeX)...)
			out = key.seal.Seal(out, out[nonceAt:], plain, ad)
			if _, _, err := k.Open("id", out); err != ErrInvalid {
				t.Errorf("Open: %v", err)
			}
		})
	}
}

func TestSealHidesTheSession(t *testing.T) {
	k := RandomKeyring()
	a, b := k.Seal("id", fullMeta, []byte("master secret")), k.Seal("id", fullMeta, []byte("master secret"))
	for _, secret := range []string{"master", fullMeta.ServerName, string(fullMeta.Home[:])} {
		if bytes.Contains(a, []byte(secret)) {
			t.Errorf("%q can be read", secret)
		}
	}
	if bytes.Equal(a[nonceAt:headerSize], b[nonceAt:headerSize]) || bytes.Equal(a[headerSize:], b[headerSize:]) {
		t.Error("two envelopes of one session are alike")
	}
}

func TestOpenAndSealKeepTheirHandsOff(t *testing.T) {
	k := RandomKeyring()
	data := []byte("session")
	sealed := k.Seal("id", fullMeta, data)
	before := bytes.Clone(sealed)
	_, opened, err := k.Open("id", sealed)
	if err != nil {
		t.Fatal(err)
	}
	clear(opened)
	clear(data)
	if !bytes.Equal(sealed, before) {
		t.Error("the envelope changed")
	}
}

func TestIsSealed(t *testing.T) {
	sealed := RandomKeyring().Seal("id", Meta{}, nil)
	for name, tc := range map[string]struct {
		b    []byte
		want bool
	}{
		"an envelope":                        {sealed, true},
		"a truncated envelope":               {sealed[:6], true},
		"an envelope of version 2":           {[]byte(magic + "\x02..."), true},
		"an envelope with a damaged byte":    {append([]byte{0xf4}, sealed[1:]...), true},
		"an envelope with two damaged bytes": {append([]byte{0xf4, 'r'}, sealed[2:]...), false},
		"a part of the magic":                {[]byte(magic[:3]), false},
		"nothing":                            {nil, false},
		"a crypto/tls session":               {[]byte{3, 4, 1, 0x13, 1}, false},
		"an OpenSSL session":                 {[]byte{0x30, 0x82, 1, 0}, false},
		"the text of the magic, alone":       {[]byte(magic[1:]), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := IsSealed(tc.b); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestSealAndOpenAllocateOnce(t *testing.T) {
	k, data := RandomKeyring(), make([]byte, 200)
	id := k.NewID(Node{1})
	sealed := k.Seal(id, fullMeta, data)
	if n := testing.AllocsPerRun(1000, func() { k.Seal(id, fullMeta, data) }); n > 1 {
		t.Errorf("Seal allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { k.Open(id, sealed) }); n > 1 {
		t.Errorf("Open allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { k.Check(id, sealed) }); n != 0 {
		t.Errorf("Check allocates %v times", n)
	}
}

// Sessions of all sizes: those that fit into the memory of a call, and others.
func TestCheckSaysWhatOpenSays(t *testing.T) {
	k := RandomKeyring()
	for _, size := range []int{0, 1, 200, 1900, 2 << 10, 3 << 10, abi.MaxSession} {
		id := k.NewID(Node{1})
		sealed := k.Seal(id, fullMeta, bytes.Repeat([]byte("s"), size))
		if m, err := k.Check(id, sealed); err != nil || m != fullMeta {
			t.Errorf("%d bytes: %+v, %v", size, m, err)
		}
		s := scratches.Get().(*scratch)
		if bytes.Contains(s.plain[:], []byte("s")) {
			t.Errorf("%d bytes: some of the session is left behind", size)
		}
		scratches.Put(s)
	}
}

func TestKeepCopies(t *testing.T) {
	id, sealed := []byte("id"), []byte("sealed")
	keptID, kept := Keep(id, sealed)
	id[0], sealed[0] = 'X', 'X'
	if keptID != "id" || string(kept) != "sealed" {
		t.Errorf("%q, %q", keptID, kept)
	}
	if cap(kept) != len(kept) {
		t.Errorf("room behind it: %d", cap(kept)-len(kept))
	}
	if keptID, kept = Keep(nil, nil); keptID != "" || len(kept) != 0 {
		t.Errorf("of nothing: %q, %q", keptID, kept)
	}
}

func FuzzOpen(f *testing.F) {
	k := ring(f, Key{1}, Key{2})
	sealed := k.Seal("id", fullMeta, []byte("session"))
	f.Add("id", sealed)
	f.Add("di", sealed)
	f.Add("", []byte(nil))
	f.Add("id", sealed[:headerSize])
	f.Add("id", []byte(magic+"\x01\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, id string, b []byte) {
		before := bytes.Clone(b)
		if _, data, err := k.Open(ID(id), b); err == nil && (id != "id" || string(data) != "session") {
			t.Errorf("%x is opened for %q", b, id)
		}
		m, _, opened := k.Open(ID(id), b)
		if checked, err := k.Check(ID(id), b); err != opened || checked != m {
			t.Errorf("%x is %+v, %v when it is checked, and %+v, %v when it is opened", b, checked, err, m, opened)
		}
		if !bytes.Equal(b, before) {
			t.Error("Open writes to the envelope")
		}
	})
}

func FuzzParseMeta(f *testing.F) {
	f.Add(fullMeta.append(nil))
	f.Add(append(fullMeta.append(nil), "session"...))
	f.Add((&Meta{}).append(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, rest, ok := parseMeta(b)
		if !ok {
			return
		}
		if again := append(m.append(nil), rest...); !bytes.Equal(again, b) {
			t.Errorf("%x is read as %+v and written as %x", b, m, again)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	k, data := RandomKeyring(), make([]byte, 200)
	id := k.NewID(Node{1})
	b.ReportAllocs()
	for b.Loop() {
		k.Seal(id, fullMeta, data)
	}
}

func BenchmarkOpen(b *testing.B) {
	k := RandomKeyring()
	id := k.NewID(Node{1})
	sealed := k.Seal(id, fullMeta, make([]byte, 200))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := k.Open(id, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
