import { readFile } from "node:fs/promises";

import { Code, Flag, Kind, MIN_EVENT_BUFFER, Origin, Reason, defaultGrants, hooks } from "./abi.js";
import { toBytes, toKey } from "./bytes.js";
import { imports } from "./calls.js";
import { encode, write } from "./record.js";

export { Code, Flag, Insert, Kind, Origin, Reason } from "./abi.js";
export { toText } from "./bytes.js";

/**
 * A host in memory, for tests of plugins:
 *
 * ```js
 * import assert from "node:assert/strict";
 * import { test } from "node:test";
 * import { Host } from "sesshook-guest/testing";
 *
 * test("inserts are counted", async () => {
 *   const host = await Host.load("plugin.wasm", { config: { max_age: "12h" } });
 *   host.insert({ id: "a", serverName: "www.example.org" });
 *   assert.equal(host.metrics.inserted, 1);
 * });
 * ```
 *
 * It runs the module as it was built, and calls hooks at once, when the test says what happens.
 * It has the grants, phases and result codes of abi/SPEC.md, a clock of its own, and no other
 * plugin: it keeps sessions as the bytes that they are, seals and evicts nothing, limits neither
 * time nor rates, and makes no event of its own. The other nodes are the test's: `message`, `request`, `lost`,
 * the option `answer`, and `published`.
 *
 * A trap is a WebAssembly.RuntimeError out of the call that led to it. The host is of no use
 * after it: `restart` brings up a fresh instance, as the real one does.
 *
 * Ids, keys and data may be given as strings, which are UTF-8, or as arrays of bytes. Times are
 * bigints, in ns since the Unix epoch.
 */
export class Host {
  /** What the plugin has stored, and the test: by id. Read it with `session`. */
  sessions = new Map();
  /** The ids of removed sessions. Read it with `removed`. */
  tombstones = new Set();
  /** The plugin's keys. Read them with `value`. */
  values = new Map();
  /** The plugin's metrics, as numbers. */
  metrics = {};
  metricTypes = {};
  /** What the plugin has logged: `{ level: "info", text: "…" }`. */
  logs = [];
  /** The messages that it has sent: `{ topic, key, data }`, key and data as bytes. */
  published = [];
  /** The topics that it has subscribed to. */
  topics = new Set();
  /** How often it has asked for a replay. The test delivers it, by `insert` with EXISTING. */
  replays = 0;
  /** What hooks returned that is not 0: `{ hook, result }`. */
  errors = [];
  /** Codes that functions return without doing anything: `host.failures.kv_put = Code.LIMIT`. */
  failures = {};

  state = new Uint8Array(0);
  phase = "init";
  record = undefined;
  reply = undefined;
  #event = undefined;
  #seq = 0;
  #module;
  #instance;
  #buffer;

  /**
   * Loads a module, and brings it up: `_initialize`, `plugin_start`, `event_buffer`. Not
   * `plugin_ready`: see `ready`.
   *
   * @param {string | URL | BufferSource} module a file, or what is in it
   * @param {object} [options]
   * @param {object} [options.config] the `[config]` table
   * @param {string[]} [options.grants] these grants, in the place of the default ones
   * @param {bigint} [options.now] the clock
   * @param {number} [options.level] lines below are not logged; -4, debug, without it
   * @param {boolean} [options.farm] whether there are other nodes; true without it
   * @param {string} [options.node] this node's id
   * @param {(request: {topic: string, node: string, data: Uint8Array, timeout: number}) => any} [options.answer]
   *   replies to the plugin's requests: text, bytes, or a code. Without it they are UNAVAILABLE
   * @throws Error where the module is refused
   * @returns {Promise<Host>}
   */
  static async load(module, options = {}) {
    const bytes = typeof module === "string" || module instanceof URL ? await readFile(module) : module;
    return new Host(await WebAssembly.compile(bytes), options);
  }

  constructor(module, { config = {}, grants = defaultGrants, now = 1_700_000_000_000_000_000n, level = -4, farm = true, node = "0123456789ab", answer } = {}) {
    Object.assign(this, { config, grants, now, level, farm, node, answer });
    this.#module = module;
    this.restart();
  }

