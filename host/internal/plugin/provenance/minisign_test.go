package provenance

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A signatory uses the real minisign in a directory of its own.
type signatory struct{ tool, dir string }

// newSignatory returns nil where minisign is not installed. It has to be there in
// CI; elsewhere testdata holds what it made.
func newSignatory(t *testing.T) *signatory {
	t.Helper()
	tool, err := exec.LookPath("minisign")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("minisign is missing: apt-get install minisign")
		}
		t.Log("not compared with minisign itself, only with what it made for testdata: it is not installed")
		return nil
	}
	return &signatory{tool, t.TempDir()}
}

func (s *signatory) path(name string) string { return filepath.Join(s.dir, name) }

// minisign runs the tool in the directory and says whether it succeeded.
func (s *signatory) minisign(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	command := exec.Command(s.tool, args...)
	command.Dir = s.dir
	out, err := command.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func (s *signatory) must(t *testing.T, args ...string) {
	t.Helper()
	if out, ok := s.minisign(t, args...); !ok {
		t.Fatalf("minisign %q: %s", args, out)
	}
}

func (s *signatory) read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (s *signatory) write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(s.path(name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatMinisignSigns(t *testing.T) {
	s := newSignatory(t)
	if s == nil {
		return
	}
	module := file(t, "module.wasm")
	s.write(t, "plugin.wasm", module)
	for _, name := range []string{"old", "new", "stranger"} {
		s.must(t, "-G", "-W", "-p", name+".pub", "-s", name+".key")
	}
	s.write(t, "trusted", append(s.read(t, "old.pub"), s.read(t, "new.pub")...))
	keys, err := ReadTrustedKeys(s.path("trusted"))
	if err != nil {
		t.Fatal(err)
	}
	ids := keys.IDs()
	for i, name := range []string{"old", "new"} {
		if comment := string(bytes.SplitN(s.read(t, name+".pub"), []byte("\n"), 2)[0]); !strings.HasSuffix(comment, " "+ids[i]) {
			t.Errorf("key id %s, and minisign says %q", ids[i], comment)
		}
	}
	for _, test := range []struct {
		name, key, id, comment string
		args                   []string
	}{
		{"by default", "old", ids[0], "", nil},
		{"after a rotation", "new", ids[1], "", nil},
		{"legacy", "old", ids[0], "", []string{"-l"}},
		{"with comments", "new", ids[1], "release 7: é", []string{"-c", "untrusted", "-t", "release 7: é"}},
		{"with a comment of spaces", "new", ids[1], " x ", []string{"-t", " x "}},
		{"with a long comment", "old", ids[0], strings.Repeat("x", maxComment-1) + "…", []string{"-t", strings.Repeat("x", 1000)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.must(t, append([]string{"-S", "-s", test.key + ".key", "-m", "plugin.wasm"}, test.args...)...)
			signer, err := keys.Verify(module, s.read(t, "plugin.wasm"+Suffix))
			if err != nil || signer.KeyID != test.id {
				t.Errorf("%+v, %v; want key %s", signer, err, test.id)
			}
			if test.comment != "" && signer.TrustedComment != test.comment {
				t.Errorf("comment %q, want %q", signer.TrustedComment, test.comment)
			}
			if test.comment == "" && !strings.Contains(signer.TrustedComment, "file:plugin.wasm") {
				t.Errorf("comment %q, want minisign's own", signer.TrustedComment)
			}
			if _, err := keys.Verify(module[1:], s.read(t, "plugin.wasm"+Suffix)); !errors.Is(err, ErrWrongSignature) {
				t.Errorf("another module: %v", err)
			}
		})
	}
	s.must(t, "-S", "-s", "stranger.key", "-m", "plugin.wasm")
	if _, err := keys.Verify(module, s.read(t, "plugin.wasm"+Suffix)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a stranger's signature: %v", err)
	}
}

// TestNothingIsAcceptedThatMinisignRefuses alters each byte of a signature, and has
// both judge it.
func TestNothingIsAcceptedThatMinisignRefuses(t *testing.T) {
	s := newSignatory(t)
	if s == nil {
		return
	}
	keys, module, signature := trusted(t), file(t, "module.wasm"), file(t, "legacy.minisig")
	s.write(t, "plugin.wasm", module)
	s.write(t, "release.pub", file(t, "release.pub"))
	for at := range signature {
		altered := bytes.Clone(signature)
		altered[at] ^= 1 << (at % 8)
		s.write(t, "plugin.wasm"+Suffix, altered)
		_, err := keys.Verify(module, altered)
		if out, accepted := s.minisign(t, "-V", "-p", "release.pub", "-m", "plugin.wasm"); err == nil && !accepted {
			t.Errorf("byte %d altered: accepted, but minisign says %s", at, out)
		}
	}
}
