// Package conformance is a kit of checks for hosts of the plugin ABI and for its
// SDKs: does a host do what abi/SPEC.md says, for every function, in every
// phase, with every code, and with bad pointers, and does an SDK say the same?
// It consists of a machine (MACHINE.md), which makes calls as a script tells it,
// and a table of rows, each of which is a script, what is to happen around it,
// and what must come of it. It goes through the public ABI alone, knows no
// host's Go functions, and imports no WebAssembly runtime, so that any host can
// run it, in any language (Case is plain data).
//
// The machine exists as guest.wat, on bare imports, which is Guest: with it the
// rows are about the host. And it exists on the SDK of each language, in the
// folder guests: with those the rows are about the SDK.
//
// The kit does not check eviction and the overflow of queues, which a host can't
// be made to do from outside, nor how nodes find each other.
//
// # Running the rows on another host
//
// Each row wants a fresh host and a fresh plugin. For row.Case(host):
//
//  1. If Farm, the host is on a farm of two nodes. The runner plays the other
//     one, whose id is Host.Peer: with a node of its own, or in the place of
//     what the host sends its messages by. Every other row wants a host without
//     a farm.
//  2. Store the sessions of Before in the cache. A Session's metadata are its
//     fields, created now, expiring TTL later, and with this host as their
//     home; Sealed is its envelope, which came from Host.Seal.
//  3. Load Guest as the only plugin, with Config as its [config] (JSON; in TOML
//     it is one key, script, with a string), with Grants (nil is the default),
//     with the keys of Sidecar, one instance unless they say otherwise, and if
//     Tick a tick of some ms. The host logs at debug level. Its deadlines are
//     generous, some seconds, but where a hook loops (Loops) no longer than the
//     runner cares to wait.
//     If Refused, loading must fail; go on with 5.
//  4. Do the steps. After the load, and after each step, wait until the plugin
//     is idle: plugin_ready has returned, no call is under way, no replay is
//     (look at it after the calls: they start it), and nothing is queued; if
//     Tick, also until on_tick has returned once more. After a DoRequest that
//     includes the call of on_message.
//  5. Compare: every metric of Want has that value; none of Unset exists; every
//     line of Logs was logged for the plugin, at that level, with exactly that
//     text; every id of Present is in the cache and none of Absent is; if Farm,
//     the other node has received the messages of Published, unless
//     AnyPublished, and if there is Stored, that and nothing else is under the
//     plugin's keys.
//
// The other node answers each request of the guest as the one of Answers that
// has the same topic, the same addressee and the same data says, as often as it
// is asked: an SDK may ask twice for a reply that is longer than its buffer. A
// request to a node that does not exist has no answer; any other that is not in
// Answers is a failure. A request that gets no reply waits until it times out.
//
// A host that discards an instance after a fault may make the next one at
// once or with the next event, but may not pause so long that the following
// step meets none: with such a host, the runner waits for the instance first.
//
// The metric "starts" counts the calls of plugin_start that the kit's own
// scripts made, hence the instances: 1, and 1 more for each reload and each
// fault.
//
// In this module that runner is host/conformance_test.go, and its other node
// host/conformance_farm_test.go:
//
//	go test ./host -run TestConformance/wat
//
// # Running the rows on an SDK
//
// Write the machine in your language, every operation through your SDK:
// MACHINE.md is its definition, guests/c/guest.c a short example. Build it, and
// run all rows on this host with the file in the place of Guest: here that is a
// file guests/LANGUAGE.wasm and a line in the runner's list. A row that fails
// names language, row, and the metrics that differ; a metric's name is the
// handler with the number of the script's block, the number of the check in that
// block, and what is checked: ready1_03_session_get.
//
// The one in Go is not kept as a file: the runner builds it.
//
// A guest whose SDK exports event_buffer itself, as the one in Go, can't run the
// rows that have Buffer, and needn't. The runner names and counts them;
// guests/go/README.md says why it is so.
//
// Everything in this package may be used concurrently, except a Script that is
// being built.
package conformance
