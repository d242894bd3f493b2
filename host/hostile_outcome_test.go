package host

import (
	"slices"
	"strings"

	"github.com/sesshook/sesshook/abi"
	"github.com/sesshook/sesshook/host/internal/plugin"
)

// A sight is what is to be seen of one replica at one moment: its status, its
// lines in the host's log, and the sessions that the host has refused.
type sight struct {
	plugin.Status
	known    bool // the host has a plugin of this name
	log      string
	refusals map[abi.Code]uint64 // since the module came
}

// outcomes are what can become of a hostile module. Each returns what is still
// missing, or that it is settled. before is what was seen when the module had
// just been reloaded, and is nothing for those that are not.
//
// This is the only place that knows how the host shows an outcome.
var outcomes = map[string]func(h *hostile, now, before sight) (missing string){
	// refused TEXT: it never runs, and the host says why.
	"refused": func(h *hostile, now, _ sight) string {
		return need(now.State == "failed" && now.Generation == 0, "state failed") + need(strings.Contains(now.LastError, h.detail()), "the error "+h.detail())
	},
	// discarded RESULT: calls of the hook end so, and their instances with them.
	"discarded": func(h *hostile, now, _ sight) string {
		return need(now.Faults > 0, "a fault") + need(resultOf(now, h.hook(), strings.Split(h.detail(), " or ")...) > 0, "the result "+h.detail()) +
			need(now.State == "running" || now.State == "quarantined", "state running or quarantined")
	},
	// quarantined: it had so many faults in a row that it is kept out for a while.
	"quarantined": func(_ *hostile, now, _ sight) string {
		return need(now.State == "quarantined", "state quarantined") + need(now.Faults > 0, "a fault")
	},
	// limited WHAT: it goes on, and does not get more than it may have.
	"limited": func(h *hostile, now, before sight) string {
		hit := map[string]bool{
			"log": now.LinesLost > 0, "queue": now.EventsLost > 0,
			"memory": now.Values["limited"].Value > 0 && now.MemoryBytes <= 2<<20,
		}
		reached, ok := hit[h.detail()]
		if !ok { // the module counts refusals itself
			reached = now.Values["limited"].Value > 0
		}
		return need(reached, "the limit of "+h.detail()) + need(len(now.Values) <= 1000, "few metrics") + serves(h, now, before)
	},
	// harmless: it does what it wants to, and nothing comes of it.
	"harmless": serves,
	// errors: it goes on, and its errors are counted.
	"errors": func(h *hostile, now, _ sight) string {
		return need(resultOf(now, h.hook(), "error") > 0, "an error") + sound(now)
	},
	// reloaded: the reload went well.
	"reloaded": func(h *hostile, now, before sight) string {
		return need(now.Generation == 2, "generation 2") + serves(h, now, before)
	},
	// noted TEXT: the reload went well in spite of it, and the log says so.
	"noted": func(h *hostile, now, before sight) string {
		return need(now.Generation == 2, "generation 2") + need(strings.Contains(now.log, h.detail()), "the line "+h.detail()) +
			need(now.State == "running", "state running") + answers(h, now, before)
	},
	// kept TEXT: the reload was refused, and what ran goes on.
	"kept": func(h *hostile, now, before sight) string {
		return need(now.Generation == 1, "generation 1") + need(strings.Contains(now.LastError, h.detail()), "the error "+h.detail()) +
			need(now.State == "running", "state running") + answers(h, now, before)
	},
	// restored: what was reloaded failed, and what ran before works again.
	"restored": func(h *hostile, now, before sight) string {
		return need(resultOf(now, h.hook(), "trap") > 0, "a trap") + need(now.State == "running", "state running") + answers(h, now, before)
	},
}

// kind returns which of outcomes is expected.
func (h *hostile) kind() string {
	kind, _, _ := strings.Cut(h.outcome, " ")
	return kind
}

// detail returns what stands behind it.
func (h *hostile) detail() string {
	_, detail, _ := strings.Cut(h.outcome, " ")
	return detail
}

func need(ok bool, what string) string {
	if ok {
		return ""
	}
	return "; missing: " + what
}

// serves asks for calls that went well, and nothing else.
func serves(h *hostile, now, before sight) string {
	return answers(h, now, before) + sound(now) + need(resultOf(now, h.hook(), "error") == 0, "no errors") +
		need(h.counts == "" || now.Values[h.counts].Value > 0, "the metric "+h.counts) + need(h.refuses == "" || now.refusals[refusal[h.refuses]] > 0, "refused sessions")
}

var refusal = map[string]abi.Code{"invalid": abi.Invalid, "denied": abi.Denied, "too large": abi.TooLarge}

// answers asks for calls since before that went well.
func answers(h *hostile, now, before sight) string {
	const enough = 3
	well := func(s sight) uint64 { return resultOf(s, h.hook(), "ok", "refused") }
	return need(well(now) >= well(before)+enough, "calls of "+h.hook())
}

// sound asks for a plugin that runs and has had no fault.
func sound(now sight) string {
	return need(now.State == "running", "state running") + need(now.Faults == 0, "no faults")
}

// resultOf counts the calls of a hook that ended in one of the results.
func resultOf(s sight, hook string, results ...string) (n uint64) {
	for _, c := range s.Calls {
		if c.Hook != hook {
			continue
		}
		for result, calls := range c.Results {
			if slices.Contains(results, result) {
				n += calls
			}
		}
	}
	return n
}
