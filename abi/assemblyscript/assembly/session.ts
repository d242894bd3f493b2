import { dataSlot, keySlot, pointer, size } from "./argument";
import { Buffer } from "./buffer";
import { Result } from "./code";
import * as host from "./imports";

/** Flags of {@link sessionInsert}. */
export enum Insert {
  /** Neither. */
  NONE = 0,
  /** Replace a present session. */
  OVERWRITE = 1,
  /** Accept an id that has a tombstone. */
  REVIVE = 2,
}

/**
 * Puts the session stored under an id into a buffer: sealed, or in clear with the grant
 * `sessions:secrets`. It makes no event. In the handler of an INSERT, REMOVE, GET or
 * RESUME, for the id of that event, it is the session of the event, even if the cache
 * has lost or replaced it since.
 *
 * Grant: `sessions:read`.
 *
 * @param id - 1 to {@link MAX_ID} bytes
 * @param into - where the session goes
 * @returns the session's length; {@link Code.NOT_FOUND}; {@link Code.INVALID} (the id's
 *   length); {@link Code.UNSUPPORTED} outside of hooks and `plugin_ready`
 */
export function sessionGet<I>(id: I, into: Buffer): Result {
  const i = pointer(id, keySlot);
  let r: Result;
  do r = host.session_get(i, size(id, keySlot), into.ptr, into.capacity);
  while (into.retry(r));
  return into.result(r);
}

/**
 * Stores a session. Sealed bytes are taken only under the id, and with the metadata,
 * that they were sealed with; bytes in clear need the grant `sessions:secrets`.
 *
 * Grant: `sessions:write`.
 *
 * @param id - 1 to {@link MAX_ID} bytes
 * @param session - at least 1 byte
 * @param ttlMs - life from now on, in ms; 0 leaves it at what the session says. It
 *   shortens the life of a sealed session, never lengthens it
 * @param flags - of {@link Insert}, by `|`
 * @returns OK; {@link Code.EXISTS}; {@link Code.REMOVED}; {@link Code.TOO_LARGE} (more
 *   than {@link MAX_SESSION} in clear); {@link Code.INVALID} (malformed; or altered, of
 *   another farm, for another id, expired); {@link Code.DENIED} (in clear, without the
 *   grant); {@link Code.UNSUPPORTED} outside of hooks and `plugin_ready`
 */
export function sessionInsert<I, S>(id: I, session: S, ttlMs: i64 = 0, flags: i32 = Insert.NONE): Result {
  const i = pointer(id, keySlot);
  const s = pointer(session, dataSlot);
  return host.session_insert(i, size(id, keySlot), s, size(session, dataSlot), ttlMs, flags);
}

/**
 * Removes a session and keeps it from coming back for the rest of its life; where
 * NOT_FOUND is returned too, if a node of this farm has made the id.
 *
 * Grant: `sessions:write`.
 *
 * @param id - 1 to {@link MAX_ID} bytes
 * @returns OK; {@link Code.NOT_FOUND}; {@link Code.INVALID};
 *   {@link Code.UNSUPPORTED} outside of hooks and `plugin_ready`
 */
export function sessionRemove<I>(id: I): Result {
  const i = pointer(id, keySlot);
  return host.session_remove(i, size(id, keySlot));
}

/**
 * Has every present session delivered to this plugin as an INSERT with
 * {@link Flag.EXISTING}, and every tombstone as a REMOVE with it. Returns at once.
 *
 * Grant: `sessions:read`.
 *
 * @returns how many sessions are present now; {@link Code.UNSUPPORTED} outside of hooks
 *   and `plugin_ready`
 */
export function sessionReplay(): Result {
  return host.session_replay();
}
