package main

import (
	"encoding/hex"
	"encoding/json"
	"testing"
)

// FuzzString holds the escaper against encoding/json, in both directions.
func FuzzString(f *testing.F) {
	for _, seed := range []string{"", "www.example.com", `"\`, "\x00\x1f\x7f\n\r\t\b\f", "é世😀", "\xff\xc3\x28\xed\xa0\x80", "a\xffb\"c", "\u2028\u2029<>&", "\xe2\x82"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		line := append(appendEscaped([]byte{'"'}, text), '"')
		var got, want string
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%q became %q: %v", text, line, err)
		}
		std, err := json.Marshal(string(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(std, &want); err != nil || got != want {
			t.Fatalf("%q means %q, and %q to encoding/json (%v)", line, got, want, err)
		}
		if h := appendHex([]byte("x"), text); string(h) != "x"+hex.EncodeToString(text) {
			t.Fatalf("%x became %s", text, h)
		}
	})
}
