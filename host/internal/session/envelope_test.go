package session

import (
	"bytes"
	"errors"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func TestMessageRoundTrip(t *testing.T) {
	k := RandomKeyring()
	for name, tc := range map[string]struct{ dst, ad, plain []byte }{
		"a message":               {nil, []byte("farm topic"), []byte("text")},
		"behind something":        {[]byte("before"), []byte("farm topic"), []byte("text")},
		"an empty one":            {nil, []byte("farm topic"), nil},
		"nothing at all":          {nil, nil, nil},
		"no ad":                   {nil, nil, []byte("text")},
		"the longest of the ABI":  {nil, []byte("ad"), bytes.Repeat([]byte{0xa5}, abi.MaxMessage)},
		"an ad longer than an id": {nil, make([]byte, 4096), []byte("text")},
		"into spare room":         {make([]byte, 3, 1000), []byte("ad"), []byte("text")},
	} {
		t.Run(name, func(t *testing.T) {
			out := k.SealMessage(bytes.Clone(tc.dst), tc.ad, tc.plain)
			if !bytes.HasPrefix(out, tc.dst) || len(out) != len(tc.dst)+len(tc.plain)+MessageOverhead {
				t.Fatalf("%d bytes of %d behind %d", len(out), len(tc.plain), len(tc.dst))
			}
			plain, err := k.OpenMessage(tc.ad, out[len(tc.dst):])
			if err != nil || !bytes.Equal(plain, tc.plain) {
				t.Errorf("OpenMessage gives %d bytes, %v", len(plain), err)
			}
		})
	}
}

func TestOpenMessageRefusesEveryAlteredBit(t *testing.T) {
	k := RandomKeyring()
	ad := []byte("farm topic")
	sealed := k.SealMessage(nil, ad, []byte("a message"))
	for bit := range len(sealed) * 8 {
		altered := bytes.Clone(sealed)
		altered[bit/8] ^= 1 << (bit % 8)
		if plain, err := k.OpenMessage(ad, altered); err != ErrInvalid || plain != nil {
			t.Fatalf("bit %d altered: %q %v", bit, plain, err)
		}
	}
	for bit := range len(ad) * 8 {
		altered := bytes.Clone(ad)
		altered[bit/8] ^= 1 << (bit % 8)
		if _, err := k.OpenMessage(altered, sealed); err != ErrInvalid {
			t.Fatalf("bit %d of the ad altered: %v", bit, err)
		}
	}
	for n := range len(sealed) {
		if _, err := k.OpenMessage(ad, sealed[:n]); err != ErrInvalid {
			t.Fatalf("truncated to %d bytes: %v", n, err)
		}
	}
}

func TestOpenMessageRefuses(t *testing.T) {
	k, foreign := RandomKeyring(), RandomKeyring()
	ad, text := []byte("farm topic"), []byte("text")
	sealed := k.SealMessage(nil, ad, text)
	asSession := append([]byte(magic), sealed[len(magic):]...)
	for name, tc := range map[string]struct{ ad, sealed []byte }{
		"another ad":               {[]byte("farm other"), sealed},
		"a longer ad":              {[]byte("farm topic "), sealed},
		"a shorter ad":             {ad[:4], sealed},
		"no ad":                    {nil, sealed},
		"a key not in the ring":    {ad, foreign.SealMessage(nil, ad, text)},
		"a byte behind it":         {ad, append(bytes.Clone(sealed), 0)},
		"a byte before it":         {ad, append([]byte{0}, sealed...)},
		"a session of the key":     {ad, k.Seal(ID(ad), fullMeta, text)},
		"a session by its magic":   {ad, asSession},
		"the bytes of no envelope": {ad, bytes.Repeat([]byte("raw"), 100)},
		"nothing":                  {ad, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := k.OpenMessage(tc.ad, tc.sealed); !errors.Is(err, ErrInvalid) || Code(err) != abi.Invalid {
				t.Errorf("OpenMessage: %v", err)
			}
		})
	}
}

// A session's envelope and a message's have keys of their own: one is not the
// other even where magic and additional data are made to fit.
func TestMessageIsNoSession(t *testing.T) {
	k := RandomKeyring()
	sealed := k.SealMessage(nil, []byte("id"), fullMeta.append(nil))
	if IsSealed(sealed) {
		t.Error("a message is taken for a session")
	}
	session := append([]byte(magic), sealed[len(magic):]...)
	ad := append(bytes.Clone(session[:nonceAt]), "id"...)
	session = append(session[:headerSize], k.ring()[0].message.Seal(nil, session[nonceAt:headerSize], fullMeta.append(nil), ad)...)
	if _, _, err := k.Open("id", session); err != ErrInvalid {
		t.Errorf("sealed as a message, opened as a session: %v", err)
	}
}

