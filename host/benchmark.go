package host

import (
	"context"

	"github.com/sesshook/sesshook/host/internal/workbench"
)

// What Bench has measured.
type (
	BenchReport = workbench.Report
	BenchModule = workbench.Measured
	BenchHook   = workbench.MeasuredHook
)

// A BenchConfig says what Bench measures, and for how long.
type BenchConfig = workbench.BenchConfig

// Bench measures what modules cost: each hook, in time, fuel, allocations and
// calls of host functions per event, beside an empty plugin with the same hooks in
// the same moments; and the module itself, in size, memory, and the time that it
// takes to load. It runs them on private caches, without TLS and without sockets.
//
// An error is one of the files or of ctx. What is wrong with a module stands in
// the report. Two of them at the same time measure each other.
func Bench(ctx context.Context, cfg BenchConfig) (*BenchReport, error) {
	return workbench.Bench(ctx, cfg)
}
