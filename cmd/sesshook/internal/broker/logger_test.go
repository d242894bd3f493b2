package broker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestWarningsAreBoundedAndHoldNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := newLogger(slog.New(slog.NewTextHandler(&out, nil)), "s3cret/&")
		for i := range 120 {
			l.Errorf("10.0.0.%d:6222 - rid:%d - Route Error 'Authorization Violation'", 7, i)
			l.Warnf("route nats://sesshook:s3cret%%2F&@a and %s", "s3cret/&")
			l.Noticef("s3cret")
			time.Sleep(time.Second)
		}
		text := out.String()
		if n := strings.Count(text, "Authorization Violation"); n != 2 || !strings.Contains(text, "more_like_this=59") {
			t.Errorf("%d lines:\n%s", n, text)
		}
		if strings.Contains(text, "s3cret") {
			t.Errorf("the secret is told:\n%s", text)
		}
		if l.fatal() != nil {
			t.Error(l.fatal())
		}
		l.Fatalf("can't %s", "go on")
		l.Fatalf("another")
		if err := l.fatal(); err == nil || err.Error() != "can't go on" {
			t.Error(err)
		}
		for i := range 2 * maxKinds {
			l.Warnf(strings.Repeat("x", i))
		}
		if len(l.warnings) > maxKinds {
			t.Errorf("%d kinds are remembered", len(l.warnings))
		}
	})
}
