// Command sesshook terminates TLS with a cache of resumable sessions, and runs
// WebAssembly plugins on what happens in it: see sesshook help.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
