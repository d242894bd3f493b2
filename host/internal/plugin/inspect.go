package plugin

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/meter"
	"github.com/sesshook/sesshook/host/internal/plugin/lint"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// Inspect checks a module as loading it with these grants and no sidecar would,
// short of running any of it: it is rewritten and validated, but not compiled.
func Inspect(ctx context.Context, name string, module []byte, grants []abi.Grant) *lint.Report {
	side := sidecar.Default()
	return lint.Check(ctx, module, lint.Options{
		Name: name, Grants: grants, MaxSize: int64(side.ModuleSize), MemoryLimitPages: side.Memory.Pages(),
		Compile: func(ctx context.Context, module []byte) error {
			metered, err := rewrite(module, &side)
			if err != nil {
				return err
			}
			r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(lint.Features()).WithDebugInfoEnabled(false))
			defer func() { _ = r.Close(context.Background()) }() // it frees; it has nothing to report
			_, err = r.CompileModule(ctx, metered.Bytes)
			return err
		},
	})
}

// rewrite gives a module its budget, within the sidecar's limits.
func rewrite(module []byte, side *sidecar.Sidecar) (*meter.Module, error) {
	metered, err := meter.Rewrite(module, meter.Options{
		MaxBytes: int(side.ModuleSize),
		MaxPages: side.Memory.Pages(),
		// The runtime can't be stopped within a function, so what would take too
		// long is not begun. A unit of work is some 10 ns.
		MaxCompileWork: uint64(side.CompileTime / 10),
	})
	switch {
	case errors.Is(err, meter.ErrLimit):
		return nil, &lint.Refusal{Text: "is too much to compile: " + err.Error(), Hint: "make functions smaller and fewer; compile_time and module_size in the sidecar raise some of the limits"}
	case errors.Is(err, meter.ErrReserved):
		return nil, &lint.Refusal{Text: "takes a name that is the host's: " + err.Error(), Hint: "rename the export"}
	}
	return metered, err
}
