package eventfile

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/session"
)

// sealed is what a sealed session begins like.
const sealed = "\xf5ssk\x01, and so on"

var sealed64 = base64.StdEncoding.EncodeToString([]byte(sealed))

func TestLinesAreRead(t *testing.T) {
	noon := time.Date(2026, 1, 31, 12, 0, 0, 5e6, time.UTC).UnixNano()
	node := session.Node{0x3f, 0x2a, 0x9c, 0x01, 0xd4, 0xe5}
	for _, tt := range []struct {
		line string
		want Event
	}{
		{`{"event":"insert","id":"a"}`, Event{Kind: Insert, ID: "a"}},
		{"  \t{ \"id\" : \"a\" , \"event\" : \"get\" } \r", Event{Kind: Get, ID: "a"}},
		{"\ufeff" + `{"event":"tick"}`, Event{Kind: Tick}},
		{`{"event":"insert","id":"hex:c0ffee"}`, Event{Kind: Insert, ID: "\xc0\xff\xee"}},
		{`{"event":"insert","id":"base64:wP/u"}`, Event{Kind: Insert, ID: "\xc0\xff\xee"}},
		{`{"event":"insert","id":"text:hex:c0"}`, Event{Kind: Insert, ID: "hex:c0"}},
		{`{"event":"insert","id":"\u00e4\n"}`, Event{Kind: Insert, ID: "ä\n"}},
		{
			`{"event":"insert","at":"2026-01-31T12:00:00.005Z","id":"a","server_name":"n","alpn":"h2","tls_version":"1.2","cipher_suite":"TLS_AES_128_GCM_SHA256","format":"go-tls","client_cert":true,"resumed":true,"home":"3f2a9c01d4e5","created":"-1h","expires":"+24h","overwrite":true,"origin":"plugin","plugin":"share","seq":7,"data":"x"}`,
			Event{Kind: Insert, At: At(noon), ID: "a", ServerName: "n", ALPN: "h2", Version: 0x0303, CipherSuite: 0x1301, Format: abi.GoTLS, ClientCert: true, Resumed: true, Home: node, Created: After(-time.Hour), Expires: After(24 * time.Hour), Overwrite: true, Origin: abi.FromPlugin, Plugin: "share", Seq: 7, Data: []byte("x")},
		},
		{`{"event":"insert","id":"a","tls_version":"TLS 1.3","cipher_suite":"0xc02f","session":"` + sealed64 + `"}`, Event{Kind: Insert, ID: "a", Version: 0x0304, CipherSuite: 0xc02f, Session: []byte(sealed)}},
		{`{"event":"insert","id":"a","tls_version":"0x0305"}`, Event{Kind: Insert, ID: "a", Version: 0x0305}},
		{`{"event":"remove","id":"a","reason":"evicted","origin":"host"}`, Event{Kind: Remove, ID: "a", Reason: abi.Evicted, Origin: abi.FromHost}},
		{`{"event":"miss","id":"a","home":"3f2a9c01d4e5","reply":"hex:00"}`, Event{Kind: Miss, ID: "a", Home: node, Reply: []byte{0}}},
		{`{"event":"message","topic":"t.x-1","key":"k","data":"","node":"3F2A9C01D4E5"}`, Event{Kind: Message, Topic: "t.x-1", Key: []byte("k"), Data: []byte{}, Node: node}},
		{`{"event":"lost","topic":"t","count":18446744073709551615,"heard":"-1s"}`, Event{Kind: Lost, Topic: "t", Count: 1<<64 - 1, Heard: After(-time.Second)}},
		{`{"event":"answer","topic":"t"}`, Event{Kind: Answer, Topic: "t"}},
		{`{"event":"farm","up":false}`, Event{Kind: Farm}},
		{`{"event":"wait","at":"+1.5s"}`, Event{Kind: Wait, At: After(1500 * time.Millisecond)}},
		{`{"event":"host","node":"3f2a9c01d4e5"}`, Event{Kind: Host, Node: node}},
		{`{"event":"dropped","count":3}`, Event{Kind: Dropped, Count: 3}},
	} {
		e, err := Parse([]byte(tt.line))
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		e.given, e.atAt = 0, 0
		if !reflect.DeepEqual(*e, tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.line, *e, tt.want)
		}
	}
}

