// A plugin that has every hook, and calls every function of the host when a message
// says so.

import {
  Buffer, Code, Config, Event, HEADER_SIZE, Insert, Level, MAX_ID, MAX_MESSAGE, MAX_SESSION, MAX_TOPIC, MIN_EVENT_BUFFER, NODE_ID_SIZE,
  Result, Verdict, configGet, eventBuffer, eventRead, fail, handle, handleResume, kvDelete, kvGet, kvPut, log, logEnabled, messagePublish, messageReply,
  messageRequest, messageSubscribe, metricAdd, metricSet, nodeId, randomFill, restore, save, sessionGet, sessionInsert, sessionRemove, sessionReplay,
  stateRead, timeNow,
} from "../../assembly";

let refuse = "";
let count: i64 = 0;
const room = new Buffer(8);
const line = new Buffer();
const state = new Buffer();

export function event_buffer(): i64 { return eventBuffer(512); }

export function plugin_start(): i32 {
  const c = Config.read();
  while (c.next()) {
    if (c.key == "refuse") refuse = c.string();
    else c.unknown("refuse");
  }
  const r = c.end();
  return r < 0 ? r : min(0, messageSubscribe("calls"));
}

export function plugin_ready(): i32 { return sessionReplay() < 0 ? 1 : 0; }

export function on_session_insert(len: i32): i32 { return handle(len, told); }
export function on_session_remove(len: i32): i32 { return handle(len, told); }
export function on_session_get(len: i32): i32 { return handle(len, told); }

export function on_session_miss(len: i32): i32 {
  return handle(len, (e) => sessionInsert(e.id, "fetched", 1000));
}

export function on_session_resume(len: i32): i32 {
  return handleResume(len, (e) => {
    if (e.serverName.equals("?")) return fail(Code.LIMIT, "judge");
    return e.serverName.equals(refuse) ? Verdict.REFUSE : Verdict.ALLOW;
  });
}

export function on_messages_lost(len: i32): i32 { return handle(len, told); }
export function on_tick(now: i64): i32 { return metricSet("now", now / 1_000_000_000); }
export function on_events_lost(lost: i64): i32 { return metricAdd("lost", lost); }
export function plugin_save(): i64 { return save(state.clear().write<u8>(1).write<i64>(count)); }
export function plugin_restore(len: i32): i32 { return restore(len, restored); }
export function plugin_stop(): void { log(Level.INFO, "stopped"); }

function restored(s: Buffer): Result {
  if (s.length != 9 || s.bytes[0] != 1) return Code.INVALID;
  count = s.bytes.read<i64>(1);
  assert(stateRead(8, room.resize(1).bytes) == 1 && stateRead(9, room.bytes) == 0);
  return Code.OK;
}

// Logs everything that an event says.
function told(e: Event): Result {
  count++;
  line.clear();
  number(e.kind);
  number(e.origin);
  number(e.reason);
  number(e.flags);
  line.append(e.existing ? "e" : "-").append(e.replaced ? "p" : "-").append(e.resumed ? "r" : "-").append(e.clientCert ? "c" : "-").append(e.request ? "q" : "-").append(" ");
  number(e.seq);
  number(e.time);
  number(e.created);
  number(e.expires);
  number(e.sessionLength);
  number(e.tlsVersion);
  number(e.cipherSuite);
  number(e.format);
  const parts = [e.id, e.serverName, e.alpn, e.node, e.topic, e.key, e.data];
  for (let i = 0; i < parts.length; i++) line.append("<").append(parts[i]).append(">");
  log(Level.DEBUG, line);
  return line.length; // more than 0 is no error
}

function number(n: i64): void {
  line.appendNumber(n).append(" ");
}

export function on_message(len: i32): i32 { return handle(len, called); }

// Calls the function that the key names. The data is its first argument.
function called(e: Event): Result {
  if (e.request) return messageReply(Buffer.from("re: ").append(e.data));
  const r = <i32>result(e);
  line.clear().append(e.key).append(" ").appendNumber(r);
  if (room.length) line.append(" ").append(room);
  log(Level.INFO, line);
  return r;
}

function result(e: Event): i64 {
  const key = e.key.toString();
  const x = e.data;
  room.clear();
  if (key == "session_get") return sessionGet(x, room);
  if (key == "session_get_fixed") return sessionGet(x, Buffer.fixed(4));
  if (key == "session_insert") return sessionInsert(x, "a session");
  if (key == "session_insert_over") return sessionInsert(x, "a session", 60_000, Insert.OVERWRITE | Insert.REVIVE);
  if (key == "session_remove") return sessionRemove(x);
  if (key == "session_replay") return sessionReplay();
  if (key == "message_publish") return messagePublish("topic", x, "data");
  if (key == "message_publish_bad") return messagePublish("not a topic", "", x);
  if (key == "message_request") return messageRequest("topic", "ba9876543210", x, room, 20);
  if (key == "message_reply") return messageReply(x);
  if (key == "message_subscribe") return messageSubscribe(x);
  if (key == "kv_get") return kvGet(x, room);
  if (key == "kv_put") return kvPut(x, "value", 1000);
  if (key == "kv_delete") return kvDelete(x);
  if (key == "metric_add") return metricAdd(x);
  if (key == "metric_set") return metricSet(x, -5);
  if (key == "config_get") return configGet(room);
  if (key == "state_read") return stateRead(0, room.bytes);
  if (key == "event_read") return eventRead(64, room.resize(12).bytes);
  if (key == "node_id") return room.append(nodeId()).length;
  if (key == "log_enabled") return logEnabled(Level.DEBUG) ? 1 : 0;
  if (key == "time_now") return timeNow() / 1_000_000_000;
  if (key == "random_fill") return randomFill(room.resize(4).bytes);
  if (key == "random_fill_too_much") return randomFill(room.resize(65537).bytes);
  if (key == "index") return room.bytes[5];
  if (key == "throw") throw new Error("thrown: " + x.toString());
  if (key == "assert") assert(false);
  return fail(Code.UNSUPPORTED, key);
}

// The constants, which a test compares with the fake host's.
export function limits(): i32 {
  return MAX_ID + MAX_SESSION + MAX_MESSAGE + MAX_TOPIC + MIN_EVENT_BUFFER + HEADER_SIZE + NODE_ID_SIZE;
}
