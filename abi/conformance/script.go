package conformance

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/sesshook/sesshook/abi"
)

// A Script is what the guest does in each of its handlers, and what must come
// of it. Build one with NewScript and On, before it is used.
type Script struct {
	blocks []*Block
	covers []string
}

// NewScript returns a script that counts the calls of plugin_start in the
// metric "starts".
func NewScript() *Script {
	s := &Script{}
	b := s.On(Start)
	b.Text(addrScratch, "starts")
	b.Call("metric_add", Imm(addrScratch), Imm(6), Imm(1))
	return s
}

// On adds a block that runs on every call of h.
func (s *Script) On(h Handler) *Block { return s.OnNth(h, 0) }

// OnNth adds a block that runs on the nth call of h in an instance only,
// counting from 1; 0 is every call.
func (s *Script) OnNth(h Handler, nth uint8) *Block {
	b := &Block{script: s, handler: h, nth: nth, number: len(s.blocks), slot: addrResults}
	s.blocks = append(s.blocks, b)
	return b
}

func (s *Script) handles(h Handler) bool {
	return slices.ContainsFunc(s.blocks, func(b *Block) bool { return b.handler == h })
}

// A compiler turns the blocks into bytes. What depends on the host is known
// only here.
type compiler struct {
	*sealer
	out   []byte
	marks []int // places that an instruction further on needs, innermost last
	want  map[string]int64
}

func (c *compiler) mark(at int) { c.marks = append(c.marks, at) }

func (c *compiler) popMark() int {
	at := c.marks[len(c.marks)-1]
	c.marks = c.marks[:len(c.marks)-1]
	return at
}

func (c *compiler) here() uint32 { return uint32(addrScript + len(c.out)) }

func (c *compiler) u8(v uint8)   { c.out = append(c.out, v) }
func (c *compiler) u32(v uint32) { c.out = binary.LittleEndian.AppendUint32(c.out, v) }

func (c *compiler) args(args ...Arg) {
	for _, a := range args {
		c.u8(a.tag)
		c.out = binary.LittleEndian.AppendUint64(c.out, uint64(a.resolve(c)))
	}
}

func (s *Script) compile(seals *sealer, want map[string]int64) []byte {
	c := &compiler{sealer: seals, want: want}
	for _, b := range s.blocks {
		c.u8(uint8(b.handler))
		c.u8(b.nth)
		size := len(c.out)
		c.u32(0)
		for _, op := range b.ops {
			op(c)
		}
		c.u8(opEnd)
		binary.LittleEndian.PutUint32(c.out[size:], uint32(len(c.out)-size-4))
	}
	if len(c.out) > scriptSize {
		panic(fmt.Sprintf("script of %d bytes; the guest has room for %d", len(c.out), scriptSize))
	}
	return c.out
}

// The instructions of guest.wat.
const (
	opEnd = iota
	opCall
	opStore
	opFill
	opCopy
	opHash
	opEqual
	opMath
	opJumpIfZero
	opReturn
	opTrap
	opReport
	opDigits
	opView
)

// An Arg is a number that the guest uses: one that stands in the script, or
// one that it loads.
type Arg struct {
	tag   uint8
	value int64
	from  func(c *compiler) int64 // of the host, in the place of value
}

func (a Arg) resolve(c *compiler) int64 {
	if a.from != nil {
		return a.from(c)
	}
	return a.value
}

// Imm is the number v.
func Imm(v int64) Arg { return Arg{value: v} }

// Load64, Load32, Load16 and Load8 are what memory holds at addr, when the
// instruction is reached.
func Load64(addr uint32) Arg { return Arg{tag: 1, value: int64(addr)} }

// Load32 is an unsigned number of 32 bits; see Load64.
func Load32(addr uint32) Arg { return Arg{tag: 2, value: int64(addr)} }

// Load16 is an unsigned number of 16 bits; see Load64.
func Load16(addr uint32) Arg { return Arg{tag: 3, value: int64(addr)} }

// Load8 is a byte; see Load64.
func Load8(addr uint32) Arg { return Arg{tag: 4, value: int64(addr)} }

// MemoryEnd is the address behind the guest's linear memory, plus offset.
func MemoryEnd(offset int64) Arg { return Arg{tag: 5, value: offset} }

// SealedLen is the length of the envelope of s.
func SealedLen(s Session) Arg {
	return Arg{from: func(c *compiler) int64 { return int64(len(c.seal(s))) }}
}

// SealedHash is the checksum of the envelope of s.
func SealedHash(s Session) Arg {
	return Arg{from: func(c *compiler) int64 { return checksum(c.seal(s)) }}
}

// TextHash is the checksum of text.
func TextHash(text string) Arg { return Imm(checksum([]byte(text))) }

// NodeHash is the checksum of the host's node id.
func NodeHash() Arg {
	return Arg{from: func(c *compiler) int64 { return checksum([]byte(c.host.Node)) }}
}

