package conformance

import "github.com/sesshook/sesshook/abi"

// replayRows are about session_replay.
func replayRows() []Row {
	return []Row{
		replayRow(), tombstoneRow("removed", DoRemove, abi.Explicit), tombstoneRow("consumed", DoConsume, abi.Consumed),
		ownTombstoneRow(), noTombstonesRow(),
	}
}

// replayRow has two sessions and the plugin's own one delivered. The flags of
// all records are added up.
func replayRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.setup()
	b.Sealed(atSeal, sessionC)
	b.Code(abi.OK, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal), SealedLen(sessionC), zero, zero)
	b.Want(Imm(3), "session_replay")
	b = script.On(Insert)
	b.Text(atText, "flags")
	b.Call("metric_add", Imm(atText), Imm(5), Load8(addrEvent+5))
	script.counts(Insert, 3)
	b.op(func(c *compiler) { c.want["flags"] = int64(3*abi.Existing + abi.ClientCert) })
	script.On(Remove).Report("remove_calls", Imm(1))
	return Row{Name: "a replay delivers what is there", script: script, before: []Session{sessionA, sessionB}, unset: []string{"remove_calls"}}
}

// tombstoneRow: the first REMOVE is the removal itself, the second one its
// replay, which knows nothing of the session any more.
func tombstoneRow(name string, do Trigger, reason abi.Reason) Row {
	script := NewScript()
	b := script.OnNth(Remove, 1)
	b.Copy(atOther, addrEvent, Imm(64))
	b = script.OnNth(Insert, 1)
	b.Want(Imm(2), "session_replay") // B and C
	b = script.OnNth(Remove, 2)
	record{abi.Remove, abi.FromHost, reason, abi.Existing}.want(b)
	b.parts(Session{ID: sessionA.ID}, false)
	b.viewed()
	b.WantEqual("seq", b.Less(Load64(atOther+8), Load64(addrEvent+8)), Imm(1))
	b.WantEqual("time", b.Sub(Load64(addrEvent+16), Load64(atOther+16)), zero)
	b.WantEqual("end", b.Sub(Load64(addrEvent+32), Load64(atOther+32)), zero)
	b.WantEqual("created", Load64(addrEvent+24), zero)
	b.WantEqual("session_len", Load32(addrEvent+40), zero)
	b.WantEqual("tls_version", Load16(addrEvent+44), zero)
	b.WantEqual("cipher_suite", Load16(addrEvent+46), zero)
	b.WantEqual("format", Load16(addrEvent+58), zero)
	b.Text(atA, sessionA.ID)
	b.Code(abi.NotFound, "session_get", Imm(atA), length(sessionA.ID), zero, zero)
	script.counts(Remove, 2)
	return Row{
		Name: "a replay delivers the tombstone of a session that was " + name, script: script, before: []Session{sessionA, sessionB},
		steps: []step{{do: do, session: sessionA}, {do: DoInsert, session: sessionC}}, absent: []Session{sessionA},
	}
}

// ownTombstoneRow: a replay tells of what the plugin itself has removed, once it
// asks.
func ownTombstoneRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.setup()
	b.Code(abi.OK, "session_remove", Imm(atA), length(sessionA.ID))
	b.Code(abi.OK, "session_remove", Imm(atB), length(sessionB.ID))
	b.Want(zero, "session_replay")
	b = script.On(Remove)
	record{abi.Remove, abi.FromHost, abi.Explicit, abi.Existing}.want(b)
	script.counts(Remove, 2)
	script.On(Insert).Report("insert_calls", Imm(1))
	return Row{
		Name: "a replay delivers the plugin's own tombstones", script: script, before: []Session{sessionA, sessionB},
		unset: []string{"insert_calls"}, absent: []Session{sessionA, sessionB},
	}
}

// noTombstonesRow: what has expired leaves none, nor does what was removed and
// revived.
func noTombstonesRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.setup()
	b.Sealed(atSeal, sessionB)
	b.Code(abi.OK, "session_remove", Imm(atB), length(sessionB.ID))
	b.Code(abi.OK, "session_insert", Imm(atB), length(sessionB.ID), Imm(atSeal), SealedLen(sessionB), zero, Imm(int64(abi.Revive)))
	b = script.OnNth(Insert, 1)
	b.Want(Imm(2), "session_replay") // B and C
	b = script.On(Remove)
	record{abi.Remove, abi.FromHost, abi.Expired, 0}.want(b)
	script.counts(Remove, 1)
	return Row{
		Name: "a replay delivers no tombstone that is not there", script: script, before: []Session{sessionB, sessionS},
		steps: []step{{do: DoExpire, session: sessionS}, {do: DoInsert, session: sessionC}}, present: []Session{sessionB},
	}
}
