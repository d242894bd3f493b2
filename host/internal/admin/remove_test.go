package admin

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRemove(t *testing.T) {
	tests := map[string]struct {
		path   string
		header map[string]string
		status int
		has    []string
	}{
		"one that is here":      {"/sessions/01AB", nil, 200, []string{`"id": "01ab"`, `"server_name": "example.org"`, `"expires"`}},
		"one that is elsewhere": {"/sessions/02", nil, 404, []string{`"buried_until": "2026-01-02T23:05:00Z"`, `"home": "010203040506"`, "ask them too; the one that made it is 010203040506"}},
		"one of nobody's":       {"/sessions/03", nil, 404, []string{`"error": "no session is cached under this id, and no node of this farm made it"`}},
		"what is no id":         {"/sessions/xyz", nil, 400, []string{`is not a session id`}},
		"from another site":     {"/sessions/01ab", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, nil},
		"from another origin":   {"/sessions/01ab", map[string]string{"Origin": "https://evil.example"}, 403, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := busySource()
			req := httptest.NewRequest("DELETE", tt.path, nil)
			for key, value := range tt.header {
				req.Header.Set(key, value)
			}
			w := httptest.NewRecorder()
			Handler(src).ServeHTTP(w, req)
			if w.Code != tt.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
			for _, part := range tt.has {
				if !strings.Contains(w.Body.String(), part) {
					t.Errorf("no %s in %s", part, w.Body)
				}
			}
			if there := len(src.sessions) == 1; there == (tt.status == 200) {
				t.Errorf("status %d, and the session is there: %v", w.Code, there)
			}
			if strings.Contains(w.Body.String(), "nobody's business") || tt.status == 404 && !strings.Contains(w.Body.String(), `"error"`) {
				t.Error(w.Body)
			}
		})
	}
}

func TestRemovedSessionsAreGone(t *testing.T) {
	src := busySource()
	for _, want := range []int{200, 404} {
		if got := ask(src, "DELETE", "/sessions/01ab").Code; got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
}