// PeerHash is the checksum of the other node's id.
func PeerHash() Arg {
	return Arg{from: func(c *compiler) int64 { return checksum([]byte(c.host.Peer)) }}
}

func checksum(b []byte) int64 {
	h := fnv.New64a()
	h.Write(b)
	return int64(h.Sum64())
}

// A Block is what the guest does in one call of a handler.
type Block struct {
	script  *Script
	handler Handler
	nth     uint8
	number  int
	wants   int    // metrics so far
	slot    uint32 // where the next result goes
	ops     []func(c *compiler)
}

func (b *Block) op(op func(c *compiler)) { b.ops = append(b.ops, op) }

// next returns an address for a result.
func (b *Block) next() uint32 {
	b.slot += 8
	if b.slot >= addrEvent {
		panic("too many results in one block")
	}
	return b.slot - 8
}

// Text stores text at addr.
func (b *Block) Text(addr uint32, text string) {
	b.bytes(addr, func(*compiler) []byte { return []byte(text) })
}

// Peer stores the other node's id at addr.
func (b *Block) Peer(addr uint32) {
	b.bytes(addr, func(c *compiler) []byte { return []byte(c.host.Peer) })
}

// Sealed stores the envelope of s at addr.
func (b *Block) Sealed(addr uint32, s Session) {
	b.bytes(addr, func(c *compiler) []byte { return c.seal(s) })
}

func (b *Block) bytes(addr uint32, of func(c *compiler) []byte) {
	b.op(func(c *compiler) {
		data := of(c)
		c.u8(opStore)
		c.u32(addr)
		c.u32(uint32(len(data)))
		c.out = append(c.out, data...)
	})
}

// Fill stores n times the byte with.
func (b *Block) Fill(addr uint32, with byte, n int) {
	b.op(func(c *compiler) {
		c.u8(opFill)
		c.args(Imm(int64(addr)), Imm(int64(with)), Imm(int64(n)))
	})
}

// Copy copies n bytes.
func (b *Block) Copy(to, from uint32, n Arg) { b.CopyFrom(to, Imm(int64(from)), n) }

// CopyFrom copies n bytes from an address that is known only when it runs.
func (b *Block) CopyFrom(to uint32, from, n Arg) {
	b.op(func(c *compiler) {
		c.u8(opCopy)
		c.args(Imm(int64(to)), from, n)
	})
}

var functions = abi.HostFunctions()

func indexOf(function string) (int, abi.HostFunction) {
	i := slices.IndexFunc(functions, func(f abi.HostFunction) bool { return f.Name == function })
	if i < 0 {
		panic("no host function " + function)
	}
	return i, functions[i]
}

// Call calls a host function and returns where its result is.
func (b *Block) Call(function string, args ...Arg) Arg {
	i, f := indexOf(function)
	if len(args) != len(f.Type.Params) {
		panic(fmt.Sprintf("%s called with %d arguments", function, len(args)))
	}
	dst := b.next()
	b.op(func(c *compiler) {
		c.u8(opCall)
		c.u8(uint8(i))
		c.u32(dst)
		c.u8(uint8(len(args)))
		c.args(args...)
	})
	return Load64(dst)
}

// Hash returns the checksum of n bytes at addr.
func (b *Block) Hash(addr uint32, n Arg) Arg {
	dst := b.next()
	b.op(func(c *compiler) {
		c.u8(opHash)
		c.u32(dst)
		c.args(Imm(int64(addr)), n)
	})
	return Load64(dst)
}

// Equal returns 1 where n bytes are equal, else 0.
func (b *Block) Equal(x, y uint32, n Arg) Arg {
	dst := b.next()
	b.op(func(c *compiler) {
		c.u8(opEqual)
		c.u32(dst)
		c.args(Imm(int64(x)), Imm(int64(y)), n)
	})
	return Load64(dst)
}

// Add, Sub and Less return x+y, x-y, and whether x is less than y (1 or 0).
func (b *Block) Add(x, y Arg) Arg { return b.math(0, x, y) }

// Sub returns x-y.
func (b *Block) Sub(x, y Arg) Arg { return b.math(1, x, y) }

// Less returns 1 where x is less than y, else 0.
func (b *Block) Less(x, y Arg) Arg { return b.math(2, x, y) }

// Pair returns x and y in one number, as functions return an address and a
// length.
func (b *Block) Pair(x, y Arg) Arg { return b.math(3, x, y) }

func (b *Block) math(which uint8, x, y Arg) Arg {
	dst := b.next()
	b.mathTo(dst, which, x, y)
	return Load64(dst)
}

func (b *Block) mathTo(dst uint32, which uint8, x, y Arg) {
	b.op(func(c *compiler) {
		c.u8(opMath)
		c.u8(which)
		c.u32(dst)
		c.args(x, y)
	})
}

