package terminate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRequestsKnowTheirConnection(t *testing.T) {
	f := startFront(t, Config{Page: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, Conn(r.Context()).RemoteAddr().String() == r.RemoteAddr, r.ProtoMajor)
	})})
	for _, http2 := range []bool{false, true} {
		res, err := client(t, http2).Get("https://" + f.addr)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if !strings.HasPrefix(string(body), "true") || strings.HasSuffix(string(body), "2") != http2 {
			t.Errorf("http2=%v: %s", http2, body)
		}
	}
	if Conn(context.Background()) != nil {
		t.Error("a connection from nowhere")
	}
}

// slowPage answers when it is told to, and says when it is asked.
func slowPage() (page http.Handler, asked, finish chan struct{}) {
	asked, finish = make(chan struct{}, 1), make(chan struct{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-finish:
			fmt.Fprint(w, "finished")
		case <-r.Context().Done():
		}
	}), asked, finish
}

func TestShutdownLetsRequestsFinish(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2=%v", http2), func(t *testing.T) {
			page, asked, finish := slowPage()
			f := startFront(t, Config{Page: page})
			answer := make(chan string, 1)
			go func() {
				res, err := client(t, http2).Get("https://" + f.addr)
				if err != nil {
					answer <- err.Error()
					return
				}
				defer res.Body.Close()
				body, _ := io.ReadAll(res.Body)
				answer <- string(body)
			}()
			<-asked
			done := make(chan error, 1)
			go func() { done <- f.Shutdown(context.Background()) }()
			if err := <-f.served; err != nil {
				t.Error(err)
			}
			if _, err := net.Dial("tcp", f.addr); err == nil {
				t.Error("still accepts connections")
			}
			close(finish)
			if got := <-answer; got != "finished" {
				t.Error(got)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestShutdownCutsRequestsWhenTimeIsUp(t *testing.T) {
	page, asked, _ := slowPage()
	f := startFront(t, Config{Page: page})
	failed := make(chan error, 1)
	go func() {
		res, err := client(t, false).Get("https://" + f.addr)
		if err == nil {
			_ = res.Body.Close()
		}
		failed <- err
	}()
	<-asked
	if err := f.Shutdown(expired()); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := <-failed; err == nil {
		t.Error("the request was answered")
	}
}

func TestClientThatSendsNothingIsCutOff(t *testing.T) {
	f := startFront(t, Config{Page: http.NotFoundHandler(), HandshakeTimeout: 20 * time.Millisecond})
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	if lines := f.log.all(); len(lines) != 0 {
		t.Errorf("logs what any client can cause: %q", lines)
	}
}
