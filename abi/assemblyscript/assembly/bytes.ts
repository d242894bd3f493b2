import { pointer, size, textSlot } from "./argument";
import { Buffer } from "./buffer";

/**
 * A view of bytes that are somewhere in memory.
 *
 * What an {@link Event} gives are views of the event buffer: valid until the handler
 * returns, and the same objects for the next event. {@link Bytes.copy} what is kept.
 *
 * Wherever this SDK takes bytes, it takes a `string` (as UTF-8), a `Bytes`, a
 * {@link Buffer}, a `Uint8Array`, an `ArrayBuffer` or a `StaticArray<u8>`; anything
 * else does not compile. None of that allocates.
 *
 * A view is not managed by the collector: it does not keep what it shows, and one that
 * is made by `new` is there for the life of the instance. Make such ones as globals.
 */
@unmanaged
export class Bytes {
  [key: number]: u8;

  /**
   * @param ptr - address of the first byte
   * @param length - how many bytes
   */
  constructor(public ptr: usize = 0, public length: i32 = 0) {}

  /** Has this view show other memory, and returns it. */
  view(ptr: usize, length: i32): Bytes {
    this.ptr = ptr;
    this.length = length;
    return this;
  }

  /** The byte at `index`. Traps outside of the view. */
  @operator("[]")
  at(index: i32): u8 {
    if (<u32>index >= <u32>this.length) throw new RangeError("index out of range");
    return load<u8>(this.ptr + index);
  }

  /**
   * The little-endian number at `offset`, as `bytes.read<u32>(4)`. Traps where it does
   * not lie within the view.
   */
  read<T extends number>(offset: i32): T {
    if (offset < 0 || offset > this.length - <i32>sizeof<T>()) throw new RangeError("number out of range");
    return load<T>(this.ptr + offset);
  }

  /** Whether `other` is the same bytes. */
  equals<T>(other: T): bool {
    const ptr = pointer(other, textSlot);
    return this.length == size(other, textSlot) && !memory.compare(this.ptr, ptr, this.length);
  }

  /** Returns a copy in memory of its own. */
  copy(): Buffer {
    return Buffer.from(this);
  }

  /** Returns a copy of the bytes from `begin` to before `end`. What lies outside of this
   *  view is left out. */
  slice(begin: i32, end: i32 = i32.MAX_VALUE): Buffer {
    const to = max(0, min(end, this.length));
    const from = max(0, min(begin, to));
    const part = new Buffer(to - from);
    part.length = to - from;
    memory.copy(part.ptr, this.ptr + from, part.length);
    return part;
  }

  /** Returns the bytes, which are UTF-8, as a string. */
  toString(): string {
    return String.UTF8.decodeUnsafe(this.ptr, this.length);
  }

  /** Returns the bytes in lower-case hexadecimal digits: for ids. */
  toHex(): string {
    return new Buffer(2 * this.length).appendHex(this).toString();
  }

  /** Returns a copy as a `Uint8Array`. */
  toArray(): Uint8Array {
    const array = new Uint8Array(this.length);
    memory.copy(array.dataStart, this.ptr, this.length);
    return array;
  }
}
