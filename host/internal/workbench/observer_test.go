package workbench

import (
	"errors"
	"slices"
	"testing"

	"github.com/sesshook/sesshook/host/internal/plugin"
)

func TestFaultsAreTakenToPieces(t *testing.T) {
	for _, tt := range []struct {
		kind  plugin.Result
		text  string
		want  string
		stack []string
	}{
		{plugin.ResultTrap, "on_tick trapped: wasm error: unreachable; wasm stack trace: < .inner(i32) i32 < .$2(i64) i32", "unreachable", []string{"inner(i32) i32", "on_tick $2(i64) i32"}},
		{plugin.ResultFuel, "on_tick used up its fuel of 5 instructions and was stopped: wasm error: unreachable; wasm stack trace: < .f() < ... maybe followed by omitted frames", "on_tick used up its fuel of 5 instructions and was stopped", []string{"f()", "(and more)"}},
		{plugin.ResultPointer, "on_tick trapped: pointer or length outside of memory; wasm stack trace: < tls_session_v1.log(i32,i32,i32) < .a\x1b[31mb()", "pointer or length outside of memory", []string{"tls_session_v1.log(i32,i32,i32)", "a?[31mb()"}},
		{plugin.ResultTrap, "on_tick trapped: module closed with exit_code(3)", "module closed with exit_code(3)", nil},
	} {
		f := faultOf(tt.kind, errors.New(tt.text), "on_tick")
		if f.Kind != tt.kind.String() || f.Text != tt.want || !slices.Equal(f.Stack, tt.stack) {
			t.Errorf("%s\ngot  %+v\nwant %s %q", tt.text, f, tt.want, tt.stack)
		}
	}
}

func TestAnObserverKeepsWhatSomebodyCanRead(t *testing.T) {
	o := &observer{}
	for range maxDeeds + 10 {
		o.hostCall(plugin.HostCall{Function: "time_now"})
	}
	o.call(plugin.GuestCall{Export: "on_tick"})
	for range maxCalls + 10 {
		o.call(plugin.GuestCall{Export: "on_tick"})
	}
	calls, notes := o.take()
	if len(calls[0].Did) != maxDeeds+1 || len(calls) != maxCalls+1 || len(notes) != 1 || o.hostCalls != maxDeeds+10 || o.made != maxCalls+11 {
		t.Errorf("%d deeds, %d calls, notes %q, %d host calls counted, %d calls", len(calls[0].Did), len(calls), notes, o.hostCalls, o.made)
	}
}
