// The interpreter of scripts.

import { Buffer, Bytes, Config, Event, configGet, metricSet } from "sesshook-guest";

import { args, call } from "./call";
import { address, check, get, set } from "./memory";
import { view } from "./view";

const CALLS: u32 = 0x100;
const CONFIG: u32 = 0x10000;
const CONFIG_SIZE: i32 = 0x1ffff;
const SCRIPT: u32 = 0x30000;
const END: u8 = 0xff;

let loaded = false;

// The instruction that comes next.
let pc: u32 = 0;

// What the call that is over returned, if it did.
let result: u64 = 0;

/** The event of the current call. */
export let current: Event = changetype<Event>(0);

/** Sets the event of the current call. */
export function setCurrent(e: Event): void {
  current = e;
}

/** Calls a handler of the script, and returns its result, or `without` where there is none. */
export function run(handler: u32, parameter: u64, without: u64): u64 {
  if (!loaded) decode();
  set<u64>(0, parameter);
  const calls = get<u64>(CALLS + 8 * handler) + 1;
  set<u64>(CALLS + 8 * handler, calls);
  for (let at = SCRIPT; get<u8>(at) != END; at += 6 + get<u32>(at + 2)) {
    const nth = get<u8>(at + 1);
    if (get<u8>(at) != handler || (nth && nth != calls)) continue;
    pc = at + 6;
    if (block()) return result;
  }
  return without;
}

// Reads the configuration and decodes the script.
function decode(): void {
  const json = Buffer.over(address(CONFIG), CONFIG_SIZE);
  if (configGet(json) < 0) unreachable();
  set<u64>(8, json.length);
  const config = new Config(json);
  if (!config.next()) unreachable();
  const hex = config.raw();
  let to = SCRIPT;
  for (let i = 1; i + 2 < hex.length; i += 2) set<u8>(to++, digit(hex[i]) << 4 | digit(hex[i + 1]));
  set<u8>(to, END);
  loaded = true;
}

function digit(c: u8): u8 {
  return c < 97 ? c - 48 : c - 87;
}

// The number of type T that stands next in the script.
// @ts-ignore: decorator
@inline
function next<T>(): T {
  const n = get<T>(pc);
  pc += sizeof<T>();
  return n;
}

function argument(): u64 {
  const tag = next<u8>();
  const value = next<u64>();
  const at = <u32>value;
  switch (tag) {
    case 0: return value;
    case 1: return get<u64>(at);
    case 2: return get<u32>(at);
    case 3: return get<u16>(at);
    case 4: return get<u8>(at);
    case 5: return (<u64>memory.size() << 16) + value;
    default: return unreachable();
  }
}

// Runs one block, from pc on. True: it has ended the call, and set result.
function block(): bool {
  while (true) {
    switch (next<u8>()) {
      case 0: return false;
      case 1: hostCall(); break;
      case 2: storeBytes(); break;
      case 3: fill(); break;
      case 4: copy(); break;
      case 5: hash(); break;
      case 6: equal(); break;
      case 7: math(); break;
      case 8: jumpIfZero(); break;
      case 9: result = argument(); return true;
      case 11: report(); break;
      case 12: digits(); break;
      case 13: viewRecord(); break;
      default: return unreachable();
    }
  }
}

function hostCall(): void {
  const f = next<u8>();
  const dst = next<u32>();
  const n = <i32>next<u8>();
  for (let i = 0; i < n; i++) args[i] = argument();
  set<i64>(dst, call(f));
}

function storeBytes(): void {
  const dst = next<u32>();
  const n = next<u32>();
  check(dst, n);
  check(pc, n);
  memory.copy(address(dst), address(pc), n);
  pc += n;
}

function fill(): void {
  const dst = argument();
  const byte = argument();
  memory.fill(address(dst), <u8>byte, <u32>argument());
}

function copy(): void {
  const dst = argument();
  const src = argument();
  memory.copy(address(dst), address(src), <u32>argument());
}

function hash(): void {
  const dst = next<u32>();
  const at = address(argument());
  const n = <u32>argument();
  let h: u64 = 0xcbf29ce484222325;
  for (let i: u32 = 0; i < n; i++) h = (h ^ load<u8>(at + i)) * 0x100000001b3;
  set<u64>(dst, h);
}

const left = new Bytes();
const right = new Bytes();

function equal(): void {
  const dst = next<u32>();
  const a = address(argument());
  const b = address(argument());
  const n = <i32>argument();
  set<u64>(dst, left.view(a, n).equals(right.view(b, n)) ? 1 : 0);
}

function math(): void {
  const which = next<u8>();
  const dst = next<u32>();
  const x = argument();
  const y = argument();
  switch (which) {
    case 0: set<u64>(dst, x + y); break;
    case 1: set<u64>(dst, x - y); break;
    case 2: set<u64>(dst, <i64>x < <i64>y ? 1 : 0); break;
    case 3: set<u64>(dst, x << 32 | <u32>y); break;
    default: unreachable();
  }
}

function jumpIfZero(): void {
  const x = argument();
  const to = next<u32>();
  if (!x) pc = to;
}

function report(): void {
  const n = <i32>next<u8>();
  const name = left.view(address(pc), n);
  pc += n;
  metricSet(name, argument());
}

function digits(): void {
  const dst = next<u32>();
  let x = argument();
  for (let i = <u32>argument(); i-- > 0; x >>= 4) {
    const d = <u8>(x & 15);
    set<u8>(dst + i, d < 10 ? 48 + d : 87 + d);
  }
}

function viewRecord(): void {
  const dst = next<u32>();
  const at = next<u32>();
  set<i64>(dst, view(current, at));
}
