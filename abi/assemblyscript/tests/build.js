import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import asc from "assemblyscript/asc";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Builds a file of tests/assembly as a plugin's author does, and returns the module. */
export async function build(name, runtime = "incremental") {
  const { error, stderr, module } = await compile(name, runtime);
  assert.equal(error, null, stderr);
  return module;
}

/** Returns what the compiler says of a file of tests/assembly that it refuses. */
export async function refusal(name) {
  const { error, stderr } = await compile(name, "incremental");
  assert.notEqual(error, null);
  return stderr;
}

async function compile(name, runtime) {
  const folder = await mkdtemp(path.join(tmpdir(), "sesshook-guest-"));
  try {
    const config = path.join(folder, "asconfig.json");
    const out = path.join(folder, "out.wasm");
    await writeFile(config, await options());
    const { error, stderr } = await asc.main([
      `tests/assembly/${name}.ts`, "--baseDir", root, "--config", path.relative(root, config), "--outFile", path.relative(root, out), "--runtime", runtime,
    ]);
    return { error, stderr: String(stderr), module: error ? undefined : await readFile(out) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

// The options are those of asconfig.json, which authors have; but here the package is not in
// node_modules.
async function options() {
  const text = await readFile(path.join(root, "asconfig.json"), "utf8");
  return text.replace("~lib/sesshook-guest/", "");
}
