package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/cmd/sesshook/internal/options"
	"github.com/sesshook/sesshook/host"
)

func benchHelp() string {
	return `Measures what modules cost: each hook per event (time, fuel, host calls, allocations of the host),
beside an empty plugin with the same hooks in the same moments, and what it takes to load them. The
sidecar NAME.toml beside NAME.wasm holds. The exit status is 1 where a module does not load, and
where a call did not return.

  --time TIME         how long each hook is measured (default 1s), beside the empty plugin's
  --config KEY=VALUE  set a value of [config] in every sidecar; may be given more than once
  --grant GRANT,...   run them with these grants, instead of the sidecars'
  --json              write the report as JSON, times in ns

Times are those of the fastest of many short blocks of events, so that what else the machine does is
left out. "load" checks the module, compiles it and brings up an instance; "cached" is the same with
its code in the compile cache. Fuel and host calls are averages of 64 events; a page is 64 KiB.
`
}

// benchFlags are the flags of bench.
type benchFlags struct {
	host.BenchConfig
	json bool
}

func parseBench(args []string) (f benchFlags, err error) {
	var grants []abi.Grant
	fs := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	fs.DurationVar(&f.Time, "time", time.Second, "")
	fs.StringArrayVar(&f.Set, "config", nil, "")
	fs.Var(options.Grants(&grants), "grant", "")
	fs.BoolVar(&f.json, "json", false, "")
	if err := options.ParseFlags(fs, args); err != nil {
		return f, usageUnlessHelp(err)
	}
	if err := checkSettings(f.Set); err != nil {
		return f, err
	}
	if fs.NArg() == 0 {
		return f, usageError{fmt.Errorf("bench takes one module or more, and got none")}
	}
	if f.Time <= 0 {
		return f, usageError{fmt.Errorf("--time: %v is too short", f.Time)}
	}
	f.Modules, f.Grants = fs.Args(), grants
	return f, nil
}

func bench(ctx context.Context, args []string, std stdio) error {
	f, err := parseBench(args)
	if err != nil {
		return err
	}
	ctx, stop := orderly(ctx)
	defer stop()
	report, err := host.Bench(ctx, f.BenchConfig)
	if err != nil {
		return failed("bench", err)
	}
	if err := writeBench(std.out, report, f.json); err != nil {
		return err
	}
	if slices.ContainsFunc(report.Modules, broken) {
		return errSaid
	}
	return nil
}

// broken reports whether a module could not be measured as a whole.
func broken(m host.BenchModule) bool {
	return m.Error != "" || slices.ContainsFunc(m.Hooks, func(h host.BenchHook) bool { return h.Error != "" })
}

func writeBench(out io.Writer, r *host.BenchReport, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	var b strings.Builder
	benchModules(&b, r)
	benchHooks(&b, r)
	benchTrouble(&b, r)
	_, err := io.WriteString(out, b.String())
	return err
}

// column is a table whose cells stand under each other.
func column(b *strings.Builder, write func(row func(cells ...string))) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	write(func(cells ...string) { fmt.Fprintln(w, strings.Join(cells, "\t")) })
	_ = w.Flush() // a Builder takes everything
}

func benchModules(b *strings.Builder, r *host.BenchReport) {
	fmt.Fprintf(b, "%s, %s, %s\n\n", r.System, r.Go, r.Engine)
	column(b, func(row func(...string)) {
		row("module", "language", "bytes", "pages", "after", "load", "cached", "instance")
		for i := range r.Modules {
			m := &r.Modules[i]
			language := m.Language
			if language == "" {
				language = "-"
			}
			if m.Error != "" {
				row(m.Name, language, grouped(int64(m.Size)), "-", "-", "-", "-", "-")
				continue
			}
			row(m.Name, language, grouped(int64(m.Size)), fmt.Sprint(m.PagesStart), fmt.Sprint(m.PagesEnd), short(m.LoadCold), short(m.LoadCached), short(m.Instantiate))
		}
	})
}

// hooksOf are the hooks of all modules, each once.
func hooksOf(r *host.BenchReport) (all []string) {
	for _, m := range r.Modules {
		for _, h := range m.Hooks {
			if !slices.Contains(all, h.Hook) {
				all = append(all, h.Hook)
			}
		}
	}
	return all
}

func benchHooks(b *strings.Builder, r *host.BenchReport) {
	hooks := hooksOf(r)
	if len(hooks) == 0 {
		return
	}
	b.WriteByte('\n')
	column(b, func(row func(...string)) {
		row("per event", "module", "ns", "x empty", "fuel", "host calls", "allocations")
		for _, hook := range hooks {
			title, none := hook, 0.0
			fuel := 0.0
			for _, m := range r.Modules {
				for _, h := range m.Hooks {
					if h.Hook != hook || h.Error != "" {
						continue
					}
					row(title, m.Name, fmt.Sprintf("%.0f", h.NS), fmt.Sprintf("%.1f", h.Ratio), grouped(int64(h.Fuel+.5)), fmt.Sprintf("%.3g", h.HostCalls), fmt.Sprintf("%.2f", h.Allocs))
					title = ""
					if none == 0 || h.EmptyNS < none {
						none = h.EmptyNS
					}
					fuel = h.EmptyFuel
				}
			}
			if none > 0 {
				row("", "(empty)", fmt.Sprintf("%.0f", none), "1.0", grouped(int64(fuel+.5)), "0", "")
			}
		}
	})
}

// benchTrouble says what the tables lack.
func benchTrouble(b *strings.Builder, r *host.BenchReport) {
	for _, m := range r.Modules {
		if m.Error != "" {
			fmt.Fprintf(b, "\n%s does not load: %s\n", m.Path, m.Error)
		}
		for _, h := range m.Hooks {
			switch {
			case h.Error != "":
				fmt.Fprintf(b, "\n%s of %s is not measured: %s\n", h.Hook, m.Name, h.Error)
			case h.Failed > 0:
				fmt.Fprintf(b, "\n%s of %s returned an error for %s: what it costs otherwise is not said\n", h.Hook, m.Name, plural(h.Failed, "event"))
			}
		}
	}
}

// short writes a duration in three digits or so.
func short(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}