  /** Brings up a fresh instance, as after a fault: what was in the memory of the old one is gone. */
  restart() {
    this.phase = "init";
    this.#instance = undefined;
    this.#instance = new WebAssembly.Instance(this.#module, { tls_session_v1: imports(this) });
    this.#call("init", "_initialize");
    this.#accept("start", "plugin_start");
    const pair = this.#call("start", "event_buffer");
    if (pair === undefined) return;
    this.#buffer = this.#range(pair);
    if (this.#buffer.len < MIN_EVENT_BUFFER) throw new Error(`event_buffer: ${this.#buffer.len} bytes are too few`);
  }

  /**
   * Replaces the instance by a new one, which gets its state: `plugin_save`, `plugin_stop`, and in
   * the new one `plugin_restore`.
   *
   * @param {object} [config] its `[config]` table; without it, the same
   */
  reload(config = this.config) {
    const state = this.save();
    this.stop();
    this.config = config;
    this.restart();
    if (state) this.restore(state);
  }

  /** Calls `plugin_ready`, and returns its result. */
  ready() {
    return this.#hook("event", "plugin_ready");
  }

  /** Calls `plugin_save`, and returns a copy of the state; undefined is none. */
  save() {
    const pair = this.#call("stop", "plugin_save");
    if (pair === undefined) return undefined;
    const { ptr, len } = this.#range(pair);
    return new Uint8Array(this.memory, ptr, len).slice();
  }

  /** Calls `plugin_restore` with a state: text or bytes. */
  restore(state) {
    this.state = toBytes(state);
    this.#accept("restore", "plugin_restore", this.state.length);
  }

  /** Calls `plugin_stop`. */
  stop() {
    this.#call("stop", "plugin_stop");
  }

  /**
   * A client's handshake has stored a session. Calls `on_session_insert`, and returns its result.
   *
   * @param {object} session `id`, and what else its event says: fields as of Event in the SDK.
   *   `data` is the session itself; without it, it is made up
   */
  insert(session) {
    const data = toBytes(session.data ?? "the session");
    this.sessions.set(toKey(session.id), { bytes: data, expires: BigInt(session.expires ?? 0) });
    return this.#deliver({ ...this.#times(session), kind: Kind.INSERT, seq: ++this.#seq }, data);
  }

  /** A client has fetched a session, as of `insert`. Calls `on_session_get`, and returns its result. */
  get(session) {
    return this.#deliver({ ...this.#times(session), kind: Kind.GET, seq: ++this.#seq }, this.session(session.id));
  }

  /** A session, as of `insert`, has left the cache. Calls `on_session_remove`, and returns its
   *  result. Without a reason, somebody has asked for it. */
  remove(session) {
    const { reason = Reason.EXPLICIT } = session;
    const data = this.session(session.id);
    this.sessions.delete(toKey(session.id));
    if (reason === Reason.EXPLICIT || reason === Reason.CONSUMED) this.tombstones.add(toKey(session.id));
    return this.#deliver({ ...this.#times(session), kind: Kind.REMOVE, seq: ++this.#seq, reason }, data);
  }

  /** A client is about to resume a session, as of `insert`. Calls `on_session_resume`, and returns
   *  whether it may: it may not where the plugin returns 1. */
  resume(session) {
    return this.#deliver({ ...this.#times(session), kind: Kind.RESUME }, this.session(session.id)) !== 1;
  }

  /** A client has presented a genuine id that is not in the cache. Calls `on_session_miss`, and
   *  returns whether the session is there now. */
  miss(session) {
    const { id, node = this.node } = session;
    this.#deliver({ kind: Kind.MISS, origin: Origin.CLIENT, time: this.now, id, node });
    return this.session(id) !== undefined;
  }

  /** A message of another node has arrived: `topic`, `key`, `data`, `node`. Calls `on_message`, and
   *  returns its result. */
  message(message) {
    return this.#message(message, 0, "event");
  }

  /** Another node asks: `topic`, `data`, `node`. Calls `on_message`, and returns the reply;
   *  undefined is none. */
  request(message) {
    this.reply = undefined;
    this.#message(message, Flag.REQUEST, "request");
    return this.reply;
  }

  #message({ topic, key, data, node = "ba9876543210" }, flags, phase) {
    if (!this.topics.has(topic)) throw new Error(`the plugin has not subscribed to ${topic}`);
    return this.#deliver({ kind: Kind.MESSAGE, origin: Origin.PLUGIN, flags, time: this.now, topic, key, data, node }, undefined, phase);
  }

  /** Messages of another node were lost: `topic`, `count`, `node`, `heard` (when the last one
   *  arrived). Calls `on_messages_lost`, and returns its result. */
  lost({ topic, count = 1, heard = 0n, node = "ba9876543210" }) {
    return this.#deliver({ kind: Kind.LOST, origin: Origin.HOST, time: this.now, seq: count, created: heard, topic, node });
  }

  /** Calls `on_tick`, and returns its result. */
  tick() {
    return this.#hook("event", "on_tick", this.now);
  }

