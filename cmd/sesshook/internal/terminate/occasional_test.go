package terminate

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOccasionalLogsOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &record{}
		o := newOccasional(logTo(out))
		for range 5 {
			o.log(slog.LevelWarn, "down")
		}
		if n := len(out.all()); n != 1 {
			t.Fatalf("%d lines at once", n)
		}
		time.Sleep(quiet)
		o.log(slog.LevelWarn, "down")
		lines := out.all()
		if len(lines) != 2 || !strings.Contains(lines[1], "more_like_this=4") {
			t.Errorf("%q", lines)
		}
	})
}
