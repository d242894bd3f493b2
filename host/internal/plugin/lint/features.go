package lint

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"github.com/sesshook/sesshook/host/internal/meter"
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
	}
}

// featureHints say how to build without a feature.
var featureHints = map[string]hint{
	"threads":       threadHint,
	"exceptions":    exceptionHint,
	"64-bit memory": {unknown: "build for wasm32"},
	"tail calls": {
		rust:      "-C target-feature=-tail-call",
		cPlusPlus: "-mno-tail-call",
		unknown:   "build with -mno-tail-call (Rust: -C target-feature=-tail-call)",
	},
	"extended constants": {
		rust:      "-C target-feature=-extended-const, and not as a shared library (-C relocation-model=pic)",
		cPlusPlus: "-mno-extended-const, and not as a shared library (-fPIC)",
		unknown:   "build with -mno-extended-const, and not as a shared library (-fPIC)",
	},
	"relaxed SIMD": {
		rust:      "-C target-feature=-relaxed-simd",
		cPlusPlus: "-mno-relaxed-simd",
		unknown:   "build with -mno-relaxed-simd (Rust: -C target-feature=-relaxed-simd)",
	},
	"wide arithmetic": {
		rust:      "-C target-feature=-wide-arithmetic",
		cPlusPlus: "-mno-wide-arithmetic",
		unknown:   "build with -mno-wide-arithmetic (Rust: -C target-feature=-wide-arithmetic)",
	},
	"several memories":          {unknown: "build without multi-memory"},
	"typed function references": {unknown: "the source language's compiler has to target WebAssembly 2.0 without them"},
	"garbage-collected types":   {unknown: "the source language's compiler has to target WebAssembly 2.0 without them: Kotlin, Dart, OCaml and Scheme have none that does"},
}

// featureHint says how a language is built without a feature.
func featureHint(feature string, l language) string {
	if h, ok := featureHints[feature]; ok {
		return h.of(l)
	}
	return "the host runs WebAssembly 2.0: build for that"
}

// runtimeFeatures are the runtime's names of the features that are off.
var runtimeFeatures = map[string]string{
	"threads": "threads", "tail-call": "tail calls", "extended-const": "extended constants",
	"exception-handling": "exceptions", "typed-function-references": "typed function references",
}

// proposals are the meter's names of the features that it does not take.
var proposals = map[string]string{
	"threads": "threads", "tail call": "tail calls", "extended constant expressions": "extended constants",
	"exception handling": "exceptions", "typed function references": "typed function references",
	"garbage collection": "garbage-collected types", "memory64": "64-bit memory", "multiple memories": "several memories",
	"relaxed SIMD": "relaxed SIMD", "wide arithmetic": "wide arithmetic",
}

// featureError recognises an error, of the runtime or of the meter before it,
// about a feature that is off.
func featureError(err error) *formatError {
	if errors.Is(err, meter.ErrUnsupported) {
		return proposalError(err.Error())
	}
	text := err.Error()
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
		feature: feature,
		text:    fmt.Sprintf("needs %s, which this host does not enable: %s uses them", feature, printable(where)),
	}
}

// proposalError takes the parts of "unsupported: offset 0x3d: instruction
// return_call of the tail call proposal isn't accepted".
func proposalError(text string) *formatError {
	before, rest, _ := strings.Cut(text, " of the ")
	name, _, ok := strings.Cut(rest, " proposal")
	if !ok {
		return nil
	}
	feature := name
	if known, ok := proposals[name]; ok {
		feature = known
	}
	before = strings.TrimPrefix(before, meter.ErrUnsupported.Error()+": ")
	where, what, _ := strings.Cut(before, ": ")
	return &formatError{
		feature: feature,
		text:    printable(fmt.Sprintf("needs %s, which this host does not enable: at %s, %s", feature, where, strings.TrimSuffix(what, ","))),
	}
}
