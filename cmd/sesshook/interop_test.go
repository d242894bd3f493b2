//go:build interop

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestInterop runs the scripts in testdata/interop, which have clients that
// nobody here wrote connect to the program. Run it by
//
//	go test -tags interop -run 'Interop|README' ./cmd/sesshook
//
// Nothing is skipped: a tool that is missing fails the test with the name of the
// Debian package that has it. Beside the commands of TestScripts, scripts have:
//
//	s_client FILE [FLAG...]   connects openssl s_client to $LISTEN, sends FILE,
//	                          and prints what it says until the server closes;
//	                          sets $SESSION to the id of the session it got
//	refused FILE SESSION      presents tickets made of the one in SESSION that no
//	                          server has issued: each must be a full handshake
//	chromium N URL [FLAG...]  loads URL N times in one Chromium, and prints the
//	                          title and the text of the page each time
//	upstream KIND             serves http, https or tcp, and sets $UPSTREAM; for
//	                          https, $SSL_CERT_FILE has the serve after it trust it
//	nats start                starts nats-server, and sets $NATS
//	share MODE DIR...         puts share into modules directories
//	balancer ADDR...          sends connections to each of ADDR in turn, and sets
//	                          $BALANCER to where it takes them
//	returns LEAST MOST N CLIENT
//	                          has clients come back to $BALANCER N times in all,
//	                          of which LEAST to MOST per cent have to resume; they
//	                          are go, openssl (with -tls1_2 or -tls1_3) or curl
//
// $MODULES is the directory of the plugins that are built from guest-examples.
func TestInterop(t *testing.T) {
	require(t, "openssl", "curl", "chromium")
	modules, err := filepath.Abs("../../testdata/modules")
	if err != nil {
		t.Fatal(err)
	}
	p := scripts("testdata/interop")
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("MODULES", modules)
		env.Setenv("SSL_CERT_FILE", "")
		env.Values[natsKey{}] = &natsServer{addr: freePort(t)}
		return setup(env)
	}
	p.Cmds["s_client"] = positive(cmdSClient)
	p.Cmds["refused"] = positive(cmdRefused)
	p.Cmds["chromium"] = positive(cmdChromium)
	p.Cmds["upstream"] = positive(cmdUpstream)
	p.Cmds["nats"] = positive(cmdNATS)
	p.Cmds["share"] = positive(cmdShare)
	p.Cmds["balancer"] = positive(cmdBalancer)
	p.Cmds["returns"] = positive(cmdReturns)
	testscript.Run(t, p)
}

// require fails the test unless the programs, each of a Debian package of the
// same name, are installed.
func require(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Errorf("%s is missing: install it by apt-get install %s", name, name)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

func cmdSClient(ts *testscript.TestScript, args []string) error {
	out, err := sClient(ts, []byte(ts.ReadFile(args[0])), args[1:]...)
	_, _ = ts.Stdout().Write(out)
	if m := gotSession.FindSubmatch(out); m != nil {
		ts.Setenv("SESSION", string(m[1]))
	}
	return err
}

var gotSession = regexp.MustCompile(`"session_id": "([0-9a-f]+)"`)

// sClient runs openssl s_client until the server closes the connection.
func sClient(ts *testscript.TestScript, request []byte, flags ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	args := []string{"s_client", "-connect", ts.Getenv("LISTEN"), "-crlf", "-ign_eof"}
	cmd := exec.CommandContext(ctx, "openssl", append(args, flags...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Stdin = bytes.NewReader(request)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), errors.Join(err, ctx.Err()), out)
	}
	return out, nil
}

var (
	newSession = regexp.MustCompile(`(?m)^New, TLSv1\.[23], Cipher is `)
	notResumed = regexp.MustCompile(`(?m)^  "resumed": false,`)
)

func cmdRefused(ts *testscript.TestScript, args []string) error {
	request, pem := []byte(ts.ReadFile(args[0])), []byte(ts.ReadFile(args[1]))
	for _, bad := range badTickets {
		forged, err := withTicket(pem, bad.of)
		if err != nil {
			return err
		}
		if err := os.WriteFile(ts.MkAbs("forged.pem"), forged, 0o600); err != nil {
			return err
		}
		out, err := sClient(ts, request, "-sess_in", "forged.pem")
		if err != nil {
			return fmt.Errorf("ticket %s: %w", bad.name, err)
		}
		if !newSession.Match(out) || !notResumed.Match(out) {
			return fmt.Errorf("ticket %s: not a full handshake:\n%s", bad.name, out)
		}
		ts.Logf("ticket %s: a full handshake", bad.name)
	}
	return nil
}

// browserPatience is how long a browser may take for all that it is asked to do,
// its start on a busy machine included.
const browserPatience = 2 * time.Minute

func cmdChromium(ts *testscript.TestScript, args []string) error {
	var times int
	if _, err := fmt.Sscan(args[0], &times); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), browserPatience)
	defer cancel()
	b, err := startChromium(ctx, ts.Getenv("WORK"), args[2:]...)
	if err != nil {
		return err
	}
	defer b.stop()
	for range times {
		text, err := b.load(args[1])
		if err != nil {
			return fmt.Errorf("chromium: %w\n%s", errors.Join(err, ctx.Err()), b.log())
		}
		_, _ = fmt.Fprintln(ts.Stdout(), text)
	}
	return nil
}
