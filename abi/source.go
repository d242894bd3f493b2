//go:build !wasm && !tinygo.wasm

package abi

import "embed"

// Source is the source of this package and of the Go SDK, with SPEC.md and the
// tests, as files below this folder. It is for tools that put a copy of the SDK
// into an author's folder; plugins do not carry it.
//
//go:embed SPEC.md *.go guest/*.go guest/config/*.go guest/guesttest/*.go guest/internal/hostcall/*.go
var Source embed.FS
