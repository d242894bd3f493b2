package host

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/host/internal/session"
)

// A rotation is a farm of nodes with share, each with a key file of its own, as
// on machines of their own, which is read again when it has changed.
type rotation struct {
	*shareFarm
	t     *testing.T
	files []string
	age   time.Duration // of the next file, so that a change shows
}

func newRotation(t *testing.T, cache string, key session.Key, nodes int) *rotation {
	t.Helper()
	r := &rotation{shareFarm: newShareFarm(t, cache, "push"), t: t, age: time.Hour}
	for i := range nodes {
		r.files = append(r.files, filepath.Join(t.TempDir(), "farm.keys"))
		r.write(i, key)
		r.nodes = append(r.nodes, r.join(t, string(rune('a'+i)), func(cfg *Config) { cfg.FarmKeyFile = r.files[i] }))
	}
	for _, n := range r.nodes {
		n.eventually("all others are heard", func() bool { return len(n.host.Status().Farm.Peers) == nodes-1 })
	}
	return r
}

// write puts a key file into its place at once, as `mv` does.
func (r *rotation) write(node int, keys ...session.Key) {
	r.t.Helper()
	fresh := r.files[node] + ".new"
	r.age -= time.Minute
	keyFile(r.t, fresh, r.age, keys...)
	if err := os.Rename(fresh, r.files[node]); err != nil {
		r.t.Fatal(err)
	}
}

// change writes the files of some nodes, and waits until these have read them.
func (r *rotation) change(nodes []int, keys ...session.Key) {
	r.t.Helper()
	times := map[int]int{}
	for _, i := range nodes {
		times[i] = r.timesRead(i)
		r.write(i, keys...)
	}
	for _, i := range nodes {
		r.nodes[i].eventually("the key file is read", func() bool { return r.timesRead(i) > times[i] })
	}
}

func (r *rotation) timesRead(node int) int {
	return strings.Count(r.nodes[node].log.String(), `msg="farm keys read"`)
}

// settle waits until all nodes have a client's session.
func (r *rotation) settle(cfg *tls.Config) error {
	s, ok := cfg.ClientSessionCache.Get("example.com")
	if !ok {
		return nil // the visit has failed, and says so
	}
	id, _, err := s.ResumptionState()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for _, n := range r.nodes {
		for {
			if _, err := n.host.cache.Get(session.ID(id)); err == nil {
				break
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				return fmt.Errorf("node %s never got session %x", n.host.cfg.Node, id[:4])
			}
		}
	}
	return nil
}

// come has clients visit a node.
func (r *rotation) come(node int, want bool, when string, clients ...*tls.Config) {
	r.t.Helper()
	for _, cfg := range clients {
		resumed, err := visit(r.nodes[node].addr, cfg)
		if err == nil {
			err = r.settle(cfg)
		}
		if err != nil || resumed != want {
			r.t.Errorf("%s, %s: resumed is %v, %v", when, tls.VersionName(cfg.MinVersion), resumed, err)
		}
	}
}

// testShareRotation rotates as README says: append the new key everywhere, move
// it first node by node, drop the old one. Clients come to all nodes without a
// pause meanwhile: no handshake fails, and no session is lost. That of a client
// that stays away is, in the end, as the old key is dropped at once.
func testShareRotation(t *testing.T, cache string) {
	old, fresh := session.NewKey(), session.NewKey()
	r := newRotation(t, cache, old, 3)
	calm := []*tls.Config{client(tls.VersionTLS12), client(tls.VersionTLS13)} // come after each step only
	away := []*tls.Config{client(tls.VersionTLS12), client(tls.VersionTLS13)}
	r.come(0, false, "at first", calm...)
	r.come(0, false, "at first", away...)
	c := newCrowd(2, r.settle, r.nodes[0].addr, r.nodes[1].addr, r.nodes[2].addr)
	t.Cleanup(func() { c.leave() })
	c.more(2)
	for i, step := range []struct {
		name  string
		nodes []int
		keys  []session.Key
	}{
		{"the new key is appended", []int{0, 1, 2}, []session.Key{old, fresh}},
		{"it is moved first on a", []int{0}, []session.Key{fresh, old}},
		{"it is moved first on b", []int{1}, []session.Key{fresh, old}},
		{"it is moved first on c", []int{2}, []session.Key{fresh, old}},
		{"the old key is dropped", []int{2, 1, 0}, []session.Key{fresh}},
	} {
		if len(step.keys) == 1 {
			r.checkRefused() // from now on, what the old key has sealed is
		}
		r.change(step.nodes, step.keys...)
		c.more(2)
		r.come((i+1)%3, true, step.name, calm...)
	}
	visits, faults := c.leave()
	for _, err := range faults {
		t.Error(err)
	}
	r.come(1, false, "who stayed away", away...)
	r.checkForged()
	t.Logf("%d visits", visits)
}

// checkRefused checks that no node has refused a session of another.
func (r *rotation) checkRefused() {
	r.t.Helper()
	for _, n := range r.nodes {
		if refused := n.value("share", "refused"); refused != 0 {
			r.t.Errorf("node %s has refused %d sessions", n.host.cfg.Node, refused)
		}
	}
}

// checkForged checks that each node could open what it was sent.
func (r *rotation) checkForged() {
	r.t.Helper()
	for _, n := range r.nodes {
		_, scrape := n.admin("GET", "/metrics")
		if forged := metric(scrape, `sesshook_farm_refused_total{reason="forged"}`); forged != 0 {
			r.t.Errorf("node %s took %v messages for forged", n.host.cfg.Node, forged)
		}
		if malformed := n.value("share", "malformed"); malformed != 0 {
			r.t.Errorf("node %s: %d messages are malformed", n.host.cfg.Node, malformed)
		}
	}
}
