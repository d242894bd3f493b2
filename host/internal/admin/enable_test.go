package admin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestEnable(t *testing.T) {
	tests := map[string]struct {
		method, path string
		header       map[string]string
		fails        error
		want         int
		asked        bool
	}{
		"a plugin":                 {"POST", "/plugins/audit/enable", nil, nil, 200, true},
		"an unknown one":           {"POST", "/plugins/nobody/enable", nil, nil, 404, true},
		"a directory out of reach": {"POST", "/plugins/audit/enable", nil, errDraining, 500, true},
		"GET changes nothing":      {"GET", "/plugins/audit/enable", nil, nil, 405, false},
		"from another site":        {"POST", "/plugins/audit/enable", map[string]string{"Sec-Fetch-Site": "cross-site"}, nil, 403, false},
		"from another origin":      {"POST", "/plugins/audit/enable", map[string]string{"Origin": "https://evil.example"}, nil, 403, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			src := &fakeSource{notReady: tt.fails}
			req := httptest.NewRequest(tt.method, tt.path, nil)
			for key, value := range tt.header {
				req.Header.Set(key, value)
			}
			w := httptest.NewRecorder()
			Handler(src).ServeHTTP(w, req)
			if w.Code != tt.want || (len(src.enabled) > 0) != tt.asked {
				t.Errorf("status %d, asked for %v: %s", w.Code, src.enabled, w.Body)
			}
			if w.Code == http.StatusOK && src.enabled[0] != "audit" {
				t.Errorf("enabled %v", src.enabled)
			}
		})
	}
}
