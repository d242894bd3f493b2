import { dataSlot, keySlot, pointer, size } from "./argument";
import { Buffer } from "./buffer";
import { Result } from "./code";
import * as host from "./imports";

/**
 * Puts the value of one of the plugin's own keys into a buffer. Keys are shared by its
 * instances, on a farm by all nodes, and outlive reloads and faults.
 *
 * Grant: `kv`.
 *
 * @param key - 1 to {@link MAX_ID} bytes
 * @param into - where the value goes
 * @returns the value's length, which may be 0; {@link Code.NOT_FOUND};
 *   {@link Code.INVALID}; {@link Code.UNAVAILABLE}; {@link Code.UNSUPPORTED} in
 *   `_initialize` and the start function
 */
export function kvGet<K>(key: K, into: Buffer): Result {
  const k = pointer(key, keySlot);
  let r: Result;
  do r = host.kv_get(k, size(key, keySlot), into.ptr, into.capacity);
  while (into.retry(r));
  return into.result(r);
}

/**
 * Puts a value under a key, in place of the one that is there.
 *
 * Grant: `kv`.
 *
 * @param key - 1 to {@link MAX_ID} bytes
 * @param value - at most {@link MAX_SESSION} bytes
 * @param ttlMs - how long it is kept, in ms; 0 is without end
 * @returns OK; {@link Code.INVALID}; {@link Code.TOO_LARGE}; {@link Code.LIMIT};
 *   {@link Code.UNAVAILABLE}; {@link Code.UNSUPPORTED} as of {@link kvGet}
 */
export function kvPut<K, V>(key: K, value: V, ttlMs: i64 = 0): Result {
  const k = pointer(key, keySlot);
  const v = pointer(value, dataSlot);
  return host.kv_put(k, size(key, keySlot), v, size(value, dataSlot), ttlMs);
}

/**
 * Deletes a key.
 *
 * Grant: `kv`.
 *
 * @param key - 1 to {@link MAX_ID} bytes
 * @returns OK; {@link Code.NOT_FOUND}; {@link Code.INVALID}; {@link Code.UNAVAILABLE};
 *   {@link Code.UNSUPPORTED} as of {@link kvGet}
 */
export function kvDelete<K>(key: K): Result {
  const k = pointer(key, keySlot);
  return host.kv_delete(k, size(key, keySlot));
}
