package workbench

import (
	"encoding/json"
	"testing"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
	"github.com/sesshook/sesshook/host/internal/session"
)

func TestEveryHostFunctionIsDescribed(t *testing.T) {
	for _, f := range abi.HostFunctions() {
		if f.Name == "log" {
			continue
		}
		params, ok := signatures[f.Name]
		if !ok {
			t.Errorf("%s is not described", f.Name)
			continue
		}
		wide := 0
		for _, p := range params {
			wide++
			if p.wide {
				wide++
			}
		}
		if wide != len(f.Type.Params) {
			t.Errorf("%s has %d parameters, and %d are described", f.Name, len(f.Type.Params), wide)
		}
	}
	for name := range counts {
		if _, ok := signatures[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestArgumentsAreShownAsTheyAreMeant(t *testing.T) {
	keys := session.RandomKeyring()
	seal := keys.Seal("a", session.Meta{}, []byte("secret"))
	memory := map[uint32]string{16: "\xc0\xff\xee", 32: "a key", 64: string(seal), 1 << 10: "in clear", 1 << 11: "\x00\x01", 1 << 12: string(make([]byte, 300))}
	for _, tt := range []struct {
		function string
		params   []uint64
		want     string
	}{
		{"session_get", []uint64{16, 3, 0, 100}, `{"id":"hex:c0ffee","cap":100}`},
		{"session_get", []uint64{99, 3, 7, 1}, `{"id":"3 bytes at 0x63, outside of memory","cap":"1 bytes at 0x7, outside of memory"}`},
		{"session_insert", []uint64{32, 5, 64, uint64(len(seal)), 1<<64 - 1, 3}, `{"id":"a key","session":"(87 bytes, sealed)","ttl_ms":-1,"flags":["OVERWRITE","REVIVE"]}`},
		{"session_insert", []uint64{32, 5, 1 << 10, 8, 0, 4}, `{"id":"a key","session":"(8 bytes, in clear)","ttl_ms":0,"flags":4}`},
		{"session_insert", []uint64{32, 5, 99, 8, 0, 0}, `{"id":"a key","session":"8 bytes at 0x63, outside of memory","ttl_ms":0,"flags":0}`},
		{"kv_put", []uint64{64, uint64(len(seal)), 1 << 10, 8, 5}, `{"key":"(87 bytes, sealed)","value":"in clear","ttl_ms":5}`},
		{"kv_put", []uint64{1 << 12, 300, 1 << 11, 2, 5}, `{"key":"hex:0000000000000000000000000000000000000000000000000000000000000000… (300 bytes)","value":"(2 bytes)","ttl_ms":5}`},
		{"message_publish", []uint64{32, 5, 0, 0, 64, uint64(len(seal))}, `{"topic":"a key","key":"","data":"(87 bytes)"}`},
		{"message_publish", []uint64{32, 5, 0, 0, 99, 9}, `{"topic":"a key","key":"","data":"9 bytes at 0x63, outside of memory"}`},
		{"log_enabled", []uint64{4}, `{"level":"warn"}`},
		{"time_now", nil, `{}`},
	} {
		c := plugin.HostCall{Function: tt.function, Params: tt.params, Memory: func(ptr, n uint32) []byte {
			if text := memory[ptr]; len(text) >= int(n) && text != "" {
				return []byte(text[:n])
			}
			if ptr == 0 { // a buffer
				return make([]byte, n)
			}
			return nil
		}}
		got, err := json.Marshal(deedOf(&c).Args)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != tt.want && !(tt.want == "{}" && string(got) == "null") {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.function, got, tt.want)
		}
	}
}

func TestResultsAreNamed(t *testing.T) {
	for _, tt := range []struct {
		function string
		result   int64
		code     string
	}{
		{"session_get", 12, ""}, {"session_get", -1, "NOT_FOUND"}, {"kv_put", 0, "OK"}, {"kv_put", -9, "LIMIT"}, {"session_replay", 0, ""}, {"log_enabled", 1, ""},
	} {
		var d Deed
		ended(&d, &plugin.HostCall{Function: tt.function, Result: tt.result})
		if d.Code != tt.code || *d.Result != tt.result {
			t.Errorf("%s: %d is %q", tt.function, *d.Result, d.Code)
		}
	}
}
