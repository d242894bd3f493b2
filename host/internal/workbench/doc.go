// Package workbench runs one plugin by hand, for its author: on a private cache
// and a private farm, with a clock that stands still until it is told to move.
//
// Run plays the events of a file, or a set that shows every hook which the
// module exports, and tells step by step what the plugin did: calls, results,
// fuel, host calls with their arguments, log lines, metrics, faults. Bench
// measures the hooks, beside those of an empty plugin.
//
// It drives the real cache and the real plugin runtime through what they offer to
// a host, so that what a module does here it does there. What is not real is
// what differs from run to run: time, randomness, the order in which a replay
// goes over the cache, other nodes. One thing happens at a time: the next event
// comes when the plugin has come to rest. So the same module with the same
// events has the same steps, apart from durations and from the bytes of seals,
// whose nonces are random. (Limits per second do not hold: time stands still.)
//
// It serves no TLS, opens no sockets, and prints nothing. Its files are below a
// directory of its own in the system's place for temporary ones, which it
// removes. Run and Bench may be called concurrently.
package workbench
