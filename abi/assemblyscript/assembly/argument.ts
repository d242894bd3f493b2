import { Buffer } from "./buffer";
import { Bytes } from "./bytes";

// A Slot is where a string that is an argument is encoded. It keeps its memory, so that
// a call does not allocate. A function that takes several has one for each.
@unmanaged
class Slot {
  ptr: usize = 0;
  length: i32 = 0;
  capacity: i32 = 0;
}

// The slots of a topic, a name, a text; of a key, an id, a node; and of data.
export const textSlot = changetype<Slot>(memory.data(12, 4));
export const keySlot = changetype<Slot>(memory.data(12, 4));
export const dataSlot = changetype<Slot>(memory.data(12, 4));

function encode(text: string, slot: Slot): usize {
  const most = 3 * text.length; // bytes of UTF-8
  if (most > slot.capacity) {
    if (slot.ptr) heap.free(slot.ptr);
    slot.ptr = heap.alloc(max(most, 128));
    slot.capacity = max(most, 128);
  }
  slot.length = <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, slot.ptr);
  return slot.ptr;
}

// The address of the bytes of a value of any type that has some, until the slot is used
// again.
// @ts-ignore: decorator
@inline
export function pointer<T>(value: T, slot: Slot): usize {
  if (isString<T>()) {
    return encode(<string>value, slot);
  } else if (value instanceof Bytes) {
    return value.ptr;
  } else if (value instanceof Buffer) {
    return value.ptr;
  } else if (value instanceof Uint8Array) {
    return value.dataStart;
  } else if (value instanceof ArrayBuffer) {
    return changetype<usize>(value);
    // @ts-ignore: TypeScript has no such expression
  } else if (value instanceof StaticArray<u8>) {
    return changetype<usize>(value);
  } else {
    ERROR("expected bytes: a string, Bytes, Buffer, Uint8Array, ArrayBuffer or StaticArray<u8>");
  }
}

// How many bytes those of the last pointer are.
// @ts-ignore: decorator
@inline
export function size<T>(value: T, slot: Slot): i32 {
  if (isString<T>()) {
    return slot.length;
  } else if (value instanceof Bytes) {
    return value.length;
  } else if (value instanceof Buffer) {
    return value.length;
  } else if (value instanceof Uint8Array) {
    return value.byteLength;
  } else if (value instanceof ArrayBuffer) {
    return value.byteLength;
    // @ts-ignore: TypeScript has no such expression
  } else if (value instanceof StaticArray<u8>) {
    return value.length;
  } else {
    return 0;
  }
}
