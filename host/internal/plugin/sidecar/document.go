package sidecar

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/sesshook/sesshook/host/internal/plugin/lint/spelling"
)

// An Error is one mistake in a sidecar.
type Error struct {
	Name   string // of the file
	Line   int    // from 1
	Column int    // from 1, in bytes
	Key    string // that the mistake is about; empty where it is about the file
	Text   string // what is wrong, and what would be right
}

// Error returns "NAME.toml:3:1: instances: …".
func (e *Error) Error() string {
	if e.Key == "" {
		return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", e.Name, e.Line, e.Column, e.Key, e.Text)
}

// A position is a line and a column, from 1.
type position struct{ line, column int }

// A document is a parsed file: its top-level values, and where they stand.
type document struct {
	values map[string]any
	places map[string]position
}

// A parser collects the mistakes of one file.
type parser struct {
	name     string
	mistakes []*Error
}

// maxMistakes is how many mistakes of one file are told.
const maxMistakes = 20

func (p *parser) failf(at position, key, format string, args ...any) {
	if len(p.mistakes) == maxMistakes {
		return
	}
	p.mistakes = append(p.mistakes, &Error{p.name, at.line, at.column, key, fmt.Sprintf(format, args...)})
}

func (p *parser) err() error {
	sort.SliceStable(p.mistakes, func(i, j int) bool {
		a, b := p.mistakes[i], p.mistakes[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	switch len(p.mistakes) {
	case 0:
		return nil
	case 1:
		return p.mistakes[0]
	}
	all := make([]error, len(p.mistakes))
	for i, m := range p.mistakes {
		all[i] = m
	}
	return errors.Join(all...)
}

// read decodes the file, and finds the places of its keys and those that do
// not belong there. It does not use the decoder's strict mode: that takes
// "Enabled" for "enabled", and keeps no place of a key that is right and has
// the wrong value.
func (p *parser) read(data []byte) document {
	doc := document{map[string]any{}, map[string]position{}}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // editors on Windows write it
	if err := toml.Unmarshal(data, &doc.values); err != nil {
		p.syntax(err)
		return doc
	}
	p.walk(data, &doc)
	return doc
}

func (p *parser) syntax(err error) {
	at := position{1, 1}
	var where *toml.DecodeError
	if errors.As(err, &where) {
		at.line, at.column = where.Position()
	}
	p.failf(at, "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
}

// walk goes over the expressions of a document that has been decoded, which is
// therefore sound.
func (p *parser) walk(data []byte, doc *document) {
	var in unstable.Parser
	in.Reset(data)
	lines := linesOf(data)
	table, inTable := "", false // that the following lines belong to
	for in.NextExpression() {
		e := in.Expression()
		parts := e.Key()
		parts.Next()
		key, at := string(parts.Node().Data), lines.place(parts.Node())
		if e.Kind == unstable.KeyValue {
			if inTable {
				key = table
			} else {
				p.known(doc, key, at)
			}
			if key == "config" {
				p.finite(lines, e.Value(), at)
			}
			continue
		}
		table, inTable = key, true
		p.known(doc, key, at)
	}
	if err := in.Error(); err != nil {
		p.syntax(err)
	}
}

// lines are the offsets at which the lines of a file start.
type lines []int

func linesOf(data []byte) lines {
	starts := lines{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func (l lines) place(n *unstable.Node) position {
	at := int(n.Raw.Offset)
	line := sort.SearchInts(l, at+1)
	return position{line, at - l[line-1] + 1}
}

// known keeps the first place of a key, and refuses one that does not exist.
func (p *parser) known(doc *document, key string, at position) {
	if _, again := doc.places[key]; again {
		return
	}
	doc.places[key] = at
	if slices.Contains(keys, key) || len(p.mistakes) == maxMistakes {
		return
	}
	if near := spelling.Closest(key, keys); near != "" {
		p.failf(at, "", "unknown key %q: did you mean %s?", key, near)
		return
	}
	p.failf(at, "", "unknown key %q: a sidecar has %s; what is for the plugin itself goes under [config]", key, strings.Join(keys, ", "))
}

// finite refuses the numbers that JSON does not have, in n and below; key is
// where the expression starts.
func (p *parser) finite(in lines, n *unstable.Node, key position) {
	if n.Kind == unstable.Float {
		text := string(n.Data)
		if strings.HasSuffix(text, "inf") || strings.HasSuffix(text, "nan") {
			at := key
			if n.Raw.Length > 0 {
				at = in.place(n)
			}
			p.failf(at, "config", "%s cannot be handed to a plugin: JSON has no such number", text)
		}
		return
	}
	if n.Kind != unstable.Array && n.Kind != unstable.InlineTable && n.Kind != unstable.KeyValue {
		return
	}
	for children := n.Children(); children.Next(); {
		p.finite(in, children.Node(), key)
	}
}
