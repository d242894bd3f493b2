package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/host"
)

// maxInspect is how much of a file is read, in bytes: far more than loads, so
// that the report of a file that is too large is the host's own.
const maxInspect = 256 << 20

func inspectHelp() string {
	return `Shows what a module exports and imports, the hooks and grants that follow, its size and memory, and
every problem that would keep it from loading, as far as that shows without running it: sesshook run
finds an event buffer that is computed and too small, and a plugin_start that fails. The exit status
is 1 where it would not load.

  --json              write the report as JSON
  --trusted-keys FILE minisign public keys: say who signed it, by FILE.wasm.minisig beside it
  --grant GRANT,...   judge it with these grants, instead of all but sessions:secrets
`
}

func inspect(ctx context.Context, args []string, std stdio) error {
	var grants []abi.Grant
	fs := pflag.NewFlagSet("inspect", pflag.ContinueOnError)
	asJSON := fs.Bool("json", false, "")
	trusted := fs.String("trusted-keys", "", "")
	fs.Var(options.Grants(&grants), "grant", "")
	if err := options.ParseFlags(fs, args); err != nil {
		return usageUnlessHelp(err)
	}
	if fs.NArg() != 1 {
		return usageError{fmt.Errorf("inspect takes one file, and got %d", fs.NArg())}
	}
	path := fs.Arg(0)
	module, err := readModule(path)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	report := host.Inspect(ctx, path, module, grants)
	if err := writeReport(std.out, report, *asJSON); err != nil {
		return err
	}
	if report.Err() != nil {
		return errSaid
	}
	if *trusted == "" {
		return nil
	}
	return inspectSignature(path, module, *trusted, std.err)
}

// inspectSignature says who signed a module that would load otherwise. That is
// for people: standard output stays the report's.
func inspectSignature(path string, module []byte, trusted string, out io.Writer) error {
	signature, err := os.ReadFile(path + ".minisig")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("inspect: %w", err)
	}
	keyID, err := host.VerifySignature(module, signature, trusted)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	_, err = fmt.Fprintf(out, "signed by minisign key %s\n", keyID)
	return err
}

func usageUnlessHelp(err error) error {
	if errors.Is(err, options.ErrHelp) {
		return err
	}
	return usageError{err}
}

func readModule(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	module, err := io.ReadAll(io.LimitReader(f, maxInspect+1))
	if err != nil {
		return nil, err
	}
	if len(module) > maxInspect {
		return nil, fmt.Errorf("%s is larger than %d MiB: no module is", path, maxInspect>>20)
	}
	return module, nil
}

func writeReport(out io.Writer, report *host.Report, asJSON bool) error {
	if !asJSON {
		return report.WriteText(out)
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(report)
}
