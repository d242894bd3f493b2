/**
 * What a host function returned: 0 or more is success, and a length or a number
 * where the function has one; less is a {@link Code}, or a number that a later host
 * knows and this SDK does not, which is a failure too. Test for `< 0`.
 *
 * AssemblyScript has no exceptions, so this is what functions and handlers return.
 * What a function gives besides goes into a {@link Buffer} of the caller.
 */
export type Result = i32;

/** The result codes of the ABI. */
export enum Code {
  /** Done. */
  OK = 0,
  /** Nothing under this id or key. */
  NOT_FOUND = -1,
  /** The id is present, and {@link Insert.OVERWRITE} was not given. */
  EXISTS = -2,
  /** The id has a tombstone, and {@link Insert.REVIVE} was not given. */
  REMOVED = -3,
  /** More bytes than the host stores, sends or gives. */
  TOO_LARGE = -4,
  /** Malformed; or sealed by an unknown key, for another id, or expired. */
  INVALID = -5,
  /** The plugin does not have the grant that this call needs. */
  DENIED = -6,
  /** The other side did not answer in time, or there is none. */
  UNAVAILABLE = -7,
  /** Not in this phase, or not on this host. */
  UNSUPPORTED = -8,
  /** A limit of the plugin is reached. */
  LIMIT = -9,
  /** A {@link Buffer} is too small and of fixed size. Only this SDK returns it, never
   *  the host. */
  NO_ROOM = -2147483648,
}

/**
 * Returns the name of a result in abi/SPEC.md: `"OK"` for every success, `"code -77"`
 * for a number that this SDK does not know.
 */
export function codeName(result: Result): string {
  if (result >= 0) return "OK";
  switch (result) {
    case Code.NOT_FOUND: return "NOT_FOUND";
    case Code.EXISTS: return "EXISTS";
    case Code.REMOVED: return "REMOVED";
    case Code.TOO_LARGE: return "TOO_LARGE";
    case Code.INVALID: return "INVALID";
    case Code.DENIED: return "DENIED";
    case Code.UNAVAILABLE: return "UNAVAILABLE";
    case Code.UNSUPPORTED: return "UNSUPPORTED";
    case Code.LIMIT: return "LIMIT";
    case Code.NO_ROOM: return "NO_ROOM";
    default: return "code " + result.toString();
  }
}
