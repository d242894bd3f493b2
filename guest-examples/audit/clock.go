package main

const (
	secondsPerDay = 24 * 60 * 60
	nsPerSecond   = 1_000_000_000
	// daysTo1970 is the number of days from 1 March of the year 0 to 1 January 1970.
	daysTo1970 = 719468
)

// A clock writes times as RFC 3339 has them, in UTC and to the microsecond.
// Package time would make the module larger by 270 KB. Events come many in a
// second, so the clock keeps the last second's text; divisions are few, because
// in WebAssembly even one by a constant is a division.
type clock struct {
	start int64  // of the second, in ns since the Unix epoch
	text  []byte // of the second, up to the point; empty before the first
}

// appendTime appends ns, which counts from the Unix epoch. The very first second
// that an int64 can hold, in 1677, is beyond it.
func (c *clock) appendTime(b []byte, ns int64) []byte {
	if ns < c.start || uint64(ns-c.start) >= nsPerSecond || len(c.text) == 0 {
		c.set(ns)
	}
	b = append(b, c.text...)
	micros := uint32(ns-c.start) / 1000
	high := micros / 10_000
	low := micros - high*10_000
	middle := low / 100
	low -= middle * 100
	return append(b, pairs[2*high], pairs[2*high+1], pairs[2*middle], pairs[2*middle+1], pairs[2*low], pairs[2*low+1], 'Z')
}

// pairs are the numbers from 00 to 99.
const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

func (c *clock) set(ns int64) {
	second, fraction := divide(ns, nsPerSecond)
	c.start = ns - fraction
	days, rest := divide(second, secondsPerDay)
	year, month, day := date(days)
	b := append(appendDigits(c.text[:0], year, 4), '-')
	b = append(appendDigits(b, month, 2), '-')
	b = append(appendDigits(b, day, 2), 'T')
	b = append(appendDigits(b, rest/3600, 2), ':')
	b = append(appendDigits(b, rest/60%60, 2), ':')
	c.text = append(appendDigits(b, rest%60, 2), '.')
}

// date returns the Gregorian date of a day that is counted from 1 January 1970.
// It reckons in years that begin on 1 March, so that a leap day comes last, and
// in eras of 400 years, which are all of one length.
func date(days int64) (year, month, day int64) {
	era, dayOfEra := divide(days+daysTo1970, 146097)
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	fromMarch := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*fromMarch+2)/5 + 1
	year = era*400 + yearOfEra
	if fromMarch < 10 {
		return year, fromMarch + 3, day
	}
	return year + 1, fromMarch - 9, day
}

// divide rounds down, so that the remainder of a time before 1970 is positive.
func divide(a, b int64) (quotient, remainder int64) {
	quotient, remainder = a/b, a%b
	if remainder < 0 {
		return quotient - 1, remainder + b
	}
	return quotient, remainder
}

// appendDigits appends n, which is not negative, with leading zeros.
func appendDigits(b []byte, n int64, width int) []byte {
	for range width {
		b = append(b, '0')
	}
	for i := len(b) - 1; width > 0; i, width = i-1, width-1 {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
