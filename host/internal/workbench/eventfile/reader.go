package eventfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sesshook/sesshook/host/internal/plugin/lint/spelling"
)

// MaxLine is the longest line that is read, in bytes.
const MaxLine = 4 << 20

// An Error is one mistake in a file.
type Error struct {
	Name   string // of the file
	Line   int    // from 1
	Column int    // from 1, in bytes
	Text   string // what is wrong, and what would be right
}

// Error returns "events.jsonl:3:17: …".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.Name, e.Line, e.Column, e.Text) }

// ReadAll reads the events of a file; name is for messages. An error is that of
// the file, or an *Error, or as many joined (errors.Join) as there are mistakes,
// up to a limit. Empty lines, and those that begin with #, are skipped. Where the
// first of the others shows that the file is none of this kind, that is all.
func ReadAll(name string, r io.Reader) ([]Event, error) {
	in := bufio.NewReader(r)
	var all []Event
	var mistakes []error
	for number := 1; len(mistakes) < maxMistakes; number++ {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			mistake := &Error{name, number, 1, err.Error()}
			return nil, errors.Join(append(mistakes, mistake)...)
		}
		e, mistake := parseLine(line)
		switch {
		case mistake != nil:
			mistake.Name, mistake.Line = name, number
			if other := otherFile(line); other != "" && len(all)+len(mistakes) == 0 {
				mistake.Text += other
				return nil, mistake
			}
			mistakes = append(mistakes, mistake)
		case e != nil:
			if e.Kind == Host && len(all) > 0 {
				mistakes = append(mistakes, &Error{name, number, 1, `"host" says which node the events are of: it is the first line, or none`})
			}
			e.Line = number
			all = append(all, *e)
		}
		if err != nil {
			break
		}
	}
	switch len(mistakes) {
	case 0:
		return all, nil
	case 1:
		return nil, mistakes[0]
	}
	return nil, errors.Join(mistakes...)
}

// otherFile returns a hint where a line is none of a file of events, whatever is
// wrong with the next ones.
func otherFile(line []byte) string {
	switch body := bytes.TrimSpace(line); {
	case pretty(body):
		return ": write one object a line, without line breaks in it"
	case len(body) > 0 && body[0] != '{' && !json.Valid(body):
		return ": is this a JSON lines file?"
	}
	return ""
}

// pretty reports whether a line is the first of several that make one value.
func pretty(body []byte) bool {
	if len(body) == 0 || body[0] != '{' && body[0] != '[' || json.Valid(body) {
		return false
	}
	last := body[len(body)-1]
	return last == '{' || last == '[' || last == ','
}

// maxMistakes is how many mistakes of one file are told.
const maxMistakes = 20

// readLine returns the next line without its end; with io.EOF the last one.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxLine:
			return nil, fmt.Errorf("the line is longer than %d MiB: a line holds one event", MaxLine>>20)
		case errors.Is(err, bufio.ErrBufferFull):
		default:
			return bytes.TrimRight(line, "\r\n"), err
		}
	}
}

// Parse reads one line; nil is that it says nothing. An error is an *Error
// without a name and a line.
func Parse(line []byte) (*Event, error) {
	e, mistake := parseLine(line)
	if mistake != nil {
		return nil, mistake
	}
	return e, nil
}

