// The machine's memory, M, and what an address means.

/** Bytes of M. */
export const SIZE: u32 = 0x80000;

const M = memory.data(0x80000, 16);

/** The address in linear memory that an address of a script stands for. */
export function address(a: u64): usize {
  const at = <u32>a;
  return at < SIZE ? M + at : at;
}

/** The number of type T at an address of M. */
// @ts-ignore: decorator
@inline
export function get<T>(at: u32): T {
  check(at, sizeof<T>());
  return load<T>(M + at);
}

/** Stores a number at an address of M. */
// @ts-ignore: decorator
@inline
export function set<T>(at: u32, value: T): void {
  check(at, sizeof<T>());
  store<T>(M + at, value);
}

/** Traps where n bytes do not lie within M. */
export function check(at: u32, n: u32): void {
  if (<u64>at + n > SIZE) unreachable();
}
