package host

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

// A keepsake is a client's session cache that keeps the first session it is
// given, as a client does that comes back with the same one over and over.
type keepsake struct{ first *tls.ClientSessionState }

func (k *keepsake) Get(string) (*tls.ClientSessionState, bool) { return k.first, k.first != nil }

func (k *keepsake) Put(_ string, s *tls.ClientSessionState) {
	if k.first == nil {
		k.first = s
	}
}

// bindPair starts two nodes of a farm with the plugin bind, which is compiled
// once, into the folder cache. The sidecar has some more lines. Its resume_deadline
// is the longest there is: a client that the plugin has no time for may resume,
// which would tell of this machine and not of the policy.
func bindPair(t *testing.T, cache, limit, lines string) (a, b *rig) {
	t.Helper()
	keys, sidecar := filepath.Join(t.TempDir(), "farm.keys"), filepath.Join(t.TempDir(), "bind.toml")
	keyFile(t, keys, time.Hour, session.NewKey())
	if err := os.WriteFile(sidecar, []byte("tick = \"20ms\"\nresume_deadline = \"1s\"\ncompile_time = \"5m\"\n"+lines+"[config]\nmax_resumes = "+limit+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	network := bus.NewNetwork(bus.NetworkConfig{})
	start := func(node string) *rig {
		cfg := Config{Node: node, FarmKeyFile: keys, CompileCache: cache, Farm: Farm{transport: network.Join(node)}}
		return newRig(t, cfg, "../testdata/farm/bind.wasm", sidecar)
	}
	return start("a"), start("b")
}

// bindRig is bindPair, and a client with a session that both nodes have.
func bindRig(t *testing.T, cache string, version uint16, limit string) (a, b *rig, cfg *tls.Config) {
	t.Helper()
	a, b = bindPair(t, cache, limit, "")
	cfg = client(version)
	cfg.ClientSessionCache = &keepsake{}
	if resumed, err := visit(a.addr, cfg); err != nil || resumed {
		t.Fatalf("resumed is %v, %v", resumed, err)
	}
	for s := range a.host.cache.All() {
		if err := b.host.cache.Insert(s, 0, session.Source{Origin: abi.FromPlugin, Plugin: 99}); err != nil {
			t.Fatal(err)
		}
	}
	return a, b, cfg
}

func (r *rig) resumes(cfg *tls.Config, want bool) {
	r.tb.Helper()
	if resumed, err := visit(r.addr, cfg); err != nil || resumed != want {
		r.tb.Errorf("resumed is %v, %v; log:\n%s", resumed, err, r.log)
	}
}

func TestBind(t *testing.T) {
	cache := t.TempDir()
	if err := os.Chmod(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run("counts over the farm in "+tls.VersionName(version), func(t *testing.T) { testBindCounts(t, cache, version) })
	}
	t.Run("refuses what was removed elsewhere", func(t *testing.T) { testBindRefusesRemoved(t, cache) })
	t.Run("tells late what the queue had no room for", func(t *testing.T) { testBindTellsLate(t, cache) })
	t.Run("catches up when it starts", func(t *testing.T) { testBindCatchesUp(t, cache) })
}

// A client goes back and forth between two nodes, and not before the one has heard
// of its resumption at the other.
func testBindCounts(t *testing.T, cache string, version uint16) {
	a, b, cfg := bindRig(t, cache, version, "3")
	for _, r := range []*rig{a, b} {
		r.eventually("what was before it began is asked for", func() bool { return r.value("bind", "asked") > 1 && r.value("bind", "behind") == 0 })
	}
	at, other := a, b
	for range 3 {
		heard := other.value("bind", "learned")
		at.resumes(cfg, true)
		other.eventually("the other node has heard of it", func() bool { return other.value("bind", "learned") > heard })
		at, other = other, at
	}
	for range 2 {
		a.resumes(cfg, false)
		b.resumes(cfg, false)
	}
	for _, r := range []*rig{a, b} {
		r.eventually("the session is removed from the cache", func() bool { return r.host.Status().Cache.Tombstones == 1 })
	}
}

func testBindRefusesRemoved(t *testing.T, cache string) {
	a, b, cfg := bindRig(t, cache, tls.VersionTLS13, "0")
	b.resumes(cfg, true)
	var id session.ID
	for s := range b.host.cache.All() {
		if _, err := a.host.cache.Get(s.ID); err == nil {
			id = s.ID
		}
	}
	if err := a.host.cache.Remove(id, abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
		t.Fatal(err)
	}
	b.eventually("the other node refuses it", func() bool {
		resumed, err := visit(b.addr, cfg)
		return err == nil && !resumed
	})
	if _, err := b.host.cache.Get(id); err != nil {
		t.Errorf("the copy is gone: %v", err)
	}
	a.resumes(cfg, false)
}

// More is removed at once than may wait for the plugin: no other node could know
// that there is something to ask for.
func testBindTellsLate(t *testing.T, cache string) {
	const sessions = 500
	a, b := bindPair(t, cache, "0", "queue = 16\n")
	for range sessions {
		id := a.host.keys.ring.NewID(a.host.node)
		meta := session.Meta{Created: wallClock(), Expires: wallClock() + int64(time.Hour), Home: a.host.node}
		s := &session.Session{ID: id, Meta: meta, Sealed: a.host.keys.ring.Seal(id, meta, []byte("state"))}
		if err := a.host.cache.Insert(s, 0, session.Source{Origin: abi.FromClient}); err != nil {
			t.Fatal(err)
		}
		if err := a.host.cache.Remove(id, abi.Explicit, session.Source{Origin: abi.FromAdmin}); err != nil {
			t.Fatal(err)
		}
	}
	a.eventually("events are lost", func() bool { return strings.Contains(a.log.String(), "events were lost") })
	b.eventually("the other node knows of all", func() bool { return b.value("bind", "ids") == sessions })
}

// A plugin that starts on a node of a running farm asks the others.
func testBindCatchesUp(t *testing.T, cache string) {
	a, b, cfg := bindRig(t, cache, tls.VersionTLS12, "2")
	a.resumes(cfg, true)
	a.resumes(cfg, true)
	if err := os.Remove(filepath.Join(b.dir, "bind.wasm")); err != nil {
		t.Fatal(err)
	}
	b.eventually("the plugin is gone", func() bool { return b.host.Reload() == nil && b.value("bind", "learned") < 0 })
	b.put("bind.wasm", read(t, "../testdata/farm/bind.wasm"))
	b.eventually("it runs again, and has asked", func() bool { return b.host.Reload() == nil && b.value("bind", "ids") >= 1 })
	b.resumes(cfg, false)
}
