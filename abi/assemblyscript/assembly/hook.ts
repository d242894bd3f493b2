import { Buffer } from "./buffer";
import { Bytes } from "./bytes";
import { Code, Result } from "./code";
import { Event } from "./event";
import * as host from "./imports";
import { Flag } from "./kind";
import { HEADER_SIZE } from "./limits";

/** What a handler of `on_session_resume` decides. */
export enum Verdict {
  /** Let the client resume. */
  ALLOW = 0,
  /** Have it do a full handshake instead. */
  REFUSE = 1,
}

// Where the host writes records.
let bufferAt: usize = 0;
let bufferSize: i32 = 0;
let bufferOwner: StaticArray<u8> | null = null;

// The current event, and room for a record that is longer than the event buffer.
const current = changetype<Event>(memory.data(4, 4));
const whole = new Buffer(0);

/**
 * The export `event_buffer` of most plugins, with 4096 bytes:
 *
 * ```ts
 * export { event_buffer } from "sesshook-guest";
 * ```
 *
 * That is enough for every event of a session but those with the longest of names.
 * {@link handle} reads what is longer, as messages may be, by a call of the host and
 * from memory that it keeps. A plugin that gets many of those has a larger one:
 * {@link eventBuffer}.
 */
export function event_buffer(): i64 {
  return eventBufferAt(memory.data(4096, 8), 4096);
}

/**
 * Makes an event buffer: the body of an `event_buffer` of the plugin's own.
 *
 * ```ts
 * export function event_buffer(): i64 { return eventBuffer(65536); }
 * ```
 *
 * @param size - bytes, at least {@link MIN_EVENT_BUFFER}
 * @returns what `event_buffer` returns to the host
 */
export function eventBuffer(size: i32): i64 {
  const memory = new StaticArray<u8>(size);
  bufferOwner = memory;
  return eventBufferAt(changetype<usize>(memory), size);
}

/**
 * Is {@link eventBuffer} for memory that stays where it is.
 *
 * @param ptr - address of the first byte
 * @param size - bytes
 * @returns what `event_buffer` returns to the host
 */
export function eventBufferAt(ptr: usize, size: i32): i64 {
  bufferAt = ptr;
  bufferSize = size;
  return pair(ptr, size);
}

/**
 * Passes the event to a handler: the body of every event hook but
 * `on_session_resume`.
 *
 * ```ts
 * export function on_session_insert(len: i32): i32 { return handle(len, inserted); }
 *
 * function inserted(e: Event): Result {
 *   return metricAdd("inserted");
 * }
 * ```
 *
 * @param len - what the host has passed to the hook
 * @param handler - a function without captured variables. What it returns below 0 the
 *   host counts and logs as the plugin's error; 0 or more is done
 * @returns what the hook returns to the host
 */
export function handle(len: i32, handler: (e: Event) => Result): i32 {
  const r = open(len);
  return min(0, r < 0 ? r : handler(current));
}

/**
 * Passes the event to a handler that decides: the body of `on_session_resume`. The
 * client waits meanwhile, for 5 ms at most unless the operator says otherwise.
 *
 * ```ts
 * export function on_session_resume(len: i32): i32 { return handleResume(len, judge); }
 *
 * function judge(e: Event): i32 {
 *   return e.clientCert ? Verdict.REFUSE : Verdict.ALLOW;
 * }
 * ```
 *
 * @param len - what the host has passed to the hook
 * @param handler - returns a {@link Verdict}. A {@link Code} is an error and no verdict:
 *   the host allows then, unless the operator says `resume_fail = "closed"`
 * @returns what the hook returns to the host
 */
export function handleResume(len: i32, handler: (e: Event) => i32): i32 {
  const r = open(len);
  return r < 0 ? r : handler(current);
}

// Has current show the record of which len bytes are in the event buffer.
function open(len: i32): Result {
  // A record is never shorter than its header, but do not read what isn't there.
  if (len < HEADER_SIZE) return Code.INVALID;
  if (load<u8>(bufferAt, 5) & Flag.TRUNCATED) return openWhole();
  return current.show(bufferAt, len) ? Code.OK : Code.INVALID;
}

// Reads a record that the event buffer does not hold, and has current show it.
function openWhole(): Result {
  let r: Result;
  do r = host.event_read(0, whole.ptr, whole.capacity);
  while (whole.retry(r));
  if (r < 0) return r;
  return current.show(whole.ptr, whole.length) ? Code.OK : Code.INVALID;
}

/** Returns an address and a length in one number, as `event_buffer` and `plugin_save`
 *  return them: for memory that stays where it is. */
export function pair(ptr: usize, length: i32): i64 {
  return <i64>(<u64>ptr << 32 | <u32>length);
}

// What plugin_save has returned, until it is called again.
let saved: Buffer | null = null;

/**
 * Hands the plugin's state over to its successor: the body of `plugin_save`.
 *
 * ```ts
 * export function plugin_save(): i64 { return save(state.clear().write<i64>(total)); }
 * ```
 *
 * @param state - at most 16 MiB; nothing may change it before the next call of the host
 * @returns what `plugin_save` returns to the host
 */
export function save(state: Buffer): i64 {
  saved = state;
  return pair(state.ptr, state.length);
}

/**
 * Passes the state that the predecessor has saved to a handler: the body of
 * `plugin_restore`.
 *
 * ```ts
 * export function plugin_restore(len: i32): i32 { return restore(len, restored); }
 * ```
 *
 * The predecessor may have been another version of the plugin: begin the state with a
 * version number. {@link stateRead} reads it in parts.
 *
 * @param len - what the host has passed to `plugin_restore`
 * @param handler - may keep the state. What it returns below 0 refuses the new module
 * @returns what `plugin_restore` returns to the host
 */
export function restore(len: i32, handler: (state: Buffer) => Result): i32 {
  const state = new Buffer(len);
  const r = host.state_read(0, state.ptr, len);
  if (r < 0) return r;
  state.length = min(r, len);
  return min(0, handler(state));
}

/**
 * Reads the state that the predecessor has saved, from an offset on. In
 * `plugin_restore` only.
 *
 * @param offset - in bytes
 * @param into - filled as far as there is something
 * @returns how many bytes remain from the offset on: more than `into` has room for
 *   where there is more. {@link Code.UNSUPPORTED} elsewhere
 */
export function stateRead(offset: u32, into: Bytes): Result {
  return host.state_read(offset, into.ptr, into.length);
}
