package main

import (
	"slices"
	"unicode/utf8"
)

const digits = "0123456789abcdef"

// hexPairs are the two digits of each byte: copying a pair is one instruction.
var hexPairs = func() (pairs [256][2]byte) {
	for i := range pairs {
		pairs[i] = [2]byte{digits[i>>4], digits[i&15]}
	}
	return pairs
}()

// appendHex appends b in hexadecimal digits.
func appendHex(dst, b []byte) []byte {
	from := len(dst)
	dst = slices.Grow(dst, 2*len(b))[:from+2*len(b)]
	to := dst[from:]
	for _, c := range b {
		*(*[2]byte)(to) = hexPairs[c]
		to = to[2:]
	}
	return dst
}

// appendEscaped appends what stands between the quotes of a JSON string. What a
// client sends as its server name can be any bytes: those that are not UTF-8
// become U+FFFD, as in encoding/json.
func appendEscaped(dst, text []byte) []byte {
	for {
		n := plain(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		if c := text[n]; c < utf8.RuneSelf {
			dst = appendEscape(dst, c)
			text = text[n+1:]
			continue
		}
		r, size := utf8.DecodeRune(text[n:])
		dst = utf8.AppendRune(dst, r)
		text = text[n+size:]
	}
}

// plain returns how many bytes at the beginning of text stand for themselves.
func plain(text []byte) int {
	for i, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}
