package eventfile

import (
	"bytes"
	"encoding/json"
)

// Append appends e as a line of a file, its end included, to b. Fields that were
// not given are left out.
func Append(b []byte, e *Event) []byte {
	b = append(b, `{"event":`...)
	b = appendJSON(b, string(e.Kind))
	for i := range fields {
		if e.given&(1<<i) == 0 {
			continue
		}
		b = append(b, ',')
		b = appendJSON(b, fields[i].name)
		b = append(b, ':')
		b = appendJSON(b, fields[i].write(e))
	}
	return append(b, '}', '\n')
}

// appendJSON appends v without the escapes that JSON within HTML needs.
func appendJSON(b []byte, v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings, numbers and what was decoded before
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
