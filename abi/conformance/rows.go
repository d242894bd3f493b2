package conformance

import (
	"slices"
	"strings"
	"time"

	"github.com/sesshook/sesshook/abi"
)

// The sessions of the rows. A host seals them; what is in them is nothing that
// it could read.
var (
	sessionA = Session{
		ID: "conformance: session A, 32 bytes", Data: strings.Repeat("A is here. ", 20), TTL: time.Hour,
		ServerName: "a.example.org", ALPN: "h2", Version: 0x0304, CipherSuite: 0x1301, ClientCert: true,
	}
	sessionB = Session{ID: "conformance: session B, 32 bytes", Data: strings.Repeat("B is here too. ", 10), TTL: time.Hour, Version: 0x0303, CipherSuite: 0xc02f}
	sessionC = Session{ID: "conformance: session C, 32 bytes", Data: "C is never in the cache at first", TTL: time.Hour}
	sessionD = Session{ID: "d", Data: "D has the shortest id", TTL: time.Hour}
	sessionE = Session{ID: strings.Repeat("e", abi.MaxID), Data: "E has the longest id", TTL: time.Hour}
	foreignC = Session{ID: sessionC.ID, Data: sessionC.Data, TTL: time.Hour, Foreign: true}
	expiredC = Session{ID: sessionC.ID, Data: sessionC.Data, TTL: -time.Hour}
)

// Where the rows keep what they pass to host functions.
const (
	atA     = addrScratch + 0x0000
	atB     = addrScratch + 0x0100
	atC     = addrScratch + 0x0200
	atD     = addrScratch + 0x0300
	atLong  = addrScratch + 0x0400 // 257 bytes
	atText  = addrScratch + 0x0600
	atOther = addrScratch + 0x0700
	atBuf   = addrScratch + 0x1000 // 8 KiB
	atSeal  = addrScratch + 0x3000 // 4 KiB
	atSeal2 = addrScratch + 0x4000 // 4 KiB
	atBig   = addrScratch + 0x10000
	bufSize = 0x2000

	pattern = 0xee // what a buffer is filled with
)

// Numbers that rows pass for pointers.
var (
	wild = Imm(0xdeadbeef) // far outside of memory
	zero = Imm(0)
)

// length is an id's length as an argument.
func length(s string) Arg { return Imm(int64(len(s))) }

// setup stores the ids, and fills the buffer.
func (b *Block) setup() {
	b.Text(atA, sessionA.ID)
	b.Text(atB, sessionB.ID)
	b.Text(atC, sessionC.ID)
	b.Text(atD, sessionD.ID)
	b.Fill(atLong, 'e', abi.MaxID+1)
	b.Fill(atBuf, pattern, bufSize)
}

// Rows returns every row, each of them anew.
func Rows() []Row {
	var all []Row
	for _, part := range [][]Row{
		callRows(), phaseRows(), eventRows(), replayRows(), lifeRows(), pointerRows(), faultRows(), secretRows(), limitRows(), grantRows(),
		messageRows(), requestRows(), farmRows(), farmLimitRows(), farmPointerRows(),
	} {
		all = append(all, part...)
	}
	for i := range all {
		covers := all[i].script.covers
		for _, s := range all[i].steps {
			if s.script != nil {
				covers = append(slices.Clone(covers), s.script.covers...)
			}
		}
		slices.Sort(covers)
		all[i].Covers = slices.Compact(covers)
	}
	return all
}

// A scene makes the guest's handler h be called, with session A where it is
// about one; B is in the cache, C is not.
func scene(h Handler, script *Script) Row {
	r := Row{script: script, before: []Session{sessionB}}
	a := step{session: sessionA}
	switch h {
	case Ready:
		r.before = append(r.before, sessionA)
		return r
	case Tick:
		r.before = append(r.before, sessionA)
		a = step{do: DoTick}
	case Insert:
		a.do = DoInsert
	case Remove:
		r.before = append(r.before, sessionA)
		a.do = DoRemove
	case Get:
		r.before = append(r.before, sessionA)
		a.do = DoGet
	case Miss:
		a.do = DoMiss
	case Resume:
		r.before = append(r.before, sessionA)
		a.do = DoResume
	case Message:
		r.before = append(r.before, sessionA)
		r.farm = true
		subscribe(script, topic)
		a = asks("question")
	default:
		panic("no scene for " + h.String())
	}
	r.steps = []step{a}
	return r
}

// handlers are those in which everything may be called. Message is that of a
// request, on a farm.
var handlers = []Handler{Ready, Tick, Insert, Remove, Get, Miss, Resume, Message}

// hasRecord tells whether h is called with a record.
func hasRecord(h Handler) bool { return h != Ready && h != Tick }

// ofSession tells whether h is called for session A, which exists.
func ofSession(h Handler) bool { return hasRecord(h) && h != Miss && h != Message }
