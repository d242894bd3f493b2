//go:build languages

// Package c has no Go: its tests run those of the C and C++ SDK, and build what is
// written in these languages. They need the tools of README.md, and are behind the
// tag languages:
//
//	go test -tags languages ./abi/c
package c
