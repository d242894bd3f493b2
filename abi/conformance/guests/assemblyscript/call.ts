// Calls of host functions, by their number, through the SDK.

import {
  Buffer, Bytes, Code, NODE_ID_SIZE, configGet, eventRead, kvDelete, kvGet, kvPut, log, logEnabled, messagePublish, messageReply,
  messageRequest, messageSubscribe, metricAdd, metricSet, nodeId, randomFill, sessionGet, sessionInsert, sessionRemove,
  sessionReplay, stateRead, timeNow,
} from "sesshook-guest";

import { node_id } from "./import";
import { address } from "./memory";

/** The arguments of a call. */
export const args = new StaticArray<u64>(9);

// The ranges of a call.
const first = new Bytes();
const second = new Bytes();
const third = new Bytes();

const room = Buffer.over(0, 0);

// Has a view show the range whose address is argument n, and whose length the next.
function range(view: Bytes, n: i32): Bytes {
  return view.view(address(args[n]), <i32>args[n + 1]);
}

// The room whose address is argument n, and whose size the next.
function into(n: i32): Buffer {
  room.ptr = address(args[n]);
  room.capacity = <i32>args[n + 1];
  return room;
}

// What the host returned to a function that fills the room.
function length(r: i32): i64 {
  return r == Code.NO_ROOM ? room.wanted : r;
}

/** Calls function number `f`. */
export function call(f: u8): i64 {
  switch (f) {
    case 0: return length(sessionGet(range(first, 0), into(2)));
    case 1: return sessionInsert(range(first, 0), range(second, 2), args[4], <i32>args[5]);
    case 2: return sessionRemove(range(first, 0));
    case 3: return sessionReplay();
    case 4: return messagePublish(range(first, 0), range(second, 2), range(third, 4));
    case 5: return length(messageRequest(range(first, 0), range(second, 2), range(third, 4), into(6), <u32>args[8]));
    case 6: return messageReply(range(first, 0));
    case 7: return messageSubscribe(range(first, 0));
    case 8: return length(kvGet(range(first, 0), into(2)));
    case 9: return kvPut(range(first, 0), range(second, 2), args[4]);
    case 10: return kvDelete(range(first, 0));
    case 11: return metricAdd(range(first, 0), args[2]);
    case 12: return metricSet(range(first, 0), args[2]);
    case 13: return length(configGet(into(0)));
    case 14: return stateRead(<u32>args[0], range(first, 1));
    case 15: return eventRead(<u32>args[0], range(first, 1));
    case 16: return node();
    case 17: log(<i32>args[0], range(first, 1)); return 0;
    case 18: return logEnabled(<i32>args[0]) ? 1 : 0;
    case 19: return timeNow();
    case 20: return randomFill(range(first, 0));
    default: return unreachable();
  }
}

// The SDK has always room for it.
function node(): i64 {
  const to = range(first, 0);
  if (to.length != NODE_ID_SIZE) return node_id(to.ptr, to.length);
  const id = nodeId();
  memory.copy(to.ptr, id.ptr, id.length);
  return id.length;
}
