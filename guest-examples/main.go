// Command guest-examples builds the example plugins, each a folder beside this
// file, and puts module and sidecar into testdata/modules, or, of those that
// need other nodes, into testdata/farm:
//
//	go generate ./guest-examples/...
//
// A folder with a .wat file is built by wat2wasm (package wabt), one with main.go
// by the Go toolchain, whose version it leaves beside them in TOOLCHAIN: the same
// version makes the same bytes on every machine. Those in other languages say in
// their README how they are built, and the tests of their SDK, with the tag
// languages, do that and compare.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

//go:generate go run .

// Where built modules are kept, seen from this folder. A host of its own runs
// all of modules as it is.
var (
	modules = filepath.Join("..", "testdata", "modules")
	farm    = filepath.Join("..", "testdata", "farm")
	others  = filepath.Join("..", "testdata", "languages")
)

// outputs says where an example's module is kept, if not in modules.
var outputs = map[string]string{
	"bind":       farm,
	"hello-cpp":  others,
	"hello-zig":  others,
	"ratelimit":  others,
	"share":      farm,
	"share-rust": farm,
	"watch":      others,
}

// output returns where an example's module is kept.
func output(name string) string {
	if out, ok := outputs[name]; ok {
		return out
	}
	return modules
}

// toolchain is the name of the file beside them that says what built them.
const toolchain = "TOOLCHAIN"

func main() {
	if err := buildAll(); err != nil {
		fmt.Fprintln(os.Stderr, "guest-examples:", err)
		os.Exit(1)
	}
}

func buildAll() error {
	names, err := examples()
	if err != nil {
		return err
	}
	for _, name := range names {
		out := output(name)
		if err := errors.Join(os.MkdirAll(out, 0o755), copySidecar(name, out)); err != nil {
			return err
		}
		if !builtHere(name) {
			continue
		}
		err := errors.Join(
			build(name, filepath.Join(out, name+".wasm")),
			os.WriteFile(filepath.Join(out, toolchain), []byte(runtime.Version()+"\n"), 0o644),
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// examples returns the names of the folders that hold a plugin.
func examples() ([]string, error) {
	readmes, err := filepath.Glob("*/README.md")
	if err != nil {
		return nil, err
	}
	if len(readmes) == 0 {
		return nil, errors.New("no examples in this folder: run it in guest-examples, as go generate does")
	}
	var names []string
	for _, r := range readmes {
		names = append(names, filepath.Dir(r))
	}
	return names, nil
}

// wat returns the text of an example's module; empty if it is written in Go.
func wat(name string) string {
	text := filepath.Join(name, name+".wat")
	if _, err := os.Stat(text); err != nil {
		return ""
	}
	return text
}

// builtHere tells whether an example is WAT or Go.
func builtHere(name string) bool {
	_, err := os.Stat(filepath.Join(name, "main.go"))
	return err == nil || wat(name) != ""
}

// build builds one example into the file out.
func build(name, out string) error {
	if text := wat(name); text != "" {
		return run(exec.Command("wat2wasm", text, "-o", out))
	}
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "./"+name)
	cmd.Env = wasip1(os.Environ())
	return run(cmd)
}

// wasip1 returns env with what decides a build's bytes set to what the examples
// are built with.
func wasip1(env []string) []string {
	decides := []string{"GOOS", "GOARCH", "CGO_ENABLED", "GOFLAGS", "GOWORK", "GOEXPERIMENT", "GOWASM", "GOFIPS140", "GODEBUG"}
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(decides, name)
	})
	return append(env, "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
}

func run(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

// copySidecar puts an example's sidecar, if it has one, beside its module.
func copySidecar(name, out string) error {
	b, err := os.ReadFile(filepath.Join(name, name+".toml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name+".toml"), b, 0o644)
}
