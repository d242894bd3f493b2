import { test } from "node:test";

import { Host } from "../testing/host.js";
import { build } from "./build.js";

const module = await build("units");
const names = (await Host.load(module)).exports.filter((name) => !["_initialize", "event_buffer"].includes(name));

for (const name of names) {
  test(name.replaceAll("_", " "), async () => {
    const host = await Host.load(module);
    try {
      host.call(name);
    } catch (trap) {
      throw new Error(host.logs.map((line) => line.text).join("\n"), { cause: trap });
    }
  });
}
