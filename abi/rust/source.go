// Package rust holds the SDK for plugins in Rust as files, for tools that put a
// copy of it into an author's folder. There is no Go in it: see README.md.
package rust

import "embed"

// Source is the crate, without its integration tests.
//
//go:embed README.md Cargo.toml debian.toml src
var Source embed.FS
