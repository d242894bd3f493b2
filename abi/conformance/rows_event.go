package conformance

import (
	"fmt"
	"strings"
	"time"

	"github.com/sesshook/sesshook/abi"
)

// Sessions that only the rows about events need.
var (
	sessionR = Session{ID: "resumed by a resumption", Data: "r", TTL: time.Hour, Resumed: true, Version: 0x0304}
	sessionS = Session{ID: "short-lived", Data: "s", TTL: time.Second}
	sessionN = Session{ID: "long name", Data: "n", TTL: time.Hour, ServerName: strings.Repeat("n", 600)}
)

// calls is where the guest counts the calls of h.
func calls(h Handler) Arg { return Load64(0x100 + 8*uint32(h)) }

// counts has the calls of h counted in a metric, and expects n of them.
func (s *Script) counts(h Handler, n int64) {
	s.On(h).Expect(h.String()+"_calls", calls(h), Imm(n))
}

// eventRows are about which events there are, in which order, and what their
// records say.
func eventRows() []Row {
	return append([]Row{
		recordRow("insert", DoInsert, false, Insert, sessionA, record{abi.Insert, abi.FromClient, 0, abi.ClientCert}),
		recordRow("insert by a resumed handshake", DoInsert, false, Insert, sessionR, record{abi.Insert, abi.FromClient, 0, abi.Resumed}),
		recordRow("insert over a present session", DoOverwrite, true, Insert, sessionA, record{abi.Insert, abi.FromClient, 0, abi.ClientCert | abi.Replaced}),
		recordRow("remove by the admin", DoRemove, true, Remove, sessionA, record{abi.Remove, abi.FromAdmin, abi.Explicit, abi.ClientCert}),
		recordRow("remove of a consumed session", DoConsume, true, Remove, sessionA, record{abi.Remove, abi.FromClient, abi.Consumed, abi.ClientCert}),
		recordRow("remove of an expired session", DoExpire, true, Remove, sessionS, record{abi.Remove, abi.FromHost, abi.Expired, 0}),
		recordRow("get", DoGet, true, Get, sessionA, record{abi.Get, abi.FromClient, 0, abi.ClientCert}),
		recordRow("resume", DoResume, true, Resume, sessionA, record{abi.Resume, abi.FromClient, 0, abi.ClientCert}),
		missRecordRow(), truncatedRow(), orderRow(), replaceRow(), ownRow(), othersRow(), missRow(),
	}, resumeRows()...)
}

type record struct {
	kind   abi.Kind
	origin abi.Origin
	reason abi.Reason
	flags  abi.Flags
}

func (r record) want(b *Block) {
	b.WantEqual("header_size", Load16(addrEvent), Imm(64))
	b.WantEqual("kind", Load8(addrEvent+2), Imm(int64(r.kind)))
	b.WantEqual("origin", Load8(addrEvent+3), Imm(int64(r.origin)))
	b.WantEqual("reason", Load8(addrEvent+4), Imm(int64(r.reason)))
	b.WantEqual("flags", Load8(addrEvent+5), Imm(int64(r.flags)))
}

// parts checks the lengths and the content of the variable parts, in a record
// that lies at the event buffer.
func (b *Block) parts(s Session, node bool) {
	nodeLen := 0
	if node {
		nodeLen = abi.NodeIDSize
	}
	size := abi.HeaderSize
	for _, part := range []struct {
		at   uint32
		name string
		size int
	}{
		{6, "id_len", len(s.ID)}, {48, "server_name_len", len(s.ServerName)}, {50, "alpn_len", len(s.ALPN)},
		{52, "node_len", nodeLen}, {54, "topic_len", 0}, {56, "key_len", 0},
	} {
		b.WantEqual(part.name, Load16(addrEvent+part.at), Imm(int64(part.size)))
		size += part.size
	}
	b.WantEqual("data_len", Load32(addrEvent+60), zero)
	b.WantEqual("len", Load64(addrParam), Imm(int64(size)))
	text := s.ID + s.ServerName + s.ALPN
	b.WantBytes(addrEvent+abi.HeaderSize, length(text), TextHash(text))
	if node {
		b.WantBytes(addrEvent+abi.HeaderSize+uint32(len(text)), Imm(abi.NodeIDSize), NodeHash())
	}
}

