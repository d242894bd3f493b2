package sidecar

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/lint/spelling"
)

// kind names what a TOML value is.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case time.Time, toml.LocalDate, toml.LocalTime, toml.LocalDateTime:
		return "a date or time"
	case []any:
		return "a list"
	}
	return "a table"
}

// get returns the value of a key, if there is one and it is a T.
func get[T any](p *parser, doc document, key, want string) (v T, ok bool) {
	raw, found := doc.values[key]
	if !found {
		return v, false
	}
	if v, ok = raw.(T); !ok {
		p.failf(doc.places[key], key, "it has to be %s, and it is %s", want, kind(raw))
	}
	return v, ok
}

func (p *parser) flag(doc document, key string, to *bool) {
	if v, ok := get[bool](p, doc, key, "true or false"); ok {
		*to = v
	}
}

func number[T int | int64](p *parser, doc document, key string, to *T, least, most int64) {
	v, ok := get[int64](p, doc, key, "a whole number")
	switch {
	case !ok:
	case v < least || v > most:
		p.failf(doc.places[key], key, "it has to be %d to %d, and it is %d", least, most, v)
	default:
		*to = T(v)
	}
}

func (p *parser) size(doc document, key string, to *Size, least, most Size) {
	raw, found := doc.values[key]
	if !found {
		return
	}
	var size Size
	switch v := raw.(type) {
	case int64:
		size = Size(max(v, 0))
	case string:
		var err error
		if size, err = ParseSize(v); err != nil {
			p.failf(doc.places[key], key, "%v", err)
			return
		}
	default:
		p.failf(doc.places[key], key, `it has to be a size such as "16MiB", or a number of bytes, and it is %s`, kind(raw))
		return
	}
	if size < least || size > most {
		p.failf(doc.places[key], key, "it has to be %s to %s, and it is %v", least, most, raw)
		return
	}
	*to = size
}

func (p *parser) duration(doc document, key string, to *time.Duration, least, most time.Duration) {
	text, ok := get[string](p, doc, key, `a duration in quotes, such as "1s" or "50ms"`)
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		p.failf(doc.places[key], key, `%q is no duration: write a number with its unit, such as "1s", "50ms" or "1m30s"`, text)
	case d < least || d > most:
		p.failf(doc.places[key], key, "it has to be %s to %s, and it is %s", brief(least), brief(most), text)
	default:
		*to = d
	}
}

// brief writes a duration without the parts that are zero: "24h", not "24h0m0s".
func brief(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func (p *parser) hash(doc document, key string, to *string) {
	text, ok := get[string](p, doc, key, "64 hexadecimal digits in quotes")
	if !ok {
		return
	}
	if sum, err := hex.DecodeString(text); err != nil || len(sum) != 32 {
		p.failf(doc.places[key], key, "it has to be 64 hexadecimal digits, the output of sha256sum for the module, and it is %d characters long%s", len(text), otherThanHex(text))
		return
	}
	*to = strings.ToLower(text)
}

func otherThanHex(text string) string {
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }); i >= 0 {
		return fmt.Sprintf(" with %q in it", []rune(text[i:])[0])
	}
	return ""
}

// choice sets to where the value is the second of the two words.
func (p *parser) choice(doc document, key string, to *bool, no, yes string) {
	text, ok := get[string](p, doc, key, fmt.Sprintf("%q or %q", no, yes))
	switch {
	case !ok:
	case text == yes || text == no:
		*to = text == yes
	default:
		p.failf(doc.places[key], key, "it has to be %q or %q, and it is %q", no, yes, text)
	}
}

func (p *parser) grants(doc document, to *[]abi.Grant) {
	const key = "grants"
	list, ok := get[[]any](p, doc, key, `a list such as ["sessions:read", "kv"]`)
	if !ok {
		return
	}
	*to = []abi.Grant{}
	for i, raw := range list {
		text, isText := raw.(string)
		grant := abi.Grant(text)
		switch {
		case !isText:
			p.failf(doc.places[key], key, "number %d has to be a string, and it is %s", i+1, kind(raw))
		case !slices.Contains(abi.Grants(), grant):
			p.failf(doc.places[key], key, "there is no grant %q%s", text, meant(text))
		case !slices.Contains(*to, grant):
			*to = append(*to, grant)
		}
	}
}

// meant says which grant was meant, or which there are.
func meant(text string) string {
	var names []string
	for _, g := range abi.Grants() {
		names = append(names, string(g))
	}
	if near := spelling.Closest(text, names); near != "" {
		return ": did you mean " + near + "?"
	}
	return ": there are " + strings.Join(names, ", ")
}

// config turns the table into JSON: its keys sorted, dates and times as
// strings of RFC 3339, numbers as they are.
func (p *parser) config(doc document, to *[]byte) {
	table, ok := get[map[string]any](p, doc, "config", "a table: [config]")
	if !ok || p.err() != nil {
		return
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(table); err != nil {
		p.failf(doc.places["config"], "config", "it cannot be handed to a plugin as JSON: %v", err)
		return
	}
	*to = bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
