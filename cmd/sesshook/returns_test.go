//go:build interop

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func cmdShare(ts *testscript.TestScript, args []string) error {
	var all error
	for _, dir := range args[1:] {
		all = errors.Join(all, installShare(ts.MkAbs(dir), args[0]))
	}
	return all
}

// cmdBalancer is a balancer that does not pin clients: connections go to the
// nodes in turn.
func cmdBalancer(ts *testscript.TestScript, args []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ts.Defer(func() { _ = l.Close() })
	ts.Setenv("BALANCER", l.Addr().String())
	var turn atomic.Uint64
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go pass(client, args[turn.Add(1)%uint64(len(args))])
		}
	}()
	return nil
}

// pass passes on what two sides say, until the node has said everything.
func pass(client net.Conn, addr string) {
	defer client.Close()
	node, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer node.Close()
	go func() {
		_, _ = io.Copy(node, client)
		_ = node.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, node)
}

// cmdReturns is returns LEAST MOST N CLIENT [FLAG...].
func cmdReturns(ts *testscript.TestScript, args []string) error {
	var least, most, n int
	if _, err := fmt.Sscan(strings.Join(args[:3], " "), &least, &most, &n); err != nil {
		return err
	}
	clients := map[string]func(ts *testscript.TestScript, n int, flags []string) (tally, error){
		"go": goReturns, "openssl": opensslReturns, "curl": curlReturns,
	}
	come := clients[args[3]]
	if come == nil {
		return fmt.Errorf("returns: who is %s?", args[3])
	}
	t, err := come(ts, n, args[4:])
	ts.Logf("%s: %v", strings.Join(args[3:], " "), t)
	if err != nil {
		return err
	}
	if t.returns < n {
		return fmt.Errorf("%d of %d came back", t.returns, n)
	}
	if got := 100 * t.share(); got < float64(least) || got > float64(most) {
		return fmt.Errorf("%v, not %d%% to %d%%", t, least, most)
	}
	return nil
}

// goReturns has some clients come through the balancer, one after the other in
// random order, so that none of them meets the nodes in theirs; but none comes
// back at once.
func goReturns(ts *testscript.TestScript, n int, flags []string) (t tally, err error) {
	version := uint16(tls.VersionTLS13)
	if len(flags) > 0 && flags[0] == "-tls1_2" {
		version = tls.VersionTLS12
	}
	const few = 5 // visits of others at least lie between two of one
	waiting := make([]*visitor, 12+few)
	for i := range waiting {
		waiting[i] = &visitor{version: version}
	}
	for t.returns < n {
		i := rand.N(len(waiting) - few)
		v := waiting[i]
		waiting = append(slices.Delete(waiting, i, i+1), v)
		returned := v.session != nil
		resumed, err := v.visit(ts.Getenv("BALANCER"))
		if err != nil {
			return t, err
		}
		if returned {
			t.add(resumed)
		}
		<-time.After(thinkTime / 5)
	}
	return t, nil
}

// opensslReturns has one s_client after the other come with the session of the
// one before.
func opensslReturns(ts *testscript.TestScript, n int, flags []string) (t tally, err error) {
	const request = "GET / HTTP/1.1\nHost: localhost\nConnection: close\n\n"
	ts.Setenv("LISTEN", ts.Getenv("BALANCER"))
	file := ts.MkAbs("returns.session")
	if _, err := sClient(ts, []byte(request), append(flags, "-sess_out", file)...); err != nil {
		return t, err
	}
	for range n {
		out, err := sClient(ts, []byte(request), append(flags, "-sess_in", file, "-sess_out", file)...)
		if err != nil {
			return t, err
		}
		reused, full := bytes.Contains(out, []byte("\nReused, TLSv1.")), newSession.Match(out)
		if reused == full {
			return t, fmt.Errorf("neither resumed nor not:\n%s", out)
		}
		t.add(reused)
	}
	return t, nil
}

// curlReturns has one curl ask again and again, at the rate that flags say.
func curlReturns(ts *testscript.TestScript, n int, flags []string) (t tally, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), browserPatience)
	defer cancel()
	args := append([]string{"-sk", "--http1.1"}, flags...)
	cmd := exec.CommandContext(ctx, "curl", append(args, "https://"+ts.Getenv("BALANCER")+"/[0-"+strconv.Itoa(n)+"]")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return t, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	resumed, full := bytes.Count(out, []byte(`"resumed": true`)), bytes.Count(out, []byte(`"resumed": false`))
	return tally{returns: resumed + full - 1, resumed: resumed}, nil // the first is none
}
