// Package conformance is a kit of checks for hosts of the plugin ABI: does a
// host do what abi/SPEC.md says, for every function, in every phase, with every
// code, and with bad pointers? It consists of a guest (guest.wat), which makes
// calls as a script tells it, and a table of rows, each of which is a script,
// what is to happen around it, and what must come of it. It goes through the
// public ABI alone, knows no host's Go functions, and imports no WebAssembly
// runtime, so that any host can run it, in any language (Case is plain data).
//
// It does not check limits that a host is free to set, nor messages between
// nodes: it is for a host without a farm, where message_* is UNAVAILABLE. It
// does not check eviction and the overflow of queues, which a host can't be
// made to do from outside.
//
// # Running a row
//
// Each row wants a fresh host and a fresh plugin. For row.Case(host):
//
//  1. Store the sessions of Before in the cache. A Session's metadata are its
//     fields, created now, expiring TTL later, and with this host as their
//     home; Sealed is its envelope, which came from Host.Seal.
//  2. Load Guest as the only plugin, with Config as its [config] (JSON; in TOML
//     it is one key, script, with a string), with Grants (nil is the default),
//     one instance, and if Tick a tick of some ms. The host logs at debug
//     level. Its deadlines are generous, some seconds, but where a hook loops
//     (Loops) no longer than the runner cares to wait.
//     If Refused, loading must fail; go on with 4.
//  3. Do the steps. After the load, and after each step, wait until the plugin
//     is idle: plugin_ready has returned, no call is under way, no replay is
//     (look at it after the calls: they start it), and nothing is queued; if
//     Tick, also until on_tick has returned once more.
//  4. Compare: every metric of Want has that value; none of Unset exists; every
//     line of Logs was logged for the plugin, at that level, with exactly that
//     text; every id of Present is in the cache and none of Absent is.
//
// A host that discards an instance after a fault may make the next one at
// once or with the next event, but may not pause so long that the following
// step meets none: with such a host, the runner waits for the instance first.
//
// The metric "starts" counts the calls of plugin_start that the kit's own
// scripts made, hence the instances: 1, and 1 more for each reload and each
// fault.
//
// Everything in this package may be used concurrently, except a Script that is
// being built.
package conformance