func parseLine(line []byte) (*Event, *Error) {
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	body := bytes.TrimSpace(line)
	if len(body) == 0 || body[0] == '#' {
		return nil, nil
	}
	p := &parser{line: line}
	if at := invalidUTF8(line); at >= 0 {
		return nil, p.fail(at, "the line is not UTF-8: write other bytes as hex:c0ffee")
	}
	if err := json.Unmarshal(line, new(json.RawMessage)); err != nil {
		return nil, p.syntax(err)
	}
	if body[0] != '{' {
		return nil, p.fail(bytes.IndexByte(line, body[0]), `the line is not an event: write {"event": "insert", "id": "a"}`)
	}
	return p.parse()
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// A parser reads one line, which is a JSON object.
type parser struct {
	line    []byte
	members []member
}

// A member is one of the object's, and where it stands.
type member struct {
	name    string
	at      int // of its name
	value   json.RawMessage
	valueAt int
}

func (p *parser) fail(at int, format string, args ...any) *Error {
	return &Error{Column: at + 1, Text: fmt.Sprintf(format, args...)}
}

// syntax tells of JSON that is none.
func (p *parser) syntax(err error) *Error {
	at := len(p.line)
	if where := (*json.SyntaxError)(nil); errors.As(err, &where) {
		at = max(int(where.Offset)-1, 0)
		if strings.HasPrefix(where.Error(), "unexpected end") {
			at = len(p.line)
		}
	}
	return p.fail(at, "this is not JSON: %v", err)
}

// split finds the members of the object. Its syntax has been checked.
func (p *parser) split() *Error {
	dec := json.NewDecoder(bytes.NewReader(p.line))
	_, _ = dec.Token() // the brace
	for dec.More() {
		m := member{at: p.skip(int(dec.InputOffset()))}
		token, _ := dec.Token()
		m.name, _ = token.(string)
		m.valueAt = p.skip(int(dec.InputOffset()))
		if err := dec.Decode(&m.value); err != nil {
			return p.syntax(err)
		}
		for _, other := range p.members {
			if other.name == m.name {
				return p.fail(m.at, "%q stands there twice", clip(m.name))
			}
		}
		p.members = append(p.members, m)
	}
	return nil
}

// skip returns where the next token begins.
func (p *parser) skip(at int) int {
	for at < len(p.line) && strings.IndexByte(" \t\r\n,:", p.line[at]) >= 0 {
		at++
	}
	return at
}

func (p *parser) parse() (*Event, *Error) {
	if mistake := p.split(); mistake != nil {
		return nil, mistake
	}
	e := &Event{}
	if mistake := p.kind(e); mistake != nil {
		return nil, mistake
	}
	for _, m := range p.members {
		if m.name == "event" {
			continue
		}
		if mistake := p.field(e, m); mistake != nil {
			return nil, mistake
		}
	}
	for _, name := range needed[e.Kind] {
		if !e.Has(name) {
			return nil, p.fail(0, "%s needs %q", e.Kind, name)
		}
	}
	if e.Has("session") && e.Has("data") {
		return nil, p.fail(0, `an event has "session" (sealed) or "data" (in clear), not both`)
	}
	return e, nil
}

// kind finds out which event the line is.
func (p *parser) kind(e *Event) *Error {
	i := slices.IndexFunc(p.members, func(m member) bool { return m.name == "event" })
	if i < 0 {
		for _, m := range p.members {
			if spelling.Closest(m.name, []string{"event"}) != "" {
				return p.fail(m.at, `unknown field %q; did you mean "event"?`, clip(m.name))
			}
		}
		return p.fail(0, `the line does not say which event it is: "event" is missing, which is one of %s`, kindNames())
	}
	m := p.members[i]
	name, err := stringOf(m.value)
	if err != nil {
		return p.fail(m.valueAt, `"event": %v`, err)
	}
	if e.Kind = Kind(name); slices.Contains(kinds, e.Kind) {
		return nil
	}
	near := ofHook(name)
	if near == "" {
		near = spelling.Closest(name, strings.Split(kindNames(), ", "))
	}
	if near != "" {
		return p.fail(m.valueAt, "unknown event %q; did you mean %q?", clip(name), near)
	}
	return p.fail(m.valueAt, "unknown event %q: the events are %s", clip(name), kindNames())
}

// ofHook returns the event that has a hook called, "" where name is of none.
func ofHook(name string) string {
	event, ok := strings.CutPrefix(name, "on_")
	event = strings.TrimPrefix(event, "session_")
	if event == "messages_lost" {
		event = string(Lost)
	}
	if ok && slices.Contains(kinds, Kind(event)) {
		return event
	}
	return ""
}

func kindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// field reads one member.
func (p *parser) field(e *Event, m member) *Error {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.name })
	if i < 0 {
		if near := spelling.Closest(m.name, fieldNames(e.Kind)); near != "" {
			return p.fail(m.at, "unknown field %q; did you mean %q?", clip(m.name), near)
		}
		return p.fail(m.at, "unknown field %q: %s has %s", clip(m.name), e.Kind, strings.Join(fieldNames(e.Kind), ", "))
	}
	if !fields[i].takes(e.Kind) {
		return p.fail(m.at, "%s has no field %q: it has %s", e.Kind, m.name, strings.Join(fieldNames(e.Kind), ", "))
	}
	if err := fields[i].read(e, m.value); err != nil {
		return p.fail(m.valueAt, "%q: %v", m.name, err)
	}
	e.given |= 1 << i
	if m.name == "at" {
		e.atAt = m.valueAt + 1
	}
	return nil
}
