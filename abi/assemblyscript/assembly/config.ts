import { Buffer } from "./buffer";
import { Bytes } from "./bytes";
import { Code, Result } from "./code";
import { configGet } from "./host";
import * as json from "./json";
import { Level, log } from "./log";
import { NOT_A_NUMBER, duration, wholeNumber } from "./number";

/**
 * Reads the `[config]` table of the plugin's sidecar, key by key:
 *
 * ```ts
 * export function plugin_start(): i32 {
 *   const c = Config.read();
 *   while (c.next()) {
 *     if (c.key == "max_age") maxAge = c.duration();
 *     else if (c.key == "names") names = c.strings();
 *     else c.unknown("max_age, names");
 *   }
 *   return c.end();
 * }
 * ```
 *
 * The first mistake ends the loop, and {@link Config.end} logs it: a value of another
 * type, a key that the plugin does not know. What a method returns of a value that is
 * not of its type does not matter, therefore.
 */
export class Config {
  /** The current key. */
  key: string = "";

  /** What is wrong, and with which key; `""` is nothing. */
  error: string = "";

  private table: Buffer;
  private value: i32 = 0; // where in it the value begins
  private offset: i32 = 0; // how much of it has been read: the value ends there
  private begun: bool = false;
  private parent: Config | null = null;

  /**
   * @param table - a JSON object
   */
  constructor(table: Buffer) {
    this.table = table;
  }

  /** Begins to read the sidecar's `[config]`. */
  static read(): Config {
    const table = new Buffer(256);
    configGet(table);
    return new Config(table);
  }

  /** Goes on to the next key. False: there is none, or something is wrong. */
  next(): bool {
    if (this.error.length) return false;
    json.begin(this.table.ptr + this.offset, this.table.ptr + this.table.length);
    if (this.begun ? !json.take(44) : this.empty()) return this.last();
    this.begun = true;
    this.key = json.text();
    json.expect(58);
    json.peek();
    this.value = <i32>(json.at - this.table.ptr);
    json.skip();
    this.offset = <i32>(json.at - this.table.ptr);
    return !json.failed || this.malformed();
  }

  // Reads the brace at the beginning, and tells whether there is none, or nothing behind it.
  private empty(): bool {
    return !json.expect(123) || json.peek() == 125;
  }

  // Reads the brace at the end.
  private last(): bool {
    json.expect(125);
    return (json.failed || !json.atEnd()) && this.malformed();
  }

  private malformed(): bool {
    this.key = "";
    this.fail("not a JSON object");
    return false;
  }

  /** The value, which has to be a string. */
  string(): string {
    return this.begins(34) ? json.text() : this.not("a string");
  }

  /** The value, which has to be true or false. */
  bool(): bool {
    const raw = this.raw();
    const yes = raw.equals("true");
    if (!yes && !raw.equals("false")) this.not("true or false");
    return yes;
  }

  /**
   * The value, which has to be a whole number.
   *
   * @param from - the smallest one that is allowed
   * @param to - the largest one
   */
  integer(from: i64 = -i64.MAX_VALUE, to: i64 = i64.MAX_VALUE): i64 {
    const n = wholeNumber(this.raw().toString());
    if (n == NOT_A_NUMBER) this.not("a whole number");
    else if (n < from || n > to) this.not("from " + from.toString() + " to " + to.toString());
    return n;
  }

  /** The value, which has to be a duration such as `"90s"`, `"1h30m"` or `"250ms"`, in
   *  ns. */
  duration(): i64 {
    const ns = this.begins(34) ? duration(json.text()) : NOT_A_NUMBER;
    if (ns == NOT_A_NUMBER) this.not('a duration such as "90s" or "12h"');
    return ns;
  }

  /** The value, which has to be a list of strings. */
  strings(): string[] {
    const list: string[] = [];
    if (this.begins(91) && json.take(91) && !json.take(93)) {
      do list.push(json.text());
      while (json.take(44));
    }
    if (json.failed || !this.begins(91)) this.not("a list of strings");
    return list;
  }

  /** The value, which has to be a table, to be read with a loop of its own. What is
   *  wrong with it is wrong with this table. */
  subtable(): Config {
    if (!this.begins(123)) this.not("a table");
    const table = new Config(this.raw().copy());
    table.error = this.error;
    table.parent = this;
    return table;
  }

  /** The value as JSON, whatever it is: a view that is valid until the next call. */
  raw(): Bytes {
    return rawView.view(this.table.ptr + this.value, this.offset - this.value);
  }

  /** Says that the plugin has no such key.
   *
   * @param known - those that it has, as `"max_age, names"`
   */
  unknown(known: string): void {
    this.fail("no such setting; there are: " + known);
  }

  /** Says what is wrong with the current value, for what a type does not say: `c.fail("not
   *  a host name")`. The first time counts. */
  fail(what: string): void {
    if (this.error.length) return;
    this.error = this.key.length ? this.key + ": " + what : what;
    const parent = this.parent;
    if (parent !== null) parent.failIn(this.error);
  }

  // Says what is wrong in a table within this one.
  private failIn(error: string): void {
    if (this.error.length) return;
    this.error = this.key + "." + error;
    const parent = this.parent;
    if (parent !== null) parent.failIn(this.error);
  }

  /**
   * Ends the reading: logs what is wrong, if anything is.
   *
   * @returns {@link Code.INVALID} then, else OK: what `plugin_start` returns
   */
  end(): Result {
    if (!this.error.length) return Code.OK;
    log(Level.ERROR, "config: " + this.error);
    return Code.INVALID;
  }

  // Begins to read the value, and tells whether it begins like that.
  private begins(c: i32): bool {
    json.begin(this.table.ptr + this.value, this.table.ptr + this.offset);
    return json.peek() == c;
  }

  // Says that the value is not what is wanted, and returns "".
  private not(what: string): string {
    let shown = this.raw().toString();
    if (shown.length > 64) shown = shown.substring(0, 61) + "...";
    this.fail(shown + " is not " + what);
    return "";
  }
}

// What Config.raw gives.
const rawView = changetype<Bytes>(memory.data(8, 4));
