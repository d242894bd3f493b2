import { pointer, size, textSlot } from "./argument";
import { Code, Result, codeName } from "./code";
import * as host from "./imports";

/** Levels of {@link log}. One between two of these is the lower one. */
export enum Level {
  DEBUG = -4,
  INFO = 0,
  WARN = 4,
  ERROR = 8,
}

/**
 * Writes a line to the host's log, where it stands beside the plugin's name. The host
 * escapes control characters, cuts lines that are too long, and counts those that are
 * too many.
 *
 * `log(Level.INFO, "a session for " + name)` makes a string, which the collector has to
 * free; a {@link Buffer} that is kept does not.
 *
 * @param level - of {@link Level}
 * @param text - the line
 */
export function log<T>(level: i32, text: T): void {
  const t = pointer(text, textSlot);
  host.log(level, t, size(text, textSlot));
}

/**
 * Whether the host keeps lines of a level, so that one need not be built otherwise.
 *
 * @param level - of {@link Level}
 */
export function logEnabled(level: i32): bool {
  return host.log_enabled(level) != 0;
}

/**
 * Logs that something failed, at level error, and returns the result: for the end of a
 * handler, as `if (r < 0) return fail(r, "session_get");`. A success is returned without
 * a line.
 *
 * @param result - what was returned
 * @param what - what failed
 */
export function fail(result: Result, what: string): Result {
  if (result < Code.OK) log(Level.ERROR, what + ": " + codeName(result));
  return result;
}
