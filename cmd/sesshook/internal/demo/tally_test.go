package demo

import (
	"crypto/tls"
	"errors"
	"testing"
	"time"
)

func TestTally(t *testing.T) {
	var a, b recorder
	for _, v := range []visit{
		{version: tls.VersionTLS12, took: 4 * time.Millisecond},
		{version: tls.VersionTLS12, took: 1 * time.Millisecond, returned: true, resumed: true},
		{version: tls.VersionTLS13, took: 3 * time.Millisecond, returned: true},
		{version: tls.VersionTLS13, took: 2 * time.Millisecond, returned: true, resumed: true, err: errors.New("no page")},
	} {
		a.record(v)
	}
	b.record(visit{returned: true, err: errors.New("refused")})
	b.record(visit{returned: true, err: errors.New("reset"), cut: true})
	sum, more := a.take(), b.take()
	sum.add(&more)
	if sum.handshakes != 4 || sum.resumed != 2 || sum.comebacks() != 3 || sum.failed != 2 || sum.cut != 1 {
		t.Errorf("%+v", sum)
	}
	if got := sum.share().percent() + ", " + sum.shareOf(tls12).percent() + ", " + sum.shareOf(tls13).percent(); got != "66.6 %, 100.0 %, 50.0 %" {
		t.Error(got)
	}
	if got := sum.quantile(0).text(1) + " " + sum.quantile(0.5).text(1) + " " + sum.quantile(1).text(1); got != "1.0 2.0 4.0" {
		t.Error(got)
	}
	if empty := a.take(); empty.handshakes > 0 || empty.share().known() || empty.quantile(0.5).known() {
		t.Errorf("%+v", empty)
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		n                 number
		text, share, json string
	}{
		{unknown, "–", "–", "null"},
		{0, "0.00", "0.0 %", "0"},
		{1, "1.00", "100.0 %", "1"},
		{0.99999, "1.00", "99.9 %", "0.99999"}, // not all of them
		{0.3333333, "0.33", "33.3 %", "0.33333"},
		{0.29, "0.29", "29.0 %", "0.29"},
	} {
		json, err := tt.n.MarshalJSON()
		if got := []string{tt.n.text(2), tt.n.percent(), string(json)}; err != nil || got[0] != tt.text || got[1] != tt.share || got[2] != tt.json {
			t.Errorf("%v: %q, %v", float64(tt.n), got, err)
		}
	}
}
