package plugin

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sesshook/sesshook/abi"
)

func TestATraceHasEveryCall(t *testing.T) {
	var mu sync.Mutex
	var got []string
	note := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprintf(format, args...))
	}
	trace := &Trace{
		Call: func(c GuestCall) {
			kind := abi.Kind(0)
			if c.Event != nil {
				kind = c.Event.Kind
			}
			note("%s.%s %v = %d, fault %v", c.Plugin, c.Export, kind, int32(c.Result), c.Fault != nil)
			if c.Fuel <= 0 && c.Export != "event_buffer" || c.Took < 0 {
				note("no fuel in %s: %d", c.Export, c.Fuel)
			}
		},
		HostCall: func(c HostCall) {
			topic := ""
			if strings.HasPrefix(c.Function, "message_") {
				topic = string(c.Memory(uint32(c.Params[0]), uint32(c.Params[1])))
			}
			if c.Memory(1<<30, 1) != nil {
				note("memory where there is none")
			}
			note("%s(%s) = %d", c.Function, topic, c.Result)
		},
	}
	r, _ := farmRig(t, "", func(c *Config) { c.Trace = trace })
	r.insert(1, 'p')
	r.result(abi.OK)
	r.idle("talker")
	mu.Lock()
	defer mu.Unlock()
	want := []string{
		"message_subscribe(talk) = 0",
		"talker.plugin_start UNKNOWN = 0, fault false",
		"talker.event_buffer UNKNOWN = 65536, fault false",
		"message_publish(talk) = 0",
		"metric_set() = 0",
		"talker.on_session_insert INSERT = 0, fault false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
