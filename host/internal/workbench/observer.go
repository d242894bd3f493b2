package workbench

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"unicode"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
)

// An observer collects what a plugin does, call by call: it is told by the
// runtime, on the goroutine that runs the guest, and by the log. It is safe for
// concurrent use.
type observer struct {
	brief bool // it counts, and keeps nothing

	mu        sync.Mutex
	did       []Deed // of the call under way
	doing     Deed   // the call of a host function under way
	calls     []Call // of the step under way
	notes     []string
	hostCalls int
	fuel      int64
	made      int // calls
	faults    int
	first     string // what the first of them was, since it was last emptied
	errors    int
}

// maxCalls is how many calls of one step are kept, and maxDeeds how many deeds
// of one call: somebody is to read them.
const (
	maxCalls = 10_000
	maxDeeds = 1_000
)

func (o *observer) trace() *plugin.Trace {
	return &plugin.Trace{Call: o.call, HostCall: o.hostCall, Begins: o.begins}
}

// take returns what has come since the last time.
func (o *observer) take() (calls []Call, notes []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	calls, notes = o.calls, o.notes
	o.calls, o.notes = nil, nil
	return calls, notes
}

// faulted returns how many calls have not returned so far.
func (o *observer) faulted() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.faults
}

// tally returns what was used, called and went wrong first since the last time.
func (o *observer) tally() (fuel int64, hostCalls int, trouble string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fuel, hostCalls, trouble = o.fuel, o.hostCalls, o.first
	o.fuel, o.hostCalls, o.first = 0, 0, ""
	return fuel, hostCalls, trouble
}

// begins describes a call of a host function now: what it writes may lie over
// what it was given.
func (o *observer) begins(c plugin.HostCall) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.brief {
		o.doing = deedOf(&c)
	}
}

func (o *observer) hostCall(c plugin.HostCall) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hostCalls++
	if o.brief || c.Function == "log" && !c.Trapped {
		return // its line is there
	}
	ended(&o.doing, &c)
	o.keep(o.doing)
}

func (o *observer) keep(d Deed) {
	switch {
	case len(o.did) < maxDeeds:
		o.did = append(o.did, d)
	case len(o.did) == maxDeeds:
		o.did = append(o.did, Deed{Log: "debug", Text: fmt.Sprintf("(more than %d calls of host functions and log lines: the rest is left out)", maxDeeds)})
	}
}

func (o *observer) call(g plugin.GuestCall) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := Call{Export: g.Export, Fuel: g.Fuel, Took: g.Took, Did: o.did}
	o.did = nil
	o.made++
	o.fuel += g.Fuel
	if g.Event != nil {
		c.Record = record(g.Event)
	} else if takesArg(g.Export) {
		arg := int64(g.Arg)
		c.Arg = &arg
	}
	if g.Fault != nil {
		o.faults++
		c.Fault = faultOf(g.Kind, g.Fault, g.Export)
		if o.first == "" {
			o.first = fmt.Sprintf("%s: %s: %s", g.Export, c.Fault.Kind, c.Fault.Text)
		}
	} else {
		c.Result, c.Means = meaning(g.Export, g.Result)
		if c.Means == "error" {
			o.errors++
		}
	}
	switch {
	case o.brief:
	case len(o.calls) < maxCalls:
		o.calls = append(o.calls, c)
	case len(o.calls) == maxCalls:
		o.calls = append(o.calls, c)
		o.notes = append(o.notes, fmt.Sprintf("there were more than %d calls in this step: the rest is left out", maxCalls))
	}
}

// takesArg reports whether an export that is given no record is given a number.
func takesArg(export string) bool {
	for _, e := range abi.GuestExports() {
		if e.Name == export {
			return len(e.Type.Params) > 0
		}
	}
	return false
}

