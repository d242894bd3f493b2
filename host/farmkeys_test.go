package host

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// keyFile writes farm keys, with a time of its own so that a change shows.
func keyFile(t *testing.T, path string, age time.Duration, keys ...session.Key) {
	t.Helper()
	var text strings.Builder
	for _, k := range keys {
		text.WriteString(k.Encode() + "\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

// A rotation: append the new key, move it first, drop the old one. Clients
// resume throughout, and only the last step ends what the old key sealed.
func TestFarmKeysRotateWithoutALostSession(t *testing.T) {
	path := filepath.Join(t.TempDir(), "farm.keys")
	old, fresh := session.NewKey(), session.NewKey()
	keyFile(t, path, time.Hour, old)
	r := newRig(t, Config{FarmKeyFile: path})
	cfg, late := client(tls.VersionTLS13), client(tls.VersionTLS13)
	expect := func(cfg *tls.Config, want bool, when string) {
		t.Helper()
		if resumed, err := visit(r.addr, cfg); err != nil || resumed != want {
			t.Errorf("%s: resumed is %v, %v", when, resumed, err)
		}
	}
	expect(cfg, false, "at first")
	expect(late, false, "at first")
	for n, keys := range [][]session.Key{{old, fresh}, {fresh, old}, {fresh}} {
		keyFile(t, path, time.Duration(30-n)*time.Minute, keys...)
		if err := r.host.Reload(); err != nil {
			t.Fatal(err)
		}
		expect(cfg, true, "while keys rotate")
	}
	expect(late, false, "with a session that the dropped key had sealed")
}

func TestFarmKeysAreReadAgainWhenTheyChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "farm.keys")
	keyFile(t, path, time.Hour, session.NewKey())
	r := newRig(t, Config{FarmKeyFile: path})
	next := session.NewKey()
	keyFile(t, path, time.Minute, next)
	other, err := session.NewKeyring([]session.Key{next})
	if err != nil {
		t.Fatal(err)
	}
	id := other.NewID(session.Node{1})
	r.eventually("ids of the new key are genuine", func() bool {
		_, ok := r.host.keys.ring.Home([]byte(id))
		return ok
	})
}

func TestBadFarmKeysChangeNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "farm.keys")
	keyFile(t, path, time.Hour, session.NewKey())
	r := newRig(t, Config{FarmKeyFile: path})
	cfg := client(tls.VersionTLS13)
	if _, err := visit(r.addr, cfg); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("no key at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.host.Reload(); err == nil || !strings.Contains(err.Error(), path+":1") {
		t.Errorf("error %v does not say where", err)
	}
	if resumed, err := visit(r.addr, cfg); err != nil || !resumed {
		t.Errorf("resumed is %v, %v", resumed, err)
	}
	if _, err := New(Config{FarmKeyFile: filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "keygen") {
		t.Errorf("error %v does not say what to do", err)
	}
}
