package abi

import "strings"

// A ValueType is a type of core WebAssembly; the ABI uses no others.
type ValueType byte

// The value types of the ABI, by their byte in the binary format.
const (
	I32 ValueType = 0x7f
	I64 ValueType = 0x7e
)

// String returns the name that the text format uses.
func (t ValueType) String() string {
	if t == I64 {
		return "i64"
	}
	return "i32"
}

// A Signature is the type of a function: parameters, and at most one result.
type Signature struct {
	Params  []ValueType
	Results []ValueType
}

// String returns the signature as the text format has it, without the
// enclosing parentheses: "(param i32 i32) (result i32)".
func (s Signature) String() string {
	var b strings.Builder
	group := func(word string, types []ValueType) {
		if len(types) == 0 {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("(" + word)
		for _, t := range types {
			b.WriteString(" " + t.String())
		}
		b.WriteByte(')')
	}
	group("param", s.Params)
	group("result", s.Results)
	return b.String()
}

// A Phase is a set of the times at which the host calls into a guest.
type Phase uint8

// The phases. A host function that is called in another phase than its own
// returns UNSUPPORTED.
const (
	// InInit is _initialize and the module's start function.
	InInit Phase = 1 << iota
	// InStart is plugin_start (and event_buffer, which follows it).
	InStart
	// InRestore is plugin_restore.
	InRestore
	// InEvent is every hook, on_tick and on_events_lost, and plugin_ready.
	InEvent
	// InRequest is on_message of a request.
	InRequest
	// InStop is plugin_save and plugin_stop.
	InStop

	AnyPhase = InInit | InStart | InRestore | InEvent | InRequest | InStop
)

// A HostFunction is one import that the host offers.
type HostFunction struct {
	Name  string
	Type  Signature
	Grant Grant // Always where it needs none
	Phase Phase // where it works; elsewhere UNSUPPORTED
}

// A GuestExport is one function that the host calls.
type GuestExport struct {
	Name string
	Type Signature
	// Hook is true of the functions of which a module needs at least one.
	Hook bool
	// Event is true of the hooks that take the length of a record, which need
	// event_buffer beside them.
	Event bool
}

func sig(params string, results string) Signature {
	return Signature{types(params), types(results)}
}

// types reads "iI": i is i32, I is i64.
func types(s string) []ValueType {
	var t []ValueType
	for _, c := range s {
		if c == 'I' {
			t = append(t, I64)
		} else {
			t = append(t, I32)
		}
	}
	return t
}

const working = InEvent | InRequest

// HostFunctions returns every import of Module, in the order of SPEC.md.
func HostFunctions() []HostFunction {
	return []HostFunction{
		{"session_get", sig("iiii", "i"), SessionsRead, working},
		{"session_insert", sig("iiiiIi", "i"), SessionsWrite, working},
		{"session_remove", sig("ii", "i"), SessionsWrite, working},
		{"session_replay", sig("", "i"), SessionsRead, working},
		{"message_publish", sig("iiiiii", "i"), Messages, working},
		{"message_request", sig("iiiiiiiii", "i"), Messages, working},
		{"message_reply", sig("ii", "i"), Messages, InRequest},
		{"message_subscribe", sig("ii", "i"), Messages, InStart},
		{"kv_get", sig("iiii", "i"), KV, InStart | InRestore | working | InStop},
		{"kv_put", sig("iiiiI", "i"), KV, InStart | InRestore | working | InStop},
		{"kv_delete", sig("ii", "i"), KV, InStart | InRestore | working | InStop},
		{"metric_add", sig("iiI", "i"), Metrics, AnyPhase},
		{"metric_set", sig("iiI", "i"), Metrics, AnyPhase},
		{"config_get", sig("ii", "i"), Always, AnyPhase},
		{"state_read", sig("iii", "i"), Always, InRestore},
		{"event_read", sig("iii", "i"), Always, working},
		{"node_id", sig("ii", "i"), Always, AnyPhase},
		{"log", sig("iii", ""), Always, AnyPhase},
		{"log_enabled", sig("i", "i"), Always, AnyPhase},
		{"time_now", sig("", "I"), Always, AnyPhase},
		{"random_fill", sig("ii", "i"), Always, AnyPhase},
	}
}

// GuestExports returns every function that the host looks for in a module, in
// the order of SPEC.md.
func GuestExports() []GuestExport {
	return []GuestExport{
		{"event_buffer", sig("", "I"), false, false},
		{"on_session_insert", sig("i", "i"), true, true},
		{"on_session_remove", sig("i", "i"), true, true},
		{"on_session_get", sig("i", "i"), true, true},
		{"on_session_miss", sig("i", "i"), true, true},
		{"on_session_resume", sig("i", "i"), true, true},
		{"on_message", sig("i", "i"), true, true},
		{"on_messages_lost", sig("i", "i"), true, true},
		{"on_tick", sig("I", "i"), true, false},
		{"on_events_lost", sig("I", "i"), true, false},
		{"plugin_start", sig("", "i"), false, false},
		{"plugin_ready", sig("", "i"), false, false},
		{"plugin_save", sig("", "I"), false, false},
		{"plugin_restore", sig("i", "i"), false, false},
		{"plugin_stop", sig("", ""), false, false},
	}
}
