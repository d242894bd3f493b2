package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host"
)

func versionHelp() string {
	return `Prints the versions of sesshook, Go, wazero and the plugin ABI, one a line. Beside wazero stands how
modules run on this machine: compiled to machine code, or in the interpreter, which is some fifty
times slower.
`
}

func version(_ context.Context, args []string, std stdio) error {
	if err := noArgs("version", args); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "sesshook %s\ngo       %s %s/%s\nwazero   %s %s\nabi      %s\n",
		programVersion(), strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH,
		moduleVersion("github.com/tetratelabs/wazero"), host.Engine(), abi.Module)
	return err
}

// programVersion returns the version that the program was built from: of the
// module, and where that is unknown, of the source tree.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel " + s.Value[:min(len(s.Value), 12)]
		}
	}
	return "devel"
}

// moduleVersion returns the version of a dependency that is built in.
func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == path {
				return strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	return "unknown"
}