func TestConfigOfAReloadKeepsItsNumbers(t *testing.T) {
	e, err := Parse([]byte(`{"event":"reload","config":{"n":10000000000000001,"f":1.50,"l":[true,"x"],"t":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(e.Config); got != "map[f:1.50 l:[true x] n:10000000000000001 t:map[]]" {
		t.Error(got)
	}
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for _, tt := range []struct {
		behaviour, line, want string
	}{
		{"no JSON", `{"event":"tick"`, `f:1:16: this is not JSON: unexpected end of JSON input`},
		{"JSON with an error", `{"event":"tick",}`, `f:1:17: this is not JSON: invalid character '}' looking for beginning of object key string`},
		{"two on a line", `{"event":"tick"} {"event":"tick"}`, `f:1:18: this is not JSON`},
		{"no object", ` ["tick"]`, `f:1:2: the line is not an event: write {"event"`},
		{"not UTF-8", "{\"event\":\"\xff\"}", `f:1:11: the line is not UTF-8`},
		{"no event", `{"id":"a"}`, `f:1:1: the line does not say which event it is: "event" is missing`},
		{"event misspelt", `{"id":"a", "evnt":"get"}`, `f:1:12: unknown field "evnt"; did you mean "event"?`},
		{"event is no string", `{"event": 7}`, `f:1:11: "event": 7 is not a string`},
		{"name of the event misspelt", `{"event": "isnert"}`, `f:1:11: unknown event "isnert"; did you mean "insert"?`},
		{"a hook", `{"event":"on_session_insert","id":"a"}`, `f:1:10: unknown event "on_session_insert"; did you mean "insert"?`},
		{"unknown event", `{"event": "frobnicate"}`, `f:1:11: unknown event "frobnicate": the events are insert, get,`},
		{"field misspelt", `{"event":"insert","id":"a","sever_name":"x"}`, `f:1:28: unknown field "sever_name"; did you mean "server_name"?`},
		{"unknown field", `{"event":"tick","colour":1}`, `f:1:17: unknown field "colour": tick has event, at, reply`},
		{"field of another event", `{"event":"tick","id":"a"}`, `f:1:17: tick has no field "id": it has event, at, reply`},
		{"field twice", `{"event":"get","id":"a","id":"b"}`, `f:1:25: "id" stands there twice`},
		{"field is missing", `{"event":"get"}`, `f:1:1: get needs "id"`},
		{"both sessions", `{"event":"get","id":"a","data":"x","session":"` + sealed64 + `"}`, `f:1:1: an event has "session" (sealed) or "data" (in clear), not both`},
		{"id is a number", `{"event":"get","id":  5}`, `f:1:23: "id": 5 is not a string: write it in quotes`},
		{"id is empty", `{"event":"get","id":""}`, `f:1:21: "id": an id has 1 to 256 bytes, this one has 0`},
		{"id is too long", `{"event":"get","id":"` + long[:257] + `"}`, `this one has 257`},
		{"id is not hex", `{"event":"get","id":"hex:c0f"}`, `"c0f" are not hexadecimal digits`},
		{"id is not base64", `{"event":"get","id":"base64:!"}`, `"!" is not base64`},
		{"time without a zone", `{"event":"wait","at":"2026-01-31 12:00"}`, `f:1:22: "at": "2026-01-31 12:00" is not a time: write 2026-01-31T12:00:00Z, or +1.5s`},
		{"time out of range", `{"event":"wait","at":"9999-01-31T12:00:00Z"}`, `is out of range: times are from 1678 to 2261`},
		{"duration without a unit", `{"event":"wait","at":"+5"}`, `"+5" is not a duration: write one with its unit`},
		{"duration out of range", `{"event":"wait","at":"+4000000h"}`, `f:1:22: "at": "+4000000h" is out of range: the longest is +2562047h47m16.854775807s`},
		{"version", `{"event":"get","id":"a","tls_version":"1.4"}`, `"1.4" is not a TLS version: write 1.2 or 1.3`},
		{"cipher suite", `{"event":"get","id":"a","cipher_suite":"AES"}`, `"AES" is not a cipher suite`},
		{"reason misspelt", `{"event":"remove","id":"a","reason":"evcted"}`, `f:1:37: "reason": "evcted" is not a reason; did you mean "evicted"?`},
		{"reason", `{"event":"remove","id":"a","reason":"boredom"}`, `it is one of explicit, expired, evicted, consumed`},
		{"origin", `{"event":"get","id":"a","origin":"me"}`, `"me" is not an origin`},
		{"format", `{"event":"get","id":"a","format":"pem"}`, `"pem" is not a format`},
		{"node", `{"event":"host","node":"3f"}`, `"3f" is not a node id`},
		{"topic", `{"event":"message","topic":"a b"}`, `"a b" is not a topic`},
		{"flag", `{"event":"insert","id":"a","overwrite":1}`, `1 is neither true nor false`},
		{"null", `{"event":"insert","id":"a","overwrite":null}`, `null is neither true nor false`},
		{"count", `{"event":"lost","topic":"t","count":-1}`, `-1 is not a whole number of 0 or more`},
		{"server name", `{"event":"get","id":"a","server_name":"` + long + `"}`, `at most 65535 bytes, this one has 70000`},
		{"alpn", `{"event":"get","id":"a","alpn":"` + long[:256] + `"}`, `at most 255 bytes, this one has 256`},
		{"key", `{"event":"message","topic":"t","key":"` + long[:257] + `"}`, `at most 256 bytes, this one has 257`},
		{"session in clear", `{"event":"insert","id":"a","session":"AAAA"}`, `this is not a sealed session`},
		{"config is no table", `{"event":"reload","config":[]}`, `[] is not a table`},
		{"config with null", `{"event":"reload","config":{"a":[{"b":null}]}}`, `null is nothing that a sidecar's [config] can hold`},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			_, err := ReadAll("f", strings.NewReader(tt.line))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s\ngot  %v\nwant %s", tt.line, err, tt.want)
			}
		})
	}
}

