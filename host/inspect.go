package host

import (
	"context"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin/lint"
)

// A Report says what a module exports, imports and needs, and every problem
// that would keep it from loading.
type Report = lint.Report

// Inspect checks a module as loading would, without running any of it. name is
// for messages, grants are what an operator would give it; nil is
// abi.DefaultGrants. Nobody keeps module. It may be called concurrently.
func Inspect(ctx context.Context, name string, module []byte, grants []abi.Grant) *Report {
	if grants == nil {
		grants = abi.DefaultGrants()
	}
	return lint.Check(ctx, module, lint.Options{Name: name, Grants: grants})
}
