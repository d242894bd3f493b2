package main

import (
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run this binary as sesshook.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sesshook": main})
}

// TestScripts runs the scripts in testdata/script. Beside testscript's own
// commands they have:
//
//	serve [FLAG...]      starts sesshook serve in the background on free ports,
//	                     and waits for the line "ready"; sets $LISTEN, $ADMIN and
//	                     $NATS_LISTEN
//	node NAME            has the commands here be about another sesshook serve, so
//	                     that several can run, and sets $LISTEN and $ADMIN
//	waitlog REGEXP       waits for a line of its log that matches, after the one
//	                     that the last waitlog found
//	signal NAME          sends it a signal: HUP, INT, TERM
//	stopped STATUS       waits until it has exited, and checks how
//	tlsget [-12] [-h2] [-sni NAME] [-x N] ADDR
//	                     asks for the page N times with one session cache, each
//	                     on a connection of its own; prints each answer on a
//	                     line, and sets $SESSION to the id of the last session
//	httpget [-X METHOD] STATUS URL
//	                     prints the body
//	httpwait REGEXP URL  asks again and again until a line of the body matches
//	unhex FROM TO        writes the bytes that a file has in hex
//
// $TESTDATA is the repository's testdata, for modules that are kept there.
func TestScripts(t *testing.T) {
	testscript.Run(t, scripts("testdata/script"))
}

// scripts returns how the scripts in dir are run, with the commands that are
// described above.
func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[backgroundKey{}] = newBackgrounds()
			// Under -race each process sleeps for a second at its end, which
			// is of use for serve only (and that does not have this).
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			// Modules that are kept there.
			testdata, err := filepath.Abs(filepath.Join("..", "..", "testdata"))
			env.Setenv("TESTDATA", testdata)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":    positive(cmdServe),
			"node":     positive(cmdNode),
			"waitlog":  positive(cmdWaitlog),
			"signal":   positive(cmdSignal),
			"stopped":  positive(cmdStopped),
			"tlsget":   positive(cmdTLSGet),
			"httpget":  positive(cmdHTTPGet),
			"httpwait": positive(cmdHTTPWait),
			"unhex":    positive(cmdUnhex),
		},
	}
}

// positive makes a script command of one that can't be negated.
func positive(f func(*testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command can't be negated")
		}
		ts.Check(f(ts, args))
	}
}

func cmdUnhex(ts *testscript.TestScript, args []string) error {
	var digits strings.Builder
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		text, _, _ := strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(text), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		return err
	}
	return os.WriteFile(ts.MkAbs(args[1]), b, 0o644)
}

func cmdHTTPGet(ts *testscript.TestScript, args []string) error {
	method := http.MethodGet
	if args[0] == "-X" {
		method, args = args[1], args[2:]
	}
	status, body, err := httpAsk(method, args[1])
	if err != nil {
		return err
	}
	_, _ = ts.Stdout().Write(body)
	if strconv.Itoa(status) != args[0] {
		return fmt.Errorf("%s: status is %d, want %s: %s", args[1], status, args[0], body)
	}
	return nil
}

func httpAsk(method, url string) (status int, body []byte, err error) {
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

func cmdHTTPWait(ts *testscript.TestScript, args []string) error {
	want, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return err
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for late := time.After(patience); ; {
		_, body, err := httpAsk(http.MethodGet, args[1])
		if err == nil && want.Match(body) {
			_, _ = ts.Stdout().Write(body)
			return nil
		}
		select {
		case <-again.C:
		case <-late:
			return fmt.Errorf("%s never had %s: %v\n%s", args[1], args[0], err, body)
		}
	}
}

func cmdTLSGet(ts *testscript.TestScript, args []string) error {
	times, http2 := 1, false
	cfg := &tls.Config{InsecureSkipVerify: true, ServerName: "shop.example", ClientSessionCache: tls.NewLRUClientSessionCache(0)}
	for ; len(args) > 1; args = args[1:] {
		switch args[0] {
		case "-12":
			cfg.MaxVersion = tls.VersionTLS12
		case "-h2":
			http2 = true
		case "-sni":
			cfg.ServerName, args = args[1], args[1:]
		case "-x":
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return err
			}
			times, args = n, args[1:]
		default:
			return fmt.Errorf("tlsget: what is %s?", args[0])
		}
	}
	transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: http2}
	defer transport.CloseIdleConnections()
	for range times {
		id, err := getOnce(ts.Stdout(), transport, "https://"+args[0]+"/")
		if err != nil {
			return err
		}
		ts.Setenv("SESSION", id)
		transport.CloseIdleConnections()
	}
	return nil
}

func getOnce(out io.Writer, transport http.RoundTripper, url string) (session string, err error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if page := map[string]any{}; json.Unmarshal(body, &page) == nil {
		session, _ = page["session_id"].(string)
		body, _ = json.Marshal(page)
	}
	_, err = fmt.Fprintf(out, "%d %s %s\n", res.StatusCode, res.Proto, body)
	return session, err
}
