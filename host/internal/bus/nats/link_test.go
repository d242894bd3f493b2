package nats

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
)

func TestALinkThatIsDownTellsOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lines)
		var l link
		l.init(log.logger())
		begun := time.Now()
		l.attemptFailed(errNotYet)
		l.attemptFailed(nil)
		for range 10 * 60 { // one a second
			l.attemptFailed(errors.New("no route to host"))
			time.Sleep(time.Second)
		}
		if n := log.count("can't connect to NATS"); n != 10 {
			t.Errorf("%d lines in ten minutes", n)
		}
		if !strings.Contains(log.String(), `attempts=541`) {
			t.Errorf("the count is missing:\n%s", log)
		}
		if s := l.state(); s.Up || s.Err != "no route to host" || !s.Since.Equal(begun) || s.Downs != 0 {
			t.Errorf("%+v", s)
		}
		l.connected("nats://a:1", "2.11.0")
		if !strings.Contains(log.String(), `msg="connected to NATS" server=nats://a:1 version=2.11.0 after=10m0s failed_attempts=600`) {
			t.Errorf("log:\n%s", log)
		}
		time.Sleep(time.Hour)
		l.lost(io.EOF)
		l.lost(io.EOF)
		if s := l.state(); s.Up || s.Downs != 1 || !s.Since.Equal(begun.Add(time.Hour+10*time.Minute)) || s.Err != "the server closed the connection" {
			t.Errorf("%+v", s)
		}
		l.attemptFailed(errors.New("no route to host"))
		if n := log.count("can't connect to NATS"); n != 11 {
			t.Errorf("%d lines: the first of a new trouble must be told", n)
		}
		l.connected("nats://b:1", "2.11.0")
		l.serverSaid(nats.ErrAuthExpired)
		l.lost(io.EOF)
		if s := l.state(); s.Downs != 2 || !strings.Contains(s.Err, "expired: get new ones") {
			t.Errorf("%+v", s)
		}
		if l.close() {
			t.Error("up when closed")
		}
		l.connected("nats://b:1", "2.11.0")
		if s := l.state(); s.Up || s.Err != "closed" {
			t.Errorf("%+v", s)
		}
	})
}

func TestAWarningIsToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(lines)
		var l link
		l.init(log.logger())
		for range 3 {
			for range 5 {
				l.warn("a")
				l.warn("b", "k", 1)
			}
			time.Sleep(quiet)
		}
		if log.count("msg=a") != 3 || log.count("msg=b") != 3 || log.count("more_like_this=4") != 4 {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestPausesGrowAndAreBounded(t *testing.T) {
	for n := range 100 {
		most := lastPause
		if n < 10 {
			most = min(lastPause, firstPause<<max(n-1, 0))
		}
		for range 20 {
			if d := pause(n); d > most || d < most/2 {
				t.Fatalf("pause(%d) = %v, want up to %v", n, d, most)
			}
		}
	}
}
