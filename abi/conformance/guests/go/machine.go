// Command go is the conformance kit's machine (../../MACHINE.md) on the Go SDK,
// package abi/guest. It is not kept as a built file: host/conformance_test.go
// builds it as package guest says to build a plugin. A native build shows only
// that it compiles.
//
// The SDK exports event_buffer itself, so the rows with a block for that are not
// run in this guest.
package main

import (
	"bytes"
	"encoding/binary"
)

// What lies where in m.
const (
	memory  = 0x80000
	calls   = 0x100
	buffer  = 0x1000
	config  = 0x10000
	scripts = 0x30000

	bufferSize = 0x1000
	configSize = 0x1ffff
	scriptEnd  = 0xff
)

// A handler is the number of an export in a script.
type handler uint8

const (
	onInit handler = iota
	onStart
	_ // event_buffer, which the SDK exports
	onRestore
	onReady
	onInsert
	onRemove
	onGet
	onMiss
	onResume
	onMessage
	onTick
	onLost
	onSave
	onStop
	onMissed
)

var (
	m      [memory]byte
	loaded bool
	pc     uint32 // of the instruction that comes next

	le = binary.LittleEndian
)

func main() {} // never runs: a plugin is a library

// within reports whether n bytes at an address of a script lie within m.
func within(a, n uint64) bool { return uint64(uint32(a))+uint64(uint32(n)) <= memory }

// slice returns n bytes at an address of a script, with no room behind them.
func slice(a, n uint64) []byte {
	at, size := uint32(a), uint32(n)
	if at < memory && within(a, n) {
		return m[at : at+size : at+size]
	}
	return outside(pointer(a), size)
}

func store(dst uint32, v uint64) { le.PutUint64(m[dst:], v) }

// run calls the blocks of h and returns what they return, 0 where they don't.
func run(h handler, param uint64) uint64 {
	if !loaded {
		loadScript()
	}
	store(0, param)
	count := calls + 8*uint32(h)
	n := le.Uint64(m[count:]) + 1
	store(count, n)
	for at := uint32(scripts); m[at] != scriptEnd; at += 6 + le.Uint32(m[at+2:]) {
		if nth := m[at+1]; handler(m[at]) != h || nth != 0 && uint64(nth) != n {
			continue
		}
		pc = at + 6
		if result, ended := block(); ended {
			return result
		}
	}
	return 0
}

// decode decodes the script, which is the first string behind a colon in json.
func decode(json []byte) {
	_, hex, _ := bytes.Cut(json, []byte(":"))
	_, hex, _ = bytes.Cut(hex, []byte(`"`))
	to := scripts
	for ; hex[0] != '"'; hex = hex[2:] {
		m[to] = digit(hex[0])<<4 | digit(hex[1])
		to++
	}
	m[to] = scriptEnd
	loaded = true
}

func digit(c byte) byte {
	if c < 'a' {
		return c - '0'
	}
	return c - 'a' + 10
}

func next8() uint8 {
	pc++
	return m[pc-1]
}

func next32() uint32 {
	pc += 4
	return le.Uint32(m[pc-4:])
}

func argument() uint64 {
	tag := next8()
	v := le.Uint64(m[pc:])
	pc += 8
	at := uint32(v)
	switch tag {
	case 0:
		return v
	case 1:
		return le.Uint64(m[at:])
	case 2:
		return uint64(le.Uint32(m[at:]))
	case 3:
		return uint64(le.Uint16(m[at:]))
	case 4:
		return uint64(m[at])
	case 5:
		return uint64(memoryPages())<<16 + v
	}
	panic("no such argument")
}

func arguments(n uint8) (a [9]uint64) {
	for i := range a[:n] {
		a[i] = argument()
	}
	return a
}

// block runs the block at pc. ended is true if it has ended the call.
func block() (result uint64, ended bool) {
	for {
		switch next8() {
		case 0:
			return 0, false
		case 1:
			f, dst := next8(), next32()
			a := arguments(next8())
			store(dst, uint64(call(f, &a)))
		case 2:
			dst, n := next32(), next32()
			copy(m[dst:dst+n], m[pc:])
			pc += n
		case 3:
			a := arguments(3)
			fill(slice(a[0], a[2]), byte(a[1]))
		case 4:
			a := arguments(3)
			copy(slice(a[0], a[2]), slice(a[1], a[2]))
		case 5:
			dst := next32()
			a := arguments(2)
			store(dst, hash(slice(a[0], a[1])))
		case 6:
			dst := next32()
			a := arguments(3)
			store(dst, number(bytes.Equal(slice(a[0], a[2]), slice(a[1], a[2]))))
		case 7:
			which, dst := next8(), next32()
			a := arguments(2)
			store(dst, math(which, a[0], a[1]))
		case 8:
			x, to := argument(), next32()
			if x == 0 {
				pc = to
			}
		case 9:
			return argument(), true
		case 11:
			n := next8()
			name := string(m[pc : pc+uint32(n)])
			pc += uint32(n)
			report(name, int64(argument()))
		case 12:
			dst := next32()
			a := arguments(2)
			digits(dst, a[0], uint32(a[1]))
		case 13:
			dst, at := next32(), next32()
			store(dst, uint64(view(at)))
		default: // 10, too
			panic("the script traps")
		}
	}
}

// fill copies what it has filled: a loop over 256 KiB would take half of a
// call's fuel.
func fill(b []byte, with byte) {
	if len(b) == 0 {
		return
	}
	b[0] = with
	for n := 1; n < len(b); {
		n += copy(b[n:], b[:n])
	}
}

// hash takes 8 bytes at a time, for the same reason.
func hash(b []byte) uint64 {
	const prime = 0x100000001b3
	h := uint64(0xcbf29ce484222325)
	for ; len(b) >= 8; b = b[8:] {
		v := le.Uint64(b)
		h = (h ^ v&0xff) * prime
		h = (h ^ v>>8&0xff) * prime
		h = (h ^ v>>16&0xff) * prime
		h = (h ^ v>>24&0xff) * prime
		h = (h ^ v>>32&0xff) * prime
		h = (h ^ v>>40&0xff) * prime
		h = (h ^ v>>48&0xff) * prime
		h = (h ^ v>>56) * prime
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * prime
	}
	return h
}

func number(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func math(which uint8, x, y uint64) uint64 {
	switch which {
	case 0:
		return x + y
	case 1:
		return x - y
	case 2:
		return number(int64(x) < int64(y))
	}
	return x<<32 | uint64(uint32(y))
}

func digits(dst uint32, x uint64, n uint32) {
	for i := dst + n; i > dst; x >>= 4 {
		i--
		m[i] = "0123456789abcdef"[x&15]
	}
}