// viewed checks that the guest's SDK reads the record in the event buffer as it
// is.
func (b *Block) viewed() {
	b.WantEqual("view_len", b.Sub(b.View(addrView), Load64(addrParam)), zero)
	b.WantEqual("view", b.Equal(addrView, addrEvent, Load64(addrParam)), Imm(1))
}

func recordRow(name string, do Trigger, present bool, h Handler, s Session, want record) Row {
	script := NewScript()
	b := script.OnNth(h, 1)
	want.want(b)
	b.parts(s, true)
	b.viewed()
	if h != Resume {
		b.WantEqual("seq", b.Less(zero, Load64(addrEvent+8)), Imm(1))
	}
	b.WantEqual("life", b.Sub(Load64(addrEvent+32), Load64(addrEvent+24)), Imm(int64(s.TTL)))
	b.WantEqual("time", b.Less(zero, Load64(addrEvent+16)), Imm(1))
	b.Expect("session_len", Load32(addrEvent+40), SealedLen(s))
	b.WantEqual("tls_version", Load16(addrEvent+44), Imm(int64(s.Version)))
	b.WantEqual("cipher_suite", Load16(addrEvent+46), Imm(int64(s.CipherSuite)))
	b.WantEqual("format", Load16(addrEvent+58), Imm(int64(s.Format)))
	script.counts(h, 1)
	r := Row{Name: "record of " + name, script: script, steps: []step{{do: do, session: s}}}
	if present {
		r.before = []Session{s}
	}
	return r
}

func missRecordRow() Row {
	script := NewScript()
	b := script.On(Miss)
	record{abi.Miss, abi.FromClient, 0, 0}.want(b)
	b.parts(Session{ID: sessionC.ID}, true)
	b.viewed()
	b.Expect("created", Load64(addrEvent+24), zero)
	b.Expect("expires", Load64(addrEvent+32), zero)
	b.Expect("session_len", Load32(addrEvent+40), zero)
	return Row{Name: "record of miss", script: script, steps: []step{{do: DoMiss, session: sessionC}}, absent: []Session{sessionC}}
}

func truncatedRow() Row {
	script := NewScript()
	b := script.On(Buffer)
	b.Fill(addrEvent, pattern, 1024)
	b.Return(pair(addrEvent, abi.MinEventBuffer))
	b = script.On(Insert)
	b.Fill(atBuf, pattern, 1024)
	whole := abi.HeaderSize + len(sessionN.ID) + len(sessionN.ServerName) + abi.NodeIDSize
	b.WantEqual("len", Load64(addrParam), Imm(abi.MinEventBuffer))
	b.WantEqual("flags", Load8(addrEvent+5), Imm(int64(abi.Truncated)))
	b.WantEqual("server_name_len", Load16(addrEvent+48), Imm(600))
	b.Untouched(addrEvent+abi.MinEventBuffer, pattern, 64)
	b.Want(Imm(int64(whole)), "event_read", zero, Imm(atBuf), Imm(bufSize))
	b.WantEqual("flags", Load8(atBuf+5), zero)
	b.WantBytes(atBuf+64, Imm(int64(len(sessionN.ID)+600)), TextHash(sessionN.ID+sessionN.ServerName))
	b.WantEqual("view_len", b.View(addrView), Imm(int64(whole)))
	b.WantEqual("view", b.Equal(addrView, atBuf, Imm(int64(whole))), Imm(1))
	b.WantEqual("first", b.Equal(atBuf+6, addrEvent+6, Imm(abi.MinEventBuffer-6)), Imm(1))
	b.Want(Imm(int64(whole-abi.MinEventBuffer)), "event_read", Imm(abi.MinEventBuffer), Imm(atBuf), Imm(bufSize))
	return Row{Name: "record longer than the buffer", script: script, steps: []step{{do: DoInsert, session: sessionN}}}
}

