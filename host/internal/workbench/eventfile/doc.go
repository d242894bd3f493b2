// Package eventfile reads and writes the events of the workbench: one JSON
// object a line, as guest-examples/EVENTS.md describes them. `sesshook record`
// writes what happens on a server, people write what they want to test, and
// `sesshook run` reads both.
//
// A reader finds every mistake of a line that it can name, with its line and
// column, and says what was probably meant. It knows which field belongs to
// which event and how values are written, and nothing of whether an event makes
// sense where it stands: that is up to who plays it.
//
// Files may come from anybody: no content makes a reader panic, or use more
// memory than in proportion to the longest line. A Reader and a Writer belong to
// one goroutine; functions are safe for concurrent use.
package eventfile
