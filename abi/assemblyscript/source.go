// Package assemblyscript holds the SDK for plugins in AssemblyScript as files, for
// tools that put a copy of it into an author's folder. There is no Go in it: see
// README.md.
package assemblyscript

import "embed"

// Source is the npm package, without its own tests.
//
//go:embed README.md package.json asconfig.json index.ts assembly testing
var Source embed.FS
