import { Bytes } from "./bytes";
import { Result } from "./code";
import * as host from "./imports";
import { Flag } from "./kind";
import { HEADER_SIZE } from "./limits";

/**
 * The event that a handler is called for: a view of its record (abi/SPEC.md, "The event
 * record"). It and what it gives are valid until the handler returns, and the same
 * objects for the next event: {@link Bytes.copy} what is kept.
 *
 * A field that an event of this kind does not have is 0 or empty.
 */
@unmanaged
export class Event {
  private at: usize = 0;

  /** Has it show the record of `length` bytes at `at`, and tells whether that holds all
   *  that its header says. Called by {@link handle}. */
  show(at: usize, length: i32): bool {
    this.at = at;
    if (length < HEADER_SIZE || this.headerSize < <u32>HEADER_SIZE) return false;
    const size: u64 = <u64>this.keyOffset + load<u16>(at, 56) + load<u32>(at, 60);
    return size <= <u64>length;
  }

  /** What happened: a {@link Kind}. */
  get kind(): i32 { return load<u8>(this.at, 2); }
  /** Who caused it: an {@link Origin}. */
  get origin(): i32 { return load<u8>(this.at, 3); }
  /** REMOVE: why, a {@link Reason}. */
  get reason(): i32 { return load<u8>(this.at, 4); }
  /** Bits of {@link Flag}. */
  get flags(): i32 { return load<u8>(this.at, 5); }

  /** A replay: the session was stored, or removed, before. */
  get existing(): bool { return (this.flags & Flag.EXISTING) != 0; }
  /** INSERT: it overwrote a session. */
  get replaced(): bool { return (this.flags & Flag.REPLACED) != 0; }
  /** The session was made by a resumed handshake. */
  get resumed(): bool { return (this.flags & Flag.RESUMED) != 0; }
  /** The client showed a certificate. */
  get clientCert(): bool { return (this.flags & Flag.CLIENT_CERT) != 0; }
  /** MESSAGE: the sender waits for {@link messageReply}. */
  get request(): bool { return (this.flags & Flag.REQUEST) != 0; }

  /** INSERT, REMOVE, GET: rises with each of them in this process of the host. LOST: how
   *  many messages. */
  get seq(): u64 { return load<u64>(this.at, 8); }
  /** When it happened, in ns since the Unix epoch. */
  get time(): i64 { return load<i64>(this.at, 16); }
  /** When the full handshake was that the session goes back to, in ns since the Unix
   *  epoch. LOST: when the last message before them arrived; 0 is never. */
  get created(): i64 { return load<i64>(this.at, 24); }
  /** End of the session's life, in ns since the Unix epoch. REMOVE with
   *  {@link Flag.EXISTING}: of the tombstone's. */
  get expires(): i64 { return load<i64>(this.at, 32); }
  /** Bytes that {@link sessionGet} gives of it. */
  get sessionLength(): u32 { return load<u32>(this.at, 40); }
  /** 0x0303 or 0x0304; 0 is unknown. */
  get tlsVersion(): i32 { return load<u16>(this.at, 44); }
  /** IANA number; 0 is unknown. */
  get cipherSuite(): i32 { return load<u16>(this.at, 46); }
  /** How the session's bytes are encoded: a {@link Format}. */
  get format(): i32 { return load<u16>(this.at, 58); }

  /** The session's id. */
  get id(): Bytes { return idView.view(this.at + this.headerSize, load<u16>(this.at, 6)); }
  /** The name (SNI) that the client asked for. */
  get serverName(): Bytes { return serverNameView.view(this.at + this.serverNameOffset, load<u16>(this.at, 48)); }
  /** The application protocol. */
  get alpn(): Bytes { return alpnView.view(this.at + this.alpnOffset, load<u16>(this.at, 50)); }
  /** The session's home node. MESSAGE, LOST: the sender. */
  get node(): Bytes { return nodeView.view(this.at + this.nodeOffset, load<u16>(this.at, 52)); }
  /** MESSAGE, LOST: the topic. */
  get topic(): Bytes { return topicView.view(this.at + this.topicOffset, load<u16>(this.at, 54)); }
  /** MESSAGE: the key. */
  get key(): Bytes { return keyView.view(this.at + this.keyOffset, load<u16>(this.at, 56)); }
  /** MESSAGE: the data. */
  get data(): Bytes { return dataView.view(this.at + this.keyOffset + load<u16>(this.at, 56), load<u32>(this.at, 60)); }

  // Where the parts begin, one after the other behind the header.
  private get headerSize(): u32 { return load<u16>(this.at); }
  private get serverNameOffset(): u32 { return this.headerSize + load<u16>(this.at, 6); }
  private get alpnOffset(): u32 { return this.serverNameOffset + load<u16>(this.at, 48); }
  private get nodeOffset(): u32 { return this.alpnOffset + load<u16>(this.at, 50); }
  private get topicOffset(): u32 { return this.nodeOffset + load<u16>(this.at, 52); }
  private get keyOffset(): u32 { return this.topicOffset + load<u16>(this.at, 54); }
}

/**
 * Reads the current event's record from an offset on, as the host has it. A handler has
 * no need of it: {@link handle} has read the whole record.
 *
 * @param offset - in bytes
 * @param into - filled as far as there is something
 * @returns how many bytes remain from the offset on: more than `into` has room for
 *   where there is more. {@link Code.UNSUPPORTED} where there is no event
 */
export function eventRead(offset: u32, into: Bytes): Result {
  return host.event_read(offset, into.ptr, into.length);
}

// The views that events give.
const idView = changetype<Bytes>(memory.data(8, 4));
const serverNameView = changetype<Bytes>(memory.data(8, 4));
const alpnView = changetype<Bytes>(memory.data(8, 4));
const nodeView = changetype<Bytes>(memory.data(8, 4));
const topicView = changetype<Bytes>(memory.data(8, 4));
const keyView = changetype<Bytes>(memory.data(8, 4));
const dataView = changetype<Bytes>(memory.data(8, 4));
