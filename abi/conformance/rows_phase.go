package conformance

import "github.com/sesshook/sesshook/abi"

// phaseRows call every function in the phases outside of the hooks: refused
// where it is not of the phase, whatever its arguments, and working where it is.
func phaseRows() []Row {
	alone, farm := phaseRowsOf(abi.Unavailable), phaseRowsOf(abi.OK)
	for i := range farm {
		farm[i].Name += ", on a farm"
		farm[i].farm = true
	}
	return append(alone, farm...)
}

// phaseRowsOf are those of a host on which message_subscribe has that code.
func phaseRowsOf(subscribed abi.Code) []Row {
	var rows []Row
	for _, h := range []Handler{Init, Start, Buffer} {
		script := NewScript()
		phaseCalls(script.On(h), phaseOf(h), subscribed)
		rows = append(rows, Row{Name: "phase of " + h.String(), script: script})
	}
	// The others need a successor.
	for _, h := range []Handler{Save, Stop} {
		script := NewScript()
		phaseCalls(script.On(h), phaseOf(h), subscribed)
		rows = append(rows, Row{Name: "phase of " + h.String(), script: script, steps: []step{{do: DoReload, script: NewScript()}}})
	}
	old, next := NewScript(), NewScript()
	saves(old.On(Save), "state")
	phaseCalls(next.On(Restore), abi.InRestore, subscribed)
	return append(rows, Row{Name: "phase of restore", script: old, steps: []step{{do: DoReload, script: next}}})
}

func phaseOf(h Handler) abi.Phase {
	switch h {
	case Init:
		return abi.InInit
	case Start, Buffer:
		return abi.InStart
	case Restore:
		return abi.InRestore
	case Save, Stop:
		return abi.InStop
	}
	return abi.InEvent
}

func phaseCalls(b *Block, phase abi.Phase, subscribed abi.Code) {
	for _, f := range functions {
		if f.Phase&phase == 0 {
			args := make([]Arg, len(f.Type.Params))
			for i := range args {
				args[i] = wild
			}
			b.Code(abi.Unsupported, f.Name, args...)
		}
	}
	if has("message_subscribe", phase) {
		at := wild // without a farm, nobody looks there
		if subscribed == abi.OK {
			b.Text(atText, topic)
			at = Imm(atText)
		}
		b.Code(subscribed, "message_subscribe", at, length(topic))
	}
	b.Text(atText, "key")
	b.Text(atA, "some value")
	if has("kv_put", phase) {
		b.Code(abi.OK, "kv_put", Imm(atText), Imm(3), Imm(atA), Imm(10), zero)
		b.Want(Imm(10), "kv_get", Imm(atText), Imm(3), Imm(atBuf), Imm(bufSize))
		b.WantBytes(atBuf, Imm(10), TextHash("some value"))
		b.Code(abi.OK, "kv_delete", Imm(atText), Imm(3))
	}
	b.Text(atText, "some_counter")
	b.Code(abi.OK, "metric_add", Imm(atText), Imm(12), Imm(1))
	b.Text(atText, "some_gauge")
	b.Code(abi.OK, "metric_set", Imm(atText), Imm(10), Imm(1))
	b.WantEqual("config", b.Sub(b.Call("config_get", zero, zero), Load64(addrConfLen)), zero)
	b.Want(Imm(12), "node_id", Imm(atBuf), Imm(12))
	b.Want(Imm(1), "log_enabled", Imm(8))
	b.Want(zero, "log", zero, Imm(atA), Imm(10))
	b.WantEqual("time_now", b.Less(zero, b.Call("time_now")), Imm(1))
	b.Code(abi.OK, "random_fill", Imm(atBuf), Imm(32))
}

func has(function string, phase abi.Phase) bool {
	_, f := indexOf(function)
	return f.Phase&phase != 0
}

// saves has plugin_save return state.
func saves(b *Block, state string) {
	b.Text(atBig, state)
	b.Return(pair(atBig, int64(len(state))))
}
