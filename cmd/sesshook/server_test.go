package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
)

// A lineLog is a log that tests wait for.
type lineLog struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // takes an element after each line, unless it has one
}

func newLineLog() *lineLog { return &lineLog{more: make(chan struct{}, 1)} }

func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (l *lineLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait returns once the log has part.
func (l *lineLog) wait(part string) {
	for !strings.Contains(l.String(), part) {
		<-l.more
	}
}

// testServer is a server in this process, whose signals are elements of a
// channel.
type testServer struct {
	*server
	log     *lineLog
	signals chan os.Signal
	done    chan error
	addr    string
}

func startServer(t *testing.T, args ...string) *testServer {
	t.Helper()
	args = append([]string{"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--compile-cache", "", "--modules", t.TempDir()}, args...)
	opts, err := options.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	ts := &testServer{log: newLineLog(), signals: make(chan os.Signal, 4), done: make(chan error, 1)}
	if ts.server, err = start(opts, slog.New(slog.NewTextHandler(ts.log, nil))); err != nil {
		t.Fatal(err)
	}
	ts.addr = ts.clients.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		ts.done <- ts.wait(ctx, ts.signals)
	}()
	t.Cleanup(func() {
		cancel()
		<-waited
	})
	return ts
}

func (ts *testServer) adminStatus(t *testing.T, path string) int {
	t.Helper()
	res, err := http.Get("http://" + ts.admin.addr() + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// heldUpstream answers when it is told to, and says when it is asked.
func heldUpstream(t *testing.T) (url string, asked, finish chan struct{}) {
	asked, finish = make(chan struct{}, 1), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-finish:
			fmt.Fprint(w, "finished")
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, asked, finish
}

// ask makes one request in the background, and sends the body or the error.
func ask(addr string) <-chan string {
	answer := make(chan string, 1)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	go func() {
		res, err := client.Get("https://" + addr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
	}()
	return answer
}

func TestSIGTERMLetsRequestsFinish(t *testing.T) {
	upstream, asked, finish := heldUpstream(t)
	ts := startServer(t, "--upstream", upstream)
	if got := ts.adminStatus(t, "/readyz"); got != http.StatusOK {
		t.Errorf("readyz is %d", got)
	}
	answer := ask(ts.addr)
	<-asked
	ts.signals <- syscall.SIGTERM
	ts.log.wait("draining")
	if got := ts.adminStatus(t, "/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("readyz is %d while draining", got)
	}
	if got := ts.adminStatus(t, "/healthz"); got != http.StatusOK {
		t.Errorf("healthz is %d while draining", got)
	}
	close(finish)
	if got := <-answer; got != "finished" {
		t.Error(got)
	}
	if err := <-ts.done; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", ts.admin.addr()); err == nil {
		t.Error("the admin endpoint is still there")
	}
}

func TestSIGTERMCutsRequestsOffWhenTimeIsUp(t *testing.T) {
	upstream, asked, _ := heldUpstream(t)
	ts := startServer(t, "--upstream", upstream, "--drain-timeout", "50ms")
	answer := ask(ts.addr)
	<-asked
	ts.signals <- syscall.SIGTERM
	if err := <-ts.done; err != nil {
		t.Error(err)
	}
	if got := <-answer; got == "finished" {
		t.Error(got)
	}
	if !strings.Contains(ts.log.String(), "connections were cut off") {
		t.Error(ts.log)
	}
}

func TestASecondSignalExitsAtOnce(t *testing.T) {
	upstream, asked, finish := heldUpstream(t)
	ts := startServer(t, "--upstream", upstream)
	answer := ask(ts.addr)
	<-asked
	ts.signals <- syscall.SIGTERM
	ts.signals <- syscall.SIGTERM // that quickly, it is the same one
	ts.signals <- syscall.SIGHUP  // is no reason to hurry
	if err := interruptUntil(ts); err == nil || !strings.Contains(err.Error(), "stopped at once by a second signal, interrupt") {
		t.Error(err)
	}
	close(finish)
	<-answer
	ts.log.wait("msg=stopped") // what goes on in a program that would have exited
}

// interruptUntil is somebody at the keyboard who wants it to end.
func interruptUntil(ts *testServer) error {
	again := time.NewTicker(sameSignal / 2)
	defer again.Stop()
	for {
		select {
		case err := <-ts.done:
			return err
		case <-again.C:
			ts.signals <- syscall.SIGINT
		}
	}
}

func TestTCPUpstream(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				request, _ := io.ReadAll(c)
				_, _ = io.WriteString(c, "got "+string(request))
				_ = c.Close()
			}()
		}
	}()
	ts := startServer(t, "--upstream", "tcp://"+l.Addr().String())
	cfg := &tls.Config{InsecureSkipVerify: true, ServerName: "a", ClientSessionCache: tls.NewLRUClientSessionCache(0)}
	for _, resumed := range []bool{false, true} {
		c, err := tls.Dial("tcp", ts.addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "hello")
		_ = c.CloseWrite()
		if got, err := io.ReadAll(c); string(got) != "got hello" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		if c.ConnectionState().DidResume != resumed {
			t.Errorf("resumed is %v", !resumed)
		}
		_ = c.Close()
	}
}

// serverNames returns the names in the certificate that addr shows.
func serverNames(t *testing.T, addr string) []string {
	t.Helper()
	c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].DNSNames
}

func TestSIGHUPReadsTheCertificateAgain(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePair(t, cert, key, "old.example")
	ts := startServer(t, "--cert", cert, "--key", key)
	if got := serverNames(t, ts.addr); got[0] != "old.example" {
		t.Error(got)
	}

	writePair(t, cert, key, "new.example")
	ts.signals <- syscall.SIGHUP
	ts.log.wait("msg=reloaded certificate=read keys_and_modules=read")
	if got := serverNames(t, ts.addr); got[0] != "new.example" {
		t.Error(got)
	}

	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	ts.signals <- syscall.SIGHUP
	ts.log.wait("msg=reloaded certificate=kept keys_and_modules=read")
	if got := serverNames(t, ts.addr); got[0] != "new.example" || !strings.Contains(ts.log.String(), "the certificate stays as it was") {
		t.Error(got, ts.log)
	}
}

func TestListenErrorsSayWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{syscall.EADDRINUSE, "another program uses that port"},
		{syscall.EACCES, "CAP_NET_BIND_SERVICE; choose another by --listen"},
		{syscall.EADDRNOTAVAIL, "does not have that address"},
		{errors.New("no such host"), "no such host: choose another address by --listen"},
	} {
		err := explainListen("--listen", "h:1", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", tt.err)})
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "can't listen on h:1") {
			t.Errorf("%v\nwant %s", err, tt.want)
		}
	}
}

func TestAdminAnswersWhileStarting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := serveAdmin(l, make(chan error, 1))
	defer a.close()
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/metrics": 503} {
		res, err := http.Get((&url.URL{Scheme: "http", Host: a.addr(), Path: path}).String())
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s is %d while starting", path, res.StatusCode)
		}
	}
}
