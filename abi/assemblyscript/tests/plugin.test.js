import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, Flag, Host, Insert, Origin, Reason, toText } from "../testing/host.js";
import { build, refusal } from "./build.js";

const module = await build("plugin");
const load = (options) => Host.load(module, options);

// Has the plugin call a function, and returns its result and what it put into a buffer.
function call(host, name, data = "") {
  host.message({ topic: "calls", key: name, data });
  const [key, result, ...rest] = host.logs.at(-1).text.split(" ");
  assert.equal(key, name);
  return rest.length ? [Number(result), rest.join(" ")] : Number(result);
}

test("an event says what its record says", async () => {
  const host = await load();
  const result = host.insert({
    id: "an id", serverName: "www.example.org", alpn: "h2", node: "3f2a9c01d4e5", data: "12345", origin: Origin.FRONT, flags: Flag.REPLACED | Flag.CLIENT_CERT,
    time: 5n, created: -6n, expires: 1n << 62n, tlsVersion: 0x0304, cipherSuite: 0x1301, format: 2,
  });
  assert.equal(result, 0);
  assert.equal(host.logs.at(-1).text, "1 3 0 10 -p-c- 1 5 -6 4611686018427387904 5 772 4865 2 <an id><www.example.org><h2><3f2a9c01d4e5><><><>");
  assert.equal(host.logs.at(-1).level, "debug");
});

test("every kind of event is told", async () => {
  const host = await load();
  const id = "x";
  const told = () => host.logs.at(-1).text.split(" ").slice(0, 5).join(" ");
  host.insert({ id, flags: Flag.RESUMED });
  assert.equal(told(), "1 1 0 4 --r--");
  host.get({ id });
  assert.equal(told(), "3 1 0 0 -----");
  host.remove({ id, reason: Reason.EXPIRED, origin: Origin.HOST, flags: Flag.EXISTING });
  assert.equal(told(), "2 6 2 1 e----");
  host.lost({ topic: "calls", count: 7 });
  assert.equal(told(), "7 6 0 0 -----");
  assert.match(host.logs.at(-1).text, / 7 .*<ba9876543210><calls><><>$/);
});

test("a record that is longer than the event buffer is read whole", async () => {
  const host = await load();
  const serverName = "n".repeat(20_000);
  host.insert({ id: "x", serverName });
  assert.match(host.logs.at(-1).text, new RegExp(`^1 1 0 0 .*<x><${serverName}><><0123456789ab>`));
  assert.deepEqual(host.errors, []);
  host.failures.event_read = -77;
  assert.equal(host.insert({ id: "x", serverName }), -77);
});

test("a record that does not hold what its header says is an error", async () => {
  const host = await load();
  for (const size of [0, 63, 64, 65]) assert.equal(host.call("on_session_insert", size), Code.INVALID, String(size));
});

test("a handler's result below 0 is the hook's, and another is no error", async () => {
  const host = await load();
  assert.equal(host.insert({ id: "x" }), 0);
  assert.equal(host.message({ topic: "calls", key: "no such function" }), Code.UNSUPPORTED);
  assert.deepEqual(host.errors, [{ hook: "on_message", result: Code.UNSUPPORTED }]);
  assert.deepEqual(host.logs.map((l) => l.text).slice(-2), ["no such function: UNSUPPORTED", "no such function -8"]);
});

test("a verdict refuses, allows, or is none", async () => {
  const host = await load({ config: { refuse: "bad.example" } });
  assert.equal(host.resume({ id: "x", serverName: "bad.example" }), false);
  assert.equal(host.resume({ id: "x", serverName: "good.example" }), true);
  assert.deepEqual(host.errors, []);
  assert.equal(host.resume({ id: "x", serverName: "?" }), true);
  assert.deepEqual(host.errors, [{ hook: "on_session_resume", result: Code.LIMIT }]);
});

test("a miss is filled", async () => {
  const host = await load();
  assert.equal(host.miss({ id: "x" }), true);
  assert.equal(toText(host.session("x")), "fetched");
  host.advance(1000);
  assert.equal(host.session("x"), undefined);
});

test("the other hooks are called", async () => {
  const host = await load({ now: 12_000_000_000n });
  assert.equal(host.ready(), 0);
  assert.equal(host.replays, 1);
  host.tick();
  host.eventsLost(3);
  host.eventsLost(4);
  assert.deepEqual(host.metrics, { now: 12, lost: 7 });
  host.stop();
  assert.deepEqual(host.logs, [{ level: "info", text: "stopped" }]);
});

test("sessions", async () => {
  const host = await load();
  assert.equal(call(host, "session_get", "x"), Code.NOT_FOUND);
  assert.equal(call(host, "session_get", ""), Code.INVALID);
  assert.equal(call(host, "session_insert", "x"), 0);
  assert.equal(call(host, "session_insert", "x"), Code.EXISTS);
  assert.deepEqual(call(host, "session_get", "x"), [9, "a session"]);
  assert.equal(call(host, "session_get_fixed", "x"), -2147483648);
  assert.equal(call(host, "session_replay"), 1);
  assert.equal(call(host, "session_remove", "x"), 0);
  assert.equal(call(host, "session_remove", "x"), Code.NOT_FOUND);
  assert.equal(call(host, "session_insert", "x"), Code.REMOVED);
  assert.equal(call(host, "session_insert_over", "x"), 0);
  assert.equal(call(host, "session_insert_over", "x"), 0);
  assert.equal(Insert.OVERWRITE | Insert.REVIVE, 3);
});

