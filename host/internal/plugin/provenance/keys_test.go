package provenance

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	releaseKey = "RWS4yWsfvfCTkWQJU5WhaxbGrS5cuBzs/daCvMrAPu+ojqv1J7qMo795"
	nextKey    = "RWTKeEooIvllCDF+mlgUYjboj//UBYwMqi2FvmqbpaEQ7C6qgKWTUfad"
	releaseID  = "9193F0BD1F6BC9B8"
	nextID     = "865F922284A78CA"
)

func TestKeyFilesAreRead(t *testing.T) {
	pub := "untrusted comment: minisign public key " + releaseID + "\n" + releaseKey + "\n"
	for _, test := range []struct {
		name, text    string
		ids, comments []string
	}{
		{"one minisign.pub", pub, []string{releaseID}, []string{"minisign public key " + releaseID}},
		{"two, one after the other", pub + "untrusted comment: next\n" + nextKey, []string{releaseID, nextID}, []string{"minisign public key " + releaseID, "next"}},
		{"bare lines", nextKey + "\n" + releaseKey, []string{nextID, releaseID}, []string{"", ""}},
		{"comments and empty lines", "# who\n\n  " + releaseKey + " # Anna \n\t\n# RWQ\n" + nextKey + "#", []string{releaseID, nextID}, []string{"Anna", ""}},
		{"a comment of each kind", "untrusted comment: minisign's\n# between\n" + releaseKey + " # own", []string{releaseID}, []string{"minisign's"}},
		{"an empty comment", "untrusted comment:\n" + releaseKey, []string{releaseID}, []string{""}},
		{"CRLF", strings.ReplaceAll(pub, "\n", "\r\n"), []string{releaseID}, []string{"minisign public key " + releaseID}},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := parseKeys("keys", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(k.IDs(), test.ids) {
				t.Errorf("ids %v, want %v", k.IDs(), test.ids)
			}
			for i, want := range test.comments {
				if got := k.keys[i].comment; got != want {
					t.Errorf("comment %d is %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestKeyFilesAreRefused(t *testing.T) {
	raw, err := base64.StdEncoding.DecodeString(releaseKey)
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, b byte) string {
		changed := bytes.Clone(raw)
		changed[at] = b
		return base64.StdEncoding.EncodeToString(changed)
	}
	secret := base64.StdEncoding.EncodeToString(append([]byte("Ed\x00\x00B2"), make([]byte, 152)...))
	for _, test := range []struct{ name, text, want string }{
		{"an empty file", "", "keys: there is no key in this file; append"},
		{"comments only", "# none\n\n", "keys: there is no key"},
		{"the same key twice", "\n" + releaseKey + "\n# again\n" + releaseKey, "keys:4: the same key as in line 2; delete"},
		{"two keys of one id", releaseKey + "\n" + change(41, 0), "keys:2: another key with the id " + releaseID + " of line 1"},
		{"a comment without its key", "untrusted comment: a\n\nuntrusted comment: b\n" + releaseKey, "keys:1: no key follows"},
		{"a comment at the end", releaseKey + "\nuntrusted comment: a\n", "keys:2: no key follows"},
		{"not base64", "trust me", "keys:1: not base64; it should be a public key as `minisign -G`"},
		{"a key with more on its line", releaseKey + " Anna", "keys:1: not base64"},
		{"a carriage return within", releaseKey[:8] + "\r" + releaseKey[8:], "keys:1: not base64"},
		{"a key cut short", releaseKey[:52], "keys:1: 39 bytes, and a public key has 42"},
		{"another algorithm", change(1, 'x'), "keys:1: not an Ed25519 key"},
		{"a secret key", "untrusted comment: minisign secret key\n" + secret, "keys:2: a secret key"},
		{"a signature", string(bytes.Split(file(t, "module.wasm.minisig"), []byte("\n"))[1]), "keys:1: a signature;"},
		{"too long", strings.Repeat("#\n", maxKeys), "keys: longer than 65536 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			k, err := parseKeys("keys", []byte(test.text))
			if k != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("keys %v, error %v, want %q", k, err, test.want)
			}
			for _, secret := range []string{secret, releaseKey, nextKey} {
				if strings.Contains(err.Error(), secret[8:16]) {
					t.Errorf("error %q quotes the line", err)
				}
			}
		})
	}
}

func TestMissingKeyFileIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	if _, err := ReadTrustedKeys(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "minisign -G") {
		t.Errorf("error %v", err)
	}
	if _, err := ReadTrustedKeys(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("#\n"), maxKeys), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTrustedKeys(path); err == nil || !strings.HasPrefix(err.Error(), path+": longer") {
		t.Errorf("error %v", err)
	}
}

func TestManyTrustedKeysAreNotAllListed(t *testing.T) {
	k := &Keys{keys: make([]key, 11)}
	if got := k.list(); got != "0, 0, 0, 0, 0, 0, 0, 0 and 3 more" {
		t.Errorf("list() = %q", got)
	}
}

func FuzzKeys(f *testing.F) {
	f.Add(file(f, "trusted.keys"))
	f.Add(file(f, "release.pub"))
	f.Add([]byte(releaseKey + "#\r\n" + nextKey))
	f.Add([]byte("untrusted comment:\nuntrusted comment: x\nRWQ="))
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := parseKeys("keys", text)
		if err != nil {
			if k != nil || !strings.HasPrefix(err.Error(), "keys:") {
				t.Errorf("keys %v, error %q", k, err)
			}
			return
		}
		if len(k.keys) == 0 {
			t.Fatal("no keys and no error")
		}
		var again strings.Builder
		for i, key := range k.keys {
			if found, ok := k.find(key.id); !ok || found != &k.keys[i] {
				t.Errorf("key %d is not the only one of its id", i)
			}
			again.WriteString("untrusted comment: " + key.comment + "\n" + base64.StdEncoding.EncodeToString(append([]byte("Ed"+string(key.id[:])), key.public...)) + "\n")
		}
		same, err := parseKeys("again", []byte(again.String()))
		if err != nil || !slices.Equal(same.IDs(), k.IDs()) {
			t.Errorf("%v, %v, want %v", same, err, k.IDs())
		}
	})
}
