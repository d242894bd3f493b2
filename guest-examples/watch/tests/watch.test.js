import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Flag, Host, Origin, Reason } from "sesshook-guest/testing";

// What npm run build has built.
const module = await readFile(new URL("../watch.wasm", import.meta.url));

async function load(config = {}) {
  const host = await Host.load(module, { grants: ["metrics"], config: { at_least: 10, window: "1m", ...config } });
  host.tick();
  return host;
}

// Some handshakes of a name, of which some are resumed.
function handshakes(host, serverName, full, resumed) {
  for (let i = 0; i < full; i++) host.insert({ id: `${serverName} ${i}`, serverName });
  for (let i = 0; i < resumed; i++) {
    host.get({ id: "old", serverName });
    host.insert({ id: `new ${i}`, serverName, flags: Flag.RESUMED });
  }
}

// Ends the window, and returns what is logged.
function judge(host) {
  host.advance(60_000);
  assert.equal(host.tick(), 0);
  return host.logs.splice(0).map(({ level, text }) => `${level}: ${text}`);
}

test("a name whose share is low is logged once, and once when it no longer is", async () => {
  const host = await load();
  handshakes(host, "a.example", 8, 12);
  handshakes(host, "b.example", 15, 5);
  assert.deepEqual(judge(host), ["warn: b.example: 25% of 20 handshakes are resumed, fewer than 50%"]);
  assert.deepEqual(host.metrics, { full: 23, resumed: 17, percent: 42, low: 1 });
  handshakes(host, "b.example", 9, 1);
  assert.deepEqual(judge(host), []);
  handshakes(host, "b.example", 5, 5);
  assert.deepEqual(judge(host), ["info: b.example: 50% of 10 handshakes are resumed, no longer fewer than 50%"]);
  assert.equal(host.metrics.low, 0);
});

test("a window is as long as its setting", async () => {
  const host = await load();
  handshakes(host, "a.example", 10, 0);
  host.advance(59_999);
  host.tick();
  assert.deepEqual(host.logs, []);
  host.advance(1);
  host.tick();
  assert.equal(host.logs.length, 1);
});

test("a name with few handshakes is not judged, and keeps what was said of it", async () => {
  const host = await load();
  handshakes(host, "a.example", 9, 0);
  assert.deepEqual(judge(host), []);
  handshakes(host, "a.example", 10, 0);
  assert.equal(judge(host).length, 1);
  handshakes(host, "a.example", 0, 9);
  assert.deepEqual(judge(host), []);
  assert.equal(host.metrics.low, 1);
});

test("a name without handshakes is forgotten", async () => {
  const host = await load();
  handshakes(host, "a.example", 10, 0);
  judge(host);
  assert.deepEqual(judge(host), []);
  assert.equal(host.metrics.low, 0);
  handshakes(host, "a.example", 10, 0);
  assert.equal(judge(host).length, 1);
});

test("what no handshake caused does not count", async () => {
  const host = await load();
  for (const origin of [Origin.PLUGIN, Origin.ADMIN, Origin.SNAPSHOT, Origin.HOST]) host.insert({ id: "x", origin });
  host.insert({ id: "x", flags: Flag.EXISTING });
  host.remove({ id: "x", reason: Reason.EVICTED });
  assert.deepEqual(host.metrics, {});
  host.insert({ id: "x", origin: Origin.FRONT });
  host.get({ id: "x", origin: Origin.FRONT });
  assert.deepEqual(host.metrics, { full: 1, resumed: 1 });
});

test("handshakes without a server name are one name's", async () => {
  const host = await load();
  handshakes(host, "", 10, 0);
  assert.match(judge(host)[0], /^warn: \(without a server name\): 0% of 10/);
});

test("names for which there is no room are counted, until others are forgotten", async () => {
  const host = await load({ names: 2 });
  for (const name of ["a", "b", "c", "d"]) handshakes(host, name, 10, 0);
  assert.equal(host.metrics.uncounted, 20);
  assert.deepEqual(judge(host).map((l) => l[6]), ["a", "b"]);
  judge(host);
  handshakes(host, "c", 10, 0);
  assert.match(judge(host)[0], /^warn: c: /);
});

test("names are told apart, however many and however long", async () => {
  const host = await load({ names: 3000, at_least: 1 });
  const name = (i) => `${"n".repeat(200)}${i * 7919}`;
  for (let i = 0; i < 3000; i++) handshakes(host, name(i), 1, i % 2);
  for (let i = 0; i < 3000; i++) handshakes(host, name(i), 0, 3 * (i % 2));
  const low = judge(host);
  assert.equal(low.length, 1500);
  assert.ok(low.every((l) => l.includes("0% of 1 handshakes")));
  // Half of them go on: the others make room.
  for (let i = 0; i < 3000; i += 2) handshakes(host, name(i), 0, 1);
  assert.equal(judge(host).length, 1500);
  for (let i = 0; i < 3000; i++) handshakes(host, name(i), 1, 0);
  assert.equal(judge(host).length, 3000);
  assert.equal(host.metrics.uncounted, undefined);
});

test("counts outlive a reload", async () => {
  const host = await load();
  handshakes(host, "a.example", 5, 0);
  handshakes(host, "b.example", 10, 0);
  host.advance(30_000);
  host.reload();
  handshakes(host, "a.example", 5, 1);
  host.advance(30_000);
  host.tick();
  assert.deepEqual(host.logs.map((l) => l.text), ["a.example: 9% of 11 handshakes are resumed, fewer than 50%", "b.example: 0% of 10 handshakes are resumed, fewer than 50%"]);
  host.reload({ names: 1 });
  assert.deepEqual(host.errors, []);
});

test("a state of another version, or one that is cut off, is left aside", async () => {
  const host = await load();
  handshakes(host, "a.example", 10, 0);
  const state = host.save();
  for (const other of [[], [2], state.slice(0, 5), state.slice(0, 12), [9, ...state.slice(1)]]) {
    host.restart();
    host.restore(other);
    assert.equal(host.tick(), 0);
  }
});

test("settings that make no sense refuse the module", async () => {
  for (const [config, says] of [
    [{ below: 101 }, /config: below: 101 is not from 0 to 100/],
    [{ window: "1ms" }, /config: window: must be from 1s to 24h/],
    [{ names: 0 }, /config: names: 0 is not from 1 to 16384/],
    [{ at_least: "x" }, /config: at_least: "x" is not a whole number/],
    [{ belwo: 1 }, /config: belwo: no such setting; there are: below, window, at_least, names/],
  ]) {
    await assert.rejects(load(config), says);
  }
});

test("handshakes allocate nothing", async () => {
  const host = await load();
  handshakes(host, "a.example", 100, 100);
  const before = host.pages;
  handshakes(host, "a.example", 10_000, 10_000);
  assert.equal(host.pages, before);
});
