import * as host from "./imports";
import { Level } from "./log";

/**
 * What a plugin does that can't go on (an index out of range, `assert`, `throw`): logs
 * what and where at level error, and traps. The host discards the instance then, and
 * logs the names of the functions that led there.
 *
 * The compiler calls it in the place of its own, which the host does not have, by
 * `--use abort=~lib/sesshook-guest/assembly/abort/abort`: asconfig.json of this package
 * has that. `--use abort=` instead traps without a line, and is smaller.
 */
export function abort(message: string | null, file: string | null, row: u32, column: u32): void {
  // Static: the allocator may be what has failed.
  const line = memory.data(512);
  const end = line + 512;
  let at = put(line, end, message === null || !message.length ? "abort" : message);
  at = put(at, end, " at ");
  at = put(at, end, file);
  at = put(at, end, ":");
  at = putNumber(at, end, row);
  at = put(at, end, ":");
  at = putNumber(at, end, column);
  host.log(Level.ERROR, line, <u32>(at - line));
  unreachable();
}

// Writes a text from an address on, as far as it fits, and returns the address behind
// it.
function put(at: usize, end: usize, text: string | null): usize {
  if (text === null) return at;
  const n = min(text.length, <i32>((end - at) / 3)); // a unit of UTF-16 takes three bytes at most
  return at + String.UTF8.encodeUnsafe(changetype<usize>(text), n, at);
}

function putNumber(at: usize, end: usize, n: u32): usize {
  if (n >= 10) at = putNumber(at, end, n / 10);
  if (at == end) return at;
  store<u8>(at, 48 + n % 10);
  return at + 1;
}
