package conformance

import (
	"math"
	"strings"

	"github.com/sesshook/sesshook/abi"
)

// callRows call every function with each of its codes in every handler, for
// the session of the event and for others.
func callRows() []Row {
	groups := []struct {
		name string
		body func(r *Row, b *Block, h Handler)
	}{
		{"get", getCalls},
		{"insert", insertCalls},
		{"insert: sealed", sealedCalls},
		{"insert: life", ttlCalls},
		{"remove", removeCalls},
		{"the event's session", ownCalls},
		{"replay", replayCalls},
		{"messages", messageCalls},
		{"keys", kvCalls},
		{"metrics", metricCalls},
		{"the record", recordCalls},
		{"configuration, node, clock, randomness", hostCalls},
		{"log", logCalls},
	}
	var rows []Row
	for _, g := range groups {
		for _, h := range handlers {
			if h == Message && g.name == "messages" {
				continue // it is about a host without a farm
			}
			script := NewScript()
			row := scene(h, script)
			row.Name = g.name + " in " + h.String()
			b := script.OnNth(h, 1)
			b.setup()
			g.body(&row, b, h)
			rows = append(rows, row)
		}
	}
	return rows
}

func getCalls(_ *Row, b *Block, _ Handler) {
	id, n := Imm(atB), length(sessionB.ID)
	size := SealedLen(sessionB)
	b.Want(size, "session_get", id, n, Imm(atBuf), Imm(bufSize))
	b.covers("session_get", abi.OK)
	b.WantBytes(atBuf, size, SealedHash(sessionB))
	b.Fill(atBuf, pattern, bufSize)
	b.Want(size, "session_get", id, n, Imm(atBuf), Imm(100)) // shorter than any envelope
	b.Untouched(atBuf, pattern, 200)
	b.Want(size, "session_get", id, n, zero, zero)
	b.Want(size, "session_get", id, n, Imm(atBuf), size)
	b.Code(abi.NotFound, "session_get", Imm(atC), length(sessionC.ID), Imm(atBuf), Imm(bufSize))
	b.Code(abi.NotFound, "session_get", Imm(atLong), Imm(abi.MaxID), Imm(atBuf), Imm(bufSize))
	b.Code(abi.Invalid, "session_get", Imm(atB), zero, Imm(atBuf), Imm(bufSize))
	b.Code(abi.Invalid, "session_get", Imm(atLong), Imm(abi.MaxID+1), Imm(atBuf), Imm(bufSize))
}

func insertCalls(r *Row, b *Block, _ Handler) {
	b.Sealed(atSeal, sessionB)
	b.Sealed(atSeal2, sessionC)
	put := func(want abi.Code, flags int64) {
		b.Code(want, "session_insert", Imm(atB), length(sessionB.ID), Imm(atSeal), SealedLen(sessionB), zero, Imm(flags))
	}
	put(abi.Exists, 0)
	put(abi.Exists, int64(abi.Revive))
	put(abi.OK, int64(abi.Overwrite))
	put(abi.OK, int64(abi.Overwrite|abi.Revive))
	put(abi.Invalid, 4)
	put(abi.Invalid, -1)
	put(abi.Invalid, int64(abi.Overwrite)|1<<31)
	put = func(want abi.Code, flags int64) {
		b.Code(want, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal2), SealedLen(sessionC), zero, Imm(flags))
	}
	put(abi.OK, 0)
	b.Want(SealedLen(sessionC), "session_get", Imm(atC), length(sessionC.ID), zero, zero)
	put(abi.Exists, 0)
	b.Code(abi.OK, "session_remove", Imm(atC), length(sessionC.ID))
	put(abi.Removed, 0)
	put(abi.Removed, int64(abi.Overwrite))
	put(abi.OK, int64(abi.Revive))
	b.Code(abi.OK, "session_remove", Imm(atC), length(sessionC.ID))
	put(abi.OK, int64(abi.Overwrite|abi.Revive))
	r.present = append(r.present, sessionB, sessionC)
}

