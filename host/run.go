package host

import (
	"context"

	"github.com/sesshook/sesshook/host/internal/workbench"
)

// What a run tells of itself: its module, its steps and their parts, and what it
// leaves behind. All of it is a value of the caller's, and encodes to JSON that
// is the same for the same run, but for RunCall.Took.
type (
	RunStep    = workbench.Step
	RunModule  = workbench.Module
	RunCall    = workbench.Call
	RunRecord  = workbench.Record
	RunDeed    = workbench.Deed
	RunArg     = workbench.Arg
	RunFault   = workbench.Fault
	RunChange  = workbench.Change
	RunEnd     = workbench.End
	RunSession = workbench.Session
	RunEntry   = workbench.Entry
	RunTime    = workbench.Time
)

// A RunConfig says what Run runs, and with which events.
type RunConfig = workbench.RunConfig

// Run runs one module on a private cache and a private farm, without TLS and
// without sockets, with a clock that the events move, and hands each step to tell
// once it is over. It is for authors of plugins: guest-examples/EVENTS.md
// describes the events.
//
// An error is one of the files, of tell, or of ctx. What goes wrong with the
// plugin is in the steps, and RunEnd.OK says whether anything did. It may be
// called concurrently.
func Run(ctx context.Context, cfg RunConfig, tell func(*RunStep) error) (*RunEnd, error) {
	return workbench.Run(ctx, cfg, tell)
}