func TestAFileHasLines(t *testing.T) {
	all, err := ReadAll("f", strings.NewReader("# a comment\n\n{\"event\":\"tick\"}\r\n   # another\n{\"event\":\"wait\",\"at\":\"+1s\"}"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0].Line != 3 || all[1].Line != 5 || all[1].Kind != Wait {
		t.Errorf("%+v", all)
	}
}

func TestEveryMistakeOfAFileIsTold(t *testing.T) {
	_, err := ReadAll("f", strings.NewReader("{}\n{\"event\":\"tick\"}\n{\"event\":\"host\"}\nx\n"))
	for _, want := range []string{"f:1:1: ", "f:3:1: \"host\" says which node", "f:4:1: "} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
	_, err = ReadAll("f", strings.NewReader("{}\n"+strings.Repeat("x\n", 100)))
	if n := strings.Count(err.Error(), "\n") + 1; n != maxMistakes {
		t.Errorf("%d mistakes are told", n)
	}
}

func TestEveryHookHasAnEvent(t *testing.T) {
	for _, g := range abi.GuestExports() {
		if got := ofHook(g.Name); (got != "") != g.Hook {
			t.Errorf("%s is of the event %q", g.Name, got)
		}
	}
}

func TestAFileThatHoldsNoEventsIsToldSoOnce(t *testing.T) {
	for _, tt := range []struct {
		behaviour, text, want string
	}{
		{"text", "# A heading\n\nSome text.\nAnd more.\n", "f:3:1: this is not JSON: invalid character 'S' looking for beginning of value: is this a JSON lines file?"},
		{"a module", "\x00asm\x01\x00\x00\x00\n\x00\n", "f:1:1: this is not JSON: invalid character '\\x00' looking for beginning of value: is this a JSON lines file?"},
		{"bytes", "\xff\xfe\n\xff\n", "f:1:1: the line is not UTF-8: write other bytes as hex:c0ffee: is this a JSON lines file?"},
		{"an object on several lines", "{\n  \"event\": \"tick\"\n}\n", "f:1:2: this is not JSON: unexpected end of JSON input: write one object a line, without line breaks in it"},
		{"another one", "{ \"event\": \"insert\",\n  \"id\": \"a\" }\n", "f:1:21: this is not JSON: unexpected end of JSON input: write one object a line, without line breaks in it"},
		{"an array of them", "[\n{\"event\": \"tick\"},\n{\"event\": \"tick\"}]\n", "f:1:2: this is not JSON: unexpected end of JSON input: write one object a line, without line breaks in it"},
	} {
		_, err := ReadAll("f", strings.NewReader(tt.text))
		if fmt.Sprint(err) != tt.want {
			t.Errorf("%s: got\n%v\nwant\n%s", tt.behaviour, err, tt.want)
		}
	}
}

func TestALineThatIsTooLongIsRefused(t *testing.T) {
	_, err := ReadAll("f", io.MultiReader(strings.NewReader("{\"event\":\"tick\"}\n"), bytes.NewReader(make([]byte, MaxLine+1))))
	if err == nil || !strings.Contains(err.Error(), "f:2:1: the line is longer than 4 MiB") {
		t.Error(err)
	}
}

func TestAFileThatCantBeReadSaysSo(t *testing.T) {
	broken := errors.New("disk is broken")
	_, err := ReadAll("f", io.MultiReader(strings.NewReader("{\"event\":\"tick\"}\n"), failing{broken}))
	if err == nil || !strings.Contains(err.Error(), "disk is broken") {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// full is an event with every field that its kind may have.
func full(k Kind) *Event {
	e := &Event{
		Kind: k, At: After(time.Second), ID: "\xff<a>", ServerName: "n", ALPN: "h2", Version: 0x0304, CipherSuite: 0x1301, Format: abi.OpenSSLDER,
		ClientCert: true, Resumed: true, Home: session.Node{1}, Created: At(1), Expires: At(1 << 60), Session: []byte(sealed), Data: []byte("hex:"),
		Overwrite: true, Origin: abi.FromAdmin, Plugin: "p", Reason: abi.Consumed, Seq: 7, Node: session.Node{2}, Topic: "t", Key: []byte{0},
		Reply: []byte("yes"), Heard: After(-time.Second), Count: 3, Config: map[string]any{"a": "b"}, Up: true,
	}
	for i := range fields {
		if fields[i].takes(k) && (fields[i].name != "data" || k == Message || k == Request) {
			e.given |= 1 << i
		}
	}
	return e
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for _, k := range kinds {
		line := Append(nil, full(k))
		e, err := Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if again := Append(nil, e); !bytes.Equal(again, line) {
			t.Errorf("%s: read and written again it is\n%s\nand was\n%s", k, again, line)
		}
	}
}

func TestEveryFieldFitsIntoTheSet(t *testing.T) {
	if len(fields) > 32 {
		t.Errorf("%d fields, and a fieldSet has 32 bits", len(fields))
	}
	for k, names := range needed {
		for _, name := range names {
			if !strings.Contains(strings.Join(fieldNames(k), " "), name) {
				t.Errorf("%s needs %s, and may not have it", k, name)
			}
		}
	}
}