func TestMessagesOverKeyRotation(t *testing.T) {
	older, newer := NewKey(), NewKey()
	ad := []byte("ad")
	oldSealed := ring(t, older).SealMessage(nil, ad, []byte("old"))
	newSealed := ring(t, newer, older).SealMessage(nil, ad, []byte("new"))
	for name, tc := range map[string]struct {
		ring     *Keyring
		old, new bool
	}{
		"both, the newer first": {ring(t, newer, older), true, true},
		"both, the older first": {ring(t, older, newer), true, true},
		"the newer alone":       {ring(t, newer), false, true},
		"the older alone":       {ring(t, older), true, false},
		"neither":               {RandomKeyring(), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if plain, err := tc.ring.OpenMessage(ad, oldSealed); (err == nil) != tc.old || tc.old && string(plain) != "old" {
				t.Errorf("old: %q %v", plain, err)
			}
			if plain, err := tc.ring.OpenMessage(ad, newSealed); (err == nil) != tc.new || tc.new && string(plain) != "new" {
				t.Errorf("new: %q %v", plain, err)
			}
		})
	}
}

func TestMessageKeyIDsMayCollide(t *testing.T) {
	k := ring(t, NewKey())
	sealed := k.SealMessage(nil, nil, []byte("x"))
	both := ring(t, NewKey(), NewKey())
	keys := *both.keys.Load()
	keys[1] = k.ring()[0]
	keys[0].id = keys[1].id
	if plain, err := both.OpenMessage(nil, sealed); err != nil || string(plain) != "x" {
		t.Errorf("%q %v", plain, err)
	}
}

func TestMessageHidesItsText(t *testing.T) {
	k := RandomKeyring()
	ad, text := []byte("the topic"), []byte("the text")
	a, b := k.SealMessage(nil, ad, text), k.SealMessage(nil, ad, text)
	if bytes.Contains(a, text) || bytes.Contains(a, ad) {
		t.Error("text or topic can be read")
	}
	if bytes.Equal(a[nonceAt:headerSize], b[nonceAt:headerSize]) || bytes.Equal(a[headerSize:], b[headerSize:]) {
		t.Error("two envelopes of one text are alike")
	}
}

func TestMessagesAllocateLittle(t *testing.T) {
	k := RandomKeyring()
	ad, plain := []byte("farm topic"), make([]byte, 400)
	dst := make([]byte, 0, len(plain)+MessageOverhead)
	sealed := k.SealMessage(nil, ad, plain)
	if n := testing.AllocsPerRun(1000, func() { k.SealMessage(dst, ad, plain) }); n != 0 {
		t.Errorf("SealMessage allocates %v times where there is room", n)
	}
	if n := testing.AllocsPerRun(1000, func() { k.OpenMessage(ad, sealed) }); n > 1 {
		t.Errorf("OpenMessage allocates %v times", n)
	}
	forged := bytes.Clone(sealed)
	forged[len(messageMagic)+1] ^= 1
	if n := testing.AllocsPerRun(1000, func() { k.OpenMessage(ad, forged) }); n != 0 {
		t.Errorf("OpenMessage allocates %v times for an unknown key", n)
	}
}

func FuzzOpenMessage(f *testing.F) {
	k := ring(f, Key{1}, Key{2})
	sealed := k.SealMessage(nil, []byte("ad"), []byte("message"))
	f.Add([]byte("ad"), sealed)
	f.Add([]byte("da"), sealed)
	f.Add([]byte(nil), []byte(nil))
	f.Add([]byte("ad"), sealed[:headerSize])
	f.Add([]byte("ad"), []byte(messageMagic+"\x01\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, ad, b []byte) {
		before := bytes.Clone(b)
		if plain, err := k.OpenMessage(ad, b); err == nil && (string(ad) != "ad" || string(plain) != "message") {
			t.Errorf("%x is opened for %q", b, ad)
		}
		if !bytes.Equal(b, before) {
			t.Error("OpenMessage writes to the envelope")
		}
	})
}

func BenchmarkMessage(b *testing.B) {
	k := RandomKeyring()
	ad := []byte("farm topic")
	for name, size := range map[string]int{"400B": 400, "128KiB": 128 << 10} {
		plain := make([]byte, size)
		sealed := k.SealMessage(nil, ad, plain)
		b.Run("seal/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			dst := make([]byte, 0, len(sealed))
			for b.Loop() {
				k.SealMessage(dst, ad, plain)
			}
		})
		b.Run("open/"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			for b.Loop() {
				k.OpenMessage(ad, sealed)
			}
		})
	}
}
