package host

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// admin asks the admin endpoint.
func (r *rig) admin(method, path string) (status int, body string) {
	w := httptest.NewRecorder()
	r.host.AdminHandler().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String()
}

// An operator takes a session away: its client can't resume, plugins are told
// who did it and why, and it does not come back.
func TestAdminRemovesASession(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Config{}, filepath.Join("..", "testdata", "modules", "audit.wasm"))
			cfg := client(version)
			if _, err := visit(r.addr, cfg); err != nil {
				t.Fatal(err)
			}
			var s *session.Session
			for s = range r.host.cache.All() {
			}
			status, body := r.admin("DELETE", "/sessions/"+s.ID.Hex())
			if status != 200 || !strings.Contains(body, `"server_name": "example.com"`) {
				t.Error(status, body)
			}
			told := `\"event\":\"remove\",\"origin\":\"admin\",\"reason\":\"explicit\",\"id\":\"` + s.ID.Hex()
			r.eventually("a plugin was told who removed it", func() bool { return strings.Contains(r.log.String(), told) })
			if resumed, err := visit(r.addr, cfg); err != nil || resumed {
				t.Errorf("resumed is %v, %v", resumed, err)
			}
			if err := r.host.cache.Insert(s, 0, session.Source{Origin: abi.FromPlugin, Plugin: 1}); !errors.Is(err, session.ErrRemoved) {
				t.Error(err)
			}
			if status, body := r.admin("DELETE", "/sessions/"+s.ID.Hex()); status != 404 {
				t.Error(status, body)
			}
		})
	}
}

// A session that is to be removed where it is not, but may be about to come, is
// refused for as long as this node would have kept it.
func TestAdminBuriesWhatIsElsewhere(t *testing.T) {
	const ttl = time.Hour
	r := newRig(t, Config{TTL: ttl})
	home := session.Node{1, 2, 3, 4, 5, 6}
	id := r.host.keys.ring.NewID(home)
	before := time.Now()
	status, body := r.admin("DELETE", "/sessions/"+id.Hex())
	var answer struct {
		Error, Home string
		Buried      time.Time `json:"buried_until"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusNotFound || answer.Home != home.String() || answer.Error == "" {
		t.Error(status, body, err)
	}
	if least := before.Add(ttl + clockSkew - 2*time.Second); answer.Buried.Before(least) || answer.Buried.After(least.Add(time.Minute)) {
		t.Errorf("buried until %v", answer.Buried)
	}
	late := &session.Session{ID: id, Sealed: []byte("sealed"), Meta: session.Meta{Created: before.UnixNano(), Expires: before.Add(ttl).UnixNano(), Home: home}}
	if err := r.host.cache.Insert(late, abi.Overwrite, session.Source{Origin: abi.FromPlugin, Plugin: 1}); !errors.Is(err, session.ErrRemoved) {
		t.Error(err)
	}
	// Nobody can fill the memory with tombstones of ids that they make up.
	forged := []byte(id)
	forged[31] ^= 1
	if status, body := r.admin("DELETE", "/sessions/"+session.ID(forged).Hex()); status != 404 || strings.Contains(body, "buried") {
		t.Error(status, body)
	}
	if n := r.host.Status().Cache.Tombstones; n != 1 {
		t.Errorf("%d tombstones", n)
	}
}
