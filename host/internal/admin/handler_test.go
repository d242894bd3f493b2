package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(src Source, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Handler(src).ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestAnswers(t *testing.T) {
	busy := busySource()
	draining := busySource()
	draining.notReady = errors.Join(errDraining, errors.New("no farm key"))
	long := strings.Repeat("ab", 257)
	for _, tt := range []struct {
		behaviour    string
		src          Source
		method, path string
		status       int
		has          string
	}{
		{"health is ok", busy, "GET", "/healthz", 200, "ok\n"},
		{"health is ok while draining", draining, "GET", "/healthz", 200, "ok\n"},
		{"ready", busy, "GET", "/readyz", 200, "ready\n"},
		{"not ready says why, one reason a line", draining, "GET", "/readyz", 503, "not ready: draining\nnot ready: no farm key\n"},
		{"HEAD is answered", busy, "HEAD", "/readyz", 200, ""},
		{"POST is refused", busy, "POST", "/plugins", 405, "Method Not Allowed"},
		{"DELETE of a plugin is refused", busy, "DELETE", "/plugins", 405, "Method Not Allowed"},
		{"another path is not found", busy, "GET", "/nothing", 404, "not found"},
		{"a session by its id", busy, "GET", "/sessions/01ab", 200, `"server_name": "example.org"`},
		{"a session by its id in capitals", busy, "GET", "/sessions/01AB", 200, `"id": "01ab"`},
		{"an unknown session", busy, "GET", "/sessions/01ac", 404, `"error": "no session is cached`},
		{"an id that is not hex", busy, "GET", "/sessions/xyz", 400, `"error": "\"xyz\" is not a session id`},
		{"an id with a slash", busy, "GET", "/sessions/01/ab", 400, `is not a session id`},
		{"an empty id", busy, "GET", "/sessions/", 400, `1 to 256 bytes, this one has 0`},
		{"an id that is too long", busy, "GET", "/sessions/" + long, 400, `this one has 257`},
		{"the index shows the plugin", busy, "GET", "/", 200, "audit"},
		{"the index shows why it is not ready", draining, "GET", "/", 200, "not ready: draining"},
		{"the index without plugins says what to do", &fakeSource{}, "GET", "/", 200, "copy a module"},
		{"no plugins are an empty array", &fakeSource{}, "GET", "/plugins", 200, "[]\n"},
		{"metrics", busy, "GET", "/metrics", 200, "sesshook_sessions 5\n"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			w := ask(tt.src, tt.method, tt.path)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.has) {
				t.Errorf("%s %s: %d %s\nwant %d with %q", tt.method, tt.path, w.Code, w.Body, tt.status, tt.has)
			}
		})
	}
}

func TestSessionShowsMetadataOnly(t *testing.T) {
	w := ask(busySource(), "GET", "/sessions/01ab")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"id": "01ab", "created": "1970-01-01T00:00:00.000000001Z", "expires": "1970-01-01T00:00:02Z",
		"tls_version": "TLS 1.3", "cipher_suite": "TLS_AES_128_GCM_SHA256", "alpn": "h2", "client_cert": false,
		"resumed": false, "format": "go-tls", "home": "010203040506", "sealed_bytes": 29.0, "server_name": "example.org",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
		delete(got, key)
	}
	if len(got) != 0 {
		t.Errorf("shows more than it should: %v", got)
	}
	if strings.Contains(w.Body.String(), "nobody's business") || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}

func TestPluginKeys(t *testing.T) {
	var got []map[string]any
	if err := json.Unmarshal(ask(busySource(), "GET", "/plugins").Body.Bytes(), &got); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	for _, key := range []string{
		"name", "file", "sha256", "state", "language", "hooks", "grants", "instances", "generation", "loaded_at",
		"last_error", "queue_events", "queue_capacity", "calls", "errors", "events_lost", "memory_bytes",
	} {
		if v, ok := got[0][key]; !ok || v == nil {
			t.Errorf("%s is %v", key, v)
		}
	}
}

func TestIndexEscapesWhatPluginsSay(t *testing.T) {
	src := busySource()
	src.plugins[0].LastError = "<script>alert(1)</script>"
	w := ask(src, "GET", "/")
	if strings.Contains(w.Body.String(), "<script>") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Error(w.Body)
	}
}

func TestAnswersCarryGuardHeaders(t *testing.T) {
	h := ask(busySource(), http.MethodGet, "/plugins").Header()
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Error(h)
	}
}