test("messages", async () => {
  const host = await load({ answer: ({ node, data, timeout }) => (toText(data) === "?" ? Code.LIMIT : `${node} ${toText(data)} ${timeout}`) });
  assert.equal(call(host, "message_publish", "key"), 0);
  assert.deepEqual(host.published.map(({ topic, key, data }) => [topic, toText(key), toText(data)]), [["topic", "key", "data"]]);
  assert.equal(call(host, "message_publish", "k".repeat(257)), Code.INVALID);
  assert.equal(call(host, "message_publish_bad"), Code.INVALID);
  assert.deepEqual(call(host, "message_request", "hello"), [21, "ba9876543210 hello 20"]);
  assert.equal(call(host, "message_request", "?"), Code.LIMIT);
  assert.equal(call(host, "message_reply", "no request"), Code.UNSUPPORTED);
  assert.equal(call(host, "message_subscribe", "late"), Code.UNSUPPORTED);
  assert.equal(toText(host.request({ topic: "calls", data: "question" })), "re: question");
});

test("values", async () => {
  const host = await load();
  assert.equal(call(host, "kv_get", "k"), Code.NOT_FOUND);
  assert.equal(call(host, "kv_put", "k"), 0);
  assert.deepEqual(call(host, "kv_get", "k"), [5, "value"]);
  assert.equal(toText(host.value("k")), "value");
  assert.equal(call(host, "kv_delete", "k"), 0);
  assert.equal(call(host, "kv_delete", "k"), Code.NOT_FOUND);
  assert.equal(call(host, "kv_put", "k"), 0);
  host.advance(1000);
  assert.equal(call(host, "kv_get", "k"), Code.NOT_FOUND);
});

test("metrics", async () => {
  const host = await load();
  assert.equal(call(host, "metric_add", "a_counter"), 0);
  assert.equal(call(host, "metric_add", "a_counter"), 0);
  assert.equal(call(host, "metric_set", "a_gauge"), 0);
  assert.deepEqual(host.metrics, { a_counter: 2, a_gauge: -5 });
  assert.equal(call(host, "metric_set", "a_counter"), Code.INVALID);
  assert.equal(call(host, "metric_add", "Not A Name"), Code.INVALID);
});

test("what the host knows", async () => {
  const host = await load({ config: { refuse: "a name that the buffer has no room for" } });
  assert.deepEqual(call(host, "config_get"), [51, '{"refuse":"a name that the buffer has no room for"}']);
  assert.deepEqual(call(host, "node_id"), [12, "0123456789ab"]);
  assert.equal(call(host, "log_enabled"), 1);
  assert.equal(call(host, "time_now"), 1_700_000_000);
  assert.equal(call(host, "state_read"), Code.UNSUPPORTED);
  assert.deepEqual(call(host, "event_read"), [27, "ba9876543210"]);
  assert.equal(call(host, "random_fill")[0], 0);
  assert.equal(call(host, "random_fill_too_much")[0], Code.TOO_LARGE);
});

test("a result that the SDK does not know is a failure", async () => {
  const host = await load();
  host.failures.kv_get = -123;
  assert.equal(call(host, "kv_get", "k"), -123);
});

test("state outlives a reload, and no fault", async () => {
  const host = await load();
  host.insert({ id: "x" });
  host.insert({ id: "y" });
  host.reload();
  assert.deepEqual([...host.save()], [1, 2, 0, 0, 0, 0, 0, 0, 0]);
  assert.throws(() => host.restore("another version"), /plugin_restore has refused the module: it returned -5/);
  host.restart();
  assert.equal(host.save()[1], 0);
});

test("a mistake in the configuration refuses the module", async () => {
  await assert.rejects(load({ config: { refuse: 5 } }), /refused.*returned -5\nerror: config: refuse: 5 is not a string/);
  await assert.rejects(load({ config: { refsue: "x" } }), /error: config: refsue: no such setting; there are: refuse/);
});

for (const [name, line] of [
  ["index", /^index out of range at .*assembly\/bytes\.ts:\d+:\d+$/],
  ["throw", /^thrown: ü at .*assembly\/plugin\.ts:\d+:\d+$/],
  ["assert", /^abort at .*assembly\/plugin\.ts:\d+:\d+$/],
]) {
  test(`a trap says what and where: ${name}`, async () => {
    const host = await load();
    assert.throws(() => host.message({ topic: "calls", key: name, data: "ü" }), (trap) => {
      assert.ok(trap instanceof WebAssembly.RuntimeError);
      assert.match(trap.stack, /tests\/assembly\/plugin\/result/);
      return true;
    });
    assert.equal(host.logs.at(-1).level, "error");
    assert.match(host.logs.at(-1).text, line);
    assert.throws(() => host.tick(), /restart/);
    host.restart();
    host.tick();
  });
}

test("a line that is too long for abort is cut off", async () => {
  const host = await load();
  assert.throws(() => host.message({ topic: "calls", key: "throw", data: "日".repeat(10_000) }));
  assert.ok(host.logs.at(-1).text.length > 150);
});

// A runtime that never frees shows every allocation in the end.
test("nothing is allocated per event", async () => {
  const host = await Host.load(await build("steady", "stub"), { level: 8 });
  const session = { id: "x", serverName: "www.example.org" };
  const events = (n) => {
    for (let i = 0; i < n; i++) {
      host.insert(session);
      host.resume(session);
      host.message({ topic: "t", key: "k", data: "n".repeat(1000) });
      host.tick();
    }
  };
  events(10);
  const before = host.pages;
  events(20_000);
  assert.equal(host.pages, before);
  assert.deepEqual(host.errors, []);
  assert.equal(host.metrics.handled, 40_020);
});

test("the limits are those of the ABI", async () => {
  const host = await load();
  assert.equal(host.call("limits"), 256 + 65536 + 262144 + 128 + 512 + 64 + 12);
});

test("what is no bytes does not compile", async () => {
  assert.match(await refusal("misused"), /expected bytes: a string, Bytes/);
});
