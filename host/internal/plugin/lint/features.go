package lint

import (
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/api"
)

// Features are the features of WebAssembly that the host enables: version 2.0.
// Threads, exceptions, tail calls, extended constants and typed function
// references are off. The runtime that runs a module has to be made with them.
func Features() api.CoreFeatures { return api.CoreFeaturesV2 }

// needs notes a feature that the module uses and the host keeps off, where
// reading can go on behind it.
func needs(r *reader, feature, does string) {
	if r.err != nil || r.lacking == nil {
		return
	}
	for _, known := range *r.lacking {
		if known.feature == feature {
			return
		}
	}
	*r.lacking = append(*r.lacking, lacks(r, feature, does))
}

// unsupported is needs where reading cannot go on.
func unsupported(r *reader, feature, does string) {
	if r.err == nil {
		r.err = lacks(r, feature, does)
		r.at = r.end
	}
}

func lacks(r *reader, feature, does string) *formatError {
	return &formatError{
		feature: feature,
		text:    fmt.Sprintf("needs %s, which this host does not enable: its %s %s", feature, r.place, does),
		hint:    featureHint(feature),
	}
}

// featureHint says how to build without a feature.
func featureHint(feature string) string {
	switch feature {
	case "threads":
		return "build for one thread: no -pthread, no -matomics; Rust: not wasm32-wasip1-threads, no +atomics"
	case "exceptions":
		return "build without them: C++ -fno-exceptions, Rust panic = \"abort\""
	case "64-bit memory":
		return "build for wasm32"
	case "tail calls":
		return "build with -mno-tail-call (Rust: -C target-feature=-tail-call)"
	case "extended constants":
		return "build with -mno-extended-const, and not as a shared library (-fPIC)"
	case "typed function references", "garbage-collected types":
		return "the source language's compiler has to target WebAssembly 2.0 without them"
	}
	return "the host runs WebAssembly 2.0: build for that"
}

// runtimeFeatures are the runtime's names of the features that are off.
var runtimeFeatures = map[string]string{
	"threads": "threads", "tail-call": "tail calls", "extended-const": "extended constants",
	"exception-handling": "exceptions", "typed-function-references": "typed function references",
}

// featureError recognises the runtime's error about a feature that is off.
func featureError(text string) *formatError {
	_, after, ok := strings.Cut(text, `feature "`)
	name, rest, _ := strings.Cut(after, `"`)
	feature, known := runtimeFeatures[name]
	if !ok || !known || !strings.HasPrefix(rest, " is disabled") && !strings.HasPrefix(rest, " not enabled") {
		return nil
	}
	where, _, _ := strings.Cut(text, ": ")
	if !strings.Contains(where, "function[") {
		where = "its code"
	}
	where = strings.TrimPrefix(where, "invalid ")
	return &formatError{
		text: fmt.Sprintf("needs %s, which this host does not enable: %s uses them", feature, printable(where)),
		hint: featureHint(feature),
	}
}
