// The record of an event, written anew from what the SDK says about it.

import { Bytes, Event, HEADER_SIZE } from "sesshook-guest";

import { address, check, set } from "./memory";

/** Writes the record to M[at], and returns its length. */
export function view(e: Event, at: u32): i64 {
  set<u16>(at, <u16>HEADER_SIZE);
  set<u8>(at + 2, <u8>e.kind);
  set<u8>(at + 3, <u8>e.origin);
  set<u8>(at + 4, <u8>e.reason);
  set<u8>(at + 5, <u8>e.flags);
  set<u64>(at + 8, e.seq);
  set<i64>(at + 16, e.time);
  set<i64>(at + 24, e.created);
  set<i64>(at + 32, e.expires);
  set<u32>(at + 40, e.sessionLength);
  set<u16>(at + 44, <u16>e.tlsVersion);
  set<u16>(at + 46, <u16>e.cipherSuite);
  set<u16>(at + 58, <u16>e.format);
  let end = part(at, 6, at + HEADER_SIZE, e.id);
  end = part(at, 48, end, e.serverName);
  end = part(at, 50, end, e.alpn);
  end = part(at, 52, end, e.node);
  end = part(at, 54, end, e.topic);
  end = part(at, 56, end, e.key);
  set<u32>(at + 60, e.data.length);
  return bytes(end, e.data) - at;
}

// Writes a part and its length, and returns the address behind it.
function part(record: u32, field: u32, at: u32, b: Bytes): u32 {
  set<u16>(record + field, <u16>b.length);
  return bytes(at, b);
}

function bytes(at: u32, b: Bytes): u32 {
  check(at, b.length);
  memory.copy(address(at), b.ptr, b.length);
  return at + b.length;
}
