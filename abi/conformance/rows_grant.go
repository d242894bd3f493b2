package conformance

import (
	"slices"

	"github.com/sesshook/sesshook/abi"
)

// secretRows are about sessions in clear.
func secretRows() []Row {
	var rows []Row
	for _, h := range handlers {
		script := NewScript()
		r := scene(h, script)
		r.Name = "sessions in clear in " + h.String()
		r.grants = abi.Grants()
		b := script.OnNth(h, 1)
		b.setup()
		if ofSession(h) {
			b.WantEqual("session_len", Load32(addrEvent+40), length(sessionA.Data))
			b.Want(length(sessionA.Data), "session_get", Imm(atA), length(sessionA.ID), Imm(atBuf), Imm(bufSize))
			b.WantBytes(atBuf, length(sessionA.Data), TextHash(sessionA.Data))
		}
		clearCalls(&r, b)
		rows = append(rows, r)
	}
	return rows
}

func clearCalls(r *Row, b *Block) {
	b.Want(length(sessionB.Data), "session_get", Imm(atB), length(sessionB.ID), Imm(atBuf), Imm(bufSize))
	b.WantBytes(atBuf, length(sessionB.Data), TextHash(sessionB.Data))
	put := func(want abi.Code, at uint32, size Arg, flags uint32) {
		b.Code(want, "session_insert", Imm(atC), length(sessionC.ID), Imm(int64(at)), size, zero, Imm(int64(flags)))
	}
	get := func(size int64) {
		b.Want(Imm(size), "session_get", Imm(atC), length(sessionC.ID), Imm(atBig), Imm(0x10000))
	}
	b.Text(atText, "a session in clear")
	put(abi.OK, atText, Imm(18), 0)
	get(18)
	b.WantBytes(atBig, Imm(18), TextHash("a session in clear"))
	put(abi.Exists, atText, Imm(18), 0)
	put(abi.Invalid, atText, zero, abi.Overwrite)
	b.Fill(atBig, 's', 0x10001)
	put(abi.TooLarge, atBig, Imm(0x10001), abi.Overwrite)
	get(18)
	b.Fill(atBig, 's', 0x10001)
	put(abi.OK, atBig, Imm(0x10000), abi.Overwrite)
	get(0x10000)
	b.Sealed(atSeal, sessionC)
	put(abi.OK, atSeal, SealedLen(sessionC), abi.Overwrite)
	get(int64(len(sessionC.Data)))
	b.mathTo(atText, 1, Imm(0xff), Load8(atSeal+90))
	b.Copy(atSeal+90, atText, Imm(1))
	put(abi.Invalid, atSeal, SealedLen(sessionC), abi.Overwrite)
	b.Sealed(atSeal, foreignC)
	put(abi.Invalid, atSeal, SealedLen(foreignC), abi.Overwrite)
	b.Sealed(atSeal, sessionB)
	put(abi.Invalid, atSeal, SealedLen(sessionB), abi.Overwrite)
	b.Sealed(atSeal, expiredC)
	put(abi.Invalid, atSeal, SealedLen(expiredC), abi.Overwrite)
	get(int64(len(sessionC.Data)))
	r.present = append(r.present, sessionB, sessionC)
}

// grantRows: the guest imports everything, so every grant but that for
// sessions in clear is needed to load it.
func grantRows() []Row {
	var rows []Row
	for _, missing := range abi.DefaultGrants() {
		rows = append(rows, Row{
			Name: "without " + string(missing), script: NewScript(), refused: true,
			grants: slices.DeleteFunc(abi.Grants(), func(g abi.Grant) bool { return g == missing }),
		})
	}
	script := NewScript()
	script.counts(Insert, 1)
	return append(rows, Row{
		Name: "without sessions:secrets", script: script, grants: abi.DefaultGrants(), steps: []step{{do: DoInsert, session: sessionA}},
	})
}

// limitRows use up what a host must bound, whatever its bound is.
func limitRows() []Row {
	return []Row{metricLimitRow(), kvLimitRow()}
}

const tries = 100_000

func metricLimitRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.Report("m_first", zero)
	b.Text(atText, "m_firstc_first")
	b.Call("metric_add", Imm(atText+7), Imm(7), zero)
	reports := []string{"last_set", "last_add", "first_set", "first_add"}
	for _, name := range reports {
		b.Report(name, Imm(1))
	}
	b.Text(atOther, "m")
	set := b.Repeat(tries, func(n Arg) Arg {
		b.Digits(atOther+1, n, 8)
		return b.Call("metric_set", Imm(atOther), Imm(9), zero)
	})
	b.Text(atOther, "n_no_more")
	add := b.Call("metric_add", Imm(atOther), Imm(9), Imm(1))
	again := b.Call("metric_set", Imm(atText), Imm(7), Imm(3))
	more := b.Call("metric_add", Imm(atText+7), Imm(7), Imm(4))
	for i, r := range []Arg{set, add, again, more} {
		code := abi.Limit
		if i > 1 {
			code = abi.OK
		}
		b.Expect(reports[i], r, Imm(int64(code)))
	}
	b.covers("metric_set", abi.Limit)
	b.covers("metric_add", abi.Limit)
	b.op(func(c *compiler) { c.want["m_first"], c.want["c_first"] = 3, 4 })
	return Row{Name: "too many metrics", script: script, unset: []string{"n_no_more"}}
}

func kvLimitRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.Text(atText, "first")
	put := func() Arg { return b.Call("kv_put", Imm(atText), Imm(5), Imm(atBig), Imm(0x10000), zero) }
	b.WantEqual("first", put(), zero)
	full := b.Repeat(tries, func(n Arg) Arg {
		b.Digits(atOther, n, 8)
		return b.Call("kv_put", Imm(atOther), Imm(8), Imm(atBig), Imm(0x10000), zero)
	})
	b.WantEqual("full", full, Imm(int64(abi.Limit)))
	b.covers("kv_put", abi.Limit)
	b.Code(abi.NotFound, "kv_get", Imm(atOther), Imm(8), zero, zero)
	b.WantEqual("again", put(), zero) // in its own place
	b.Code(abi.OK, "kv_delete", Imm(atText), Imm(5))
	b.WantEqual("room", put(), zero)
	b.Want(Imm(0x10000), "kv_get", Imm(atText), Imm(5), zero, zero)
	return Row{Name: "too many keys", script: script}
}
