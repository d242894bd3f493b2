//go:build interop

package main

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

func cmdUpstream(ts *testscript.TestScript, args []string) error {
	switch args[0] {
	case "http":
		s := httptest.NewServer(http.HandlerFunc(describe))
		ts.Defer(s.Close)
		ts.Setenv("UPSTREAM", s.URL)
	case "https":
		s := httptest.NewTLSServer(http.HandlerFunc(describe))
		ts.Defer(s.Close)
		ts.Setenv("UPSTREAM", s.URL)
		file := ts.MkAbs("upstream.pem")
		ts.Setenv("SSL_CERT_FILE", file)
		return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600)
	case "tcp":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		ts.Defer(func() { _ = l.Close() })
		go greet(l)
		ts.Setenv("UPSTREAM", "tcp://"+l.Addr().String())
	default:
		return fmt.Errorf("upstream: what is %s?", args[0])
	}
	return nil
}

// describe answers with what the proxy says of the client.
func describe(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "%s %s for %s, who asked %s over %s\n", r.Method, r.URL,
		r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Host"), r.Header.Get("X-Forwarded-Proto"))
}

// greet speaks a protocol of one line each way, which is not HTTP, until l is
// closed.
func greet(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			if name, _, err := bufio.NewReader(c).ReadLine(); err == nil {
				_, _ = io.WriteString(c, "good day, "+string(name)+"\n")
			}
		}()
	}
}
