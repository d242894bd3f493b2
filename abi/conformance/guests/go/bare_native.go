//go:build !wasip1

package main

// A native build shows that the rest compiles. It has no linear memory.

func bare(uint8, *[9]uint64) int64  { panic("not in a native build") }
func pointer(uint64) uint32         { panic("not in a native build") }
func outside(uint32, uint32) []byte { panic("not in a native build") }
func memoryPages() uint32           { panic("not in a native build") }
