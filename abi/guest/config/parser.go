package config

import (
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// A parser reads JSON (RFC 8259) from the front of rest.
type parser struct{ rest []byte }

var errJSON = errors.New("config: not a JSON object")

// space skips white space.
func (p *parser) space() {
	for len(p.rest) > 0 {
		switch p.rest[0] {
		case ' ', '\t', '\n', '\r':
			p.rest = p.rest[1:]
		default:
			return
		}
	}
}

// peek skips white space and returns the byte behind it, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if len(p.rest) == 0 {
		return 0
	}
	return p.rest[0]
}

// take skips white space and c, and reports whether c was there.
func (p *parser) take(c byte) bool {
	if p.peek() != c || len(p.rest) == 0 {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) object(set func(string, Value) error, depth int) error {
	if !p.take('{') {
		return errJSON
	}
	if p.take('}') {
		return nil
	}
	for {
		if p.peek() != '"' {
			return errJSON
		}
		key, err := p.text()
		if err != nil {
			return err
		}
		if !p.take(':') {
			return errJSON
		}
		v, err := p.value(depth)
		if err != nil {
			return err
		}
		if set != nil {
			if err := set(key, v); err != nil {
				return keyed{key, err}
			}
		}
		if p.take('}') {
			return nil
		}
		if !p.take(',') {
			return errJSON
		}
	}
}

func (p *parser) array(add func(Value) error, depth int) error {
	if !p.take('[') {
		return errJSON
	}
	if p.take(']') {
		return nil
	}
	for {
		v, err := p.value(depth)
		if err != nil {
			return err
		}
		if add != nil {
			if err := add(v); err != nil {
				return err
			}
		}
		if p.take(']') {
			return nil
		}
		if !p.take(',') {
			return errJSON
		}
	}
}

// value reads one value, depth levels below the outermost.
func (p *parser) value(depth int) (Value, error) {
	if depth >= maxDepth {
		return Value{}, errors.New("config: nested too deeply")
	}
	c := p.peek()
	before := p.rest
	var err error
	switch {
	case c == '{':
		err = p.object(nil, depth+1)
	case c == '[':
		err = p.array(nil, depth+1)
	case c == '"':
		_, err = p.text()
	case c == '-' || c >= '0' && c <= '9':
		err = p.number()
	default:
		err = p.word()
	}
	return Value{before[:len(before)-len(p.rest)]}, err
}

func (p *parser) word() error {
	for _, w := range [...]string{"true", "false", "null"} {
		if len(p.rest) >= len(w) && string(p.rest[:len(w)]) == w {
			p.rest = p.rest[len(w):]
			return nil
		}
	}
	return errJSON
}

func (p *parser) number() error {
	p.skip('-')
	if !p.skip('0') && p.digits() == 0 {
		return errJSON
	}
	if p.skip('.') && p.digits() == 0 {
		return errJSON
	}
	if p.skip('e') || p.skip('E') {
		if !p.skip('+') {
			p.skip('-')
		}
		if p.digits() == 0 {
			return errJSON
		}
	}
	return nil
}

// skip skips c where it comes next, without white space.
func (p *parser) skip(c byte) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *parser) digits() (n int) {
	for n < len(p.rest) && p.rest[n] >= '0' && p.rest[n] <= '9' {
		n++
	}
	p.rest = p.rest[n:]
	return n
}

// text reads a string. What is not UTF-8 becomes U+FFFD, as in encoding/json.
func (p *parser) text() (string, error) {
	p.skip('"')
	var s []byte
	for len(p.rest) > 0 {
		c := p.rest[0]
		switch {
		case c == '"':
			p.rest = p.rest[1:]
			return string(s), nil
		case c < ' ':
			return "", errJSON
		case c == '\\':
			p.rest = p.rest[1:]
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			s = utf8.AppendRune(s, r)
		default:
			r, n := utf8.DecodeRune(p.rest)
			s = utf8.AppendRune(s, r)
			p.rest = p.rest[n:]
		}
	}
	return "", errJSON
}

// escape reads what follows a backslash.
func (p *parser) escape() (rune, error) {
	if len(p.rest) == 0 {
		return 0, errJSON
	}
	c := p.rest[0]
	p.rest = p.rest[1:]
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return p.unicode()
	}
	return 0, errJSON
}

// unicode reads what follows \u, and the second half of a surrogate pair. Half
// a pair becomes U+FFFD.
func (p *parser) unicode() (rune, error) {
	r, ok := hex4(p.rest)
	if !ok {
		return 0, errJSON
	}
	p.rest = p.rest[4:]
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if len(p.rest) >= 6 && p.rest[0] == '\\' && p.rest[1] == 'u' {
		if low, ok := hex4(p.rest[2:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				p.rest = p.rest[6:]
				return pair, nil
			}
		}
	}
	return utf8.RuneError, nil
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// A keyed error is one about the value of a key.
type keyed struct {
	key string
	err error
}

func (k keyed) Error() string { return "config: " + k.path() }

// path joins the keys of tables within tables.
func (k keyed) path() string {
	if inner, ok := k.err.(keyed); ok {
		return k.key + "." + inner.path()
	}
	return k.key + ": " + k.err.Error()
}

func (k keyed) Unwrap() error { return k.err }
