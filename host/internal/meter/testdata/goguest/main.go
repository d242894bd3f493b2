// The guest of the benchmarks: ordinary Go code, sorting, hashing and encoding.
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared
package main

import (
	"crypto/sha256"
	"encoding/json"
	"runtime"
	"sort"
	"strings"
)

type record struct {
	Name   string
	Sum    [32]byte
	Values []int
}

//go:wasmexport work
func work() int32 {
	runtime.Gosched() // lets the collector run, or the memory grows and grows
	values := make([]int, 5000)
	seed := uint32(1)
	for i := range values {
		seed = seed*1664525 + 1013904223
		values[i] = int(seed >> 3)
	}
	sort.Ints(values)
	in := record{Name: strings.Repeat("x", 100), Sum: sha256.Sum256(make([]byte, 50_000)), Values: values[:500]}
	text, err := json.Marshal(in)
	if err != nil {
		return -1
	}
	var out record
	if err := json.Unmarshal(text, &out); err != nil {
		return -2
	}
	return int32(len(out.Values))
}

func main() {}
