// Package farm holds the plugin share as it was built from guest-examples/share,
// and its sidecar, for programs that bring it along.
package farm

import _ "embed"

// Module is share.wasm. It must not be changed.
//
//go:embed share.wasm
var Module []byte

// Sidecar is share.toml, as the example has it. It must not be changed.
//
//go:embed share.toml
var Sidecar []byte
