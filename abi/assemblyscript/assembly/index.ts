// The AssemblyScript SDK for plugins of sesshook: what abi/SPEC.md describes in numbers
// and pointers, as functions, classes and enums. README.md shows how they are used.

export { abort } from "./abort";
export { Buffer } from "./buffer";
export { Bytes } from "./bytes";
export { Code, Result, codeName } from "./code";
export { Config } from "./config";
export { Event, eventRead } from "./event";
export { Verdict, eventBuffer, eventBufferAt, event_buffer, handle, handleResume, pair, restore, save, stateRead } from "./hook";
export { configGet, nodeId, randomFill, timeNow } from "./host";
export { Flag, Format, Kind, Origin, Reason } from "./kind";
export { kvDelete, kvGet, kvPut } from "./kv";
export { HEADER_SIZE, MAX_ID, MAX_MESSAGE, MAX_SESSION, MAX_TOPIC, MIN_EVENT_BUFFER, NODE_ID_SIZE } from "./limits";
export { Level, fail, log, logEnabled } from "./log";
export { messagePublish, messageReply, messageRequest, messageSubscribe } from "./message";
export { metricAdd, metricSet } from "./metric";
export { Insert, sessionGet, sessionInsert, sessionRemove, sessionReplay } from "./session";
