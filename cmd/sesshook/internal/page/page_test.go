package page

import (
	"crypto/tls"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/host"
)

// fakeHost is a Host that holds what it tells.
type fakeHost struct {
	status host.Status
	info   host.ConnInfo
}

func (f *fakeHost) Status() host.Status                       { return f.status }
func (f *fakeHost) ConnInfo(c net.Conn) (host.ConnInfo, bool) { return f.info, c != nil }

func busyHost() *fakeHost {
	return &fakeHost{
		status: host.Status{
			Node: "edge-1", NodeID: "0123456789ab",
			Cache: host.CacheStatus{Sessions: 1234567, Bytes: 5 << 20, Inserts: 3},
			Plugins: []host.PluginStatus{
				{Name: "audit", State: "running", Hooks: []string{"on_session_insert", "on_tick"}, Values: map[string]int64{"inserts": 12345, "depth": -1}},
				{Name: "broken", State: "failed", LastError: "<b>no hook</b>"},
			},
		},
		info: host.ConnInfo{SessionID: "abcd", ResumedFrom: "ef01"},
	}
}

// load asks for the page on a connection in state.
func load(h Host, state *tls.ConnectionState, method, accept string) *httptest.ResponseRecorder {
	conn, other := net.Pipe()
	defer conn.Close()
	defer other.Close()
	r := httptest.NewRequest(method, "/anything", nil)
	r.TLS = state
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	New(h, func(*http.Request) net.Conn { return conn }).ServeHTTP(w, r)
	return w
}

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

var resumed = &tls.ConnectionState{
	Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256, DidResume: true, ServerName: "shop.example", NegotiatedProtocol: "h2",
}

func TestJSONHasEveryKey(t *testing.T) {
	w := load(busyHost(), resumed, "GET", "*/*")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != "application/json" {
		t.Fatal(err, w.Header())
	}
	for key, want := range map[string]any{
		"node": "edge-1", "node_id": "0123456789ab", "resumed": true, "tls_version": "TLS 1.3", "cipher_suite": "TLS_AES_128_GCM_SHA256",
		"server_name": "shop.example", "alpn": "h2", "session_id": "abcd", "resumed_from": "ef01",
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if n := got["cache"].(map[string]any)["sessions"]; n != 1234567.0 {
		t.Errorf("cache has %v sessions", n)
	}
	if n := len(got["plugins"].([]any)); n != 2 {
		t.Errorf("%d plugins", n)
	}
	want := []string{"alpn", "cache", "cipher_suite", "node", "node_id", "plugins", "resumed", "resumed_from", "server_name", "session_id", "tls_version"}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("keys are %v", keys)
	}
}

func TestJSONOfAnEmptyHost(t *testing.T) {
	w := load(&fakeHost{}, &tls.ConnectionState{Version: tls.VersionTLS12}, "GET", "")
	if body := w.Body.String(); !strings.Contains(body, `"plugins": []`) || !strings.Contains(body, `"resumed": false`) || !strings.Contains(body, `"TLS 1.2"`) {
		t.Error(body)
	}
}

func TestHTMLForBrowsers(t *testing.T) {
	w := load(busyHost(), resumed, "GET", browser)
	body := w.Body.String()
	for _, part := range []string{
		"<h1>Session resumed</h1>", "edge-1", "TLS 1.3, h2", "shop.example", "ab<wbr>cd", "ef<wbr>01", "1,234,567", "5.0 MiB",
		"audit", "on insert, tick", "inserts <b>12,345</b>", "depth <b>-1</b>", "&lt;b&gt;no hook&lt;/b&gt;",
	} {
		if !strings.Contains(body, part) {
			t.Errorf("no %s", part)
		}
	}
	for _, part := range []string{"<script", "http://", "https://", "src="} {
		if strings.Contains(body, part) {
			t.Errorf("not self-contained: %s", part)
		}
	}
	full := *resumed
	full.DidResume = false
	if body := load(&fakeHost{}, &full, "GET", browser).Body.String(); !strings.Contains(body, "<h1>Full handshake</h1>") || !strings.Contains(body, "Copy a module") {
		t.Error(body)
	}
}

func TestEveryAnswerEndsItsConnection(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST"} {
		h := load(busyHost(), resumed, method, "").Header()
		if h.Get("Connection") != "close" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", method, h)
		}
	}
}

func TestThePageCanOnlyBeRead(t *testing.T) {
	w := load(busyHost(), resumed, "POST", "")
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Error(w.Code, w.Header())
	}
}

func TestWantsHTML(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "application/json": false, browser: true, "TEXT/HTML": true, "text/html;q=0.1": true,
		"text/html; q=0": false, "text/html-ish": false, "application/json, text/html": true,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if wantsHTML(r) != want {
			t.Errorf("wantsHTML(%q) is not %v", accept, want)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -100: "-100"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) is %s", n, got)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 200 << 20: "200 MiB", 1 << 50: "1024 TiB"} {
		if got := byteCount(n); got != want {
			t.Errorf("byteCount(%d) is %s", n, got)
		}
	}
}

func TestNotice(t *testing.T) {
	for accept, want := range map[string]string{"": "502 Bad Gateway\ngone & lost\n", browser: "gone &amp; lost"} {
		r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
		r.Header.Set("Accept", accept)
		Notice(w, r, http.StatusBadGateway, "gone & lost")
		if w.Code != http.StatusBadGateway || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}