// sealedCalls insert envelopes that nobody may accept.
func sealedCalls(r *Row, b *Block, _ Handler) {
	size := SealedLen(sessionC)
	put := func(want abi.Code, size Arg) {
		b.Code(want, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal), size, zero, zero)
	}
	b.Sealed(atSeal, foreignC)
	put(abi.Invalid, SealedLen(foreignC))
	b.Sealed(atSeal, expiredC)
	put(abi.Invalid, SealedLen(expiredC))
	b.Sealed(atSeal, sessionB) // of another id
	put(abi.Invalid, SealedLen(sessionB))
	for _, at := range []uint32{0, 4, 8, 20, 40, 90} { // one byte altered
		b.Sealed(atSeal, sessionC)
		b.mathTo(atText, 1, Imm(0xff), Load8(atSeal+at))
		b.Copy(atSeal+at, atText, Imm(1))
		put(abi.Invalid, size)
	}
	b.Sealed(atSeal, sessionC)
	put(abi.Invalid, b.Sub(size, Imm(1)))
	put(abi.Invalid, b.Add(size, Imm(1)))
	put(abi.Invalid, Imm(20))
	put(abi.Invalid, zero)
	b.Text(atSeal, "not sealed at all, and this plugin may not insert what is not")
	put(abi.Denied, Imm(40))
	put(abi.Denied, Imm(1))
	b.Sealed(atSeal, sessionC)
	b.Code(abi.Invalid, "session_insert", Imm(atC), zero, Imm(atSeal), size, zero, zero)
	b.Code(abi.Invalid, "session_insert", Imm(atLong), Imm(abi.MaxID+1), Imm(atSeal), size, zero, zero)
	b.Code(abi.NotFound, "session_get", Imm(atC), length(sessionC.ID), zero, zero)
	b.Sealed(atSeal, sessionD)
	b.Code(abi.OK, "session_insert", Imm(atD), Imm(1), Imm(atSeal), SealedLen(sessionD), zero, zero)
	b.Sealed(atSeal, sessionE)
	b.Code(abi.OK, "session_insert", Imm(atLong), Imm(abi.MaxID), Imm(atSeal), SealedLen(sessionE), zero, zero)
	r.present = append(r.present, sessionD, sessionE)
	r.absent = append(r.absent, sessionC)
}

func ttlCalls(r *Row, b *Block, _ Handler) {
	b.Sealed(atSeal, sessionC)
	put := func(want abi.Code, ttl int64) {
		b.Code(want, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal), SealedLen(sessionC), Imm(ttl), Imm(int64(abi.Overwrite)))
	}
	put(abi.Invalid, -1)
	put(abi.Invalid, math.MinInt64)
	put(abi.OK, 1_000_000)
	put(abi.OK, math.MaxInt64)
	put(abi.OK, math.MaxInt64/1_000_000)
	r.present = append(r.present, sessionC)
}

func removeCalls(r *Row, b *Block, _ Handler) {
	id, n := Imm(atB), length(sessionB.ID)
	b.Code(abi.OK, "session_remove", id, n)
	b.Code(abi.NotFound, "session_remove", id, n)
	b.Code(abi.NotFound, "session_get", id, n, zero, zero)
	b.Code(abi.NotFound, "session_remove", Imm(atC), length(sessionC.ID))
	b.Code(abi.NotFound, "session_remove", Imm(atLong), Imm(abi.MaxID))
	b.Code(abi.Invalid, "session_remove", id, zero)
	b.Code(abi.Invalid, "session_remove", Imm(atLong), Imm(abi.MaxID+1))
	b.Sealed(atSeal, sessionC) // a remove that found nothing leaves no tombstone
	b.Code(abi.OK, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal), SealedLen(sessionC), zero, zero)
	r.present = append(r.present, sessionC)
	r.absent = append(r.absent, sessionB)
}

