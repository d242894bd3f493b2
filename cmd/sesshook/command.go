package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/suggest"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// A command is what the first argument names.
type command struct {
	name  string
	args  string // after the name, for the help text
	short string // one line, for the list of commands
	long  func() string
	run   func(ctx context.Context, args []string, std stdio) error
}

func commands() []command {
	return []command{
		{"demo", "[flags]", "show a farm of nodes on this machine that share sessions by a plugin", demoHelp, runDemo},
		{"serve", "[flags]", "terminate TLS, with a session cache and its plugins", serveHelp, serve},
		{"new", "--lang LANGUAGE NAME", "make a folder with a new plugin that builds, and say what to type next", newHelp, newPlugin},
		{"inspect", "[flags] FILE.wasm", "show what a module exports, imports and needs, and what keeps it from loading", inspectHelp, inspect},
		{"run", "[flags] FILE.wasm", "run a module on events, and show what it does", runHelp, runModule},
		{"bench", "[flags] FILE.wasm...", "measure what modules cost, beside an empty one", benchHelp, bench},
		{"record", "[flags]", "take down what happens on a running server, for run", recordHelp, record},
		{"keygen", "", "print a new farm key, as a line for serve --farm-key-file", keygenHelp, keygen},
		{"version", "", "print the versions of sesshook, Go, wazero and the plugin ABI", versionHelp, version},
	}
}

// A usageError is a command line, or a configuration, that can't be meant.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errSaid is returned by a command that failed and has said so already.
var errSaid = errors.New("failed")

// run is the program: it does what args say and returns the exit status. ctx
// ends it as a SIGTERM would.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	std := stdio{in, out, errs}
	name := "help"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	err := dispatch(ctx, name, args, std)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "sesshook: %v\n", err)
		return exitUsage
	case !errors.Is(err, errSaid):
		fmt.Fprintf(errs, "sesshook: %v\n", err)
	}
	return exitFailed
}

func dispatch(ctx context.Context, name string, args []string, std stdio) error {
	switch name {
	case "help", "-h", "--help":
		return help(args, std.out)
	case "--version":
		name = "version"
	}
	c, err := find(name)
	if err != nil {
		return err
	}
	err = c.run(ctx, args, std)
	var usage usageError
	switch {
	case errors.Is(err, options.ErrHelp):
		return help([]string{name}, std.out)
	case errors.As(err, &usage):
		return usageError{fmt.Errorf("%w\nsee sesshook help %s", err, name)}
	}
	return err
}

func find(name string) (command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	hint := suggest.Hint(name, "", append(names, "help"))
	if hint == "" {
		hint = ": the commands are " + strings.Join(names, ", ") + " and help"
	}
	return command{}, usageError{fmt.Errorf("unknown command %q%s", name, hint)}
}

// help writes the list of commands, or the help of the one that args name.
func help(args []string, out io.Writer) error {
	if len(args) == 0 {
		_, err := io.WriteString(out, overview())
		return err
	}
	c, err := find(args[0])
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "usage: %s\n\n%s", strings.TrimRight("sesshook "+c.name+" "+c.args, " "), c.long())
	return err
}

func overview() string {
	var b strings.Builder
	b.WriteString(`sesshook is a TLS session cache that runs WebAssembly plugins: copy a module into the
modules directory and it sees, shares and polices the sessions that clients resume.

usage: sesshook COMMAND

`)
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s\n", c.name, c.short)
	}
	b.WriteString(`  help      explain a command: sesshook help serve

To begin: sesshook demo. Then sesshook serve, to see the second of two connections resume the
first: curl -k --http1.1 https://127.0.0.1:8443/ https://127.0.0.1:8443/
To write a plugin: sesshook new.
`)
	return b.String()
}

// noArgs refuses arguments of a command that takes none.
func noArgs(name string, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case args[0] == "-h" || args[0] == "--help":
		return options.ErrHelp
	}
	return usageError{fmt.Errorf("%s takes no arguments, and got %q", name, args[0])}
}
