package provenance

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/blake2b"
)

func file(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func trusted(tb testing.TB) *Keys {
	tb.Helper()
	k, err := ReadTrustedKeys(filepath.Join("testdata", "trusted.keys"))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestVerifyTellsWhoSigned(t *testing.T) {
	keys, module := trusted(t), file(t, "module.wasm")
	for name, want := range map[string]Signer{
		"module.wasm.minisig": {"9193F0BD1F6BC9B8", "minisign public key 9193F0BD1F6BC9B8", "timestamp:1795391778 file:module.wasm hashed"},
		"legacy.minisig":      {"9193F0BD1F6BC9B8", "minisign public key 9193F0BD1F6BC9B8", "made with minisign -l"},
		"next.minisig":        {"865F922284A78CA", "from 2027 on", "the next key"},
	} {
		signature := file(t, name)
		crlf := bytes.ReplaceAll(signature, []byte("\n"), []byte("\r\n"))
		for form, text := range map[string][]byte{"as it is": signature, "with CRLF": crlf, "without its last newline": bytes.TrimRight(signature, "\n")} {
			if got, err := keys.Verify(module, text); err != nil || got != want {
				t.Errorf("%s %s: %+v, %v; want %+v", name, form, got, err, want)
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	module, good := file(t, "module.wasm"), file(t, "module.wasm.minisig")
	edit := func(old, new string) []byte {
		edited := bytes.Replace(good, []byte(old), []byte(new), 1)
		if bytes.Equal(edited, good) {
			t.Fatalf("%q is not in the signature", old)
		}
		return edited
	}
	line := func(text []byte, i int) string { return strings.Split(string(text), "\n")[i] }
	for _, test := range []struct {
		name      string
		module    []byte
		signature []byte
		want      error
		says      string
	}{
		{"no signature", module, nil, ErrUnsigned, "minisign -S"},
		{"an empty file", module, []byte{}, ErrUnsigned, "NAME.wasm.minisig"},
		{"another module", []byte("\x00asm\x01\x00\x00\x00"), good, ErrWrongSignature, "9193F0BD1F6BC9B8"},
		{"no module", nil, good, ErrWrongSignature, ""},
		{"a longer module", append(module[:len(module):len(module)], 0), good, ErrWrongSignature, ""},
		{"a stranger's key", module, file(t, "stranger.minisig"), ErrUnknownKey, "key EAF163FAF5616E93; trusted: 9193F0BD1F6BC9B8, 865F922284A78CA;"},
		{"another trusted comment", module, edit("file:module", "file:nodule"), ErrWrongComment, ""},
		{"no trusted comment", module, edit(line(good, 2), "trusted comment: "), ErrWrongComment, ""},
		{"the comment of another signature", module, edit(line(good, 2)+"\n"+line(good, 3), line(file(t, "legacy.minisig"), 2)+"\n"+line(file(t, "legacy.minisig"), 3)), ErrWrongComment, ""},
		{"prehashed said to be not", module, edit("RUS4", "RWS4"), ErrWrongSignature, ""},
		{"not prehashed said to be", module, bytes.Replace(file(t, "legacy.minisig"), []byte("RWS4"), []byte("RUS4"), 1), ErrWrongSignature, ""},
		{"another's key id", module, bytes.Replace(file(t, "stranger.minisig"), []byte("RUSTbmH1+mPx6s"), []byte("RUS4yWsfvfCTkc"), 1), ErrWrongSignature, ""},
		{"an unknown algorithm", module, edit("RUS4", "RVS4"), ErrMalformed, "line 2: neither of minisign's two algorithms"},
		{"a public key", module, file(t, "release.pub"), ErrMalformed, "2 lines instead of 4"},
		{"something else", module, module, ErrMalformed, ""},
		{"half of it", module, good[:len(good)/2], ErrMalformed, ""},
		{"more after it", module, append(good[:len(good):len(good)], "more\n"...), ErrMalformed, "5 lines"},
		{"no untrusted comment", module, edit("untrusted comment: ", ""), ErrMalformed, "line 1"},
		{"line 2 cut", module, edit("BAU=", ""), ErrMalformed, "line 2"},
		{"no prefix of the trusted comment", module, edit("\ntrusted comment: ", "\n"), ErrMalformed, "line 3"},
		{"line 4 cut", module, edit("Dw==", ""), ErrMalformed, "line 4"},
		{"stray bits in the base64", module, edit("Dw==", "Dx=="), ErrMalformed, "line 4"},
		{"too long", module, append(good[:len(good):len(good)], bytes.Repeat([]byte("\n"), MaxSignature)...), ErrMalformed, "longer than 16384"},
	} {
		t.Run(test.name, func(t *testing.T) {
			signer, err := trusted(t).Verify(test.module, test.signature)
			if signer != (Signer{}) || err == nil {
				t.Fatalf("accepted: %+v", signer)
			}
			for _, kind := range []error{ErrUnsigned, ErrMalformed, ErrUnknownKey, ErrWrongSignature, ErrWrongComment} {
				if errors.Is(err, kind) != (kind == test.want) {
					t.Errorf("errors.Is(%q, %q) = %t", err, kind, errors.Is(err, kind))
				}
			}
			if !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q does not say %q, or not in one line", err, test.says)
			}
		})
	}
}

// essence is what counts of a signature.
func essence(tb testing.TB, text []byte) string {
	tb.Helper()
	s, err := parseSignature(text)
	if err != nil {
		tb.Fatal(err)
	}
	return s.key.String() + string(s.signature) + s.comment + string(s.global)
}

func TestOneAlteredBitIsRefused(t *testing.T) {
	keys, module := trusted(t), file(t, "module.wasm")
	for _, name := range []string{"module.wasm.minisig", "legacy.minisig"} {
		signature := file(t, name)
		for bit := range 8 * len(module) {
			altered := bytes.Clone(module)
			altered[bit/8] ^= 1 << (bit % 8)
			if _, err := keys.Verify(altered, signature); !errors.Is(err, ErrWrongSignature) {
				t.Errorf("%s: the module with bit %d altered: %v", name, bit, err)
			}
		}
		// Of the first line, only its beginning and its end are anything to anybody.
		first := bytes.IndexByte(signature, '\n')
		for bit := range 8 * len(signature) {
			at := bit / 8
			altered := bytes.Clone(signature)
			altered[at] ^= 1 << (bit % 8)
			_, err := keys.Verify(module, altered)
			if free := at >= len(untrustedPrefix) && at < first; err == nil && !free {
				t.Errorf("%s: accepted with bit %d altered: %q", name, bit, altered)
			} else if err == nil && essence(t, altered) != essence(t, signature) {
				t.Errorf("%s: something else was accepted with bit %d altered", name, bit)
			}
		}
	}
}

// sign makes signatures that minisign would not.
func sign(private ed25519.PrivateKey, id, comment string, message []byte) []byte {
	hash := blake2b.Sum512(message)
	s := ed25519.Sign(private, hash[:])
	global := ed25519.Sign(private, append(slices.Clone(s), comment...))
	base64 := base64.StdEncoding.EncodeToString
	return []byte("untrusted comment: \n" + base64([]byte("ED"+id+string(s))) + "\ntrusted comment: " + comment + "\n" + base64(global) + "\n")
}

func TestSignersCommentIsPrintable(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	const id = "\x01\x02\x03\x04\x05\x06\x07\x08"
	line := base64.StdEncoding.EncodeToString([]byte("Ed" + id + string(public)))
	keys, err := parseKeys("keys", []byte("untrusted comment: the \x1b[31mred\u202e key\n"+line+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	module := []byte("\x00asm")
	got, err := keys.Verify(module, sign(private, id, "a\tb\x00\x1b[2J\xff\u2028 é", module))
	want := Signer{"807060504030201", `the \u001b[31mred\u202e key`, `a b\u0000\u001b[2J\xff\u2028 é`}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	got, err = keys.Verify(module, sign(private, id, strings.Repeat("é", 8<<10/2), module))
	if err != nil || got.TrustedComment != strings.Repeat("é", maxComment-1)+"…" {
		t.Errorf("a long comment: %+v, %v", got, err)
	}
}

func TestNoKeysTrustNobody(t *testing.T) {
	if _, err := new(Keys).Verify(file(t, "module.wasm"), file(t, "module.wasm.minisig")); !errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), "trusted: none") {
		t.Errorf("error %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	keys, module := trusted(f), file(f, "module.wasm")
	signed := map[string]bool{}
	for _, name := range []string{"module.wasm.minisig", "legacy.minisig", "next.minisig"} {
		f.Add(module, file(f, name))
		signed[essence(f, file(f, name))] = true
	}
	f.Add(module, file(f, "stranger.minisig"))
	f.Add([]byte{}, []byte("untrusted comment: \nRUS4\ntrusted comment: \n"))
	f.Add(module, []byte("\r\n\r\n\r\n\r\n"))
	f.Fuzz(func(t *testing.T, m, signature []byte) {
		signer, err := keys.Verify(m, signature)
		if err == nil && (!bytes.Equal(m, module) || !signed[essence(t, signature)]) {
			t.Errorf("%+v signed neither this module nor with this", signer)
		}
		if (err == nil) == (signer == Signer{}) {
			t.Errorf("signer %+v with error %v", signer, err)
		}
		if printable(signer.TrustedComment) != signer.TrustedComment {
			t.Errorf("comment %q", signer.TrustedComment)
		}
	})
}
