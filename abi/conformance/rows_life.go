package conformance

import (
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// lifeRows are about loading, replacing and the order of the exports.
func lifeRows() []Row {
	rows := []Row{exportOrderRow(), readyRow(), reloadRow(), stateRow(), savesNothingRow("traps", (*Block).Trap), errorRow()}
	for _, bad := range badRanges {
		rows = append(rows, savesNothingRow("returns a range that "+bad.name, func(b *Block) { b.Return(b.Pair(bad.ptr, bad.len)) }))
	}
	rows = append(rows, refusedRows()...)
	for _, buffer := range []struct {
		name     string
		ptr, cap Arg
	}{
		{"of 511 bytes", Imm(addrEvent), Imm(abi.MinEventBuffer - 1)},
		{"of 0 bytes", Imm(addrEvent), zero},
		{"outside of memory", MemoryEnd(0), Imm(512)},
		{"that ends outside", MemoryEnd(-511), Imm(512)},
		{"that ends beyond 2^32", Imm(0xffffff00), Imm(512)},
		{"of 4 GiB", Imm(addrEvent), Imm(0xffffffff)},
	} {
		script := NewScript()
		b := script.On(Buffer)
		b.Return(b.Pair(buffer.ptr, buffer.cap))
		rows = append(rows, Row{Name: "an event buffer " + buffer.name, script: script, refused: true})
	}
	script := NewScript()
	b := script.On(Buffer)
	b.Return(b.Pair(MemoryEnd(-512), Imm(512)))
	b = script.On(Insert)
	b.CopyFrom(atBuf, MemoryEnd(-512), Imm(512))
	b.WantEqual("kind", Load8(atBuf+2), Imm(int64(abi.Insert)))
	return append(rows, Row{Name: "an event buffer at the end of memory", script: script, steps: []step{{do: DoInsert, session: sessionA}}})
}

// pair is a pointer and a length in one number.
func pair(ptr, n int64) Arg { return Imm(int64(uint64(ptr)<<32 | uint64(n))) }

// exportOrderRow: _initialize, plugin_start, event_buffer, plugin_ready, each
// once.
func exportOrderRow() Row {
	script := NewScript()
	order := []Handler{Init, Start, Buffer, Ready}
	for i, h := range order {
		b := script.On(h)
		for j, other := range order {
			n := int64(0)
			if j <= i {
				n = 1
			}
			b.WantEqual(other.String()+"_calls", calls(other), Imm(n))
		}
	}
	b := script.On(Insert)
	for _, h := range order {
		b.WantEqual(h.String()+"_calls", calls(h), Imm(1))
	}
	b.op(func(c *compiler) { c.want["starts"] = 1 })
	for _, h := range []Handler{Restore, Save, Stop} {
		script.On(h).Report(h.String()+"_called", Imm(1))
	}
	return Row{
		Name: "exports are called in order, each once", script: script,
		steps: []step{{do: DoInsert, session: sessionA}}, unset: []string{"restore_called", "save_called", "stop_called"},
	}
}

func readyRow() Row {
	old, next := NewScript(), NewScript()
	for _, s := range []*Script{old, next} {
		b := s.On(Ready)
		b.Text(atText, "readies")
		b.Call("metric_add", Imm(atText), Imm(7), Imm(1))
	}
	next.On(Ready).op(func(c *compiler) { c.want["readies"], c.want["starts"] = 2, 2 })
	return Row{Name: "plugin_ready is called for each module that goes live", script: old, steps: []step{{do: DoReload, script: next}}}
}

// reloadRow: what is kept, and what is not.
func reloadRow() Row {
	old, next := NewScript(), NewScript()
	b := old.On(Ready)
	b.Text(atText, "keycounter")
	b.Code(abi.OK, "kv_put", Imm(atText), Imm(3), Imm(atText), Imm(10), zero)
	b.Code(abi.OK, "metric_add", Imm(atText+3), Imm(7), Imm(40))
	for _, h := range []Handler{Save, Stop} {
		b := old.On(h)
		b.Expect(h.String()+"_after_save", calls(Save), Imm(1))
		b.Expect(h.String()+"_after_stop", calls(Stop), Imm(map[Handler]int64{Save: 0, Stop: 1}[h]))
	}
	b = next.On(Ready)
	b.WantEqual("memory", Load8(atText), zero)
	b.Text(atText, "keycounter")
	b.Want(Imm(10), "kv_get", Imm(atText), Imm(3), Imm(atBuf), Imm(bufSize))
	b.WantBytes(atBuf, Imm(10), TextHash("keycounter"))
	b.Code(abi.OK, "metric_add", Imm(atText+3), Imm(7), Imm(2))
	b.op(func(c *compiler) { c.want["counter"] = 42 })
	next.counts(Insert, 1)
	return Row{
		Name: "a reload keeps keys and metrics, and nothing else", script: old,
		steps: []step{{do: DoReload, script: next}, {do: DoInsert, session: sessionA}},
	}
}

func stateRow() Row {
	old, next := NewScript(), NewScript()
	state := strings.Repeat("what the old one knew; ", 100)
	saves(old.On(Save), state)
	b := next.On(Restore)
	n := length(state)
	b.WantEqual("start_calls", calls(Start), Imm(1))
	b.WantEqual("ready_calls", calls(Ready), zero)
	b.WantEqual("len", Load64(addrParam), n)
	b.covers("state_read", abi.OK)
	b.Fill(atBuf, pattern, bufSize)
	b.Want(n, "state_read", zero, Imm(atBuf), Imm(bufSize))
	b.WantBytes(atBuf, n, TextHash(state))
	b.Untouched(atBuf+uint32(len(state)), pattern, 64)
	b.Fill(atBuf, pattern, 128)
	b.Want(Imm(int64(len(state)-7)), "state_read", Imm(7), Imm(atBuf), Imm(32)) // as much as there is room for
	b.WantBytes(atBuf, Imm(32), TextHash(state[7:39]))
	b.Untouched(atBuf+32, pattern, 64)
	b.Want(n, "state_read", zero, zero, zero)
	b.Want(zero, "state_read", n, Imm(atBuf), Imm(32))
	b.Want(zero, "state_read", Imm(-1), Imm(atBuf), Imm(32))
	b = next.On(Ready)
	b.Code(abi.Unsupported, "state_read", zero, Imm(atBuf), Imm(32))
	return Row{Name: "state is handed over", script: old, steps: []step{{do: DoReload, script: next}}}
}

// savesNothingRow: a state that can't be had does not keep the new module out.
func savesNothingRow(name string, save func(b *Block)) Row {
	old, next := NewScript(), NewScript()
	save(old.On(Save))
	old.On(Stop).Report("stopped", Imm(1))
	next.On(Restore).Report("restored", Imm(1))
	next.On(Ready).Expect("ready", Imm(1), Imm(1))
	next.counts(Insert, 1)
	r := Row{
		Name: "plugin_save " + name, script: old, unset: []string{"restored"},
		steps: []step{{do: DoReload, script: next}, {do: DoInsert, session: sessionA}},
	}
	if name == "traps" {
		r.unset = append(r.unset, "stopped") // nothing more is called in that instance
	}
	return r
}

// refusedRows: a module that does not start, and one that does not replace.
func refusedRows() []Row {
	var rows []Row
	for _, way := range []struct {
		name string
		do   func(b *Block)
		in   []Handler
	}{
		{"traps", (*Block).Trap, []Handler{Init, Start, Buffer, Restore}},
		{"returns 1", func(b *Block) { b.Return(Imm(1)) }, []Handler{Start, Restore}},
		{"returns -1", func(b *Block) { b.Return(Imm(-1)) }, []Handler{Start, Restore}},
	} {
		for _, h := range way.in {
			bad := NewScript()
			way.do(bad.On(h))
			bad.On(Ready).Report("ready", Imm(1))
			if h != Restore {
				rows = append(rows, Row{Name: "a module whose " + h.String() + " " + way.name, script: bad, refused: true, unset: []string{"ready"}})
			}
			good := NewScript()
			saves(good.On(Save), "state")
			good.counts(Insert, 2)
			rows = append(rows, Row{
				Name: "a successor whose " + h.String() + " " + way.name, script: good, unset: []string{"ready"},
				steps: []step{{do: DoInsert, session: sessionA}, {do: DoReload, script: bad, refused: true}, {do: DoInsert, session: sessionC}},
			})
		}
	}
	return rows
}

// errorRow: a hook's error is the plugin's, and costs it nothing.
func errorRow() Row {
	script := NewScript()
	for _, h := range []Handler{Insert, Get, Miss, Remove, Tick, Ready} {
		script.On(h).Report(h.String()+"_called", calls(h))
		script.On(h).Return(Imm(7))
	}
	script.On(Stop).Report("stopped", Imm(1))
	last := script.On(Resume)
	for _, h := range []Handler{Insert, Get, Remove, Miss, Ready} {
		last.WantEqual(h.String()+"_calls", calls(h), Imm(1))
	}
	last.op(func(c *compiler) { c.want["starts"] = 1 })
	return Row{
		Name: "a hook's error leaves the instance", script: script, before: []Session{sessionB}, unset: []string{"stopped"},
		steps: []step{
			{do: DoInsert, session: sessionA}, {do: DoGet, session: sessionA}, {do: DoRemove, session: sessionA},
			{do: DoMiss, session: sessionC}, {do: DoTick}, {do: DoResume, session: sessionB},
		},
	}
}
