package session

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func writeKeyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "farm.key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadKeyFile(t *testing.T) {
	a, b := NewKey(), NewKey()
	for name, text := range map[string]string{
		"a line each":             a.Encode() + "\n" + b.Encode() + "\n",
		"no newline at the end":   a.Encode() + "\n" + b.Encode(),
		"lines of Windows":        a.Encode() + "\r\n" + b.Encode() + "\r\n",
		"blanks and empty lines":  "\n  " + a.Encode() + "\t\n\n\n" + b.Encode() + "   \n\n",
		"comments":                "# farm\n" + a.Encode() + " # since May\n#" + NewKey().Encode() + "\n" + b.Encode() + "#\n",
		"what keygen writes, two": a.Encode() + "\n" + b.Encode() + "\n# end",
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := ReadKeyFile(writeKeyFile(t, text))
			if err != nil || len(keys) != 2 || keys[0] != a || keys[1] != b {
				t.Errorf("%v, %v", keys, err)
			}
		})
	}
}

func TestReadKeyFileRefuses(t *testing.T) {
	a, b := NewKey().Encode(), NewKey().Encode()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"an empty file":            {"", []string{"farm.key: there is no farm key", "sesshook keygen > "}},
		"comments only":            {"# a\n\n#b\n", []string{"no farm key", "sesshook keygen > "}},
		"a key twice":              {a + "\n" + b + "\n\n" + a + "\n", []string{"farm.key:4: the same key as in line 1"}},
		"a short key":              {a + "\nAAAA\n", []string{"farm.key:2: a farm key is 32 bytes in base64, and this is 3", "sesshook keygen"}},
		"a long key":               {strings.Repeat("A", 88), []string{"farm.key:1: ", "and this is 66"}},
		"hexadecimal":              {strings.Repeat("ab", 32) + "\n", []string{"farm.key:1: ", "and this is 48"}},
		"no base64":                {"# x\npassword!\n", []string{"farm.key:2: not base64", "sesshook keygen"}},
		"base64 for URLs":          {strings.Repeat("_", 43) + "=", []string{"farm.key:1: not base64"}},
		"no padding":               {strings.TrimRight(a, "="), []string{"farm.key:1: not base64"}},
		"two keys on a line":       {a + " " + b, []string{"farm.key:1: not base64"}},
		"a file of 64 KiB and one": {strings.Repeat("#", maxKeyFile+1), []string{"is no key file"}},
		"another file":             {"-----BEGIN PRIVATE KEY-----\n", []string{"farm.key:1: not base64"}},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := ReadKeyFile(writeKeyFile(t, tc.text))
			if err == nil {
				t.Fatalf("accepted: %v", keys)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			for line := range strings.Lines(tc.text) {
				if line = strings.TrimSpace(line); len(line) > 6 && strings.Contains(err.Error(), line) {
					t.Errorf("%q quotes the file", err)
				}
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "none")
	if _, err := ReadKeyFile(missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "sesshook keygen > "+missing) {
		t.Errorf("no such file: %v", err)
	}
	if _, err := ReadKeyFile(t.TempDir()); err == nil {
		t.Error("a folder is a key file")
	}
}

func TestKeyFileExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("files have no such mode here; checked that nothing is said")
	}
	path := writeKeyFile(t, "")
	for mode, exposed := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o604: true, 0o400: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		err := KeyFileExposed(path)
		if (err != nil) != (exposed && runtime.GOOS != "windows") {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err != nil && !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %q does not say what to do", mode, err)
		}
	}
	if err := KeyFileExposed(path + "x"); err != nil {
		t.Errorf("no such file: %v", err)
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(Key{1}.Encode() + "\n" + Key{2}.Encode() + " # x\r\n"))
	f.Add([]byte("# none\n\n"))
	f.Add([]byte("AAAA\n"))
	f.Add([]byte{0xff, 0, '\n', '='})
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := parseKeys("farm.key", text)
		if err != nil {
			return
		}
		var again bytes.Buffer
		for _, k := range keys {
			again.WriteString(k.Encode() + "\n")
		}
		reread, err := parseKeys("farm.key", again.Bytes())
		if err != nil || len(reread) != len(keys) {
			t.Fatalf("%d keys are reread as %d: %v", len(keys), len(reread), err)
		}
		if _, err := NewKeyring(keys); err != nil {
			t.Errorf("a key file that is no keyring: %v", err)
		}
	})
}
