// Tests that need nothing from outside: each exported function is one, and traps where
// something is wrong.

import { Buffer, Bytes, Code, Config, codeName } from "../../assembly";

export { event_buffer } from "../../assembly";

const room = new Buffer();

export function a_buffer_grows_and_keeps_what_it_has(): void {
  const b = new Buffer(0);
  for (let i = 0; i < 1000; i++) b.append("0123456789");
  assert(b.length == 10000 && b.capacity >= 10000);
  for (let i = 0; i < 10000; i++) assert(b.bytes[i] == 48 + i % 10);
}

export function a_buffer_that_is_cleared_keeps_its_memory(): void {
  room.clear().append("some text");
  const at = room.ptr;
  assert(room.clear().length == 0);
  assert(room.append("other").ptr == at && room.toString() == "other");
}

export function a_buffer_of_fixed_size_cuts_off(): void {
  const b = Buffer.fixed(5);
  assert(b.append("123").append("456").toString() == "12345");
  assert(b.capacity == 5 && b.append("7").length == 5);
  assert(b.clear().appendHex("abc").toString() == "61626");
  assert(b.clear().write<u32>(1).write<u32>(2).length == 4);
  assert(b.resize(9).length == 5);
  assert(!b.reserve(6) && b.reserve(5));
}

export function a_buffer_over_memory_stays_there(): void {
  const at = memory.data(8);
  const b = Buffer.over(at, 4).append("abcdef");
  assert(b.ptr == at && load<u32>(at) == 0x64636261 && load<u8>(at, 4) == 0);
}

export function a_buffer_takes_numbers(): void {
  const text = room.clear().appendNumber(0).append(" ").appendNumber(-1).append(" ").appendNumber(i64.MIN_VALUE).append(" ").appendNumber(i64.MAX_VALUE);
  assert(text.toString() == "0 -1 -9223372036854775808 9223372036854775807");
  const n = room.clear().write<u8>(7).write<u16>(0x1234).write<i64>(-2).bytes;
  assert(n.length == 11 && n.read<u8>(0) == 7 && n.read<u16>(1) == 0x1234 && n.read<i64>(3) == -2);
}

export function a_buffer_appends_itself(): void {
  const b = new Buffer(3).append("abc");
  assert(b.append(b).append(b.bytes).toString() == "abcabcabcabc");
}

export function new_bytes_of_a_buffer_are_zero(): void {
  const b = new Buffer(8).append("xxxxxxxx");
  assert(b.clear().resize(8).bytes.toHex() == "0000000000000000");
  assert(b.resize(2).length == 2);
}

export function a_result_says_whether_to_ask_again(): void {
  const b = new Buffer(4);
  assert(!b.retry(3) && b.length == 3 && b.result(3) == 3);
  assert(b.retry(9) && b.capacity >= 9 && b.length == 0);
  assert(!b.retry(Code.NOT_FOUND) && b.length == 0 && b.result(Code.NOT_FOUND) == Code.NOT_FOUND);
  const f = Buffer.fixed(4);
  assert(!f.retry(5) && f.length == 0 && f.result(5) == Code.NO_ROOM && f.wanted == 5);
  assert(!f.retry(4) && f.length == 4 && f.result(4) == 4);
}

export function bytes_are_compared_by_what_they_are(): void {
  const b = Buffer.from("grüß");
  assert(b.bytes.equals("grüß") && b.bytes.equals(b) && b.bytes.equals(b.bytes) && b.bytes.equals(b.bytes.toArray()));
  assert(!b.bytes.equals("grüß ") && !b.bytes.equals("grus") && Buffer.from("").bytes.equals(""));
  const array: StaticArray<u8> = [1, 2, 3];
  assert(Buffer.from(array).bytes.equals(array));
  const whole = new Uint8Array(4);
  whole[2] = 9;
  assert(Buffer.from(whole.subarray(2, 3)).bytes[0] == 9);
  assert(Buffer.from(whole.buffer).length == 4);
}

export function bytes_are_sliced_within_what_they_are(): void {
  const b = Buffer.from("0123456789").bytes;
  assert(b.slice(2, 4).toString() == "23" && b.slice(8).toString() == "89" && b.slice(5, 99).toString() == "56789");
  assert(b.slice(7, 3).length == 0 && b.slice(-5, 2).toString() == "01" && b.slice(99).length == 0);
}

export function bytes_become_other_things(): void {
  const b = Buffer.from("\x00ÿ日🙂");
  assert(b.bytes.toString() == "\x00ÿ日🙂" && b.bytes.toHex() == "00c3bfe697a5f09f9982");
  const copy = b.bytes.copy();
  b.clear().append("xxxxxxxxxx");
  assert(copy.bytes.toHex() == "00c3bfe697a5f09f9982" && copy.bytes.toArray()[1] == 0xc3);
}

const view = new Bytes();

export function a_view_shows_other_memory(): void {
  assert(view.length == 0 && view.equals(""));
  assert(view.view(memory.data(4), 4).equals("\0\0\0\0"));
}

export function a_name_for_every_code(): void {
  assert(codeName(0) == "OK" && codeName(17) == "OK" && codeName(-1) == "NOT_FOUND" && codeName(-9) == "LIMIT" && codeName(-10) == "code -10");
  assert(codeName(Code.NO_ROOM) == "NO_ROOM");
}

