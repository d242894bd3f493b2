package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestEventsAreStreamedAsTheyCome(t *testing.T) {
	src := busySource()
	src.events = []string{"{\"event\":\"host\"}\n", "{\"event\":\"tick\"}\n{\"event\":\"tick\"}\n"}
	w := ask(src, "GET", "/events")
	if w.Code != 200 || w.Body.String() != strings.Join(src.events, "") || w.Header().Get("Content-Type") != "application/jsonl" || !w.Flushed {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := ask(src, "HEAD", "/events"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %s", w.Code, w.Body)
	}
	if w := ask(src, "POST", "/events"); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestTooManyListenersAreTurnedAway(t *testing.T) {
	src := busySource()
	src.notReady = ErrBusy
	if w := ask(src, "GET", "/events"); w.Code != 503 || !strings.Contains(w.Body.String(), "too many recordings") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestNoOtherSiteListens(t *testing.T) {
	for header, want := range map[string]int{"": 200, "none": 200, "same-origin": 200, "cross-site": 403, "same-site": 403} {
		r := httptest.NewRequest("GET", "/events", nil)
		if header != "" {
			r.Header.Set("Sec-Fetch-Site", header)
		}
		w := httptest.NewRecorder()
		Handler(busySource()).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Sec-Fetch-Site %q: %d, want %d", header, w.Code, want)
		}
	}
}

// slowSource is a Source whose events take longer than the server's timeouts.
type slowSource struct {
	*fakeSource
	every time.Duration
}

func (s slowSource) Events(ctx context.Context, write func([]byte) error) error {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for range 5 {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := write([]byte("{}\n")); err != nil {
			return err
		}
	}
	return nil
}

func TestTheServersTimeoutsAreNotForEvents(t *testing.T) {
	server := httptest.NewUnstartedServer(Handler(slowSource{busySource(), 30 * time.Millisecond}))
	server.Config.ReadTimeout, server.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	server.Start()
	defer server.Close()
	res, err := http.Get(server.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body strings.Builder
	buf := make([]byte, 64)
	for {
		n, err := res.Body.Read(buf)
		body.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if body.String() != strings.Repeat("{}\n", 5) {
		t.Errorf("%q", body.String())
	}
}
