package main

import "syscall"

// Windows has no signals that make a process stand still: there, the test that
// sends them fails and says so.
const (
	sigStop = syscall.Signal(0x13)
	sigCont = syscall.Signal(0x12)
)