  /** Events were lost. Calls `on_events_lost`, and returns its result. */
  eventsLost(count) {
    return this.#hook("event", "on_events_lost", BigInt(count));
  }

  /** Calls an export that is none of the ABI, as if in a hook, and returns what it returns: for
   *  tests of a plugin's own functions, with an entry file that exports them. */
  call(name, ...args) {
    if (!this.#exports(name)) throw new Error(`the module does not export ${name}`);
    return this.#call("event", name, ...args);
  }

  /** The names of all exports that are functions. */
  get exports() {
    return WebAssembly.Module.exports(this.#module).filter((e) => e.kind === "function").map((e) => e.name);
  }

  /** Moves the clock on, by some ms. */
  advance(ms) {
    this.now += BigInt(ms) * 1_000_000n;
  }

  /** A copy of the session under an id; undefined is none. */
  session(id) {
    return this.look(this.sessions, id);
  }

  /** Whether there is a tombstone under an id. */
  removed(id) {
    return this.tombstones.has(toKey(id));
  }

  /** A copy of the value of one of the plugin's keys; undefined is none. */
  value(key) {
    return this.look(this.values, key);
  }

  /** The pages of 64 KiB that the instance has. */
  get pages() {
    return this.memory.byteLength / 65536;
  }

  // The instance's memory.
  get memory() {
    if (!this.#instance) throw new Error("a host function was called before the instance was there: build with --exportStart _initialize");
    return this.#instance.exports.memory.buffer;
  }

  // The session of the current event, for its id.
  sessionOfEvent(id) {
    const event = this.#event;
    return event?.session && toKey(event.id) === toKey(id) ? event.session : undefined;
  }

  // A copy of what is under a key, unless its time is over.
  look(values, key) {
    const found = values.get(toKey(key));
    return found && (!found.expires || found.expires > this.now) ? found.bytes.slice() : undefined;
  }

  // The end of a life of some ms from now on; 0 is none.
  expiry(ms) {
    return ms > 0n ? this.now + ms * 1_000_000n : 0n;
  }

  // Fills in what an event says of a session where the test does not.
  #times(session) {
    const created = session.created ?? this.now;
    return { origin: Origin.CLIENT, time: this.now, created, expires: BigInt(created) + 86_400_000_000_000n, node: this.node, ...session };
  }

  // Calls the hook of an event. session is the one of the event.
  #deliver(event, session, phase = "event") {
    const hook = hooks[event.kind];
    if (!this.#exports(hook)) return Code.OK;
    if (!this.#buffer) throw new Error(`the module exports ${hook}, and not event_buffer`);
    const { data, ...fields } = event; // of a session, it is no part of the record
    this.record = encode(event.kind === Kind.MESSAGE ? event : { sessionLength: session?.length ?? 0, ...fields });
    this.#event = { id: event.id, session };
    const room = new Uint8Array(this.memory, this.#buffer.ptr, this.#buffer.len);
    try {
      return this.#hook(phase, hook, write(this.record, room));
    } finally {
      this.record = undefined;
      this.#event = undefined;
    }
  }

  #exports(name) {
    return typeof this.#instance?.exports[name] === "function";
  }

  // Calls an export, if there is one. A trap leaves nothing to call.
  #call(phase, name, ...args) {
    if (!this.#instance) throw new Error("the instance has trapped: restart brings up a fresh one");
    if (!this.#exports(name)) return undefined;
    this.phase = phase;
    try {
      return this.#instance.exports[name](...args);
    } catch (trap) {
      this.#instance = undefined;
      throw trap;
    }
  }

  // Calls a hook, and keeps its error.
  #hook(phase, name, ...args) {
    const result = this.#call(phase, name, ...args) ?? Code.OK;
    if (result !== 0 && !(name === "on_session_resume" && result === 1)) this.errors.push({ hook: name, result });
    return result;
  }

  // Calls what refuses the module by any other result than 0.
  #accept(phase, name, ...args) {
    const result = this.#call(phase, name, ...args) ?? Code.OK;
    if (result === Code.OK) return;
    this.#instance = undefined;
    throw new Error(`${name} has refused the module: it returned ${result}${this.logs.map((l) => `\n${l.level}: ${l.text}`).join("")}`);
  }

  // The range that an export has returned.
  #range(pair) {
    const ptr = Number(BigInt.asUintN(32, pair >> 32n));
    const len = Number(BigInt.asUintN(32, pair));
    if (len && ptr + len > this.memory.byteLength) throw new Error(`${len} bytes at ${ptr} do not lie within memory`);
    return { ptr, len };
  }
}
