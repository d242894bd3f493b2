package host

import (
	"crypto/tls"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/bus"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestWrongFarmsSayWhatToDo(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "farm.keys")
	keyFile(t, keys, time.Hour, session.NewKey())
	servers := []string{"nats://127.0.0.1:1"}
	for _, tt := range []struct {
		behaviour string
		cfg       Config
		want      string
	}{
		{"a name alone", Config{Farm: Farm{Name: "eu-1"}}, "the farm has no NATS: name its servers in Config.Farm.NATS"},
		{"credentials alone", Config{Farm: Farm{Creds: "c"}}, "the farm has no NATS"},
		{"random keys", Config{Farm: Farm{NATS: servers}}, "a farm needs a farm key file: its nodes know each other by the keys in it, and random keys can't be shared; make one with `sesshook keygen"},
		{"a name with a space", Config{FarmKeyFile: keys, Farm: Farm{Name: "eu 1", NATS: servers}}, `"eu 1" is not a name of a farm`},
		{"a certificate without its key", Config{FarmKeyFile: keys, Farm: Farm{NATS: servers, Cert: "c"}}, "one of Cert and Key"},
		{"a server that is none", Config{FarmKeyFile: keys, Farm: Farm{NATS: []string{"http://h"}}}, "farm: "},
		{"credentials that are not there", Config{FarmKeyFile: keys, Farm: Farm{NATS: servers, Creds: "nowhere.creds"}}, "nowhere.creds"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			h, err := New(tt.cfg)
			if err == nil {
				_ = h.Close(t.Context())
			}
			if err == nil || !strings.HasPrefix(err.Error(), "host: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v\nwant %s", err, tt.want)
			}
		})
	}
}

// Nodes that are a step apart in a rotation of keys must let each other in, and
// no password may tell the key.
func TestFarmSecretsHoldThroughARotation(t *testing.T) {
	dir := t.TempDir()
	old, fresh := session.NewKey(), session.NewKey()
	var steps [][]string
	for _, keys := range [][]session.Key{{old}, {old, fresh}, {fresh, old}, {fresh}} {
		path := filepath.Join(dir, "farm.keys")
		keyFile(t, path, time.Hour, keys...)
		secrets, err := FarmSecrets(path, "nats")
		if err != nil || len(secrets) != len(keys) || len(secrets[0]) != 64 {
			t.Fatal(secrets, err)
		}
		if other, _ := FarmSecrets(path, "else"); other[0] == secrets[0] {
			t.Error("one secret for two purposes")
		}
		steps = append(steps, secrets)
	}
	for n := range steps[1:] {
		if !slices.Contains(steps[n], steps[n+1][0]) || !slices.Contains(steps[n+1], steps[n][0]) {
			t.Errorf("steps %d and %d: %v", n, n+1, steps)
		}
	}
	if _, err := FarmSecrets(filepath.Join(dir, "none"), "nats"); err == nil || !strings.Contains(err.Error(), "keygen") {
		t.Errorf("error %v does not say what to do", err)
	}
}

func TestNATSThatIsAwayStopsNothing(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "farm.keys")
	keyFile(t, keys, time.Hour, session.NewKey())
	r := newRig(t, Config{FarmKeyFile: keys, Farm: Farm{NATS: []string{"nats://127.0.0.1:1"}}}, sequencer)
	cfg := client(tls.VersionTLS13)
	for n := range 2 {
		if resumed, err := visit(r.addr, cfg); err != nil || resumed != (n > 0) {
			t.Errorf("visit %d: resumed is %v, %v", n, resumed, err)
		}
	}
	if f := r.host.Status().Farm; f == nil || f.Up || f.Name != DefaultFarm || len(f.Peers) != 0 {
		t.Errorf("%+v", f)
	}
	if status, body := r.admin("GET", "/readyz"); status != 200 || !strings.HasPrefix(body, "ready\nfarm: default, not reached since ") {
		t.Error(status, body)
	}
}

func TestNoFarmIsNone(t *testing.T) {
	r := newRig(t, Config{})
	if f := r.host.Status().Farm; f != nil {
		t.Errorf("%+v", f)
	}
	if status, body := r.admin("GET", "/readyz"); status != 200 || body != "ready\n" {
		t.Error(status, body)
	}
	if _, body := r.admin("GET", "/metrics"); strings.Contains(body, "sesshook_farm") {
		t.Error("metrics of a farm that there is not")
	}
}

