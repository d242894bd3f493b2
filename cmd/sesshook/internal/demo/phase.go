package demo

import (
	"context"
	"fmt"
	"strings"
)

// A phase is one change to the farm, and the time after it.
type phase struct {
	name   string  // in JSON, where it stays as it is
	title  string  // in the table
	label  string  // under the chart, short
	part   float64 // of the duration
	shares bool    // whether clients should resume wherever they land
	change func(ctx context.Context, s stage, say func(string)) error
	done   string // what to say when the nodes have done it
	then   string // and when it has taken effect; empty: nothing
}

// A stage is what a phase changes. A farm is one.
type stage interface {
	install(ctx context.Context, module []byte, say func(string)) error
	kill(i int)
	restart(ctx context.Context, i int, module []byte) error
	usage(ctx context.Context) []usage
	failed() <-chan error
	up() []bool
	served() []int
}

// plan returns the phases.
func plan(cfg Config) []phase {
	victim := cfg.Nodes / 2
	name, replacement := nodeName(victim), newer(cfg.Module)
	return []phase{
		{
			name: "no_plugin", title: "no plugin", label: "no plugin", part: 0.24,
			change: func(context.Context, stage, func(string)) error { return nil },
			done:   fmt.Sprintf("no plugin: who comes back to another node than before, as %s do, starts anew", most(cfg.Nodes)),
		},
		{
			name: "plugin", title: "share.wasm added", label: "share.wasm", part: 0.26, shares: true,
			change: func(ctx context.Context, s stage, say func(string)) error { return s.install(ctx, cfg.Module, say) },
			done:   "share.wasm runs on all nodes",
			then:   "share.wasm runs on all nodes: who comes back resumes, wherever they land",
		},
		{
			name: "newer_plugin", title: "newer share.wasm", label: "newer", part: 0.18, shares: true,
			change: func(ctx context.Context, s stage, say func(string)) error {
				return s.install(ctx, replacement, func(text string) { say(strings.Replace(text, "share.wasm", "a newer share.wasm", 1)) })
			},
			done: "the newer share.wasm runs on all nodes",
			then: "the newer share.wasm has taken over on all nodes, and clients go on resuming",
		},
		{
			name: "node_killed", title: name + " killed", label: "killed", part: 0.14, shares: true,
			change: func(_ context.Context, s stage, say func(string)) error {
				say(name + " is killed")
				s.kill(victim)
				return nil
			},
			done: name + " was killed, and all that it held is gone",
			then: name + " was killed, and all that it held is gone; its clients resume elsewhere",
		},
		{
			name: "node_back", title: name + " back", label: "back", part: 0.18, shares: true,
			change: func(ctx context.Context, s stage, say func(string)) error {
				say(name + " starts again, with an empty cache")
				return s.restart(ctx, victim, replacement)
			},
			done: name + " is back",
			then: name + " is back, and clients resume there too",
		},
	}
}

// most says how many of the clients come to another node than before.
func most(nodes int) string {
	switch nodes {
	case 2:
		return "half of them"
	case 3:
		return "two of three"
	}
	return fmt.Sprintf("%d of %d", nodes-1, nodes)
}
