package abi

import (
	"math"
	"testing"
)

func TestCodeString(t *testing.T) {
	tests := []struct {
		code Code
		want string
	}{
		{OK, "OK"},
		{4711, "OK"},
		{math.MaxInt32, "OK"},
		{NotFound, "NOT_FOUND"},
		{Limit, "LIMIT"},
		{Limit - 1, "UNKNOWN"},
		{math.MinInt32 + 1, "UNKNOWN"},
		{math.MinInt32, "UNKNOWN"},
	}
	for _, tt := range tests {
		if got := tt.code.String(); got != tt.want {
			t.Errorf("Code(%d) is %q, want %q", int32(tt.code), got, tt.want)
		}
	}
}

func TestCodesAreAllThatHaveAName(t *testing.T) {
	codes := Codes()
	for i, c := range codes {
		if int(c) != -i || c.String() == "UNKNOWN" {
			t.Errorf("code %d of the list is %d, %s", i, int32(c), c)
		}
	}
	if next := Code(-len(codes)); next.String() != "UNKNOWN" {
		t.Errorf("%s is missing in Codes", next)
	}
}

func TestNamesOfNumbersThatHaveNone(t *testing.T) {
	for _, got := range []string{
		Kind(0).String(), Kind(8).String(), Kind(255).String(),
		Origin(0).String(), Origin(7).String(), Origin(255).String(),
		Reason(5).String(), Reason(255).String(),
		Format(3).String(), Format(0xffff).String(),
	} {
		if got != "UNKNOWN" {
			t.Errorf("%q for a number without a name", got)
		}
	}
}

func TestDefaultGrantsAreAllButSecrets(t *testing.T) {
	byDefault := make(map[Grant]bool)
	for _, g := range DefaultGrants() {
		byDefault[g] = true
	}
	for _, g := range Grants() {
		if byDefault[g] == (g == SessionsSecrets) {
			t.Errorf("%s is a default: %t", g, byDefault[g])
		}
	}
	if len(byDefault) != len(Grants())-1 {
		t.Errorf("%d default grants of %d", len(byDefault), len(Grants()))
	}
}