// View has the whole record of the event written to addr, as the guest's SDK
// reads it, and returns its length.
func (b *Block) View(addr uint32) Arg {
	dst := b.next()
	b.op(func(c *compiler) {
		c.u8(opView)
		c.u32(dst)
		c.u32(addr)
	})
	return Load64(dst)
}

// Digits stores x in n hexadecimal digits at addr.
func (b *Block) Digits(addr uint32, x Arg, n int) {
	b.op(func(c *compiler) {
		c.u8(opDigits)
		c.u32(addr)
		c.args(x, Imm(int64(n)))
	})
}

// If does what body adds where x is not 0.
func (b *Block) If(x Arg, body func()) {
	b.op(func(c *compiler) {
		c.u8(opJumpIfZero)
		c.args(x)
		c.mark(len(c.out))
		c.u32(0)
	})
	body()
	b.op(func(c *compiler) { binary.LittleEndian.PutUint32(c.out[c.popMark():], c.here()) })
}

// Repeat does what body adds until the result of body is not 0, at most times
// times, and returns the last one. n is where body finds the number of
// repetitions that are left.
func (b *Block) Repeat(times int64, body func(n Arg) Arg) Arg {
	left := b.next()
	b.mathTo(left, 0, Imm(times), Imm(0))
	b.op(func(c *compiler) { c.mark(len(c.out)) })
	result := body(Load64(left))
	b.mathTo(left, 1, Load64(left), Imm(1))
	b.If(Load64(left), func() {
		b.op(func(c *compiler) {
			end := c.popMark() // that of If
			top := c.popMark()
			c.mark(end)
			c.u8(opJumpIfZero)
			c.args(result)
			c.u32(uint32(addrScript + top))
		})
	})
	return result
}

// Forever loops without end.
func (b *Block) Forever() {
	b.op(func(c *compiler) {
		at := c.here()
		c.u8(opJumpIfZero)
		c.args(Imm(0))
		c.u32(at)
	})
}

// Return ends the call with x as its result.
func (b *Block) Return(x Arg) {
	b.op(func(c *compiler) {
		c.u8(opReturn)
		c.args(x)
	})
}

// Trap traps.
func (b *Block) Trap() { b.op(func(c *compiler) { c.u8(opTrap) }) }

// Report sets the metric name to x, and expects nothing of it.
func (b *Block) Report(name string, x Arg) {
	b.op(func(c *compiler) {
		c.u8(opReport)
		c.u8(uint8(len(name)))
		c.out = append(c.out, name...)
		c.args(x)
	})
}

// Expect reports x in the metric name, and expects want, which is a number or
// something of the host, never something in memory.
func (b *Block) Expect(name string, x, want Arg) {
	b.Report(name, x)
	b.op(func(c *compiler) { c.want[name] = want.resolve(c) })
}

// name makes a metric's name: the handler, which check it is, and what is
// checked.
func (b *Block) name(what string) string {
	b.wants++
	return fmt.Sprintf("%s%d_%02d_%s", b.handler, b.number, b.wants, what)
}

// Want calls a function and expects a result.
func (b *Block) Want(want Arg, function string, args ...Arg) {
	b.Expect(b.name(function), b.Call(function, args...), want)
}

// Code is Want for a result code, which the row then covers.
func (b *Block) Code(code abi.Code, function string, args ...Arg) {
	b.covers(function, code)
	b.Want(Imm(int64(code)), function, args...)
}

func (b *Block) covers(function string, code abi.Code) {
	b.script.covers = append(b.script.covers, function+" "+code.String())
}

// WantBytes expects that n bytes at addr have this checksum.
func (b *Block) WantBytes(addr uint32, n, checksum Arg) {
	b.Expect(b.name("bytes"), b.Hash(addr, n), checksum)
}

// WantEqual expects that x is the number want.
func (b *Block) WantEqual(what string, x, want Arg) { b.Expect(b.name(what), x, want) }

// Untouched expects that n bytes at addr are still what Fill made them.
func (b *Block) Untouched(addr uint32, with byte, n int) {
	all := make([]byte, n)
	for i := range all {
		all[i] = with
	}
	b.WantBytes(addr, Imm(int64(n)), Imm(checksum(all)))
}

// Once does what body adds only the first time in the life of the plugin, over
// faults and reloads: it remembers that under a key of kv_*.
func (b *Block) Once(body func()) {
	const key, at = "once", addrScratch + 0x3f000
	b.Text(at, key)
	found := b.Call("kv_get", Imm(at), Imm(int64(len(key))), Imm(0), Imm(0))
	b.If(b.Less(found, Imm(0)), func() {
		b.Call("kv_put", Imm(at), Imm(int64(len(key))), Imm(0), Imm(0), Imm(0))
		body()
	})
}
