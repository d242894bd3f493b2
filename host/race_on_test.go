//go:build race

package host

// underRace says that the race detector watches: everything takes ten times as
// long, and it maps memory for itself.
const underRace = true
