// Reads JSON (RFC 8259) from the front on: from at to end. After a failure it reads
// nothing. There is one reader; who needs two of them keeps and sets at and end.

export let at: usize = 0;
export let end: usize = 0;
export let failed: bool = false;

// How deep arrays and objects may be nested. The host writes what it has read from a
// file; this bounds the stack even so.
const MAX_DEPTH: i32 = 64;

// Begins to read what stands from an address to before another.
export function begin(from: usize, to: usize): void {
  at = from;
  end = to;
  failed = false;
}

// Skips white space, and returns the byte behind it, 0 at the end.
export function peek(): i32 {
  for (; at < end; at++) {
    const c: i32 = load<u8>(at);
    if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) return c;
  }
  return 0;
}

// Skips white space and the character c, and tells whether it was there.
export function take(c: i32): bool {
  if (failed || at == end || peek() != c) return false;
  at++;
  return true;
}

// Skips white space and c, which has to be there.
export function expect(c: i32): bool {
  if (!take(c)) failed = true;
  return !failed;
}

// Whether nothing but white space follows.
export function atEnd(): bool {
  peek();
  return at == end;
}

// Reads a string. One that is skipped is not put together.
export function text(skipped: bool = false): string {
  let s = "";
  if (!expect(34)) return s;
  let from = at;
  while (!failed) {
    const c = next();
    if (c < 0x20) failed = true;
    if (c != 34 && c != 92) continue;
    if (!skipped) s += String.UTF8.decodeUnsafe(from, at - 1 - from);
    if (c == 34) return s;
    const unit = escape();
    if (!skipped) s += String.fromCharCode(unit);
    from = at;
  }
  return "";
}

// Takes the next byte, whatever it is; 0 at the end.
function next(): i32 {
  return at < end ? load<u8>(at++) : 0;
}

// Reads what follows a backslash: a unit of UTF-16.
function escape(): i32 {
  const c = next();
  switch (c) {
    case 34:
    case 47:
    case 92: return c;
    case 98: return 8;
    case 102: return 12;
    case 110: return 10;
    case 114: return 13;
    case 116: return 9;
    case 117: return unit();
  }
  failed = true;
  return 0;
}

// Reads four hexadecimal digits.
function unit(): i32 {
  let unit = 0;
  for (let i = 0; i < 4; i++) {
    const c = next();
    const letter = (c | 0x20) - 97;
    if (isDigit(c)) unit = unit << 4 | (c - 48);
    else if (letter >= 0 && letter < 6) unit = unit << 4 | (letter + 10);
    else failed = true;
  }
  return unit;
}

// Skips one value.
export function skip(depth: i32 = 0): void {
  const c = peek();
  if (depth > MAX_DEPTH) failed = true;
  else if (c == 123) members(125, true, depth); // {}
  else if (c == 91) members(93, false, depth); // []
  else if (c == 34) text(true);
  else if (c == 45 || isDigit(c)) number();
  else if (!word("true") && !word("false") && !word("null")) failed = true;
}

// Skips the members of an object or an array.
function members(close: i32, keys: bool, depth: i32): void {
  at++;
  if (take(close)) return;
  do {
    if (keys) {
      text(true);
      expect(58);
    }
    skip(depth + 1);
  } while (take(44));
  expect(close);
}

function number(): void {
  here(45);
  if (!here(48)) digits();
  if (here(46)) digits();
  if (here(101) || here(69)) {
    if (!here(43)) here(45);
    digits();
  }
}

// Skips c where it comes next, without white space.
function here(c: i32): bool {
  if (at == end || load<u8>(at) != c) return false;
  at++;
  return true;
}

// Skips digits, of which there has to be one.
function digits(): void {
  const from = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  if (at == from) failed = true;
}

function word(word: string): bool {
  const from = at;
  for (let i = 0; i < word.length; i++) {
    if (here(word.charCodeAt(i))) continue;
    at = from;
    return false;
  }
  return true;
}

export function isDigit(c: i32): bool {
  return c >= 48 && c <= 57;
}