// ownCalls are about session A: the event's, where there is an event.
func ownCalls(r *Row, b *Block, h Handler) {
	id, n, size := Imm(atA), length(sessionA.ID), SealedLen(sessionA)
	r.absent = append(r.absent, sessionA)
	b.Sealed(atSeal, sessionA)
	put := func(want abi.Code, flags uint32) {
		b.Code(want, "session_insert", id, n, Imm(atSeal), size, zero, Imm(int64(flags)))
	}
	get := func(want Arg) { b.Want(want, "session_get", id, n, Imm(atBuf), Imm(bufSize)) }
	gone := size // to session_get in its handler, though it is not in the cache
	switch h {
	case Ready, Tick, Message:
		gone = Imm(int64(abi.NotFound))
		get(size)
	case Miss:
		gone = Imm(int64(abi.NotFound))
		get(gone)
		put(abi.OK, 0)
	case Remove:
		get(size)
		b.Code(abi.NotFound, "session_remove", id, n)
		put(abi.Removed, abi.Overwrite)
		put(abi.OK, abi.Revive)
	default:
		get(size)
	}
	put(abi.Exists, 0)
	put(abi.OK, abi.Overwrite)
	get(size)
	b.WantBytes(atBuf, size, SealedHash(sessionA))
	b.Code(abi.OK, "session_remove", id, n)
	get(gone)
	b.Code(abi.NotFound, "session_remove", id, n)
	put(abi.Removed, 0)
}

func replayCalls(_ *Row, b *Block, h Handler) {
	present := int64(2)
	if h == Remove || h == Miss {
		present = 1
	}
	b.covers("session_replay", abi.OK)
	b.Want(Imm(present), "session_replay")
	b.Want(Imm(present), "session_replay")
}

func messageCalls(_ *Row, b *Block, _ Handler) {
	b.Text(atText, "sessions")
	// On a host without a farm the arguments do not matter.
	b.Code(abi.Unavailable, "message_publish", Imm(atText), Imm(8), Imm(atA), Imm(4), Imm(atB), Imm(32))
	b.Code(abi.Unavailable, "message_publish", wild, Imm(8), wild, Imm(4), wild, Imm(-1))
	b.Code(abi.Unavailable, "message_request", Imm(atText), Imm(8), zero, zero, Imm(atB), Imm(32), Imm(atBuf), Imm(64), Imm(10))
	b.Code(abi.Unavailable, "message_request", wild, Imm(8), wild, Imm(1), wild, Imm(-1), wild, Imm(-1), Imm(-1))
	b.Code(abi.Unsupported, "message_reply", Imm(atB), Imm(32))
	b.Code(abi.Unsupported, "message_subscribe", Imm(atText), Imm(8))
}

func kvCalls(_ *Row, b *Block, _ Handler) {
	const key, n = atText, 5
	b.Text(key, "key-1key-2")
	get := func(want Arg) { b.Want(want, "kv_get", Imm(key), Imm(n), Imm(atBuf), Imm(bufSize)) }
	put := func(code abi.Code, value, size int64) {
		b.Code(code, "kv_put", Imm(key), Imm(n), Imm(value), Imm(size), zero)
	}
	b.Code(abi.NotFound, "kv_get", Imm(key), Imm(n), Imm(atBuf), Imm(bufSize))
	put(abi.OK, atA, 32)
	b.covers("kv_get", abi.OK)
	get(Imm(32))
	b.WantBytes(atBuf, Imm(32), TextHash(sessionA.ID))
	b.Fill(atBuf, pattern, 64)
	b.Want(Imm(32), "kv_get", Imm(key), Imm(n), Imm(atBuf), Imm(31))
	b.Untouched(atBuf, pattern, 64)
	b.Want(Imm(32), "kv_get", Imm(key), Imm(n), zero, zero)
	b.Code(abi.NotFound, "kv_get", Imm(key+5), Imm(n), zero, zero)
	put(abi.OK, atB, 32) // in place of the other
	get(Imm(32))
	b.WantBytes(atBuf, Imm(32), TextHash(sessionB.ID))
	put(abi.OK, atBig, 0)
	get(zero)
	b.Fill(atBig, 'v', 0x10001)
	put(abi.OK, atBig, 0x10000)
	get(Imm(0x10000))
	put(abi.TooLarge, atBig, 0x10001)
	get(Imm(0x10000))
	b.Code(abi.OK, "kv_delete", Imm(key), Imm(n))
	b.Code(abi.NotFound, "kv_delete", Imm(key), Imm(n))
	get(Imm(int64(abi.NotFound)))
	for _, size := range []int64{0, 257} {
		b.Code(abi.Invalid, "kv_get", Imm(atLong), Imm(size), Imm(atBuf), Imm(bufSize))
		b.Code(abi.Invalid, "kv_put", Imm(atLong), Imm(size), Imm(atA), Imm(32), zero)
		b.Code(abi.Invalid, "kv_delete", Imm(atLong), Imm(size))
	}
	b.Code(abi.Invalid, "kv_put", Imm(key), Imm(n), Imm(atA), Imm(32), Imm(-1))
	b.Code(abi.NotFound, "kv_get", Imm(key), Imm(n), zero, zero)
	b.Code(abi.OK, "kv_put", Imm(atLong), Imm(256), Imm(atA), Imm(32), Imm(math.MaxInt64))
	b.Want(Imm(32), "kv_get", Imm(atLong), Imm(256), zero, zero)
}

