package demo

import (
	"math"
	"strconv"
)

// A number is something measured, which may be unknown: a dash for people, null
// in JSON.
type number float64

var unknown = number(math.NaN())

func (n number) known() bool { return !math.IsNaN(float64(n)) }

func quotient(part, whole int) number {
	if whole == 0 {
		return unknown
	}
	return number(float64(part) / float64(whole))
}

// text writes n with so many decimals.
func (n number) text(decimals int) string {
	if !n.known() {
		return "–"
	}
	return strconv.FormatFloat(float64(n), 'f', decimals, 64)
}

// percent writes a share. It is rounded down, so that 100 means all of them.
func (n number) percent() string {
	if !n.known() {
		return "–"
	}
	return strconv.FormatFloat(math.Floor(float64(n)*1000+1e-6)/10, 'f', 1, 64) + " %"
}

// MarshalJSON writes n with five decimals at most.
func (n number) MarshalJSON() ([]byte, error) {
	if !n.known() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(n)*1e5)/1e5, 'f', -1, 64), nil
}
