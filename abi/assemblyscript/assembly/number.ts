import { isDigit } from "./json";

// What wholeNumber and duration return of a text that is none.
export const NOT_A_NUMBER: i64 = i64.MIN_VALUE;

// Where in a text is being read.
let at: i32 = 0;

// Reads a whole number, with a minus or without.
export function wholeNumber(text: string): i64 {
  at = 0;
  const negative = take(text, "-");
  const n = digits(text);
  if (n < 0 || at < text.length) return NOT_A_NUMBER;
  return negative ? -n : n;
}

// Reads a duration such as 1h30m or 250ms, and returns it in ns.
export function duration(text: string): i64 {
  if (text == "0") return 0;
  at = 0;
  let total: i64 = 0;
  do {
    const n = digits(text);
    const ns = unit(text);
    if (n < 0 || !ns || n > (i64.MAX_VALUE - total) / ns) return NOT_A_NUMBER;
    total += n * ns;
  } while (at < text.length);
  return total;
}

// Reads digits. Less than 0: there are none, or too many.
function digits(text: string): i64 {
  const from = at;
  let n: i64 = 0;
  for (; at < text.length && isDigit(text.charCodeAt(at)); at++) {
    const digit = text.charCodeAt(at) - 48;
    if (n > (i64.MAX_VALUE - digit) / 10) return -1;
    n = n * 10 + digit;
  }
  return at > from ? n : -1;
}

// Takes what comes next, if it is that, and tells whether it was.
function take(text: string, what: string): bool {
  if (text.substr(at, what.length) != what) return false;
  at += what.length;
  return true;
}

// Takes a unit, and returns its length in ns; 0 is none.
function unit(text: string): i64 {
  if (take(text, "ns")) return 1;
  if (take(text, "us") || take(text, "µs") || take(text, "μs")) return 1_000;
  if (take(text, "ms")) return 1_000_000;
  if (take(text, "s")) return 1_000_000_000;
  if (take(text, "m")) return 60_000_000_000;
  if (take(text, "h")) return 3_600_000_000_000;
  return 0;
}