// farmRig starts the host of a node that is joined to network. Nodes with one
// key file are one farm.
func farmRig(t *testing.T, network *bus.Network, node, keys string) *rig {
	t.Helper()
	return newRig(t, Config{Node: node, FarmKeyFile: keys, Farm: Farm{Name: "eu-1", transport: network.Join(node)}})
}

func TestNodesWithTheFarmsKeysHearEachOther(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")
	keyFile(t, ours, time.Hour, session.NewKey())
	keyFile(t, theirs, time.Hour, session.NewKey())
	network := bus.NewNetwork(bus.NetworkConfig{})
	a, b, stranger := farmRig(t, network, "a", ours), farmRig(t, network, "b", ours), farmRig(t, network, "stranger", theirs)
	for r, other := range map[*rig]*rig{a: b, b: a} {
		r.eventually("the other was heard", func() bool { return slices.Equal(r.host.Status().Farm.Peers, []string{other.host.NodeID()}) })
		r.eventually("the stranger was refused", func() bool {
			_, body := r.admin("GET", "/metrics")
			return metric(body, `sesshook_farm_refused_total{reason="forged"}`) > 0
		})
	}
	if f := stranger.host.Status().Farm; len(f.Peers) != 0 || !f.Up {
		t.Errorf("%+v", f)
	}
	if status, body := a.admin("GET", "/readyz"); status != 200 || !strings.HasPrefix(body, "ready\nfarm: eu-1, 1 other node, by ") {
		t.Error(status, body)
	}
}

// What the endpoint says as the connection goes and comes; the node is ready all
// along, and its clients resume.
func TestALinkThatGoesAndComes(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "farm.keys")
	keyFile(t, keys, time.Hour, session.NewKey())
	network := bus.NewNetwork(bus.NetworkConfig{})
	r := farmRig(t, network, "a", keys)
	cfg := client(tls.VersionTLS13)
	for n, want := range []struct {
		up        bool
		downs     float64
		connected float64
		line      string
	}{
		{true, 0, 1, "ready\nfarm: eu-1, 0 other nodes, by "},
		{false, 1, 0, "ready\nfarm: eu-1, not reached since "},
		{true, 1, 1, "ready\nfarm: eu-1, 0 other nodes, by "},
	} {
		network.SetLink("a", want.up)
		if status, body := r.admin("GET", "/readyz"); status != 200 || !strings.HasPrefix(body, want.line) {
			t.Errorf("step %d: %d %s", n, status, body)
		}
		_, body := r.admin("GET", "/metrics")
		if metric(body, "sesshook_farm_up") != want.connected || metric(body, "sesshook_farm_reconnects_total") != want.downs {
			t.Errorf("step %d: %s", n, body)
		}
		if resumed, err := visit(r.addr, cfg); err != nil || resumed != (n > 0) {
			t.Errorf("step %d: resumed is %v, %v", n, resumed, err)
		}
	}
}

// metric returns the value of a series in a scrape, -1 where it is not there.
func metric(scrape, series string) float64 {
	for line := range strings.Lines(scrape) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			v, _ := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return v
		}
	}
	return -1
}

// closable counts how often it is closed.
type closable struct {
	bus.Transport
	closed atomic.Int32
}

func (c *closable) Close() error {
	c.closed.Add(1)
	return c.Transport.Close()
}

func TestTheFarmEndsWithItsHost(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "farm.keys")
	keyFile(t, keys, time.Hour, session.NewKey())
	network := bus.NewNetwork(bus.NetworkConfig{})
	for name, modules := range map[string]string{"by Close": t.TempDir(), "where New fails": filepath.Join(t.TempDir(), "none")} {
		t.Run(name, func(t *testing.T) {
			link := &closable{Transport: network.Join(name)}
			h, err := New(Config{Node: name, FarmKeyFile: keys, ModulesDir: modules, Farm: Farm{transport: link}, Log: slog.New(slog.DiscardHandler)})
			if err == nil {
				if link.closed.Load() != 0 {
					t.Error("closed too early")
				}
				err = h.Close(t.Context())
			} else if h != nil {
				t.Error("a host and an error")
			}
			if n := link.closed.Load(); n != 1 || (err == nil) != (name == "by Close") {
				t.Errorf("closed %d times; %v", n, err)
			}
		})
	}
}
