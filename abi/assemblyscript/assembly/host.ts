import { Buffer } from "./buffer";
import { Bytes } from "./bytes";
import { Result } from "./code";
import * as host from "./imports";
import { NODE_ID_SIZE } from "./limits";

const node = changetype<Bytes>(memory.data(8, 4));

/**
 * This node's id, {@link NODE_ID_SIZE} hexadecimal digits, as it stands in events and
 * is given to {@link messageRequest}. It does not change while the host runs.
 *
 * @returns a view that is the same each time
 */
export function nodeId(): Bytes {
  const at = memory.data(12);
  const n = host.node_id(at, NODE_ID_SIZE);
  return node.view(at, n >= 0 && n <= NODE_ID_SIZE ? n : 0);
}

/** The host's wall clock, in ns since the Unix epoch. The time of an event is in the
 *  event. */
export function timeNow(): i64 {
  return host.time_now();
}

/**
 * Fills bytes from the host's cryptographic source.
 *
 * @param into - all of it is filled: at most 65536 bytes
 * @returns OK; {@link Code.TOO_LARGE}
 */
export function randomFill(into: Bytes): Result {
  return host.random_fill(into.ptr, into.length);
}

/**
 * Puts the `[config]` table of the plugin's sidecar into a buffer, as JSON: `{}` where
 * there is none. {@link Config} reads it.
 *
 * @param into - where the JSON goes
 * @returns its length
 */
export function configGet(into: Buffer): Result {
  let r: Result;
  do r = host.config_get(into.ptr, into.capacity);
  while (into.retry(r));
  return into.result(r);
}
