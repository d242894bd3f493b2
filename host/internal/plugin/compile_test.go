package plugin

import (
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/sesshook/sesshook/host/internal/plugin/lint"
	"github.com/sesshook/sesshook/host/internal/plugin/sidecar"
)

// TestATimeoutOfTheCompilerIsNoFaultOfTheModule: who reads the report would look
// for what is wrong with the file.
func TestATimeoutOfTheCompilerIsNoFaultOfTheModule(t *testing.T) {
	side := sidecar.Default()
	g := &generation{side: &side, runtime: wazero.NewRuntime(t.Context())}
	defer g.runtime.Close(context.Background())
	late, cancel := context.WithCancel(t.Context())
	cancel()
	err := lint.Check(late, guest(t, "getter"), lint.Options{
		Name: "getter", MaxSize: int64(side.ModuleSize), MemoryLimitPages: side.Memory.Pages(), Compile: g.compile,
	}).Err()
	if err == nil || !strings.Contains(err.Error(), "took longer to compile than compile_time, 1m0s") || strings.Contains(err.Error(), "not valid") {
		t.Errorf("%v", err)
	}
}