// orderRow keeps a sequence number from one call for the next.
func orderRow() Row {
	script := NewScript()
	b := script.On(Insert)
	b.Copy(atOther, addrEvent+8, Imm(8))
	b = script.On(Get)
	b.WantEqual("seq", b.Less(Load64(atOther), Load64(addrEvent+8)), Imm(1))
	b.Copy(atOther, addrEvent+8, Imm(8))
	b = script.On(Remove)
	b.WantEqual("seq", b.Less(Load64(atOther), Load64(addrEvent+8)), Imm(1))
	script.counts(Insert, 1)
	script.counts(Get, 1)
	script.counts(Remove, 1)
	return Row{Name: "events come in order, each once", script: script, steps: []step{
		{do: DoInsert, session: sessionC}, {do: DoGet, session: sessionC}, {do: DoRemove, session: sessionC},
	}}
}

func replaceRow() Row {
	script := NewScript()
	script.counts(Insert, 2)
	script.On(Remove).Report("remove_calls", Imm(1))
	return Row{
		Name: "an overwritten session makes no remove", script: script, unset: []string{"remove_calls"},
		steps: []step{{do: DoInsert, session: sessionC}, {do: DoOverwrite, session: sessionC}}, present: []Session{sessionC},
	}
}

// ownRow changes the cache, and must hear of nothing but A.
func ownRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.setup()
	b.Sealed(atSeal, sessionC)
	c, n, size := Imm(atC), length(sessionC.ID), SealedLen(sessionC)
	b.Code(abi.OK, "session_insert", c, n, Imm(atSeal), size, zero, zero)
	b.Code(abi.Exists, "session_insert", c, n, Imm(atSeal), size, zero, zero)
	b.Code(abi.OK, "session_insert", c, n, Imm(atSeal), size, zero, Imm(int64(abi.Overwrite)))
	b.Want(size, "session_get", c, n, Imm(atBuf), Imm(bufSize))
	b.Code(abi.OK, "session_remove", c, n)
	b.Code(abi.NotFound, "session_remove", c, n)
	script.counts(Insert, 1)
	for _, h := range []Handler{Remove, Get, Miss, Resume} {
		script.On(h).Report(h.String()+"_calls", Imm(1))
	}
	return Row{
		Name: "a plugin is not told of what it did", script: script, steps: []step{{do: DoInsert, session: sessionA}},
		unset: []string{"remove_calls", "get_calls", "miss_calls", "resume_calls"}, absent: []Session{sessionC},
	}
}

// othersRow inserts C, and must hear of what others do with it.
func othersRow() Row {
	script := NewScript()
	b := script.On(Ready)
	b.setup()
	b.Sealed(atSeal, sessionC)
	b.Code(abi.OK, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal), SealedLen(sessionC), zero, zero)
	b = script.On(Get)
	record{abi.Get, abi.FromClient, 0, 0}.want(b)
	b = script.On(Remove)
	record{abi.Remove, abi.FromAdmin, abi.Explicit, 0}.want(b)
	script.counts(Get, 1)
	script.counts(Remove, 1)
	script.On(Insert).Report("insert_calls", Imm(1))
	return Row{
		Name: "a plugin is told of what others do with what it inserted", script: script, unset: []string{"insert_calls"},
		steps: []step{{do: DoGet, session: sessionC}, {do: DoRemove, session: sessionC}}, absent: []Session{sessionC},
	}
}

func missRow() Row {
	script := NewScript()
	b := script.On(Miss)
	b.setup()
	b.Sealed(atSeal, sessionC)
	b.Code(abi.OK, "session_insert", Imm(atC), length(sessionC.ID), Imm(atSeal), SealedLen(sessionC), zero, zero)
	script.On(Insert).Report("insert_calls", Imm(1))
	return Row{
		Name: "a miss can be filled", script: script, steps: []step{{do: DoMiss, session: sessionC}},
		present: []Session{sessionC}, unset: []string{"insert_calls"},
	}
}

// resumeRows: 1 refuses, and nothing else does.
func resumeRows() []Row {
	var rows []Row
	for _, result := range []int64{0, 1, 2, -1} {
		script := NewScript()
		script.counts(Resume, 1)
		script.On(Resume).Return(Imm(result))
		rows = append(rows, Row{
			Name: fmt.Sprint("on_session_resume returns ", result), script: script, before: []Session{sessionA},
			steps: []step{{do: DoResume, session: sessionA, refused: result == 1}}, present: []Session{sessionA},
		})
	}
	return rows
}