func metricCalls(_ *Row, b *Block, _ Handler) {
	both := func(code abi.Code, name string) {
		b.Text(atText, name)
		b.Code(code, "metric_add", Imm(atText), length(name), Imm(1))
		b.Code(code, "metric_set", Imm(atText), length(name), Imm(1))
	}
	for _, bad := range []string{"", "A", "1a", "_a", "a-b", "a b", "aB", "a\x00", "ä", "{}", strings.Repeat("a", 65)} {
		both(abi.Invalid, bad)
	}
	call := func(code abi.Code, function, name string, value int64) {
		b.Text(atText, name)
		b.Code(code, function, Imm(atText), length(name), Imm(value))
	}
	long := strings.Repeat("a", 61) + "_09"
	call(abi.OK, "metric_add", long, 3)
	call(abi.OK, "metric_add", long, 4)
	call(abi.OK, "metric_add", long, 0)
	call(abi.Invalid, "metric_add", long, -1)
	call(abi.Invalid, "metric_add", long, math.MinInt64)
	call(abi.Invalid, "metric_set", long, 1)
	call(abi.OK, "metric_set", "g", 5)
	call(abi.OK, "metric_set", "g", -7)
	call(abi.Invalid, "metric_add", "g", 1)
	call(abi.OK, "metric_add", "c", 0)
	b.op(func(c *compiler) { c.want[long], c.want["g"], c.want["c"] = 7, -7, 0 })
}

// recordCalls are event_read, whose record must be the one of the buffer.
func recordCalls(_ *Row, b *Block, h Handler) {
	if !hasRecord(h) {
		b.Code(abi.Unsupported, "event_read", zero, Imm(atBuf), Imm(bufSize))
		return
	}
	size := Load64(addrParam)
	read := func(offset, room Arg, want Arg) {
		b.WantEqual("event_read", b.Sub(b.Call("event_read", offset, Imm(atBuf), room), want), zero)
	}
	b.covers("event_read", abi.OK)
	read(zero, Imm(bufSize), size)
	b.WantEqual("record", b.Equal(atBuf, addrEvent, size), Imm(1))
	b.Fill(atBuf, pattern, bufSize)
	read(Imm(64), Imm(20), b.Sub(size, Imm(64))) // as much as there is room for
	b.WantEqual("middle", b.Equal(atBuf, addrEvent+64, Imm(20)), Imm(1))
	b.Untouched(atBuf+20, pattern, 100)
	read(zero, zero, size)
	read(b.Sub(size, Imm(1)), Imm(bufSize), Imm(1))
	b.Fill(atBuf, pattern, 64)
	read(size, Imm(bufSize), zero)
	read(Imm(-1), Imm(bufSize), zero)
	b.Untouched(atBuf, pattern, 64)
}

