//go:build !windows

package main

import "syscall"

// What makes a process stand still, and go on.
const (
	sigStop = syscall.SIGSTOP
	sigCont = syscall.SIGCONT
)
