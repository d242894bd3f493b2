package config

import "math"

// units are those of time.ParseDuration, in ns. Of two names that begin alike
// the longer stands first.
var units = [...]struct {
	name string
	ns   int64
}{
	{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9},
}

// duration reads what time.ParseDuration reads, but no signs and no fractions.
// Package time itself would make a module larger by 270 KB.
func duration(s string) (total int64, ok bool) {
	if s == "0" {
		return 0, true
	}
	for first := true; first || s != ""; first = false {
		number, rest, ok := whole(s)
		if !ok {
			return 0, false
		}
		unit, rest, ok := unitOf(rest)
		if !ok || number > (math.MaxInt64-total)/unit {
			return 0, false
		}
		total += number * unit
		s = rest
	}
	return total, true
}

// whole reads the digits at the beginning of s.
func whole(s string) (number int64, rest string, ok bool) {
	i := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		digit := int64(s[i] - '0')
		if number > (math.MaxInt64-digit)/10 {
			return 0, "", false
		}
		number = number*10 + digit
	}
	return number, s[i:], i > 0
}

func unitOf(s string) (ns int64, rest string, ok bool) {
	for _, u := range units {
		if len(s) >= len(u.name) && s[:len(u.name)] == u.name {
			return u.ns, s[len(u.name):], true
		}
	}
	return 0, "", false
}
