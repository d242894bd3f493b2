import { Flag, HEADER_SIZE } from "./abi.js";
import { toBytes } from "./bytes.js";

const parts = [
  ["id", 6, 2],
  ["serverName", 48, 2],
  ["alpn", 50, 2],
  ["node", 52, 2],
  ["topic", 54, 2],
  ["key", 56, 2],
  ["data", 60, 4],
];

/**
 * Returns the record of an event (abi/SPEC.md, "The event record").
 *
 * @param {object} event fields as of Event in the SDK; what is left out is 0 or empty. Times and
 *   seq may be numbers or bigints
 * @returns {Uint8Array}
 */
export function encode(event) {
  const values = parts.map(([name]) => toBytes(event[name]));
  const size = values.reduce((sum, v) => sum + v.length, HEADER_SIZE);
  const record = new Uint8Array(size);
  const view = new DataView(record.buffer);
  view.setUint16(0, HEADER_SIZE, true);
  view.setUint8(2, event.kind);
  view.setUint8(3, event.origin ?? 0);
  view.setUint8(4, event.reason ?? 0);
  view.setUint8(5, event.flags ?? 0);
  view.setBigUint64(8, BigInt(event.seq ?? 0), true);
  view.setBigInt64(16, BigInt(event.time ?? 0), true);
  view.setBigInt64(24, BigInt(event.created ?? 0), true);
  view.setBigInt64(32, BigInt(event.expires ?? 0), true);
  view.setUint32(40, event.sessionLength ?? 0, true);
  view.setUint16(44, event.tlsVersion ?? 0, true);
  view.setUint16(46, event.cipherSuite ?? 0, true);
  view.setUint16(58, event.format ?? 0, true);
  let at = HEADER_SIZE;
  parts.forEach(([, offset, width], i) => {
    if (width === 2) view.setUint16(offset, values[i].length, true);
    else view.setUint32(offset, values[i].length, true);
    record.set(values[i], at);
    at += values[i].length;
  });
  return record;
}

/** Writes as much of a record as there is room for, as a host does, and returns how much. */
export function write(record, room) {
  const n = Math.min(record.length, room.length);
  room.set(record.subarray(0, n));
  if (n < record.length) room[5] |= Flag.TRUNCATED;
  return n;
}
