// watch is a plugin that counts, for each server name, how many handshakes are resumed, and
// logs names whose share has fallen. README.md beside this folder tells what it is for.

import { Buffer, Event, Level, Origin, Result, handle, log, metricAdd, metricSet, restore, save } from "sesshook-guest";

import * as settings from "./settings";
import { Entry, Table } from "./table";

export { event_buffer } from "sesshook-guest";

// The handshakes of this window, which began at that time, in ns since the Unix epoch; 0 is
// with the next tick.
let table = new Table(1);
let begun: i64 = 0;

const line = new Buffer(256);

// Names of metrics that are used for each handshake.
const FULL = Buffer.from("full");
const RESUMED = Buffer.from("resumed");
const UNCOUNTED = Buffer.from("uncounted");

export function plugin_start(): i32 {
  const r = settings.read();
  table = new Table(settings.names);
  return r;
}

export function on_session_insert(len: i32): i32 { return handle(len, inserted); }
export function on_session_get(len: i32): i32 { return handle(len, fetched); }

// A full handshake makes a session that is not a resumed one's.
function inserted(e: Event): Result {
  if (e.existing || e.resumed || !isHandshake(e)) return 0;
  const entry = table.of(e.serverName);
  if (!entry) return metricAdd(UNCOUNTED);
  entry.full++;
  return metricAdd(FULL);
}

// A session is fetched to be resumed.
function fetched(e: Event): Result {
  if (!isHandshake(e)) return 0;
  const entry = table.of(e.serverName);
  if (!entry) return metricAdd(UNCOUNTED);
  entry.resumed++;
  return metricAdd(RESUMED);
}

// Whether a handshake caused the event, here or at a server behind a network protocol.
function isHandshake(e: Event): bool {
  return e.origin == Origin.CLIENT || e.origin == Origin.FRONT;
}

export function on_tick(now: i64): i32 {
  if (!begun) begun = now;
  if (now - begun < settings.window) return 0;
  begun = now;
  return judge();
}

// Ends a window: judges each name, and tells of those that have changed.
function judge(): Result {
  let low = 0;
  let full: u64 = 0;
  let resumed: u64 = 0;
  for (let i = 0; i < table.count; i++) {
    const entry = table.at(i);
    full += entry.full;
    resumed += entry.resumed;
    if (entry.total >= settings.atLeast) judgeName(entry);
    if (entry.low && entry.total) low++;
  }
  table.sweep();
  if (full + resumed) metricSet("percent", resumed * 100 / (full + resumed));
  return metricSet("low", low);
}

function judgeName(entry: Entry): void {
  const percent = <u64>entry.resumed * 100 / entry.total;
  const low = percent < settings.below;
  if (low == entry.low) return;
  entry.low = low;
  line.clear().append(entry.length ? entry.name : unnamed.bytes).append(": ").appendNumber(percent).append("% of ").appendNumber(entry.total);
  line.append(low ? " handshakes are resumed, fewer than " : " handshakes are resumed, no longer fewer than ").appendNumber(settings.below).append("%");
  log(low ? Level.WARN : Level.INFO, line);
}

const unnamed = Buffer.from("(without a server name)");

// The state: a version, when the window began, and the names with their counts.
const VERSION: u8 = 1;
const state = new Buffer(0);

export function plugin_save(): i64 {
  state.clear().write(VERSION).write(begun);
  for (let i = 0; i < table.count; i++) {
    const entry = table.at(i);
    state.write(entry.full).write(entry.resumed).write<u8>(entry.low ? 1 : 0).write(entry.length).append(entry.name);
  }
  return save(state);
}

export function plugin_restore(len: i32): i32 { return restore(len, restored); }

// Takes what a predecessor has counted. What is of another version is of no use.
function restored(from: Buffer): Result {
  const b = from.bytes;
  if (b.length < 9 || b[0] != VERSION) return 0;
  begun = b.read<i64>(1);
  for (let at = 9; at + 10 <= b.length; at += 10 + b[at + 9]) {
    const name = b.slice(at + 10, at + 10 + b[at + 9]);
    const entry = table.of(name.bytes);
    if (!entry) break; // fewer names are told apart now
    entry.full = b.read<u32>(at);
    entry.resumed = b.read<u32>(at + 4);
    entry.low = b[at + 8] != 0;
  }
  return 0;
}
