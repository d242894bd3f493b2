import { pointer, size, textSlot } from "./argument";
import { Bytes } from "./bytes";
import { Code, Result } from "./code";

/**
 * Memory for bytes that a host function gives, or that a plugin puts together: a
 * message, a key, a line of the log.
 *
 * A buffer grows as it needs to, and then keeps its memory: made once, as a global,
 * it costs no allocation per event.
 *
 * ```ts
 * const room = new Buffer();
 *
 * function inserted(e: Event): Result {
 *   const r = sessionGet(e.id, room);
 *   return r < 0 ? r : messagePublish("sessions", e.id, room);
 * }
 * ```
 */
export class Buffer {
  /** Address of the first byte; another one when the buffer has grown. */
  ptr: usize = 0;

  /** Bytes that are in use. */
  length: i32 = 0;

  /** Bytes that there is room for. */
  capacity: i32 = 0;

  /** How many bytes the last value had that did not fit, where a function returned
   *  {@link Code.NO_ROOM}. */
  wanted: i32 = 0;

  private growable: bool = true;
  private memory: StaticArray<u8> | null = null;

  /**
   * @param capacity - bytes that there is room for at first
   */
  constructor(capacity: i32 = 64) {
    this.reserve(capacity);
  }

  /** Returns a copy of `value`. A string is encoded as UTF-8. */
  static from<T>(value: T): Buffer {
    return new Buffer(0).append(value);
  }

  /** Returns a buffer that never has room for more than `capacity` bytes. */
  static fixed(capacity: i32): Buffer {
    const buffer = new Buffer(capacity);
    buffer.growable = false;
    return buffer;
  }

  /** Returns a buffer that never has room for more than the `capacity` bytes from `ptr`
   *  on, which somebody else keeps. */
  static over(ptr: usize, capacity: i32): Buffer {
    const buffer = new Buffer(0);
    buffer.ptr = ptr;
    buffer.capacity = capacity;
    buffer.growable = false;
    return buffer;
  }

  /** The bytes in use, for as long as the buffer is kept. */
  get bytes(): Bytes {
    return changetype<Bytes>(this); // ptr and length stand first here, too
  }

  /** Returns the bytes in use, which are UTF-8, as a string. */
  toString(): string {
    return this.bytes.toString();
  }

  /**
   * Makes room for `capacity` bytes in all.
   *
   * @returns whether there is that room: always, unless the buffer is of fixed size
   */
  reserve(capacity: i32): bool {
    if (capacity <= this.capacity) return true;
    if (!this.growable) return false;
    const larger = new StaticArray<u8>(capacity);
    memory.copy(changetype<usize>(larger), this.ptr, this.length);
    this.memory = larger;
    this.ptr = changetype<usize>(larger);
    this.capacity = capacity;
    return true;
  }

  /** Makes `length` bytes be in use, the new ones 0, and returns the buffer. One of fixed
   *  size is filled at most. */
  resize(length: i32): this {
    this.reserve(length);
    const to = min(length, this.capacity);
    if (to > this.length) memory.fill(this.ptr + this.length, 0, to - this.length);
    this.length = to;
    return this;
  }

  /** Empties the buffer, and returns it. It keeps its memory. */
  clear(): this {
    this.length = 0;
    return this;
  }

  /** Appends bytes, and returns the buffer. A string is encoded as UTF-8. In a buffer
   *  of fixed size, what does not fit is cut off. */
  append<T>(value: T): this {
    const from = pointer(value, textSlot);
    const n = this.extend(size(value, textSlot));
    memory.copy(this.ptr + this.length, from, n);
    this.length += n;
    return this;
  }

  /** Appends a number in decimal digits, and returns the buffer. */
  appendNumber(n: i64): this {
    // From the last digit on, in room for 20 characters.
    const digits = memory.data(20);
    let at = digits + 20;
    let rest: u64 = n < 0 ? 0 - <u64>n : <u64>n;
    do {
      store<u8>(--at, 48 + <u8>(rest % 10));
      rest /= 10;
    } while (rest);
    if (n < 0) store<u8>(--at, 45); // -
    return this.append(shown.view(at, <i32>(digits + 20 - at)));
  }

  /** Appends bytes in lower-case hexadecimal digits, and returns the buffer. */
  appendHex<T>(value: T): this {
    const from = pointer(value, textSlot);
    const n = this.extend(2 * size(value, textSlot));
    for (let i = 0; i < n; i++) {
      const byte: u32 = load<u8>(from + (i >> 1));
      store<u8>(this.ptr + this.length + i, hexDigit(i & 1 ? byte & 15 : byte >> 4));
    }
    this.length += n;
    return this;
  }

  /** Appends a number as little-endian bytes, as `buffer.write<u32>(n)`, and returns
   *  the buffer. In a buffer of fixed size, one that does not fit is left out. */
  write<T extends number>(value: T): this {
    const n = <i32>sizeof<T>();
    if (this.extend(n) < n) return this;
    store<T>(this.ptr + this.length, value);
    this.length += n;
    return this;
  }

  /**
   * Takes what a host function returned that was given `ptr` and `capacity`: sets
   * `length`, or makes room for a value that was longer.
   *
   * @param returned - the length of the value, or less than 0
   * @returns whether to ask again, now that there is room
   */
  retry(returned: Result): bool {
    this.length = 0;
    if (returned < 0) return false;
    if (returned > this.capacity) return this.reserve(returned);
    this.length = returned;
    return false;
  }

  /** What {@link retry} makes of a result in the end: itself, or {@link Code.NO_ROOM}. */
  result(returned: Result): Result {
    if (returned <= this.capacity) return returned;
    this.wanted = returned;
    return Code.NO_ROOM;
  }

  /** Makes room for `more` bytes behind the present ones, as far as it can, and
   *  returns for how many of them. It at least doubles, so that appending is cheap. */
  private extend(more: i32): i32 {
    const wanted = this.length + more;
    if (wanted > this.capacity && this.growable) this.reserve(max(wanted, 2 * this.capacity));
    return min(more, this.capacity - this.length);
  }
}

// What shows the digits of a number.
const shown = changetype<Bytes>(memory.data(8, 4));

// The lower-case hexadecimal digit of a number below 16.
function hexDigit(n: u32): u32 {
  return n < 10 ? 48 + n : 87 + n;
}
