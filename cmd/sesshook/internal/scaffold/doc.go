// Package scaffold makes the folder of a new plugin: source, unit tests, sidecar,
// events to run it on, README, and a copy of the SDK, so that it builds from
// nothing but the folder and the language's own tools.
//
// It holds no state; functions are safe for concurrent use. It writes below the
// folder that it makes and nowhere else, and takes that away again where it fails.
package scaffold
