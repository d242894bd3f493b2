// Package plugin runs WebAssembly plugins: it loads them from the modules
// directory, keeps them up to date while it changes, queues the events of the
// session cache for them, calls their hooks, and answers the host functions of
// abi/SPEC.md.
//
// The nouns, from the outside in:
//
//   - Manager: all plugins of a host. It watches the directory, and is what the
//     cache (Notify) and the TLS binding (Miss, Resume) talk to.
//   - Plugin: one NAME.wasm for as long as the name is there. It owns what
//     outlives a reload: number, queues, key-value store, metrics, counters.
//   - generation: one content of NAME.wasm with one sidecar: a wazero runtime
//     and the compiled module. A reload replaces the generation.
//   - slot: one queue, the goroutine that drains it, and the instance that it
//     feeds. A session id always goes to the same slot, so that order per id
//     holds while work spreads.
//   - instance: one instantiated module, used by one goroutine at a time and
//     discarded at its first fault.
//
// Only this package and those below it import wazero. It imports neither the
// cache nor the TLS binding: package host joins them through Store and the
// methods of Manager.
//
// Locks, in the order in which they may be taken: Manager.mu (one directory
// scan at a time), then the slots' turns in the order of their index, then a
// ring's mutex. Notify takes a ring's mutex only, because it is called under a
// lock of the cache; no guest runs while a lock of the cache is held.
package plugin
