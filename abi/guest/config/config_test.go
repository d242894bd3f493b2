package config_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/sesshook/sesshook/abi/guest/config"
)

func ExampleEach() {
	raw := []byte(`{"max_age": "12h", "server_names": ["a.example", "b.example"]}`)
	var maxAge int64
	var names []string
	err := config.Each(raw, func(key string, v config.Value) (err error) {
		switch key {
		case "max_age":
			maxAge, err = v.Duration()
		case "server_names":
			names, err = v.Strings()
		default:
			err = config.Unknown("max_age", "server_names")
		}
		return err
	})
	fmt.Println(maxAge, names, err)
	// Output: 43200000000000 [a.example b.example] <nil>
}

func ExampleUnknown() {
	err := config.Each([]byte(`{"max_aeg": "12h"}`), func(string, config.Value) error {
		return config.Unknown("max_age", "server_names")
	})
	fmt.Println(err)
	// Output: config: max_aeg: no such setting; there are: max_age, server_names
}

// value returns the one value of a table {"k": raw}.
func value(t *testing.T, raw string) (v config.Value) {
	t.Helper()
	err := config.Each([]byte(`{"k": `+raw+` }`), func(_ string, got config.Value) error {
		v = got
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValuesAreReadAsWhatTheyAre(t *testing.T) {
	asString := func(v config.Value) (any, error) { return v.String() }
	asBool := func(v config.Value) (any, error) { return v.Bool() }
	asInt := func(v config.Value) (any, error) { return v.Int() }
	asDuration := func(v config.Value) (any, error) { return v.Duration() }
	asStrings := func(v config.Value) (any, error) { return v.Strings() }
	for _, c := range []struct {
		name string
		raw  string
		read func(config.Value) (any, error)
		want any    // where it can be read
		err  string // where it cannot
	}{
		{"a string", `"x"`, asString, "x", ""},
		{"a string with escapes", `"\"\\\/\b\f\n\r\tä\u00e4\ud83d\ude00"`, asString, "\"\\/\b\f\n\r\tää😀", ""},
		{"half a surrogate pair", `"\ud83dx"`, asString, "\ufffdx", ""},
		{"half a pair before another rune", `"\ud83d\u0041"`, asString, "\ufffdA", ""},
		{"a number is no string", `1`, asString, nil, "config: k: 1 is not a string"},
		{"true", `true`, asBool, true, ""},
		{"false", `false`, asBool, false, ""},
		{"null is no bool", `null`, asBool, nil, "config: k: null is not true or false"},
		{"the largest number", `9223372036854775807`, asInt, int64(1<<63 - 1), ""},
		{"a negative number", `-12`, asInt, int64(-12), ""},
		{"a number that is too large", `9223372036854775808`, asInt, nil, "config: k: 9223372036854775808 is not a whole number"},
		{"a fraction is no whole number", `1.5`, asInt, nil, "config: k: 1.5 is not a whole number"},
		{"a duration", `"1h30m"`, asDuration, int64(5400e9), ""},
		{"a duration with a space", `"1 h"`, asDuration, nil, `config: k: "1 h" is not a duration such as "90s" or "12h"`},
		{"a number is no duration", `90`, asDuration, nil, `config: k: 90 is not a duration such as "90s" or "12h"`},
		{"a list", `[ "a" , "b" ]`, asStrings, []string{"a", "b"}, ""},
		{"an empty list", `[]`, asStrings, []string(nil), ""},
		{"a list with a number", `["a", 1]`, asStrings, nil, "config: k: 1 is not a string"},
		{"a string is no list", `"a"`, asStrings, nil, `config: k: "a" is not a list of strings`},
		{"what is wrong is shown in part", `"` + strings.Repeat("x", 100) + `"`, asBool, nil, `config: k: "` + strings.Repeat("x", 60) + `... is not true or false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got any
			err := config.Each([]byte(`{"k":`+c.raw+`}`), func(_ string, v config.Value) (err error) {
				got, err = c.read(v)
				return err
			})
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("error %v, want %s", err, c.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%#v, %v, want %#v", got, err, c.want)
			}
		})
	}
}

func TestTablesWithinTablesAreReadByEach(t *testing.T) {
	err := value(t, `{"a": {"b": 1}}`).Each(func(_ string, v config.Value) error {
		return v.Each(func(key string, v config.Value) error {
			if n, err := v.Int(); key != "b" || n != 1 || err != nil {
				t.Errorf("%s = %d, %v", key, n, err)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestErrorsNameTheWholePath(t *testing.T) {
	cause := errors.New("cause")
	err := config.Each([]byte(`{"a": {"b": 1}}`), func(_ string, v config.Value) error {
		return v.Each(func(string, config.Value) error { return cause })
	})
	if !errors.Is(err, cause) || err.Error() != "config: a.b: cause" {
		t.Fatalf("error %v", err)
	}
}

func TestWhatIsNotATableIsAnError(t *testing.T) {
	for _, raw := range []string{
		``, `[]`, `"x"`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{"a":01}`, `{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a":tru}`,
		`{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{"a":"`, `{"a":[1,]}`, `{} {}`, `{a:1}`, "{\"a\"\x00:1}",
		`{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
	} {
		if err := config.Each([]byte(raw), func(string, config.Value) error { return nil }); err == nil {
			t.Errorf("%s was read", raw)
		}
	}
}
