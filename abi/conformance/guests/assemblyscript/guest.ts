// The machine of MACHINE.md on the AssemblyScript SDK.

import { Buffer, Event, Result, eventBufferAt, handle, handleResume, save } from "sesshook-guest";

import { run, setCurrent } from "./machine";
import { address } from "./memory";

// What the host has passed to the hook.
let parameter: u64 = 0;

// A number that a handler returns as a result of the SDK: an error is less than 0.
function status(n: u64): Result {
  const r = <i32>n;
  return r > 0 ? -r : r;
}

function event(handler: u32, e: Event): i32 {
  setCurrent(e);
  return <i32>run(handler, parameter, 0);
}

function hook(len: i32, handler: (e: Event) => Result): i32 {
  parameter = <u32>len;
  return handle(len, handler);
}

export function _initialize(): void { run(0, 0, 0); }
export function plugin_start(): i32 { return <i32>run(1, 0, 0); }

export function event_buffer(): i64 {
  const pair = run(2, 0, 0x1000 << 32 | 4096);
  return eventBufferAt(address(pair >> 32), <i32>pair);
}

export function plugin_restore(len: i32): i32 { return <i32>run(3, <u32>len, 0); }
export function plugin_ready(): i32 { return <i32>run(4, 0, 0); }
export function on_session_insert(len: i32): i32 { return hook(len, (e) => status(event(5, e))); }
export function on_session_remove(len: i32): i32 { return hook(len, (e) => status(event(6, e))); }
export function on_session_get(len: i32): i32 { return hook(len, (e) => status(event(7, e))); }
export function on_session_miss(len: i32): i32 { return hook(len, (e) => status(event(8, e))); }

export function on_session_resume(len: i32): i32 {
  parameter = <u32>len;
  return handleResume(len, (e) => event(9, e));
}

export function on_message(len: i32): i32 { return hook(len, (e) => status(event(10, e))); }
export function on_tick(now: i64): i32 { return <i32>run(11, now, 0); }
export function on_events_lost(count: i64): i32 { return <i32>run(12, count, 0); }

export function plugin_save(): i64 {
  const pair = run(13, 0, 0);
  const state = Buffer.over(address(pair >> 32), <i32>pair);
  state.length = state.capacity;
  return save(state);
}

export function plugin_stop(): void { run(14, 0, 0); }
export function on_messages_lost(len: i32): i32 { return hook(len, (e) => status(event(15, e))); }
