const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Returns a text (as UTF-8) or an array as a Uint8Array; undefined is empty. */
export function toBytes(value) {
  if (value === undefined || value === null) return new Uint8Array(0);
  return typeof value === "string" ? encoder.encode(value) : new Uint8Array(value);
}

/** Returns bytes, which are UTF-8, as a string. */
export function toText(bytes) {
  return decoder.decode(bytes);
}

/** Returns bytes as a string that only the same bytes make: a key of a Map. */
export function toKey(value) {
  return Buffer.from(toBytes(value)).toString("latin1");
}
