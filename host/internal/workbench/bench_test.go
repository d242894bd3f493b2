package workbench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sesshook/sesshook/abi"
)

func TestBenchMeasuresEveryHookBesideAnEmptyOne(t *testing.T) {
	report, err := Bench(t.Context(), BenchConfig{Modules: []string{own("tour"), filepath.Join(hostiles, "start-returns-an-error.wasm"), own("named")}, Time: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Modules) != 3 {
		t.Fatalf("%+v", report)
	}
	tour, refused, faulty := report.Modules[0], report.Modules[1], report.Modules[2]
	if tour.Error != "" || tour.LoadCold <= 0 || tour.LoadCached <= 0 || tour.Instantiate <= 0 || tour.PagesStart != 2 || tour.PagesEnd != 2 || tour.Size == 0 || tour.SHA256 == "" {
		t.Errorf("%+v", tour)
	}
	measured := map[string]MeasuredHook{}
	for _, h := range tour.Hooks {
		measured[h.Hook] = h
		if h.Error != "" || h.NS <= 0 || h.EmptyNS <= 0 || h.Ratio <= 0 || h.Fuel <= 0 || h.EmptyFuel != 2 || h.Events < 8 || h.Allocs < 0 {
			t.Errorf("%+v", h)
		}
	}
	for _, e := range abi.GuestExports() {
		if e.Hook && measured[e.Name].Hook == "" {
			t.Errorf("%s is not measured", e.Name)
		}
	}
	if insert := measured["on_session_insert"]; insert.HostCalls != 2 || insert.Failed != 0 {
		t.Errorf("%+v", insert)
	}
	if !strings.Contains(refused.Error, "plugin_start returned") || len(refused.Hooks) != 0 {
		t.Errorf("%+v", refused)
	}
	if h := faulty.Hooks[0]; !strings.Contains(h.Error, "integer divide by zero") || h.NS != 0 {
		t.Errorf("%+v", faulty)
	}
}

func TestBenchLeavesNothingBehind(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp) // what os.TempDir goes by, but on Windows
	if _, err := Bench(t.Context(), BenchConfig{Modules: []string{filepath.Join(tmp, "none.wasm")}}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Bench(ctx, BenchConfig{Modules: []string{own("tour")}, Time: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestTheEmptyPluginHasEveryHook(t *testing.T) {
	for _, e := range abi.GuestExports() {
		if e.Hook && drives[e.Name] == nil {
			t.Errorf("%s is not measured", e.Name)
		}
	}
}
