// What plugins do per event, on memory that they keep.

import {
  Buffer, Event, Level, Result, Verdict, eventBuffer, handle, handleResume, kvGet, kvPut, log, logEnabled, messagePublish, messageSubscribe, metricAdd,
  metricSet, nodeId, randomFill, sessionGet, timeNow,
} from "../../assembly";

const room = new Buffer();
const key = new Buffer();
const line = new Buffer();

export function event_buffer(): i64 { return eventBuffer(512); }
export function plugin_start(): i32 { return messageSubscribe("t"); }
export function on_session_insert(len: i32): i32 { return handle(len, handled); }
export function on_message(len: i32): i32 { return handle(len, handled); }
export function on_session_resume(len: i32): i32 { return handleResume(len, (e) => e.serverName.equals("bad.example") ? Verdict.REFUSE : Verdict.ALLOW); }
export function on_tick(now: i64): i32 { return metricSet("now", now); }

function handled(e: Event): Result {
  if (e.id.length) sessionGet(e.id, room);
  key.clear().append("last-").append(e.serverName);
  kvGet(key, room);
  kvPut(key, room.clear().write<i64>(timeNow()));
  randomFill(room.resize(16).bytes);
  line.clear().append("a session for ").append(e.serverName).append(" on ").append(nodeId()).append(" ").appendHex(room).append(" ").appendNumber(e.created);
  log(Level.INFO, line);
  if (logEnabled(Level.INFO)) log(Level.INFO, "text " + line.toString());
  messagePublish("t", e.id, line);
  return metricAdd("handled", 1);
}