func hostCalls(_ *Row, b *Block, _ Handler) {
	size := Load64(addrConfLen)
	b.covers("config_get", abi.OK)
	config := func(room Arg) {
		b.Fill(atBig, pattern, 64)
		b.WantEqual("config_get", b.Sub(b.Call("config_get", Imm(atBig), room), size), zero)
	}
	config(size)
	b.WantEqual("config", b.Equal(atBig, addrConfig, size), Imm(1))
	config(b.Sub(size, Imm(1)))
	b.Untouched(atBig, pattern, 64)
	config(zero)

	b.covers("node_id", abi.OK)
	b.Want(Imm(12), "node_id", Imm(atBuf), Imm(12))
	b.WantBytes(atBuf, Imm(12), NodeHash())
	b.Untouched(atBuf+12, pattern, 8)
	b.Fill(atBuf, pattern, 12)
	b.Want(Imm(12), "node_id", Imm(atBuf), Imm(11))
	b.Untouched(atBuf, pattern, 12)

	const year2020 = 1577836800_000000000
	b.WantEqual("time_now", b.Less(Imm(year2020), b.Call("time_now")), Imm(1))
	b.covers("time_now", abi.OK)

	b.Fill(atBuf, 0, 64)
	b.Fill(atOther, 0, 64)
	b.Code(abi.OK, "random_fill", Imm(atBuf), Imm(32))
	b.WantEqual("random", b.Equal(atBuf, atOther, Imm(32)), zero)
	b.Untouched(atBuf+32, 0, 32)
	b.Code(abi.OK, "random_fill", Imm(atOther), Imm(32))
	b.WantEqual("random", b.Equal(atBuf, atOther, Imm(32)), zero)
	b.Code(abi.OK, "random_fill", Imm(atBuf), zero)
	b.Fill(atBig, pattern, 0x10001)
	b.Code(abi.TooLarge, "random_fill", Imm(atBig), Imm(0x10001))
	b.Untouched(atBig, pattern, 0x10001)
	b.Code(abi.OK, "random_fill", Imm(atBig), Imm(0x10000))
}

func logCalls(r *Row, b *Block, _ Handler) {
	line := func(level int64, text string, as abi.Level, want string) {
		b.Text(atBuf, text)
		b.Want(zero, "log", Imm(level), Imm(atBuf), length(text))
		r.logs = append(r.logs, LogLine{as, want})
	}
	b.covers("log", abi.OK)
	line(-4, "a debug line", abi.Debug, "a debug line")
	line(0, "an info line", abi.Info, "an info line")
	line(4, "a warning", abi.Warn, "a warning")
	line(8, "an error", abi.Error, "an error")
	line(math.MinInt32, "below debug", abi.Debug, "below debug")
	line(-5, "just below debug", abi.Debug, "just below debug")
	line(-1, "between debug and info", abi.Debug, "between debug and info")
	line(3, "between info and warn", abi.Info, "between info and warn")
	line(7, "between warn and error", abi.Warn, "between warn and error")
	line(math.MaxInt32, "above error", abi.Error, "above error")
	line(0, "", abi.Info, "")
	line(0, "umlaut \u00e4, \u65e5\u672c", abi.Info, "umlaut \u00e4, \u65e5\u672c")
	line(0, "two\nlines, a \x1b[31mcolour\x7f", abi.Info, `two\nlines, a \x1b[31mcolour\x7f`)
	line(0, "not UTF-8: \xff\xfe", abi.Info, `not UTF-8: \xff\xfe`)
	b.Fill(atBig, 'x', 9000)
	b.Want(zero, "log", zero, Imm(atBig), Imm(9000))
	r.logs = append(r.logs, LogLine{abi.Info, strings.Repeat("x", 8192)})

	b.covers("log_enabled", abi.OK)
	for _, level := range []int64{math.MinInt32, -4, 0, 4, 8, math.MaxInt32} {
		b.Want(Imm(1), "log_enabled", Imm(level))
	}
}
