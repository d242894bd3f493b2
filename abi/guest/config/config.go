// Package config reads the [config] table of a plugin's sidecar, which the host
// hands over as a JSON object, without encoding/json: that makes the module of
// a Go plugin larger by 1.4 MB, and this by 15 KB.
//
//	raw, err := guest.Config()
//	if err != nil {
//		return err
//	}
//	return config.Each(raw, func(key string, v config.Value) (err error) {
//		switch key {
//		case "max_age":
//			p.maxAge, err = v.Duration()
//		case "server_names":
//			p.serverNames, err = v.Strings()
//		default:
//			err = config.Unknown("max_age", "server_names")
//		}
//		return err
//	})
//
// It reads all of JSON, but tables within tables only by a further Each, and
// gives numbers as int64. Its functions share no state.
package config

import (
	"errors"
	"strconv"
	"strings"
)

// maxDepth is how deep arrays and objects may be nested in what is read. The
// host writes what it has read from a file; this bounds the stack even so.
const maxDepth = 64

// Each reads the JSON object in raw and calls set for each of its keys, in
// their order. The first error ends the reading, and is returned with the key
// in front. Values share memory with raw.
func Each(raw []byte, set func(key string, v Value) error) error {
	p := parser{rest: raw}
	if err := p.object(set, 0); err != nil {
		return err
	}
	if p.space(); len(p.rest) > 0 {
		return errors.New("config: something follows the table's end")
	}
	return nil
}

// Unknown returns the error for a key that is none of those the plugin knows,
// which it lists.
func Unknown(known ...string) error {
	if len(known) == 0 {
		return errors.New("no such setting: the plugin has none")
	}
	return errors.New("no such setting; there are: " + strings.Join(known, ", "))
}

// A Value is one JSON value.
type Value struct {
	raw []byte // one valid value, without white space around it
}

// Raw returns the value as JSON. It shares memory with what Each was given.
func (v Value) Raw() []byte { return v.raw }

// String returns a string.
func (v Value) String() (string, error) {
	p := parser{rest: v.raw}
	if p.peek() != '"' {
		return "", v.not("a string")
	}
	return p.text()
}

// Bool returns true or false.
func (v Value) Bool() (bool, error) {
	switch string(v.raw) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, v.not("true or false")
}

// Int returns a whole number.
func (v Value) Int() (int64, error) {
	n, err := strconv.ParseInt(string(v.raw), 10, 64)
	if err != nil {
		return 0, v.not("a whole number")
	}
	return n, nil
}

// Duration returns the length in ns of a string such as "90s", "1h30m" or
// "250ms": what time.ParseDuration reads, without signs and fractions.
func (v Value) Duration() (int64, error) {
	s, err := v.String()
	if err != nil {
		return 0, v.not(`a duration such as "90s" or "12h"`)
	}
	d, ok := duration(s)
	if !ok {
		return 0, v.not(`a duration such as "90s" or "12h"`)
	}
	return d, nil
}

// Strings returns an array of strings.
func (v Value) Strings() ([]string, error) {
	p := parser{rest: v.raw}
	if p.peek() != '[' {
		return nil, v.not("a list of strings")
	}
	var all []string
	err := p.array(func(item Value) error {
		s, err := item.String()
		all = append(all, s)
		return err
	}, 0)
	return all, err
}

// Each calls set for each key of a table, as the function Each does.
func (v Value) Each(set func(key string, v Value) error) error {
	p := parser{rest: v.raw}
	if p.peek() != '{' {
		return v.not("a table")
	}
	return p.object(set, 0)
}

// not says that v is not what the caller wants.
func (v Value) not(what string) error {
	shown := string(v.raw)
	if len(shown) > 64 {
		shown = shown[:61] + "..."
	}
	return errors.New(shown + " is not " + what)
}
