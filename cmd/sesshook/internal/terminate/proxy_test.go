package terminate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

func TestProxyPassesRequests(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s host=%s for=%s xhost=%s proto=%s forwarded=%q body=%s", r.Method, r.RequestURI, r.Host,
			r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Host"), r.Header.Get("X-Forwarded-Proto"), r.Header.Get("Forwarded"), body)
	}))
	defer upstream.Close()
	f := startFront(t, Config{Upstream: parse(t, upstream.URL+"/base")})
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2=%v", http2), func(t *testing.T) {
			req, err := http.NewRequest("POST", "https://"+f.addr+"/a%2Fb?q=1&r", strings.NewReader("hello"))
			if err != nil {
				t.Fatal(err)
			}
			req.Host = "shop.example"
			// Lies of a client about where it comes from.
			req.Header.Set("X-Forwarded-For", "6.6.6.6")
			req.Header.Set("X-Forwarded-Host", "evil.example")
			req.Header.Set("X-Forwarded-Proto", "gopher")
			req.Header.Set("Forwarded", "for=6.6.6.6")
			res, err := client(t, http2).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			got, _ := io.ReadAll(res.Body)
			want := `POST /base/a%2Fb?q=1&r host=shop.example for=127.0.0.1 xhost=shop.example proto=https forwarded="" body=hello`
			if string(got) != want || (res.ProtoMajor == 2) != http2 {
				t.Errorf("%s %s\nwant %s", res.Proto, got, want)
			}
		})
	}
}

func TestProxyStreams(t *testing.T) {
	more := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "first\n")
		w.(http.Flusher).Flush()
		<-more
		fmt.Fprint(w, "second\n")
	}))
	defer upstream.Close()
	f := startFront(t, Config{Upstream: parse(t, upstream.URL)})
	res, err := client(t, true).Get("https://" + f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	if s, err := lines.ReadString('\n'); s != "first\n" {
		t.Error(s, err)
	}
	close(more) // only now: the first line came while the answer was going on
	if s, err := lines.ReadString('\n'); s != "second\n" {
		t.Error(s, err)
	}
}

// echoUpgrade is an upstream that changes to a protocol that echoes lines, as a
// WebSocket server changes to its own.
func echoUpgrade(t *testing.T) *httptest.Server {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" {
			http.Error(w, "no upgrade", http.StatusBadRequest)
			return
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(conn, rw)
	}))
	t.Cleanup(s.Close)
	return s
}

// upgrade asks f for the echo protocol, and returns the connection in it.
func upgrade(t *testing.T, f *front) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn := f.dial(t, "http/1.1")
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	return conn, r
}

func TestProxyUpgrades(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, echoUpgrade(t).URL)})
	conn, r := upgrade(t, f)
	for _, line := range []string{"one\n", "two\n"} {
		_, _ = io.WriteString(conn, line)
		if got, err := r.ReadString('\n'); got != line {
			t.Error(got, err)
		}
	}
}

func TestShutdownWaitsForUpgradedConnections(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, echoUpgrade(t).URL)})
	conn, r := upgrade(t, f)
	done := make(chan error, 1)
	go func() { done <- f.Shutdown(context.Background()) }()
	if err := <-f.served; err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "still here\n")
	if got, err := r.ReadString('\n'); got != "still here\n" {
		t.Error(got, err)
	}
	_ = conn.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestShutdownCutsUpgradedConnectionsWhenTimeIsUp(t *testing.T) {
	f := startFront(t, Config{Upstream: parse(t, echoUpgrade(t).URL)})
	_, r := upgrade(t, f)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Shutdown(ctx) }()
	if err := <-f.served; err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := r.ReadString('\n'); err == nil {
		t.Error("connection is still open")
	}
}

func TestUpstreamThatIsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	f := startFront(t, Config{Upstream: parse(t, "http://"+addr)})
	for accept, want := range map[string]string{"text/html,*/*;q=0.8": "<h1><span>502</span> Bad Gateway</h1>", "*/*": "502 Bad Gateway\n"} {
		req, _ := http.NewRequest("GET", "https://"+f.addr, nil)
		req.Header.Set("Accept", accept)
		res, err := client(t, false).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadGateway || !strings.Contains(string(body), want) {
			t.Errorf("%d %s\nwant %s", res.StatusCode, body, want)
		}
		if strings.Contains(string(body), addr) {
			t.Error("tells the client where the upstream is")
		}
	}
	if lines := f.log.all(); len(lines) != 1 || !strings.Contains(lines[0], "upstream failed") || !strings.Contains(lines[0], addr) {
		t.Errorf("want one line that names the upstream: %q", lines)
	}
}

func TestUpstreamFailures(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, tt := range []struct {
		behaviour string
		ctx       context.Context
		err       error
		status    int // 200 is no answer
	}{
		{"down", context.Background(), errors.New("connection refused"), http.StatusBadGateway},
		{"slow", context.Background(), os.ErrDeadlineExceeded, http.StatusGatewayTimeout},
		{"client left", canceled, context.Canceled, http.StatusOK},
		{"request too large", context.Background(), &http.MaxBytesError{Limit: 1}, http.StatusRequestEntityTooLarge},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			w, reported := httptest.NewRecorder(), http.StatusOK
			upstreamFailed(w, httptest.NewRequestWithContext(tt.ctx, "GET", "/", nil), tt.err, func(status int) { reported = status })
			if w.Code != tt.status || reported != tt.status {
				t.Errorf("answered %d, reported %d, want %d", w.Code, reported, tt.status)
			}
		})
	}
}
