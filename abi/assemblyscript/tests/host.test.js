import assert from "node:assert/strict";
import { test } from "node:test";

import { Code, Host } from "../testing/host.js";
import { build } from "./build.js";

const module = await build("plugin");
const load = (options) => Host.load(module, options);

test("a function without its grant is denied", async () => {
  const host = await load({ grants: ["messages"] });
  assert.equal(host.tick(), Code.DENIED);
});

test("a host without a farm has no messages", async () => {
  await assert.rejects(load({ farm: false }), /plugin_start has refused the module: it returned -7/);
});

test("a message on another topic is a mistake of the test", async () => {
  const host = await load();
  assert.throws(() => host.message({ topic: "others", data: "" }), /has not subscribed to others/);
});

test("a module is given what each phase allows", async () => {
  const host = await load();
  assert.equal(host.message({ topic: "calls", key: "message_reply", data: "" }), Code.UNSUPPORTED);
  assert.equal(host.request({ topic: "calls", data: "" }).length, 4);
});

test("what the host does not have can't be called", async () => {
  const host = await load();
  assert.throws(() => host.call("no_such_export"), /does not export no_such_export/);
});

test("lines below the level are not logged", async () => {
  const host = await load({ level: 0 });
  host.insert({ id: "x" });
  host.stop();
  assert.deepEqual(host.logs.map((l) => l.text), ["stopped"]);
});