// What is wrong with a table in which every setting may be of the type of its key.
function mistake(json: string): string {
  const c = new Config(Buffer.from(json));
  while (c.next()) take(c);
  return c.error;
}

function take(c: Config): void {
  if (c.key == "string") c.string();
  else if (c.key == "bool") c.bool();
  else if (c.key == "int") c.integer();
  else if (c.key == "digit") c.integer(0, 9);
  else if (c.key == "duration") c.duration();
  else if (c.key == "strings") c.strings();
  else if (c.key == "any") c.raw();
  else if (c.key == "table") {
    const t = c.subtable();
    while (t.next()) take(t);
  } else c.unknown("string, bool");
}

function right(json: string): void {
  const m = mistake(json);
  assert(m == "", json + " is wrong: " + m);
}

function wrong(json: string, want: string): void {
  const m = mistake(json);
  assert(m == want, json + ": " + m);
}

export function a_table_of_every_type_is_read(): void {
  right("{}");
  right(" { } ");
  right('{"string":"x","bool":true,"int":-12,"digit":9,"duration":"1h30m","strings":["a","b"],"any":[1,{"a":null}],"table":{"int":3,"table":{}}}');
  right('{ "int" : 0 ,\n\t"strings" : [ ] , "table" : { "strings" : [ "" ] } }');
  right('{"any":-0.5e+10,"any":[],"any":{},"any":null,"any":"\\u00e9\\"\\\\"}');
}

export function a_value_of_another_type_is_a_mistake(): void {
  wrong('{"string":1}', "string: 1 is not a string");
  wrong('{"bool":"true"}', 'bool: "true" is not true or false');
  wrong('{"int":1.5}', "int: 1.5 is not a whole number");
  wrong('{"int":9223372036854775808}', "int: 9223372036854775808 is not a whole number");
  wrong('{"digit":10}', "digit: 10 is not from 0 to 9");
  wrong('{"duration":"1 h"}', 'duration: "1 h" is not a duration such as "90s" or "12h"');
  wrong('{"duration":5}', 'duration: 5 is not a duration such as "90s" or "12h"');
  wrong('{"duration":"9999999999h"}', 'duration: "9999999999h" is not a duration such as "90s" or "12h"');
  wrong('{"strings":["a",1]}', 'strings: ["a",1] is not a list of strings');
  wrong('{"strings":"a"}', 'strings: "a" is not a list of strings');
  wrong('{"table":[]}', "table: [] is not a table");
  wrong('{"table":{"table":{"int":"x"}}}', 'table.table.int: "x" is not a whole number');
}

export function an_unknown_key_is_a_mistake(): void {
  wrong('{"strng":"x"}', "strng: no such setting; there are: string, bool");
  wrong('{"table":{"x":1}}', "table.x: no such setting; there are: string, bool");
}

export function the_first_mistake_counts(): void {
  wrong('{"int":"a","bool":1,"x":2}', 'int: "a" is not a whole number');
  wrong('{"int":1,"bool":1,', "bool: 1 is not true or false");
}

export function what_is_no_object_is_a_mistake(): void {
  const malformed: string[] = [
    "", " ", "[]", "1", "null", "{", "{\"int\"", "{\"int\":", "{\"int\":1", "{\"int\":1,", "{\"int\":1,}", "{int:1}", "{\"int\":1}x", "{}{}", "{\"any\":01}",
    "{\"any\":1.}", "{\"any\":.5}", "{\"any\":1e}", "{\"any\":-}", "{\"any\":+1}", "{\"any\":tru}", "{\"any\":nulll}", "{\"any\":[1,]}", "{\"any\":[1 2]}", "{\"any\":{1:2}}",
    "{\"any\":\"\\x\"}", "{\"any\":\"\\u12g4\"}", "{\"any\":\"\n\"}", "{\"any\":\"", "{\"any\":\"\\", "{\"any\":\"\\u", "{,}", "{\"any\" 1}", "{\"any\":1;}",
  ];
  for (let i = 0; i < malformed.length; i++) wrong(malformed[i], "not a JSON object");
  wrong('{"any":' + "[".repeat(100) + "]".repeat(100) + "}", "not a JSON object");
  right('{"any":' + "[".repeat(60) + "]".repeat(60) + "}");
}

export function values_are_what_they_say(): void {
  const c = new Config(Buffer.from('{"s":"a\\n\\u00e9\\ud83d\\ude42\\/","d":"1h2m3s4ms5us6ns","n":-42,"l":["x","y"],"r":[1, 2]}'));
  assert(c.next() && c.key == "s" && c.string() == "a\né🙂/");
  assert(c.next() && c.key == "d" && c.duration() == 3_723_004_005_006);
  assert(c.next() && c.key == "n" && c.integer(-42, -42) == -42);
  assert(c.next() && c.key == "l");
  const l = c.strings();
  assert(l.length == 2 && l[0] == "x" && l[1] == "y");
  assert(c.next() && c.key == "r" && c.raw().equals("[1, 2]"));
  assert(!c.next() && c.error == "" && c.end() == Code.OK);
}

export function a_mistake_of_the_plugin_s_own_counts(): void {
  const c = new Config(Buffer.from('{"table":{"name":"-"}}'));
  assert(c.next());
  const t = c.subtable();
  assert(t.next());
  t.fail("not a host name");
  assert(!t.next() && !c.next() && c.error == "table.name: not a host name" && c.end() == Code.INVALID);
}