// meaning returns the result of an export, where it has one, and what it says.
func meaning(export string, raw uint64) (result *int64, means string) {
	n := int64(int32(raw))
	switch export {
	case "event_buffer", "plugin_save":
		n = int64(raw)
		return &n, fmt.Sprintf("%d bytes at 0x%x", uint32(raw), uint32(raw>>32))
	case "start", "_initialize", "plugin_stop":
		return nil, ""
	case "on_session_resume":
		if n == 1 {
			return &n, "refused"
		}
	}
	if n != 0 {
		return &n, "error"
	}
	return &n, "ok"
}

// What the runtime's text of a fault consists of: what the host says, what the
// runtime says, the frames of the stack.
const (
	causeMark = ": wasm error: "
	stackMark = "wasm stack trace:"
	frameMark = " < "
	omitted   = ".. maybe followed by omitted frames"
)

// faultOf takes the text of a fault to pieces. It holds names of the guest's,
// whatever they are.
func faultOf(kind plugin.Result, err error, export string) *Fault {
	text, stack, _ := strings.Cut(err.Error(), stackMark)
	text = strings.TrimRight(text, " ;<")
	said, cause, ok := strings.Cut(text, causeMark)
	switch {
	case !ok:
	case kind == plugin.ResultTrap:
		text = cause
	default:
		text = said // the trap is only how the host ends a call
	}
	text = strings.TrimPrefix(text, export+" trapped: ")
	return &Fault{Kind: kind.String(), Text: clean(text), Stack: frames(stack, export)}
}

// frames returns the functions of a stack, the innermost first. The outermost
// is the export, by this name where it has none of its own.
func frames(stack, export string) (all []string) {
	for _, frame := range strings.Split(stack, frameMark) {
		frame = strings.TrimPrefix(strings.TrimSpace(frame), ".")
		switch {
		case frame == "":
		case "."+frame == omitted || frame == omitted:
			return append(all, "(and more)")
		default:
			all = append(all, clean(frame))
		}
	}
	if last := len(all) - 1; last >= 0 && strings.HasPrefix(all[last], "$") {
		all[last] = export + " " + all[last]
	}
	return all
}

// withoutStack is a load error without the stack, which the call has.
func withoutStack(text string) string {
	before, _, _ := strings.Cut(text, stackMark)
	return strings.TrimRight(before, " ;")
}

// clean replaces what can't be shown.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// A logHandler takes the lines of the plugin, and those of the host about it.
type logHandler struct {
	to       *observer
	byPlugin bool // the plugin's logger
}

// Enabled implements slog.Handler: all levels are.
func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler. The only logger that is given attributes
// is the plugin's.
func (h logHandler) WithAttrs([]slog.Attr) slog.Handler { return logHandler{h.to, true} }

// WithGroup implements slog.Handler.
func (h logHandler) WithGroup(string) slog.Handler { return h }

// Handle implements slog.Handler. A line of the plugin's own has no attributes,
// one about it has.
func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	if !h.byPlugin {
		return nil
	}
	h.to.mu.Lock()
	defer h.to.mu.Unlock()
	switch {
	case h.to.brief:
	case r.NumAttrs() == 0:
		h.to.keep(Deed{Log: levelName(abi.Level(r.Level)), Text: r.Message})
	case r.Level >= slog.LevelWarn && !told[r.Message]:
		h.to.notes = append(h.to.notes, hostLine(r))
	}
	return nil
}

// told are the host's lines about what a step shows anyway.
var told = map[string]bool{
	"the plugin's instance was discarded": true, "the plugin reported an error": true,
	"events were lost: the queue was full": true, "messages of another node were lost": true,
	"plugin not loaded": true, "no new instance of the plugin could be made": true,
}

// hostLine writes a line of the host without what differs from run to run.
func hostLine(r slog.Record) string {
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if a.Value.Kind() != slog.KindDuration && a.Value.Kind() != slog.KindTime && a.Key != "more_before" && a.Key != "instance" {
			fmt.Fprintf(&b, "; %s: %v", a.Key, a.Value)
		}
		return true
	})
	return clean(b.String())
}
