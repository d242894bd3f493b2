package eventfile

import (
	"bytes"
	"testing"
)

// FuzzParse reads anything. What it takes, it has to write so that it reads the
// same again.
func FuzzParse(f *testing.F) {
	for _, k := range kinds {
		f.Add(Append(nil, full(k)))
	}
	for _, line := range []string{
		"", "#", "{}", `{"event":"tick"}`, `{"event":"insert","id":"hex:00","at":"+1s"}`, `{"event":"get","id":"a","id":"b"}`,
		`{"event":"reload","config":{"a":[1,2.5,{"b":null}]}}`, "{\"event\":\"\xff\"}", `[[[[`, `{"event":"wait","at":"2262-04-11T23:47:16.854775807Z"}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, mistake := parseLine(line)
		if mistake != nil {
			if mistake.Column < 1 || mistake.Column > len(line)+1 || mistake.Text == "" {
				t.Errorf("%q: %+v", line, mistake)
			}
			return
		}
		if e == nil {
			return
		}
		written := Append(nil, e)
		again, mistake := parseLine(written)
		if mistake != nil {
			t.Fatalf("%q is written as %q: %v", line, written, mistake)
		}
		if twice := Append(nil, again); !bytes.Equal(twice, written) {
			t.Errorf("%q is written as %q, and then as %q", line, written, twice)
		}
	})
}
