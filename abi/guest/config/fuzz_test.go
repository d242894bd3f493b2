package config

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

// FuzzEach holds the reader against encoding/json: the same inputs are
// objects, with the same keys and the same values.
func FuzzEach(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, ` { "a" : [ 1 , -2.5e+3 , "x" ] , "b" : { "c" : null } } `, `{"a":"\ud83d\ude00\ud83d\n"}`,
		`{"a":1,"a":2}`, `{"a":01}`, `{"a":tru}`, "{\"\xff\":\"\xe2\x82\"}", `{"a":"\ud800\udc00\udc00"}`, `{"a":1}}`,
		`{"a":[[[]]]}`, `{"a":0e0}`, `{"a":1E-1}`, "{\"a\"\x00:1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.Count(raw, []byte("["))+bytes.Count(raw, []byte("{")) >= maxDepth {
			return // encoding/json has no limit as low
		}
		got := map[string]json.RawMessage{}
		err := Each(raw, func(key string, v Value) error {
			got[key] = v.Raw()
			sameText(t, v)
			return nil
		})
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(raw, &want)
		if wantErr == nil && want == nil {
			return // null is an empty map to encoding/json
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("error %v, and encoding/json says %v", err, wantErr)
		}
		if err == nil && !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("%s, and encoding/json says %s", got, want)
		}
	})
}

func sameText(t *testing.T, v Value) {
	t.Helper()
	s, err := v.String()
	var want string
	if v.Raw()[0] != '"' {
		if err == nil {
			t.Fatalf("%s was read as a string", v.Raw())
		}
		return
	}
	if wantErr := json.Unmarshal(v.Raw(), &want); err != nil || wantErr != nil || s != want {
		t.Fatalf("%q, %v, and encoding/json says %q, %v", s, err, want, wantErr)
	}
}

// FuzzDuration holds durations against time.ParseDuration.
func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"0", "", "90s", "1h30m", "250ms", "1us2µs3μs4ns", "1.5h", "-1s", "+1s", "1", "s", "9223372036854775807ns", "9223372036854775808ns", "2562048h", "99999999999999999999s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := duration(s)
		want, err := time.ParseDuration(s)
		if ok != (err == nil && !strings.ContainsAny(s, "+-.")) {
			t.Fatalf("%q: read %v, and package time says %v", s, ok, err)
		}
		if ok && got != int64(want) {
			t.Fatalf("%q: %d, and package time says %d", s, got, want)
		}
	})
}
